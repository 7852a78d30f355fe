"""Reports are entered and looked at: what is due and not reported in full is a gap, and told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import gaps
from services.registry.errors import ProjectUnknown, RegistrationRefused
from services.registry.models import Project, ProjectReport, ReportingGap
from services.registry.rules.reporting import Duty, Half, Verdict, Works
from services.registry.schemas.reporting import ReportsIn
from shared import clock, timers
from shared.areas import Scope
from shared.db import Session, same_id
from shared.problems import Finding
from shared.wording import Text

# Projects that are looked at together.
CHUNK = 500
HALF_YEAR = "half_year"


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of reports: new ones, those complete now, those that stood there already."""

    entered: int
    completed: int
    unchanged: int
    items: list[ProjectReport]


async def report_projects(
    session: Session, scope: Scope, body: ReportsIn, now: datetime
) -> Reported:
    """Enter that projects were reported; in a half-year the first day counts.

    The same again changes nothing. Raises RegistrationRefused with all findings, ProjectUnknown
    where one of them is a project that the caller may not see.
    """
    today = clock.day_of(now)
    rows = await queries.reports.locked_reported_projects(
        session, {item.project_id for item in body.items}, scope
    )
    if found := _check(body, rows, today):
        hidden = any(item.project_id not in rows for item in body.items)
        raise (ProjectUnknown if hidden else RegistrationRefused)(errors=found)
    halves = {str(Half.of(item.reported_on)) for item in body.items}
    there = await queries.reports.locked_reports(session, rows, halves)
    fresh: dict[tuple[UUID, str], ProjectReport] = {}
    for item in sorted(body.items, key=lambda each: each.reported_on):
        key = (item.project_id, str(Half.of(item.reported_on)))
        if key not in there and key not in fresh:
            fresh[key] = _report(*key, item.reported_on, now)
    session.add_all(fresh.values())
    _note_day(rows, fresh.values())
    completed = await look(session, list(rows.values()), now, reports=there | fresh)
    keys = [(item.project_id, str(Half.of(item.reported_on))) for item in body.items]
    items = [(there | fresh)[key] for key in dict.fromkeys(keys)]
    stood = [row for row in items if row.id in {one.id for one in there.values()} - completed]
    return Reported(len(fresh), len(completed), len(stood), items)


def _check(body: ReportsIn, rows: Mapping[UUID, Project], today: date) -> list[Finding]:
    found = []
    for at, item in enumerate(body.items):
        if item.project_id not in rows:
            found.append(
                Finding(
                    f"items[{at}].project_id",
                    "ProjectUnknown",
                    Text("项目未登记，或不在您的管辖范围内", "No such project within your areas"),
                    Text("请先登记该项目", "Register it first"),
                )
            )
        if item.reported_on > today:
            found.append(
                Finding(
                    f"items[{at}].reported_on",
                    "DayInFuture",
                    Text("报送日期不得晚于今天", "A project cannot be reported in the future"),
                )
            )
    return found


def _report(project_id: UUID, half: str, on: date, now: datetime) -> ProjectReport:
    return ProjectReport(
        id=same_id(clock.at(Half.read(half).first), "report", project_id),
        project_id=project_id, half_year=half, reported_on=on, missing=[], complete_on=None,
        received_at=now,
    )  # fmt: skip


def _note_day(rows: Mapping[UUID, Project], fresh: Iterable[ProjectReport]) -> None:
    """Let a project say on which day it was reported last."""
    for each in fresh:
        project = rows[each.project_id]
        if project.reported_on is None or project.reported_on < each.reported_on:
            project.reported_on = each.reported_on


