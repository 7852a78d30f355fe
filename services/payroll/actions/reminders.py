"""Before a due day: what will be lacking is foretold, and the day reminded of (domain 6.3)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from services.payroll import queries, rules
from services.payroll.actions import plans
from services.payroll.queries.reminders import Lacking
from services.payroll.rules.obligations import Noted
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.reminders import Ahead, ReminderStep
from services.payroll.rules.requests import FundingState
from shared import known
from shared.db import Session, same_id
from shared.events.payroll import TransferAhead, TransfersReminded
from shared.outbox import publish_all

# No step lies further ahead: sixty working days and the longest holidays.
_FURTHEST = timedelta(days=120)
_MOST = 200
_NOTED = {ReminderStep.FORECAST: Noted.FORETOLD, ReminderStep.REMINDER: Noted.REMINDED}


async def remind(session: Session, today: date, at: datetime) -> int:
    """Tell of all transfers whose steps fall on this day; again it tells nothing; give how many.

    One telling serves many transfers, because a county's are due on the same few days.
    """
    told = 0
    for area_code in await queries.reminders.areas_ahead(session, today, today + _FURTHEST):
        calendar = await known.calendar(session, area_code)
        forecast, reminders = [
            (await queries.policies.policy_in_force(session, kind, area_code, today)).values
            for kind in (PolicyKind.FORECAST, PolicyKind.REMINDERS)
        ]
        steps = rules.reminders.steps_of(
            today, calendar, forecast["workdays"], reminders["workdays"]
        )
        days = {step.due_on for step in steps}
        rows = await queries.reminders.lacking_ahead(session, area_code, today, days)
        for step in steps:
            due = [row for row in rows if row.due_on == step.due_on]
            told += await _tell(session, area_code, step, due, at)
    return told


async def _tell(
    session: Session, area_code: str, step: Ahead, rows: Sequence[Lacking], at: datetime
) -> int:
    if not rows:
        return 0
    cause = f"{step.step}:{step.workdays}:{step.due_on}"
    new = await queries.reminders.notes_are_new(
        session,
        [
            {
                "id": same_id(at, row.id, cause),
                "obligation_id": row.id,
                "at": at,
                "what": _NOTED[step.step],
                "cause": cause,
                "actor": session.info.get("actor", "system"),
                "details": plans.plain(_ahead(row).model_dump(mode="json")),
            }
            for row in rows
        ],
    )
    ahead = [_ahead(row) for row in rows if row.id in new]
    await publish_all(
        session,
        [
            TransfersReminded(
                id=same_id(at, area_code, cause, n),
                occurred_at=at,
                area_code=area_code,
                step=step.step.value,
                workdays=step.workdays,
                transfers=ahead[n : n + _MOST],
            )
            for n in range(0, len(ahead), _MOST)
        ],
    )
    return len(ahead)


def _ahead(row: Lacking) -> TransferAhead:
    """Say what will be lacking as it looks: money that finance promised in time will be there."""
    in_time = row.promised_on is not None and row.promised_on <= row.due_on
    promised = (row.promised_amount or Decimal(0)) if in_time else Decimal(0)
    reasons = []
    if row.funding_state == FundingState.OPEN:
        reasons.append("funding_open")
    if row.funding_state == FundingState.REFUSED:
        reasons.append("funding_refused")
    if row.promised_on and not in_time:
        reasons.append("promised_after_due")
    return TransferAhead(
        obligation_id=row.id,
        project_id=row.project_id,
        name=row.project_name,
        developer_id=row.developer_id,
        contractor_id=row.contractor_id,
        period=row.period,
        due_on=row.due_on,
        due_amount=row.due_amount,
        lacking=row.lacking,
        projected=max(row.lacking - promised, Decimal(0)),
        basis=row.basis,
        promised_on=row.promised_on,
        reasons=reasons,
    )
