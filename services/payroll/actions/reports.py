"""A contractor that did not report a missed transfer in time (724号 art. 27) is told of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.payroll import queries, rules
from services.payroll.actions import tellings
from services.payroll.models import Obligation
from services.payroll.rules.obligations import Noted
from services.payroll.rules.policies import PolicyKind
from shared import clock, known, sets
from shared.db import Session, same_id
from shared.events.payroll import TransferNoted
from shared.outbox import publish, publish_all


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


async def learn_again(session: Session, event: TransferNoted) -> None:
    """Take from others, after a restore, that a report was overdue, and say it as it was said.

    The feeds of that time come again on another day, and with them the miss: its contractor had
    its days before.
    """
    row = await queries.reports.locked_find(session, event.obligation_id)
    if row is None or event.what != _WHAT or row.report_overdue_on:
        return
    row.report_overdue_on = clock.day_of(event.occurred_at)
    await queries.reminders.notes_are_new(
        session, [_noted(row, event.details, event.occurred_at) | _by(session)]
    )
    publish(session, event)


async def _note(
    session: Session, rows: Sequence[Obligation], workdays: int, today: date, at: datetime
) -> None:
    notes, told = [], []
    for row in rows:
        row.report_overdue_on = today
        said = {"missed_on": str(row.missed_on), "workdays": workdays}
        notes.append(_noted(row, said, at) | _by(session))
        told.append(
            TransferNoted(
                # Missed anew after money was taken back, it has to be reported anew.
                id=same_id(clock.day_end(row.due_on), row.id, _WHAT, *tellings.again(row)),
                occurred_at=at,
                project_id=row.project_id,
                area_code=row.area_code,
                obligation_id=row.id,
                period=row.period,
                what=_WHAT,
                details=said,
            )
        )
    await sets.change(session, rows)
    await queries.reminders.notes_are_new(session, notes)
    await publish_all(session, told)


_WHAT = Noted.REPORT_OVERDUE


def _noted(row: Obligation, said: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    cause = ":".join(map(str, (_WHAT, *tellings.again(row))))
    kept = {"id": same_id(at, row.id, cause), "obligation_id": row.id, "at": at}
    return kept | {"what": _WHAT, "cause": cause, "details": dict(said)}


def _by(session: Session) -> dict[str, str]:
    return {"actor": session.info.get("actor", "system")}
