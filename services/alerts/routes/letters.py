"""Warning letters over HTTP, and what of the inbox was read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, NobodyToWarn
from services.alerts.models import Notice, WarningLetter
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.letters import (
    LetterCountsOut,
    LetterRehearsalOut,
    ReadIn,
    ReadOut,
    ReceiptOut,
    WarningLetterIn,
    WarningLetterOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import NotFound, raises

SEND = [may("alerts:send_letters")]


@router.post(
    "/v1/warning-letters/rehearsals", summary="Whom a warning letter would reach; none is sent",
    response_model=LetterRehearsalOut, dependencies=SEND, responses=raises(AreaUnknown),
)  # fmt: skip
async def rehearse_letter(
    session: Transaction, caller: Who, body: WarningLetterIn
) -> dict[str, Any]:
    return await actions.letters.rehearse_letter(session, caller, body, clock.now())


@router.post(
    "/v1/warning-letters", summary="Send a warning letter to a filtered set of employers",
    status_code=201, response_model=WarningLetterOut, dependencies=SEND,
    responses=raises(AreaUnknown, NobodyToWarn),
)  # fmt: skip
async def send_letter(session: Transaction, caller: Who, body: WarningLetterIn) -> WarningLetter:
    return await actions.letters.send_letter(session, caller, body, clock.now())


@router.get(
    "/v1/warning-letters", summary="Warning letters that were sent, the newest first",
    response_model=Page[WarningLetterOut], dependencies=SEND, responses=LIST,
)  # fmt: skip
async def letters(
    session: Transaction, caller: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[WarningLetter]:
    return await queries.letters.letters(session, caller.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/warning-letters/{letter_id}", summary="A warning letter, and how far it has come",
    response_model=LetterCountsOut, dependencies=SEND, responses=raises(NotFound),
)  # fmt: skip
async def letter(session: Transaction, caller: Who, letter_id: UUID) -> Mapping[str, Any]:
    return await queries.letters.letter(session, letter_id, caller.scope)


@router.get(
    "/v1/warning-letters/{letter_id}/receivers", summary="What became of it at each receiver",
    response_model=Page[ReceiptOut], dependencies=SEND,
    responses=raises(NotFound, CursorUnreadable),
)  # fmt: skip
async def receipts(
    session: Transaction, caller: Who, letter_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Notice]:
    return await queries.letters.receipts(
        session, letter_id, caller.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/inbox/read", summary="Say which notices the caller has read", response_model=ReadOut,
    dependencies=[may("alerts:read")],
)  # fmt: skip
async def read_notices(session: Transaction, caller: Who, body: ReadIn) -> dict[str, Any]:
    return await actions.letters.read_notices(session, caller, body.notice_ids, clock.now())
