"""Closing by hand, and opening again, over HTTP."""

from uuid import UUID

from services.cases import actions, queries
from services.cases.errors import (
    AlreadyClosed,
    ClosingDecided,
    ClosingUnknown,
    EvidenceRefused,
    NotClosedByHand,
    PersonNeeded,
    ProofNotTaken,
    SecondPersonNeeded,
    WatchItemUnknown,
)
from services.cases.models import Closing, WatchItem
from services.cases.routes.router import router
from services.cases.schemas.closings import (
    ClosingDecisionIn,
    ClosingIn,
    ClosingOut,
    ReopeningIn,
)
from services.cases.schemas.items import WatchItemOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/watch-items/{item_id}/closings",
    dependencies=[may("cases:read")],
    summary="Closings of a watch item by hand",
    response_model=Page[ClosingOut],
    responses=raises(WatchItemUnknown, CursorUnreadable, Invalid),
)
async def closings(
    session: Transaction, who: Who, item_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Closing]:
    return await queries.closings.closings(session, item_id, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/watch-items/{item_id}/closings",
    dependencies=[may("cases:close_items")],
    summary="Close a watch item by documents, or ask a second person to",
    status_code=201,
    response_model=ClosingOut,
    responses=raises(
        WatchItemUnknown, AlreadyClosed, PersonNeeded, ProofNotTaken, EvidenceRefused, Invalid
    ),
)
async def close_by_hand(session: Transaction, who: Who, item_id: UUID, body: ClosingIn) -> Closing:
    return await actions.closings.close_by_hand(session, who, item_id, body, clock.now())


@router.post(
    "/v1/closings/{closing_id}/decision",
    dependencies=[may("cases:close_items")],
    summary="Confirm or refuse a closing as the second person",
    response_model=ClosingOut,
    responses=raises(
        ClosingUnknown,
        WatchItemUnknown,
        ClosingDecided,
        AlreadyClosed,
        PersonNeeded,
        SecondPersonNeeded,
        Invalid,
    ),
)
async def decide_closing(
    session: Transaction, who: Who, closing_id: UUID, body: ClosingDecisionIn
) -> Closing:
    return await actions.closings.decide_closing(session, who, closing_id, body, clock.now())


@router.post(
    "/v1/watch-items/{item_id}/reopen",
    dependencies=[may("cases:close_items")],
    summary="Open a watch item again that documents had closed",
    response_model=WatchItemOut,
    responses=raises(WatchItemUnknown, NotClosedByHand, PersonNeeded, Invalid),
)
async def reopen_by_hand(
    session: Transaction, who: Who, item_id: UUID, body: ReopeningIn
) -> WatchItem:
    return await actions.closings.reopen_by_hand(session, who, item_id, body, clock.now())
