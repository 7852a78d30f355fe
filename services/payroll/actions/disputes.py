"""A worker says that wages did not come, or not as they should; the office sees to it."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import disbursements, payment_conditions
from services.payroll.errors import DisputeClosed, DisputeRefused, PersonNeeded
from services.payroll.models import LineDispute
from services.payroll.rules.disbursements import LineStatus
from services.payroll.schemas.disputes import DisputeIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.payroll import DisbursementReopened
from shared.outbox import publish
from shared.wording import Text


async def dispute_line(
    session: Session,
    caller: Caller,
    disbursement_id: UUID,
    line_id: UUID,
    *,
    said: DisputeIn,
    now: datetime,
) -> LineDispute:
    """Note for a worker what is wrong with wages that the bank calls settled; its word stays.

    Raises NotFound, PersonNeeded, DisputeRefused.
    """
    batch, line = await queries.disputes.locked_line(
        session, disbursement_id, line_id, caller.scope
    )
    if caller.is_machine:
        raise PersonNeeded
    if line.status is not LineStatus.SETTLED:
        raise DisputeRefused(_NOT_PAID, status_now=line.status)
    if await queries.disputes.locked_open_dispute(session, line.id):
        raise DisputeRefused(_OPEN)
    today = clock.day_of(now)
    if said.said_on and said.said_on > today:
        raise DisputeRefused(_FUTURE)
    row = LineDispute(
        id=new_id(), line_id=line.id, disbursement_id=batch.id, answer=said.answer,
        said_on=said.said_on or today, note=said.note, told_at=now, told_by=caller.actor,
    )  # fmt: skip
    session.add(row)
    await queries.paydays.touch(session, batch.project_id, [batch.period])
    project = await queries.projects.project(session, batch.project_id)
    facts = disbursements.facts(batch, project.area_code)
    said_so = {"reopened_lines": 1, "reopened_total": line.amount, "occurred_at": now}
    publish(session, DisbursementReopened(**facts | said_so))
    await payment_conditions.review(session, [batch.project_id], now)
    return row


async def close_dispute(
    session: Session,
    caller: Caller,
    disbursement_id: UUID,
    dispute_id: UUID,
    *,
    proof: str,
    now: datetime,
) -> LineDispute:
    """Let a dispute be settled by what was seen; raises NotFound, PersonNeeded, DisputeClosed."""
    batch, row = await queries.disputes.locked_dispute(
        session, disbursement_id, dispute_id, caller.scope
    )
    if caller.is_machine:
        raise PersonNeeded
    if row.closed_at:
        raise DisputeClosed
    row.close(proof, caller.actor, now)
    await queries.paydays.touch(session, batch.project_id, [batch.period])
    await payment_conditions.review(session, [batch.project_id], now)
    return row


_NOT_PAID = Text("银行尚未报告该笔已入账", "The bank does not say that this line is settled")
_OPEN = Text("该笔已有未办结的异议", "A dispute of this line is open already")
_FUTURE = Text("日期在未来", "This day lies in the future")
