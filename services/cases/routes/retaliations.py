"""Retaliation over HTTP: told of by offices and by receipts, answered by who works on the case."""

from uuid import UUID

from fastapi import Depends, Request

from services.cases import actions, queries
from services.cases.errors import (
    CaseUnknown,
    ReceiptUnknown,
    RetaliationAnswered,
    RetaliationUnknown,
)
from services.cases.models import Retaliation
from services.cases.routes.public import call_by, counted
from services.cases.routes.router import router
from services.cases.schemas.retaliations import (
    PublicRetaliationIn,
    RetaliationAnswerIn,
    RetaliationIn,
    RetaliationOut,
    RetaliationTakenOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.limits import TooManyRequests
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/arrears-cases/{case_id}/retaliations",
    dependencies=[may("cases:work_cases")],
    summary="What whoever complained suffers for it, as it was told of",
    response_model=Page[RetaliationOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def retaliations(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Retaliation]:
    return await queries.retaliations.retaliations(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/arrears-cases/{case_id}/retaliations",
    dependencies=[may("cases:take_reports")],
    summary="Tell that whoever complained is threatened, dismissed or denied work for it",
    status_code=201,
    response_model=RetaliationOut,
    responses=raises(CaseUnknown, Invalid),
)
async def tell_retaliation(
    session: Transaction, who: Who, case_id: UUID, body: RetaliationIn
) -> Retaliation:
    return await actions.retaliations.tell_retaliation(session, who, case_id, body, clock.now())


@router.post(
    "/v1/retaliations/{retaliation_id}/answer",
    dependencies=[may("cases:work_cases")],
    summary="Say what was done about retaliation",
    response_model=RetaliationOut,
    responses=raises(RetaliationUnknown, RetaliationAnswered, Invalid),
)
async def answer_retaliation(
    session: Transaction, who: Who, retaliation_id: UUID, body: RetaliationAnswerIn
) -> Retaliation:
    return await actions.retaliations.answer_retaliation(
        session, who, retaliation_id, body, clock.now()
    )


async def _with_receipt(request: Request, body: PublicRetaliationIn) -> None:
    call_by(request, body.receipt)


@router.post(
    "/v1/public/mailbox/retaliations",
    dependencies=[may("public"), Depends(counted), Depends(_with_receipt)],
    summary="Tell by a receipt that one is threatened, dismissed or denied work for it",
    status_code=201,
    response_model=RetaliationTakenOut,
    responses=raises(ReceiptUnknown, TooManyRequests, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def tell_by_receipt(session: Transaction, body: PublicRetaliationIn) -> Retaliation:
    return await actions.retaliations.tell_by_receipt(session, body, clock.now())
