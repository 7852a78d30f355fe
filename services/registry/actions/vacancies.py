"""Finding projects in progress that nobody is in charge of, and telling when somebody is."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import cards
from services.registry.models import Project, Vacancy
from services.registry.rules.persons import PersonRole
from services.registry.rules.projects import ProjectStatus
from shared import clock
from shared.areas import distance
from shared.db import Session, new_id, same_id
from shared.events.base import Event
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.outbox import publish_all

KIND = "nobody_in_charge"
_WHY = {ProjectStatus.STOPPED: "project_stopped", ProjectStatus.COMPLETE: "project_closed"}


async def look(
    session: Session, at: datetime, *, project_id: UUID | None = None, by_clock: bool = False
) -> int:
    """Compare who is in charge with what was told, of a project or of all; give how much was told.

    The day on which a project is registered is left for entering its person: it is looked at from
    the next day on.
    """
    await session.flush()  # What was just decided counts.
    day = clock.day_of(at)
    ended = await queries.territories.locked_ended_vacancies(session, day, project_id)
    gone = await queries.territories.vacant_projects(session, {row.project_id for row in ended})
    found = await queries.territories.locked_newly_vacant_projects(
        session, day, clock.at(day), project_id
    )
    since = await _since(session, found, day) if found else {}
    events: list[Event] = []
    for row in ended:
        project = gone[row.project_id]
        row.ended_at = at
        row.reason = _WHY.get(project.status, "person_assigned")
        events.append(_ended(row, project, at, by_clock=by_clock))
    for project in found:
        events.append(_found(project, since[project.id], at, by_clock=by_clock))
        vacancy_id = same_id(at, project.id, "vacancy") if by_clock else new_id()
        session.add(
            Vacancy(
                id=vacancy_id, project_id=project.id, since=since[project.id], found_at=at,
                ended_at=None, reason=None,
            )
        )  # fmt: skip
    await publish_all(session, events)
    return len(events)


async def _since(session: Session, found: Sequence[Project], day: date) -> Mapping[UUID, date]:
    """Give since when nobody is in charge of each project."""
    role = PersonRole.RESPONSIBLE_PERSON
    own = await queries.territories.last_ends(session, {row.id for row in found}, day)
    areas = await queries.territories.ended_area_assignments(session, role, day)
    paths = await queries.territories.known_paths(session, {row.area_code for row in found})
    since = {}
    for project in found:
        path = paths.get(project.area_code, f"/{project.area_code}/")
        lineage = tuple(reversed(path.strip("/").split("/")))
        ends = [
            one.until_on for one in areas if one.until_on and distance(lineage, one) is not None
        ]
        if project.id in own:
            ends.append(own[project.id])
        begun_on = clock.day_of(project.registered_at)
        begun_on = max(begun_on, project.supervised_since or project.started_on or begun_on)
        since[project.id] = rules.persons.vacant_since(ends, min(begun_on, day))
    return since


def _found(
    project: Project, since: date, at: datetime, *, by_clock: bool
) -> RegistryConditionFound:
    return RegistryConditionFound(
        # Found again by a restored database, it is the same event.
        id=same_id(at, project.id, KIND, "found") if by_clock else new_id(),
        occurred_at=at,
        kind=KIND,
        subject_id=project.id,
        project_id=project.id,
        project=cards.card(project),
        area_code=project.area_code,
        unit_id=project.sector_authority_id or project.developer_id,
        since=since,
    )


def _ended(
    row: Vacancy, project: Project, at: datetime, *, by_clock: bool
) -> RegistryConditionEnded:
    return RegistryConditionEnded(
        id=same_id(at, project.id, KIND, "ended") if by_clock else new_id(),
        occurred_at=at,
        kind=KIND,
        subject_id=project.id,
        project_id=project.id,
        project=cards.card(project),
        area_code=project.area_code,
        reason=row.reason or "",
        proof={"vacancy_id": str(row.id)},
    )
