"""Notices of missed transfers over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import NoticeRefused
from services.payroll.models import MissNotice
from services.payroll.routes.router import router
from services.payroll.schemas.notices import (
    BankNoticeIn,
    ContractorReportIn,
    NoticeFilter,
    NoticeOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.post(
    "/v1/bank-notices",
    status_code=201,
    response_model=list[NoticeOut],
    dependencies=[may("payroll:send_feed")],
    responses=raises(NotFound, NoticeRefused),
    summary="Tell, as the bank, that a period's transfer did not come (724号 art. 27)",
)
async def receive_bank_notice(
    session: Transaction, caller: Who, body: BankNoticeIn
) -> Sequence[MissNotice]:
    return await actions.notices.receive_bank_notice(session, caller, body, clock.now())


@router.post(
    "/v1/obligations/{obligation_id}/report",
    status_code=201,
    response_model=NoticeOut,
    dependencies=[may("payroll:report_miss")],
    responses=raises(NotFound, NoticeRefused),
    summary="Report, as the contractor, that a period's transfer did not come",
)
async def receive_contractor_report(
    session: Transaction, caller: Who, obligation_id: UUID, body: ContractorReportIn
) -> MissNotice:
    return await actions.notices.receive_contractor_report(
        session, caller, obligation_id, body, clock.now()
    )


@router.get(
    "/v1/bank-notices",
    response_model=Page[NoticeOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List who told of missed transfers, and whether they had been found before",
)
async def notices(
    session: Transaction,
    caller: Who,
    only: Annotated[NoticeFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[MissNotice]:
    return await queries.notices.notices(session, caller.scope, only, cursor=cursor, limit=limit)
