"""What attendance a payroll sheet is held against: who attended how long, what is unknown."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.payroll import queries, rules
from services.payroll.models import Project, Sheet
from services.payroll.queries.attended import AttendedMonth
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_facts import OnRoster
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Attendances:
    """What is known of attendance in a sheet's month."""

    known: bool
    unheard_since: date | None
    roster: Mapping[str, OnRoster]
    """Those on the sheet, with the days that they attended."""
    absent: Sequence[OnRoster]
    """Workers of the employer who attended and stand on no sheet of the month."""


async def of_sheet(
    session: Session,
    project: Project,
    sheet: Sheet,
    roster: Mapping[str, OnRoster],
    named: Container[str],
) -> Attendances:
    """Give what is known; a month of which nobody told anything proves nothing of anybody.

    `roster` and `named`: by blind index, who stands on the sheet, and who on any of the month.
    """
    first, last = rules.periods.first_day(sheet.period), rules.periods.last_day(sheet.period)
    if not await queries.attended.is_known(session, project.id, sheet.period):
        return Attendances(known=False, unheard_since=first, roster=roster, absent=())
    silent = await queries.attended.unheard_since(session, [project.id])
    since = silent.get(project.id)
    months = await queries.attended.workers_of_month(session, project.id, sheet.period)
    row = await queries.policies.policy_in_force(
        session, PolicyKind.ATTENDANCE_SOURCES, project.area_code, first
    )
    order: Sequence[str] = row.values["order"]
    attended = {
        index: _with_days(one, month, order) if (month := months.get(one.worker_id)) else one
        for index, one in roster.items()
    }
    theirs = await queries.attended.employed(session, project.id, sheet.employer_id, sheet.period)
    absent = [
        _with_days(_somebody(month), month, order)
        for worker_id, month in sorted(months.items())
        if worker_id in theirs and month.id_index not in named
    ]
    unheard = max(since, first) if since and since <= last else None
    return Attendances(known=True, unheard_since=unheard, roster=attended, absent=absent)


def _somebody(month: AttendedMonth) -> OnRoster:
    return OnRoster(month.worker_id, frozenset(), False, frozenset(), ())  # noqa: FBT003


def _with_days(one: OnRoster, month: AttendedMonth, order: Sequence[str]) -> OnRoster:
    told = month.days if len(month.days) > 1 else {}
    return OnRoster(
        one.worker_id, one.names, one.has_contract, one.cards, one.spells,
        rules.attendance.counted(month.days, order), told,
    )  # fmt: skip
