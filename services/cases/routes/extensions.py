"""More time for an item, over HTTP."""

from uuid import UUID

from services.cases import actions, queries
from services.cases.errors import (
    AlreadyClosed,
    EvidenceRefused,
    ExtensionDecided,
    ExtensionTermsMissing,
    ExtensionUnfit,
    ExtensionUnknown,
    NotYoursToAnswer,
    PersonNeeded,
    SecondPersonNeeded,
    WatchItemUnknown,
)
from services.cases.models import Extension
from services.cases.routes.router import router
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn, ExtensionOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/watch-items/{item_id}/extensions",
    dependencies=[may("cases:read")],
    summary="Requests for more time for a watch item",
    response_model=Page[ExtensionOut],
    responses=raises(WatchItemUnknown, CursorUnreadable, Invalid),
)
async def extensions(
    session: Transaction, who: Who, item_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Extension]:
    return await queries.extensions.extensions(
        session, item_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/watch-items/{item_id}/extensions",
    dependencies=[may("cases:answer")],
    summary="Ask for more time",
    status_code=201,
    response_model=ExtensionOut,
    responses=raises(
        WatchItemUnknown,
        AlreadyClosed,
        NotYoursToAnswer,
        EvidenceRefused,
        ExtensionUnfit,
        ExtensionTermsMissing,
        Invalid,
    ),
)
async def ask_extension(
    session: Transaction, who: Who, item_id: UUID, body: ExtensionIn
) -> Extension:
    return await actions.extensions.ask_extension(session, who, item_id, body, clock.now())


@router.post(
    "/v1/extensions/{extension_id}/decision",
    dependencies=[may("cases:decide_extensions")],
    summary="Grant or refuse more time",
    response_model=ExtensionOut,
    responses=raises(
        ExtensionUnknown,
        WatchItemUnknown,
        ExtensionDecided,
        AlreadyClosed,
        PersonNeeded,
        SecondPersonNeeded,
        ExtensionUnfit,
        ExtensionTermsMissing,
        Invalid,
    ),
)
async def decide_extension(
    session: Transaction, who: Who, extension_id: UUID, body: ExtensionDecisionIn
) -> Extension:
    return await actions.extensions.decide_extension(session, who, extension_id, body, clock.now())
