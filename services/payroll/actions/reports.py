"""A contractor that did not report a missed transfer in time (724号 art. 27) is told of."""

from collections.abc import Sequence
from datetime import date, datetime

from services.payroll import queries, rules
from services.payroll.models import Obligation
from services.payroll.rules.obligations import Noted
from services.payroll.rules.policies import PolicyKind
from shared import known, sets
from shared.db import Session, same_id
from shared.events.payroll import TransferNoted
from shared.outbox import publish_all


async def find_overdue_reports(session: Session, today: date, at: datetime, limit: int) -> int:
    """Note which contractors have let their days pass without a report; give how many, at most.

    How many working days they have after the day on which the miss was found is the area's row.
    A miss is noted once, and no more once its money has come.
    """
    found = 0
    for area_code in await queries.reports.areas_unreported(session):
        policy = await queries.policies.policy_in_force(
            session, PolicyKind.CONTRACTOR_REPORT, area_code, today
        )
        workdays = int(policy.values["workdays"])
        calendar = await known.calendar(session, area_code)
        before = rules.notices.overdue_before(today, workdays, calendar)
        rows = await queries.reports.locked_unreported(session, area_code, before, limit - found)
        if rows:
            await _note(session, rows, workdays, today, at)
        found += len(rows)
        if found == limit:
            break
    return found


async def _note(
    session: Session, rows: Sequence[Obligation], workdays: int, today: date, at: datetime
) -> None:
    what, told, notes = Noted.REPORT_OVERDUE, [], []
    for row in rows:
        row.report_overdue_on = today
        # Missed anew after money was taken back, it has to be reported anew.
        cause = f"{what}:{row.missed_on}"
        said = {"missed_on": str(row.missed_on), "workdays": workdays}
        noted = {"obligation_id": row.id, "what": what, "details": said}
        notes.append({"id": same_id(at, row.id, cause), "at": at, "cause": cause} | noted)
        told.append(
            TransferNoted(
                id=same_id(at, row.id, "noted", cause),
                occurred_at=at,
                project_id=row.project_id,
                area_code=row.area_code,
                period=row.period,
                **noted,
            )
        )
    await sets.change(session, rows)
    actor = session.info.get("actor", "system")
    await queries.reminders.notes_are_new(session, [each | {"actor": actor} for each in notes])
    await publish_all(session, told)
