"""Months of projects are worked out anew, and told of: who owes a sheet, whose wages are unpaid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import wage_conditions
from services.payroll.actions.wage_conditions import Reviewed
from services.payroll.models import Payday, PayMonth, Project
from services.payroll.queries.pay_lines import CLASSES, NOTHING, Paid
from services.payroll.queries.pay_months import Seen, Sheets
from services.payroll.queries.policies import Ruling
from services.payroll.rules.paydays import Agreed, Worked
from services.payroll.rules.periods import TransferMonth
from services.payroll.rules.plans import ClosedReason, Spell
from services.payroll.rules.policies import PolicyKind
from shared import clock, known
from shared.db import Session, same_id
from shared.events.payroll import PayMonthMoved
from shared.outbox import publish
from shared.workdays import Calendar


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the months that are looked at rest on, by project or by area."""

    projects: Mapping[UUID, Project]
    seen: Mapping[UUID, Seen]
    paid: Mapping[UUID, Mapping[UUID | None, Paid]]
    agreed: Mapping[UUID, Sequence[Agreed]]
    stops: Mapping[UUID, Sequence[Spell]]
    fed: Mapping[UUID, date]
    calendars: Mapping[str, Calendar]
    policies: Mapping[str, Ruling]
    today: date


async def begin_month(session: Session, today: date) -> None:
    """Look at the month that is over, on the first day of the next."""
    await queries.paydays.touch_closed(session, today)


async def replan(session: Session, area_code: str) -> None:
    """Look again at days that lie ahead in an area: working days or its policy changed."""
    await queries.paydays.touch_within(session, area_code)


async def follow_project(session: Session, project_id: UUID) -> None:
    """Look again at all months of a project: its terms, its stops or its parties changed."""
    await queries.paydays.touch_since(session, project_id, "")


async def review(session: Session, now: datetime, limit: int) -> int:
    """Work out the next months of which something was told, or whose day is over; say how many."""
    today = clock.day_of(now)
    months = await queries.paydays.locked_months(session, today, limit)
    if not months:
        return 0
    paydays = await queries.paydays.locked_paydays(session, [one.id for one in months])
    ground = await _ground(session, months, today)
    shown: list[Payday] = []
    for month in months:
        seen = ground.seen[month.id]
        mine = dict(paydays.get(month.id, {}))
        if rules.paydays.is_closed(month.period, today):
            for row in _plan(month, seen, mine, ground):
                session.add(row)
                mine[row.employer_id] = row
        for row in mine.values():
            _follow(row, seen, ground)
        before = month.course
        _describe(month, list(mine.values()), ground, now)
        if month.course != before:
            publish(session, _moved(month, ground.projects[month.project_id], now))
        shown += mine.values()
    await session.flush()  # New rows lie below the conditions that are told of them.
    sheets = {
        row.id: one.sheet_ids
        for row in shown
        if (one := _of(row.employer_id, ground.seen[row.month_id]))
    }
    reviewed = Reviewed(ground.projects, months, shown, sheets, today)
    await wage_conditions.tell(session, reviewed, now)
    return len(months)


async def _ground(session: Session, months: Sequence[PayMonth], today: date) -> _Ground:
    ids = {one.project_id for one in months}
    projects = await queries.projects.projects(session, ids)
    areas = {one.area_code for one in projects.values()}
    return _Ground(
        projects,
        await queries.pay_months.seen(session, months),
        await queries.pay_lines.paid(session, months),
        await queries.paydays.agreed(session, ids),
        await queries.paydays.stops(session, ids),
        await queries.paydays.fed_until(session, ids),
        {code: await known.calendar(session, code) for code in areas},
        {
            code: await queries.policies.policy_in_force(session, PolicyKind.PAY_DAY, code, today)
            for code in areas
        },
        today,
    )


def _plan(
    month: PayMonth, seen: Seen, there: Mapping[UUID, Payday], ground: _Ground
) -> list[Payday]:
    """Give new rows of employers whose people worked; bring those that are there up to date."""
    project = ground.projects[month.project_id]
    worked = _worked(project, month.period, seen, ground)
    new = []
    for employer_id, one in worked.items():
        row = there.get(employer_id)
        if row is None:
            row = Payday(
                id=same_id(clock.at(rules.periods.first_day(month.period)), month.id, employer_id),
                month_id=month.id,
                project_id=project.id,
                employer_id=employer_id,
                period=month.period,
            )
            new.append(row)
        row.because, row.workers = one.because, one.workers
        if row.judged_on is None:
            _schedule(row, project, ground)
    for employer_id, row in there.items():
        if employer_id not in worked:
            row.workers = 0
    return new


def _worked(project: Project, period: str, seen: Seen, ground: _Ground) -> dict[UUID, Worked]:
    """Whom nobody knows the contractor answers for: everybody on its site is (724号 art. 30)."""
    by: dict[UUID, int] | None = None
    if seen.attended is not None:
        by = {}
        for employer_id, count in seen.attended_by.items():
            answers = employer_id or project.contractor_id
            if answers is not None:
                by[answers] = by.get(answers, 0) + count
    closed = rules.plans.closed_by(period, ground.stops.get(project.id, ()), None)
    stopped = closed is ClosedReason.PROJECT_STOPPED
    return rules.paydays.worked(by, seen.on_roster_by, stopped=stopped)


