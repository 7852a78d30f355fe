"""The people of arrears cases and their money, over HTTP."""

from uuid import UUID

from services.cases import actions, queries
from services.cases.actions.case_lines import LinesTaken
from services.cases.actions.recoveries import Money
from services.cases.errors import (
    CaseEnded,
    CaseMoved,
    CaseUnknown,
    EvidenceRefused,
    PaymentTakenBack,
    StepRefused,
)
from services.cases.models import ArrearsCase, ArrearsLine, ArrearsPayment, ArrearsRecovery
from services.cases.routes.router import router
from services.cases.schemas.arrears import ArrearsCaseOut
from services.cases.schemas.case_lines import (
    ArrearsLineOut,
    ArrearsLinesIn,
    LineChangeIn,
    LinesTakenOut,
    LinksIn,
    MoneyOut,
    PaymentOut,
    PaymentsIn,
    RecoveryIn,
    RecoveryOut,
    ReversalIn,
    VerificationsIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_CASE = "/v1/arrears-cases/{case_id}"
_WORK = [may("cases:work_cases")]


@router.get(
    _CASE + "/lines",
    dependencies=_WORK,
    summary="The workers of a case: claimed, verified, paid",
    response_model=Page[ArrearsLineOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def lines(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ArrearsLine]:
    return await queries.case_lines.lines(session, case_id, who.scope, cursor=cursor, limit=limit)


@router.post(
    _CASE + "/lines",
    dependencies=_WORK,
    summary="Enter workers of a case; each row is entered, or reported",
    response_model=LinesTakenOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, Invalid),
)
async def add_lines(
    session: Transaction, who: Who, case_id: UUID, body: ArrearsLinesIn
) -> LinesTaken:
    return await actions.case_lines.add_lines(session, who, case_id, body, clock.now())


@router.post(
    _CASE + "/verifications",
    dependencies=_WORK,
    summary="Say what investigation has found to be owed, line by line",
    response_model=ArrearsCaseOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, StepRefused, Invalid),
)
async def verify_lines(
    session: Transaction, who: Who, case_id: UUID, body: VerificationsIn
) -> ArrearsCase:
    return await actions.case_lines.verify_lines(session, who, case_id, body, clock.now())


@router.post(
    _CASE + "/links",
    dependencies=_WORK,
    summary="Say whom of payroll's workers lines are of, so that they can be compared by id",
    response_model=ArrearsCaseOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, StepRefused, Invalid),
)
async def link_lines(session: Transaction, who: Who, case_id: UUID, body: LinksIn) -> ArrearsCase:
    return await actions.case_lines.link_lines(session, who, case_id, body, clock.now())


@router.post(
    "/v1/arrears-lines/{line_id}/change",
    dependencies=_WORK,
    summary="Write down that a worker withdraws a line or disputes a payment",
    response_model=ArrearsCaseOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, Invalid),
)
async def change_line(
    session: Transaction, who: Who, line_id: UUID, body: LineChangeIn
) -> ArrearsCase:
    return await actions.case_lines.change_line(session, who, line_id, body, clock.now())


@router.get(
    _CASE + "/payments",
    dependencies=_WORK,
    summary="What was paid in a case, from which source, with which proof",
    response_model=Page[PaymentOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def payments(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ArrearsPayment]:
    return await queries.case_lines.payments(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    _CASE + "/payments",
    dependencies=_WORK,
    summary="Count payments to workers of a case, all of them or none",
    response_model=ArrearsCaseOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, EvidenceRefused, StepRefused, Invalid),
)
async def add_payments(
    session: Transaction, who: Who, case_id: UUID, body: PaymentsIn
) -> ArrearsCase:
    return await actions.case_lines.add_payments(session, who, case_id, body, clock.now())


@router.post(
    "/v1/arrears-payments/{payment_id}/reversal",
    dependencies=_WORK,
    summary="Take a payment back; it stays in the record",
    response_model=ArrearsCaseOut,
    responses=raises(CaseUnknown, CaseMoved, CaseEnded, PaymentTakenBack, StepRefused, Invalid),
)
async def take_back(
    session: Transaction, who: Who, payment_id: UUID, body: ReversalIn
) -> ArrearsCase:
    return await actions.case_lines.take_back(session, who, payment_id, body, clock.now())


@router.get(
    _CASE + "/money",
    dependencies=_WORK,
    summary="What a case comes to: by source, advanced, recovered, and who is asked next",
    response_model=MoneyOut,
    responses=raises(CaseUnknown, Invalid),
)
async def case_money(session: Transaction, who: Who, case_id: UUID) -> Money:
    return await actions.recoveries.read_money(session, who, case_id)


@router.get(
    _CASE + "/recoveries",
    dependencies=_WORK,
    summary="What came back to who had advanced it",
    response_model=Page[RecoveryOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def case_recoveries(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ArrearsRecovery]:
    return await queries.case_lines.recovered_page(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    _CASE + "/recoveries",
    dependencies=_WORK,
    summary="Count what came back of an advance, also after the case has ended",
    status_code=201,
    response_model=RecoveryOut,
    responses=raises(CaseUnknown, CaseMoved, StepRefused, Invalid),
)
async def add_recovery(
    session: Transaction, who: Who, case_id: UUID, body: RecoveryIn
) -> ArrearsRecovery:
    return await actions.recoveries.add_recovery(session, who, case_id, body, clock.now())


@router.post(
    "/v1/arrears-recoveries/{recovery_id}/reversal",
    dependencies=_WORK,
    summary="Take back what was counted as recovered; it stays in the record",
    response_model=RecoveryOut,
    responses=raises(CaseUnknown, CaseMoved, PaymentTakenBack, Invalid),
)
async def take_recovery_back(
    session: Transaction, who: Who, recovery_id: UUID, body: ReversalIn
) -> ArrearsRecovery:
    return await actions.recoveries.take_recovery_back(session, who, recovery_id, body, clock.now())
