"""Persons in charge of areas, posts in units, and the projects that nobody is in charge of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from services.registry.errors import AreaAssignmentUnknown, UnitPostUnknown
from services.registry.models import (
    AreaAssignment,
    Assignment,
    Person,
    Project,
    UnitPost,
    Vacancy,
)
from services.registry.queries import organisations, projects
from services.registry.rules.persons import PersonRole, UnitRole
from services.registry.rules.projects import ProjectStatus
from services.registry.schemas.territories import AreaAssignmentFilter, UnitPostFilter
from shared import asking, known, paging
from shared.areas import Scope, nearest_first
from shared.db import Session
from shared.known import KnownArea


@dataclass(frozen=True, slots=True)
class InCharge:
    """A person in charge of a project, and by what."""

    assignment_id: UUID
    reach: str
    area_code: str
    person: Person
    from_on: date
    until_on: date | None

    @property
    def person_id(self) -> UUID:
        """Give the person's id."""
        return self.person.id

    @property
    def name(self) -> str:
        """Give the person's name."""
        return self.person.name

    @property
    def post(self) -> str:
        """Give the person's post."""
        return self.person.post

    @property
    def unit_id(self) -> UUID:
        """Give the unit that the person belongs to."""
        return self.person.unit_id


def _on(model: Any, day: date) -> ColumnElement[bool]:  # noqa: ANN401  any class with these columns
    return and_(model.from_on <= day, or_(model.until_on.is_(None), model.until_on >= day))


async def in_charge(
    session: Session, project_id: UUID, scope: Scope, on: date, role: PersonRole
) -> paging.Found[InCharge]:
    """Give who is in charge of a project on a day, the nearest first; raises ProjectUnknown."""
    project = await projects.project(session, project_id, scope)
    own = await session.scalars(
        select(Assignment)
        .where(Assignment.project_id == project.id, Assignment.role == role, _on(Assignment, on))
        .options(joinedload(Assignment.person))
        .order_by(Assignment.from_on.desc(), Assignment.id.desc())
    )
    found = [
        InCharge(one.id, "project", project.area_code, one.person, one.from_on, one.until_on)
        for one in own
    ]
    lineage = await known.lineage(session, project.area_code)
    found += [
        InCharge(one.id, one.reach, one.area_code, one.person, one.from_on, one.until_on)
        for one in nearest_first(lineage, await _area_assignments(session, role, on))
    ]
    return paging.Found(found, None)


async def _area_assignments(
    session: Session, role: PersonRole, on: date
) -> Sequence[AreaAssignment]:
    """Give all that are in force on a day, what was assigned last first."""
    found = await session.scalars(
        select(AreaAssignment)
        .where(AreaAssignment.role == role, _on(AreaAssignment, on))
        .options(joinedload(AreaAssignment.person))
        .order_by(AreaAssignment.from_on.desc(), AreaAssignment.id.desc())
    )
    return found.all()


async def ended_area_assignments(
    session: Session, role: PersonRole, before: date
) -> Sequence[AreaAssignment]:
    """Give those of a role that ended before a day."""
    found = await session.scalars(
        select(AreaAssignment).where(AreaAssignment.role == role, AreaAssignment.until_on < before)
    )
    return found.all()


async def last_ends(
    session: Session, project_ids: Collection[UUID], before: date
) -> dict[UUID, date]:
    """Give the last day on which somebody was in charge of each project alone."""
    found = await session.execute(
        select(Assignment.project_id, func.max(Assignment.until_on))
        .where(
            Assignment.project_id.in_(project_ids),
            Assignment.role == PersonRole.RESPONSIBLE_PERSON,
            Assignment.until_on < before,
        )
        .group_by(Assignment.project_id)
    )
    return {row[0]: row[1] for row in found if row[1]}


def _seen(scope: Scope) -> ColumnElement[bool]:
    """Say what lies in the caller's areas: who is in charge is no secret of an organisation."""
    return known.in_scope(AreaAssignment.area_code, Scope(scope.areas))


def _list(scope: Scope) -> Select[AreaAssignment]:
    return select(AreaAssignment).where(_seen(scope))


