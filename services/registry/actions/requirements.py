"""What a project has to have: its requirements follow its area's list, its events, its evidence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import conditions
from services.registry.models import Project, Requirement, RequirementList, RequirementState
from services.registry.rules.requirements import Kind, Moment, RequirementStatus, Trigger
from shared import known, sets
from shared.db import AGELESS, Session, same_id
from shared.workdays import Calendar

# So many projects are looked at in one transaction.
AT_ONCE = 500
# The system whose being in place is an event for others: the account was opened.
ACCOUNT = "wage_account"
_Events = Mapping[Trigger, date | None]


async def look_at(session: Session, after: UUID | None, moment: Moment) -> UUID | None:
    """Look at the next projects, by id; give the last one's id, or None if there are no more.

    A list may have begun, a limit may have passed, evidence may have run out, works may have
    started, a calendar may have changed. Done twice, it changes nothing.
    """
    projects = await queries.requirements.locked_projects_to_look_at(
        session, after, AT_ONCE, moment.day
    )
    await follow(session, projects, moment)
    return projects[-1].id if len(projects) == AT_ONCE else None


async def follow(
    session: Session, projects: Sequence[Project], moment: Moment, *, tell: bool = True
) -> None:
    """Bring the requirements of locked projects to what holds now, and tell what is wrong.

    Not to `tell` is for a project that is just entered: its evidence comes with the next request,
    and what is missing by midnight is told then.
    """
    if not projects:
        return
    codes = {project.area_code for project in projects}
    lineages = await queries.requirements.lineages(session, codes)
    asked = await _lists(session, lineages, moment.day)
    calendars = await _calendars(session, lineages)
    events = await queries.requirements.triggers(session, projects)
    there: dict[UUID, dict[str, Requirement]] = defaultdict(dict)
    for row in await queries.requirements.locked_requirements_of(
        session, [project.id for project in projects]
    ):
        there[row.project_id][row.kind] = row
    new: list[Requirement] = []
    for project in projects:
        rows = there[project.id]
        of = asked[project.area_code]
        new += _enlist(project, of, rows, moment)
        kinds = of.asked() if of else {}
        account = rows.get(ACCOUNT)
        known_events = {**events[project.id], Trigger.ACCOUNT: account.done_on if account else None}
        for row in rows.values():
            _count(row, kinds.get(row.kind), known_events, calendars[project.area_code])
    session.add_all(new)
    every = [row for each in there.values() for row in each.values()]
    await enter_states(session, every, moment, {row.id for row in new})
    if tell:
        await conditions.tell(session, projects, there, moment)


async def enter_states(
    session: Session, rows: Sequence[Requirement], moment: Moment, new: set[UUID]
) -> None:
    """Let requirements take the status of the day; keep since when they have it."""
    changed = [row for row in rows if row.look(moment.day) or row.id in new]
    for row in changed:
        row.changed_at = moment.at
    await sets.change(session, [row for row in rows if row.id not in new])
    states = [
        {
            "id": same_id(moment.at, "requirement_state", row.id, row.status, row.version),
            "requirement_id": row.id, "project_id": row.project_id, "kind": row.kind,
            "status": row.status, "version": row.version, "at": moment.at,
        }
        for row in changed
    ]  # fmt: skip
    session.add_all(RequirementState(**each) for each in states)


async def _lists(
    session: Session, lineages: Mapping[str, Sequence[str]], day: date
) -> Mapping[str, RequirementList | None]:
    """Give for each area the list that is in force there."""
    above = {code for each in lineages.values() for code in each}
    lists = await queries.requirements.lists_above(session, above)
    return {
        code: rules.requirements.in_force(lists, lineage, day) for code, lineage in lineages.items()
    }


async def _calendars(
    session: Session, lineages: Mapping[str, Sequence[str]]
) -> Mapping[str, Calendar]:
    """Give the working days of some areas; those above which the same are published share them."""
    published = await queries.requirements.areas_with_days(session)
    made: dict[tuple[str, ...], Calendar] = {}
    found = {}
    for code, lineage in lineages.items():
        own = tuple(each for each in lineage if each in published)
        if own not in made:
            made[own] = await known.calendar(session, code)
        found[code] = made[own]
    return found


def _enlist(
    project: Project, asked: RequirementList | None, rows: dict[str, Requirement], moment: Moment
) -> list[Requirement]:
    """Let a project have what its area's list asks for; what it asks no more stays, as such."""
    kinds = asked.asked() if asked else {}
    new = []
    for code, kind in kinds.items():
        if code not in rows:
            rows[code] = Requirement(
                # Made again after a restore it is the one that others know.
                id=same_id(AGELESS, project.id, "requirement", code),
                project_id=project.id, kind=code, list_id=asked.id if asked else None,
                listed=True, status=RequirementStatus.NOT_DONE, condition=kind.condition,
                answerer=kind.answerer, triggered_on=None, due_on=None, calendar_version=None,
                done_on=None, valid_until=None, lapsed_on=None, exempt_until=None, version=1,
                changed_at=moment.at,
            )  # fmt: skip
            new.append(rows[code])
    for code, row in rows.items():
        row.take(listed=code in kinds)
        if asked and row.listed:
            kind = kinds[code]
            row.take(list_id=asked.id, condition=kind.condition, answerer=kind.answerer)
    return new


def _count(row: Requirement, kind: Kind | None, events: _Events, calendar: Calendar) -> None:
    """Let a requirement's limit count from its event; one that is done keeps what it had."""
    if kind is None:
        return
    triggered_on = kind.triggered_on(events)
    if row.status is RequirementStatus.DONE and row.triggered_on == triggered_on:
        return
    due_on = kind.due_on(triggered_on, calendar)
    version = calendar.version if due_on else None
    row.take(triggered_on=triggered_on, due_on=due_on, calendar_version=version)