def _schedule(row: Payday, project: Project, ground: _Ground) -> None:
    """Be due as the contract says, else as the area does, by the working days that are known."""
    policy = ground.policies[project.area_code]
    calendar = ground.calendars[project.area_code]
    said = rules.paydays.pay_day(ground.agreed.get(project.id, ()), row.employer_id, row.period)
    month = TransferMonth(policy.values["month"])
    day = said or policy.values["day"]
    row.due_on = rules.paydays.due_on(row.period, day, month, calendar)
    row.policy_version = None if said else policy.version
    row.policy_area = None if said else policy.area_code
    row.calendar_version = calendar.version


def _follow(row: Payday, seen: Seen, ground: _Ground) -> None:
    """Take how far the sheets have come, and whether its day can be judged."""
    sheets = _of(row.employer_id, seen)
    submitted = sheets.submitted_at if sheets else None
    # Once its day is over, sending a sheet back makes nobody's wages less unpaid.
    if submitted or row.judged_on is None:
        row.submitted_on = clock.day_of(submitted) if submitted else None
    row.settled_on = _settled_on(row.month_id, row.employer_id, ground)
    fed = ground.fed.get(row.project_id)
    over = row.workers > 0 and row.due_on < ground.today
    if row.judged_on is None and over and (fed is None or fed >= row.due_on):
        row.judged_on = ground.today


def _of(employer_id: UUID, seen: Seen) -> Sheets | None:
    return next((one for one in seen.sheets if one.employer_id == employer_id), None)


def _settled_on(month_id: UUID, employer_id: UUID, ground: _Ground) -> date | None:
    """Give the day of the last line if every line of every sheet of an employer is settled."""
    sheets = _of(employer_id, ground.seen[month_id])
    paid = ground.paid.get(month_id, {}).get(employer_id, NOTHING)
    whole = sheets is not None and sheets.sent_at is not None and not paid.unsettled
    return paid.settled_on if whole else None


def _describe(month: PayMonth, paydays: Sequence[Payday], ground: _Ground, now: datetime) -> None:
    """Write down how the month stands as a whole."""
    seen = ground.seen[month.id]
    month.attended, month.on_roster = seen.attended, seen.on_roster
    month.on_sheet, month.on_sheet_total = seen.on_sheet, seen.on_sheet_total
    paid = ground.paid.get(month.id, {}).get(None, NOTHING)
    for name in CLASSES:
        setattr(month, name, paid.people[name])
        setattr(month, f"{name}_total", paid.yuan[name])
    told = seen.attended is not None
    month.attended_paid = seen.attended_paid if told else None
    owing = [row.employer_id for row in paydays if row.workers] or [
        one.employer_id for one in seen.sheets
    ]
    found = [_of(employer_id, seen) for employer_id in owing]
    whole = [one for one in found if one is not None]
    complete = bool(whole) and len(whole) == len(found)
    month.owed = bool(owing)
    month.employer_id = _holder(owing, whole)
    month.submitted_on = _last([one.submitted_at for one in whole]) if complete else None
    month.reviewed_on = _last([one.reviewed_at for one in whole]) if complete else None
    month.sent_on = _last([one.sent_at for one in whole]) if complete else None
    settled = [_settled_on(month.id, employer_id, ground) for employer_id in owing]
    days = [day for day in settled if day is not None]
    month.settled_on = max(days) if days and len(days) == len(settled) else None
    closed = rules.paydays.is_closed(month.period, ground.today)
    month.state = rules.paydays.month_state([row.owed for row in paydays], closed=closed)
    month.touched, month.looked_at = False, now


def _holder(owing: Sequence[UUID], whole: Sequence[Sheets]) -> UUID | None:
    """Give who holds the sheets: an employer that has submitted none, else the last that did."""
    lacking = sorted({*owing} - {one.employer_id for one in whole})
    if lacking:
        return lacking[0]
    last = sorted((one.submitted_at, one.employer_id) for one in whole if one.submitted_at)
    return last[-1][1] if last else None


def _moved(month: PayMonth, project: Project, now: datetime) -> PayMonthMoved:
    return PayMonthMoved(
        project_id=project.id,
        area_code=project.area_code,
        period=month.period,
        owed=month.owed,
        employer_id=month.employer_id,
        submitted_on=month.submitted_on,
        reviewed_on=month.reviewed_on,
        sent_on=month.sent_on,
        settled_on=month.settled_on,
        occurred_at=now,
    )


def _last(instants: Sequence[datetime | None]) -> date | None:
    """Give the day of the last; None where one has not come."""
    there = [one for one in instants if one is not None]
    return clock.day_of(max(there)) if there and len(there) == len(instants) else None