async def look(
    session: Session,
    rows: Sequence[Project],
    now: datetime,
    *,
    reports: Mapping[tuple[UUID, str], ProjectReport] | None = None,
    on: date | None = None,
) -> set[UUID]:
    """Look at how some projects are reported; begin, tell anew and end their gaps.

    `rows` are locked. `reports` are those already loaded, `on` the day to look at. Gives the ids
    of the reports that became complete.
    """
    if not rows:
        return set()
    today = on or clock.day_of(now)
    half = Half.of(today)
    held = {str(half), str(half.before)}
    known = await queries.reports.locked_reports(session, {row.id for row in rows}, held)
    known |= reports or {}
    given = await queries.reports.given(session, rows, today)
    duties, lineages = await queries.duties.duties_of(session, {row.area_code for row in rows})
    open_gaps = await queries.gaps.locked_open_gaps(session, {row.id for row in rows})
    told, completed = [], set()
    for row in rows:
        duty = rules.reporting.duty_in_force(duties, lineages[row.area_code], row.works_kind, today)
        lacks = rules.reporting.missing(duty, given[row.id])
        mine = _newest(row.id, known)
        if mine and mine.complete(lacks, today) and not lacks:
            completed.add(mine.id)
        gap = open_gaps.get(row.id)
        found = _Look(row, duty, lacks, mine, gap, half)
        told += found.judge(session, now, today)
    await gaps.tell(session, told, now)
    return completed


def _newest(
    project_id: UUID, known: Mapping[tuple[UUID, str], ProjectReport]
) -> ProjectReport | None:
    mine = [report for (of, _), report in known.items() if of == project_id]
    return max(mine, key=lambda report: report.reported_on, default=None)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of one project when it is looked at."""

    project: Project
    duty: Duty | None
    lacks: list[str]
    report: ProjectReport | None
    gap: ReportingGap | None
    half: Half

    def judge(self, session: Session, now: datetime, today: date) -> list[gaps.News]:
        """Begin, change or end the project's gap; give what there is to tell."""
        works = Works(
            self.project.works_kind, self.project.investment_amount, self.project.started_on
        )
        verdict = rules.reporting.verdict(self.duty, works, today)
        # Whoever leaves out what makes it due is not rid of a gap that others found.
        due = verdict is Verdict.DUE or (self.gap is not None and verdict is not Verdict.BELOW)
        reason = rules.reporting.gap_of(
            due=due,
            reported_on=self.report.reported_on if self.report else None,
            lacks=self.lacks,
            overdue=self.gap is not None or self._overdue(),
        )
        if reason is None:
            ended = "reported" if due else "not_due"
            return gaps.end(self.gap, self.project, ended, today) if self.gap else []
        if self.gap is None:
            since = today
            fresh = gaps.of_project(self.project, reason, self.lacks, since, self.duty)
            session.add(fresh)
            return [gaps.News(fresh, self.project, None)]
        return gaps.change(self.gap, self.project, reason, self.lacks)

    def _overdue(self) -> bool:
        """Say whether a half-year went by in which the platform knew the project as due."""
        before = self.half.before
        known_on = clock.day_of(self.project.registered_at)
        started = self.project.started_on
        return known_on <= before.last and started is not None and started <= before.last


async def look_again(session: Session, project: Project, now: datetime) -> None:
    """Look at a project anew, if it has a gap: what lacked may be there now."""
    if await queries.gaps.locked_open_gaps(session, {project.id}):
        await session.flush()  # What was just entered is read from the tables.
        await look(session, [project], now)


async def await_half_year(session: Session, now: datetime) -> None:
    """Arm the end of this half-year, once: whoever is not reported by then is a gap."""
    half = Half.of(clock.day_of(now))
    subject = same_id(clock.at(half.first), HALF_YEAR)
    if not await timers.armed(session, subject, HALF_YEAR):
        timers.arm(session, HALF_YEAR, subject, clock.day_end(half.last), entered_at=now)


async def end_half_year(session: Session, at: datetime) -> None:
    """Look at all projects that were not reported in the half-year that ends at an instant."""
    today = clock.day_of(at)
    over, after = Half.of(today).before, None
    while rows := await queries.reports.locked_unreported(session, over, after=after, limit=CHUNK):
        await look(session, rows, at, on=today)
        after = rows[-1].id
        await session.flush()  # The gaps of a chunk are there before the next one is read.
    await await_half_year(session, at)


async def look_under(session: Session, area_code: str, now: datetime) -> None:
    """Look at all projects of an area: its duty changed."""
    after = None
    while rows := await queries.reports.locked_projects_under(
        session, area_code, after=after, limit=CHUNK
    ):
        await look(session, rows, now)
        after = rows[-1].id
        await session.flush()  # The gaps of a chunk are there before the next one is read.
