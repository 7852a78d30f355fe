"""What attendance a payroll sheet is held against: who attended how long, what is unknown."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.models import Project, Sheet
from services.payroll.queries.attended import AttendedMonth
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_facts import OnRoster
from shared import turns
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


@dataclass(frozen=True, slots=True)
class Month:
    """What was told of a project's attendance in a month, by anybody of anyone."""

    known: bool
    silent_since: date | None = None
    """Nothing is known from this day on; it may lie behind the month."""
    workers: Mapping[UUID, AttendedMonth] = field(default_factory=dict)
    order: Sequence[str] = ()
    """Whom the area believes first."""


async def of_month(session: Session, project: Project, period: str) -> Month:
    """Look up a month; one of which nobody told anything proves nothing of anybody."""
    if not await queries.attended.is_known(session, project.id, period):
        return Month(known=False)
    silent = await queries.attended.unheard_since(session, [project.id])
    row = await queries.policies.policy_in_force(
        session, PolicyKind.ATTENDANCE_SOURCES, project.area_code, rules.periods.first_day(period)
    )
    workers = await queries.attended.workers_of_month(session, project.id, period)
    return Month(True, silent.get(project.id), workers, row.values["order"])  # noqa: FBT003


async def of_sheet(
    session: Session,
    sheet: Sheet,
    month: Month,
    roster: Mapping[str, OnRoster],
    named: Container[str],
) -> Attendances:
    """Hold a sheet's people against what is known of its month.

    `roster` and `named`: by blind index, who stands on the sheet, and who on any of the month.
    """
    first, last = rules.periods.first_day(sheet.period), rules.periods.last_day(sheet.period)
    if not month.known:
        return Attendances(known=False, unheard_since=first, roster=roster, absent=())
    # Of ten thousand people that takes long enough to keep others waiting.
    attended, missing = await turns.aside(_held, month, roster, named)
    theirs = await queries.attended.employed(
        session,
        sheet.project_id,
        sheet.employer_id,
        sheet.period,
        [one.worker_id for one in missing],
    )
    absent = [
        _with_days(_somebody(one), one, month.order) for one in missing if one.worker_id in theirs
    ]
    since = month.silent_since
    unheard = max(since, first) if since and since <= last else None
    return Attendances(known=True, unheard_since=unheard, roster=attended, absent=absent)


def _held(
    month: Month, roster: Mapping[str, OnRoster], named: Container[str]
) -> tuple[Mapping[str, OnRoster], Sequence[AttendedMonth]]:
    """Give a sheet's people with the days that they attended, and who attended and is not named."""
    workers, order = month.workers, month.order
    attended = {
        index: _with_days(one, seen, order) if (seen := workers.get(one.worker_id)) else one
        for index, one in roster.items()
    }
    missing = [one for one in workers.values() if one.id_index not in named]
    return attended, sorted(missing, key=lambda one: one.worker_id)


def _somebody(seen: AttendedMonth) -> OnRoster:
    return OnRoster(seen.worker_id, frozenset(), False, frozenset(), ())  # noqa: FBT003


def _with_days(one: OnRoster, month: AttendedMonth, order: Sequence[str]) -> OnRoster:
    told = month.days if len(month.days) > 1 else {}
    return OnRoster(
        one.worker_id, one.names, one.has_contract, one.cards, one.spells,
        rules.attendance.counted(month.days, order), told,
    )  # fmt: skip
