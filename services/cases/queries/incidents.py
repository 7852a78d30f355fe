"""Incidents, their timelines, and what they turn red: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select

from services.cases.errors import IncidentUnknown
from services.cases.models import ArrearsCase, Incident, IncidentEntry, IncidentTerms, WatchItem
from services.cases.queries import arrears, rows
from services.cases.rules.items import CaseState, ItemState
from services.cases.schemas.incidents import IncidentFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


def _visible(scope: Scope) -> ColumnElement[bool]:
    """Incidents are the offices' own: no company sees one."""
    return false() if scope.org is not None else known.in_scope(Incident.area_code, scope)


async def incidents_page(
    session: Session, filters: IncidentFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Incident]:
    """Give a page of incidents, the first recorded first."""
    statement = select(Incident).where(_visible(scope))
    for name in ("kind", "state", "project_id", "employer_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(Incident, name) == wanted)
    if filters.area_code is not None:
        inside = await known.within(session, Incident.area_code, filters.area_code)
        statement = statement.where(inside)
    return await paging.page(session, statement, by=(Incident.id,), cursor=cursor, limit=limit)


async def incident(session: Session, incident_id: UUID, scope: Scope) -> Incident:
    """Give an incident, or raise IncidentUnknown."""
    statement = select(Incident).where(Incident.id == incident_id, _visible(scope))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise IncidentUnknown
    return found


async def locked_incident(session: Session, incident_id: UUID, scope: Scope) -> Incident:
    """Give an incident for changing, or raise IncidentUnknown."""
    statement = select(Incident).where(Incident.id == incident_id, _visible(scope))
    found = await rows.locked_first(session, statement)
    if found is None:
        raise IncidentUnknown
    return found


async def entries(session: Session, incident_id: UUID) -> Sequence[IncidentEntry]:
    """Give the timeline of an incident, the earliest first."""
    statement = select(IncidentEntry).where(IncidentEntry.incident_id == incident_id)
    return (await session.scalars(statement.order_by(IncidentEntry.at, IncidentEntry.id))).all()


async def incident_terms(session: Session, area_code: str, at: datetime) -> IncidentTerms:
    """Give the sizes that an area goes by; the nation's row is always there."""
    return await arrears.terms_in_force(session, IncidentTerms, area_code, at)


async def locked_items_of(
    session: Session, project_id: UUID | None, employer_id: UUID | None, scope: Scope
) -> list[WatchItem]:
    """Give the open items of a project, or that an employer answers for, for changing."""
    about = [WatchItem.project_id == project_id] if project_id else []
    if employer_id:
        about += [WatchItem.contractor_id == employer_id, WatchItem.unit_id == employer_id]
    open_ones = WatchItem.state != asking.code(ItemState.CLOSED)
    inside = known.in_scope(WatchItem.area_code, scope)
    statement = select(WatchItem).where(open_ones, inside, or_(*about))
    return await rows.locked_all(session, statement.order_by(WatchItem.id))


async def locked_cases_of(
    session: Session, project_id: UUID | None, employer_id: UUID | None, scope: Scope
) -> list[ArrearsCase]:
    """Give the open cases of a project or an employer, for changing."""
    about = [ArrearsCase.project_id == project_id] if project_id else []
    if employer_id:
        about += [
            ArrearsCase.employer_id == employer_id,
            ArrearsCase.contractor_id == employer_id,
        ]
    statement = select(ArrearsCase).where(
        ArrearsCase.state == CaseState.OPEN, arrears.visible(scope), or_(*about)
    )
    return await rows.locked_all(session, statement.order_by(ArrearsCase.id))
