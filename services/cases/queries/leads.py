"""Leads: for reading, and locked for changing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from services.cases.errors import LeadUnknown
from services.cases.models import Lead
from services.cases.queries import rows
from services.cases.schemas.leads import LeadFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.moves import Left, SyncMove
from shared.paging import Found


async def leads(
    session: Session,
    filters: LeadFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[Lead]:
    """Give a page of leads, the oldest first."""
    seen = known.in_scope(Lead.area_code, scope)
    statement = select(Lead).where(seen)
    for column in ("source", "state", "external_id"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(Lead, column) == wanted)
    if filters.area_code is not None:
        inside = known.in_scope(Lead.area_code, Scope(frozenset({filters.area_code})))
        statement = statement.where(or_(inside, Lead.area_code == filters.area_code))
    return await paging.sync(
        session,
        statement,
        model=Lead,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=Left(known.in_scope(SyncMove.area_code, scope), seen),
    )


async def lead(session: Session, lead_id: UUID, scope: Scope) -> Lead:
    """Give a lead, or raise LeadUnknown."""
    statement = select(Lead).where(Lead.id == lead_id, known.in_scope(Lead.area_code, scope))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise LeadUnknown
    return found


async def locked_lead(session: Session, lead_id: UUID, scope: Scope) -> Lead:
    """Give a lead for changing, or raise LeadUnknown."""
    statement = select(Lead).where(Lead.id == lead_id, known.in_scope(Lead.area_code, scope))
    found = await rows.locked_first(session, statement)
    if found is None:
        raise LeadUnknown
    return found


async def locked_new_lead(session: Session, **values: Any) -> tuple[Lead, bool]:
    """Give the lead that a sender calls by an id for changing, and whether it was written now."""
    new = await rows.insert_new(session, Lead, **values)
    statement = select(Lead).where(
        Lead.source == values["source"], Lead.external_id == values["external_id"]
    )
    return (await rows.locked_all(session, statement))[0], new
