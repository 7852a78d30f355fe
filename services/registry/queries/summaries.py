"""How required systems of supervised projects stood on a day: one statement for list and count."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute

from services.registry.models import (
    Organisation,
    Project,
    ProjectVersion,
    RequirementState,
)
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import RequirementStatus
from services.registry.rules.systems import Group, Grouping, Summary, SystemTally, Tally, summary
from services.registry.schemas.requirements import (
    SystemFilter,
    SystemListFilter,
    SystemSummaryFilter,
)
from shared import clock, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.known import KnownArea

_KEYS: dict[Grouping, InstrumentedAttribute[Any]] = {
    Grouping.DEVELOPER: ProjectVersion.developer_id,
    Grouping.CONTRACTOR: ProjectVersion.contractor_id,
    Grouping.AREA: ProjectVersion.area_code,
    Grouping.INVESTMENT_TYPE: ProjectVersion.investment_type,
    Grouping.SECTOR_AUTHORITY: ProjectVersion.sector_authority_id,
}
_BY_UNIT = {Grouping.DEVELOPER, Grouping.CONTRACTOR, Grouping.SECTOR_AUTHORITY}
_GAPS = (RequirementStatus.NOT_DONE, RequirementStatus.OVERDUE)


def _cards(end: datetime) -> Subquery:
    """Select of each project what it was like by an instant."""
    return (
        select(ProjectVersion)
        .where(ProjectVersion.at < end)
        .ext(distinct_on(ProjectVersion.project_id))
        .order_by(ProjectVersion.project_id, ProjectVersion.version.desc())
        .subquery("cards")
    )


def _states(end: datetime) -> Subquery:
    """Select of each requirement how it stood by an instant."""
    of = RequirementState
    return (
        select(of)
        .where(of.at < end)
        .ext(distinct_on(of.requirement_id))
        .order_by(of.requirement_id, of.at.desc(), of.version.desc())
        .subquery("states")
    )


def _standings(scope: Scope, only: SystemFilter, today: date) -> Subquery:
    """Select each requirement of the supervised projects of a filter, as it stood on its day.

    What a project was like and how a requirement stood is what was entered last by the day's end.
    """
    day = only.as_of or today
    cards, states = _cards(clock.day_end(day)), _states(clock.day_end(day))
    told: Any = cards.c
    statement = (
        select(
            states.c.requirement_id.label("id"),
            states.c.project_id,
            states.c.kind,
            states.c.status,
            *[told[each.key] for each in _KEYS.values()],
        )
        .join_from(states, cards, told.project_id == states.c.project_id)
        .where(
            known.in_scope(told.area_code, scope, told.developer_id, told.contractor_id),
            told.status == ProjectStatus.IN_PROGRESS,
            told.supervised_since <= day,
            states.c.status != RequirementStatus.NOT_REQUIRED,
        )
    )
    for name in ("developer_id", "contractor_id", "sector_authority_id", "investment_type"):
        value = getattr(only, name)
        if value is not None:
            statement = statement.where(told[name] == value)
    if only.area_code:
        inside = known.in_scope(told.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    return statement.subquery("standings")


async def system_summary(
    session: Session, scope: Scope, only: SystemSummaryFilter, today: date
) -> Summary:
    """Count how the required systems of the projects that the caller may see stood on a day."""
    stands = _standings(scope, only, today)
    key = stands.c[_KEYS[only.by].key]
    systems: dict[Any, list[SystemTally]] = defaultdict(list)
    for of, kind, *numbers in await session.execute(_by_system(stands, key)):
        systems[of].append(SystemTally(kind, *numbers))
    tallies = {
        row[0]: Tally(row[1], row[2], row[3], tuple(systems[row[0]]))
        for row in await session.execute(_by_project(stands, key))
    }
    names = await _names(session, only.by, tallies)
    groups = [
        Group("" if of is None else str(of), names.get(of, ""), tally)
        for of, tally in tallies.items()
    ]
    return summary(only.as_of or today, only.by, groups)


def _by_system(stands: Subquery, key: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Count a group's requirements, system by system."""
    counted = [
        func.count().filter(stands.c.status.in_(each))
        for each in (
            (*_GAPS, RequirementStatus.DONE),
            (RequirementStatus.DONE,),
            (RequirementStatus.EXEMPT,),
            (RequirementStatus.OVERDUE,),
        )
    ]
    kind = stands.c.kind
    return select(key, kind, *counted).group_by(key, kind).order_by(kind)


def _by_project(stands: Subquery, key: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Count a group's projects: all, those that have all, those that have nothing."""
    status = stands.c.status
    whole = (
        select(
            key.label("key"),
            func.bool_and(status.not_in(_GAPS)).label("all_done"),
            func.bool_and(status.in_((*_GAPS, RequirementStatus.EXEMPT))).label("none"),
        )
        .group_by(key, stands.c.project_id)
        .subquery("whole")
    )
    return select(
        whole.c.key,
        func.count(),
        func.count().filter(whole.c.all_done),
        func.count().filter(whole.c.none & ~whole.c.all_done),
    ).group_by(whole.c.key)


async def _names(session: Session, by: Grouping, keys: Iterable[Any]) -> dict[Any, str]:
    """Give what units and areas are called."""
    wanted = [key for key in keys if key is not None]
    if by in _BY_UNIT:
        units = select(Organisation.id, Organisation.name).where(Organisation.id.in_(wanted))
        return {row[0]: row[1] for row in await session.execute(units)}
    if by is Grouping.AREA:
        areas = select(KnownArea.code, KnownArea.name).where(KnownArea.code.in_(wanted))
        return {row[0]: row[1] for row in await session.execute(areas)}
    return {}


async def system_standings(
    session: Session,
    scope: Scope,
    only: SystemListFilter,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the requirements that a summary counts."""
    stands = _standings(scope, only, today)
    developer = Organisation.name.label("developer_name")
    statement: Select[Any] = (
        select(stands, Project.name.label("project_name"), developer)
        .join_from(stands, Project, Project.id == stands.c.project_id)
        .join(Organisation, Organisation.id == stands.c.developer_id)
    )
    if only.kind:
        statement = statement.where(stands.c.kind == only.kind)
    if only.status:
        statement = statement.where(stands.c.status.in_(only.status))
    order = (stands.c.project_id, stands.c.kind)
    return await paging.page(session, statement, by=order, cursor=cursor, limit=limit)
