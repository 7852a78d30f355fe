"""Retaliation is told of, reaches the top route at once, and is answered; no company hears."""

from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_history, public
from services.cases.errors import RetaliationAnswered
from services.cases.models import ArrearsCase, Retaliation
from services.cases.rules.retaliations import RETALIATION, RetaliationKind
from services.cases.schemas.retaliations import (
    PublicRetaliationIn,
    RetaliationAnswerIn,
    RetaliationIn,
)
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.cases import RetaliationSettled, RetaliationTold
from shared.outbox import publish

ANSWERED = "retaliation_answered"


async def tell_retaliation(
    session: Session, caller: Caller, case_id: UUID, body: RetaliationIn, now: datetime
) -> Retaliation:
    """Write down what an office heard. Raises CaseUnknown, of the case or the report."""
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    if body.report_id is not None:
        await queries.arrears.report_of_case(session, case.id, body.report_id)
    return _tell(session, case, body.kind, body.report_id, now, actor=caller.actor)


async def tell_by_receipt(
    session: Session, body: PublicRetaliationIn, now: datetime
) -> Retaliation:
    """Take what the owner of a receipt suffers. Raises ReceiptUnknown."""
    if body.text:
        await public.add_message(session, body.receipt, body.text, now)
    report = await public.report_of(session, body.receipt)
    case = await queries.public.locked_case_of(session, report.case_id)
    return _tell(session, case, body.kind, report.id, now, actor=public.owner(report))


def _tell(
    session: Session,
    case: ArrearsCase,
    kind: RetaliationKind,
    report_id: UUID | None,
    now: datetime,
    *,
    actor: str,
) -> Retaliation:
    told = Retaliation(
        id=new_id(), case_id=case.id, report_id=report_id, kind=kind, told_at=now, told_by=actor
    )
    session.add(told)
    case.retaliations_open += 1
    case_history.note(
        session, case, RETALIATION, now, actor=actor, came_from=case.stage, kind=kind,
        retaliation_id=told.id,
    )  # fmt: skip
    publish(
        session,
        RetaliationTold(
            arrears_case_id=case.id, area_code=case.area_code, kind=kind, occurred_at=now
        ),
    )
    return told


async def answer_retaliation(
    session: Session,
    caller: Caller,
    retaliation_id: UUID,
    body: RetaliationAnswerIn,
    now: datetime,
) -> Retaliation:
    """Say what was done about it; with the last one of a case its alert ends.

    Raises RetaliationUnknown, RetaliationAnswered.
    """
    case, told = await queries.retaliations.locked_retaliation(
        session, retaliation_id, caller.scope
    )
    if told.answered_at is not None:
        raise RetaliationAnswered
    told.answered_at, told.answered_by, told.measure = now, caller.actor, body.measure
    case.retaliations_open -= 1
    case_history.note(
        session, case, ANSWERED, now, actor=caller.actor, came_from=case.stage,
        retaliation_id=told.id, measure=body.measure,
    )  # fmt: skip
    if case.retaliations_open == 0:
        publish(
            session,
            RetaliationSettled(arrears_case_id=case.id, area_code=case.area_code, occurred_at=now),
        )
    return told
