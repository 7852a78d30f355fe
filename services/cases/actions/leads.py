"""Leads: pushed by other platforms, concluded here, and read back by who pushed them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import expectations
from services.cases.errors import LeadTaken
from services.cases.models import Lead
from services.cases.schemas.leads import LeadFilter, LeadIn, ResultIn
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.paging import Found

_SAME = ("area_code", "place", "project_id", "workers", "amount", "received_at", "text")


async def push_lead(session: Session, caller: Caller, body: LeadIn, now: datetime) -> Lead:
    """Take a lead; pushed again it is the first one, with what became of it since.

    Raises AreaUnknown, or LeadTaken where the sender's id came before with other content.
    """
    await expectations.hear_client(session, caller, now)
    area_code = await queries.policies.area_for_policy(session, body.area_code, caller.scope)
    said = body.model_dump() | {"area_code": area_code}
    lead, is_new = await queries.leads.locked_new_lead(
        session, id=new_id(), pushed_at=now, pushed_by=caller.actor, **said
    )
    if not is_new and any(getattr(lead, name) != said[name] for name in _SAME):
        raise LeadTaken
    return lead


async def read_leads(
    session: Session, caller: Caller, only: LeadFilter, now: datetime, **page: Any
) -> Found[Lead]:
    """Give a page of leads; a provincial system that asks for it is heard of."""
    await expectations.hear_client(session, caller, now)
    return await queries.leads.leads(session, only, caller.scope, **page)


async def read_lead(session: Session, caller: Caller, lead_id: UUID, now: datetime) -> Lead:
    """Give a lead; a provincial system that asks for it is heard of. Raises LeadUnknown."""
    await expectations.hear_client(session, caller, now)
    return await queries.leads.lead(session, lead_id, caller.scope)


async def conclude_lead(
    session: Session, caller: Caller, lead_id: UUID, body: ResultIn, now: datetime
) -> Lead:
    """Say what became of a lead, for its sender to read. Raises LeadUnknown."""
    lead = await queries.leads.locked_lead(session, lead_id, caller.scope)
    found = body.model_dump(exclude={"conclusion"})
    lead.conclude(body.conclusion, now, caller.actor, **found)
    return lead


async def reveal_lead(session: Session, caller: Caller, lead_id: UUID, purpose: str) -> Lead:
    """Give a lead with its words; who read them and why is recorded."""
    lead = await queries.leads.lead(session, lead_id, caller.scope)
    record(session, "reveal", Lead.__tablename__, lead.id, after={"purpose": purpose})
    return lead