async def area_assignments(
    session: Session,
    scope: Scope,
    wanted: AreaAssignmentFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[AreaAssignment]:
    """Give a page of persons in charge of areas, or of their changes."""
    statement = _list(scope).options(joinedload(AreaAssignment.person))
    if wanted.area_code:
        inside = Scope(frozenset({wanted.area_code}))
        statement = statement.where(known.in_scope(AreaAssignment.area_code, inside))
    if wanted.on:
        statement = statement.where(_on(AreaAssignment, wanted.on))
    if wanted.role:
        statement = statement.where(AreaAssignment.role == wanted.role)
    return await paging.sync(
        session,
        statement,
        model=AreaAssignment,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.gone(Scope(scope.areas), _seen(scope)),
    )


async def locked_area_assignment(
    session: Session, assignment_id: UUID, scope: Scope
) -> AreaAssignment:
    """Give an assignment of the caller's areas, to be changed; raises AreaAssignmentUnknown."""
    found = await session.scalar(
        _list(scope)
        .where(AreaAssignment.id == assignment_id)
        .options(joinedload(AreaAssignment.person))
        .with_for_update(of=AreaAssignment)
    )
    if found is None:
        raise AreaAssignmentUnknown
    return found


async def locked_area_assignment_of(session: Session, assignment_id: UUID) -> AreaAssignment | None:
    """Give the assignment of an id that is made of what it says; who enters it, too, waits here."""
    await asking.wait_for(session, f"area_assignment:{assignment_id}")
    return await session.scalar(
        select(AreaAssignment)
        .where(AreaAssignment.id == assignment_id)
        .options(joinedload(AreaAssignment.person))
        .with_for_update(of=AreaAssignment)
    )


# ---- posts in units --------------------------------------------------------------------------


async def unit_posts(
    session: Session,
    organisation_id: UUID,
    scope: Scope,
    wanted: UnitPostFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[UnitPost]:
    """Give the posts of a unit, all or those of a day; raises OrganisationUnknown."""
    unit = await organisations.organisation(session, organisation_id, scope)
    statement = select(UnitPost).where(UnitPost.organisation_id == unit.id)
    if wanted.on:
        statement = statement.where(_on(UnitPost, wanted.on))
    if wanted.role:
        statement = statement.where(UnitPost.role == wanted.role)
    return await paging.page(
        session,
        statement.options(joinedload(UnitPost.person)),
        by=(UnitPost.from_on, UnitPost.id),
        cursor=cursor,
        limit=limit,
    )


async def locked_unit_posts(
    session: Session, organisation_id: UUID, role: UnitRole
) -> list[UnitPost]:
    """Give all posts of a unit in a role; the caller holds the unit's lock."""
    found = await session.scalars(
        select(UnitPost)
        .where(UnitPost.organisation_id == organisation_id, UnitPost.role == role)
        .options(joinedload(UnitPost.person))
        .with_for_update(of=UnitPost)
    )
    return list(found.all())


async def locked_unit_post(session: Session, organisation_id: UUID, post_id: UUID) -> UnitPost:
    """Give a post of a locked unit, to be changed; raises UnitPostUnknown."""
    found = await session.scalar(
        select(UnitPost)
        .where(UnitPost.id == post_id, UnitPost.organisation_id == organisation_id)
        .options(joinedload(UnitPost.person))
        .with_for_update(of=UnitPost)
    )
    if found is None:
        raise UnitPostUnknown
    return found


# ---- nobody in charge ------------------------------------------------------------------------


def _vacant() -> ColumnElement[bool]:
    """Say whether a project is under way `today`, and nobody is in charge of it.

    One that is entered beforehand is under way from the day on which it is supervised or starts.
    """
    day = bindparam("today", type_=Date())
    begun = func.coalesce(Project.supervised_since, Project.started_on, day) <= day
    return and_(Project.status == ProjectStatus.IN_PROGRESS, begun, ~projects.in_charge(day))


_VACANT = _vacant()
_TOLD = exists().where(Vacancy.project_id == Project.id, Vacancy.ended_at.is_(None))
# The day on which a project is registered is left for entering its person.
_NEWLY_VACANT = and_(
    _VACANT, ~_TOLD, Project.registered_at < bindparam("midnight", type_=DateTime(timezone=True))
)
VACANCY_WAITS = or_(exists().where(_NEWLY_VACANT), exists().where(_TOLD, ~_VACANT))
"""Whether nobody is in charge of a project any more, or somebody is again."""


def _of(column: InstrumentedAttribute[UUID], project_id: UUID | None) -> ColumnElement[bool]:
    return column.is_not(None) if project_id is None else column == project_id


async def locked_newly_vacant_projects(
    session: Session, day: date, registered_before: datetime, project_id: UUID | None
) -> list[Project]:
    """Give projects in progress that nobody is in charge of and that no vacancy says so of."""
    statement = projects.with_parties().where(_NEWLY_VACANT, _of(Project.id, project_id))
    found = await session.scalars(
        statement.order_by(Project.id).with_for_update(of=Project),
        {"today": day, "midnight": registered_before},
    )
    return list(found.all())


async def known_paths(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Give where areas lie, by code, of those that are known."""
    found = await session.execute(
        select(KnownArea.code, KnownArea.path).where(KnownArea.code.in_(codes))
    )
    return {row[0]: row[1] for row in found}


async def vacant_projects(session: Session, project_ids: Collection[UUID]) -> dict[UUID, Project]:
    """Give projects, by id, with what stands on their cards."""
    found = await session.scalars(projects.with_parties().where(Project.id.in_(project_ids)))
    return {row.id: row for row in found}


async def locked_ended_vacancies(
    session: Session, day: date, project_id: UUID | None
) -> list[Vacancy]:
    """Give open vacancies of projects that somebody is in charge of now, or that do not go on."""
    statement = (
        select(Vacancy)
        .join(Project, Project.id == Vacancy.project_id)
        .where(Vacancy.ended_at.is_(None), ~_VACANT, _of(Vacancy.project_id, project_id))
    )
    found = await session.scalars(
        statement.order_by(Vacancy.id).with_for_update(of=Vacancy), {"today": day}
    )
    return list(found.all())
