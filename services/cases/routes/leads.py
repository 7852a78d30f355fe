"""Leads over HTTP: pushed by other platforms, which read the results back."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions
from services.cases.errors import AreaUnknown, LeadTaken, LeadUnknown
from services.cases.models import Lead
from services.cases.routes.router import SYNC, router
from services.cases.schemas.leads import (
    LeadFilter,
    LeadIn,
    LeadOut,
    ResultIn,
    RevealedLeadOut,
    RevealIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/leads",
    dependencies=[may("cases:read_leads")],
    summary="Leads with what became of them, as a list or a sync",
    response_model=Page[LeadOut],
    responses=raises(*SYNC),
)
async def leads(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[LeadFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[Lead]:
    page = {"cursor": cursor, "changed_after": changed_after, "limit": limit}
    return await actions.leads.read_leads(session, who, filters, clock.now(), **page)


@router.post(
    "/v1/leads",
    dependencies=[may("cases:push_leads")],
    summary="Push a lead; the same id again gives the first, with what became of it",
    status_code=201,
    response_model=LeadOut,
    responses=raises(AreaUnknown, LeadTaken, Invalid),
)
async def push_lead(session: Transaction, who: Who, body: LeadIn) -> Lead:
    return await actions.leads.push_lead(session, who, body, clock.now())


@router.get(
    "/v1/leads/{lead_id}",
    dependencies=[may("cases:read_leads")],
    summary="A lead with what became of it",
    response_model=LeadOut,
    responses=raises(LeadUnknown, Invalid),
)
async def lead(session: Transaction, who: Who, lead_id: UUID) -> Lead:
    return await actions.leads.read_lead(session, who, lead_id, clock.now())


@router.post(
    "/v1/leads/{lead_id}/result",
    dependencies=[may("cases:conclude_leads")],
    summary="Say what became of a lead",
    response_model=LeadOut,
    responses=raises(LeadUnknown, Invalid),
)
async def conclude_lead(session: Transaction, who: Who, lead_id: UUID, body: ResultIn) -> Lead:
    return await actions.leads.conclude_lead(session, who, lead_id, body, clock.now())


@router.post(
    "/v1/leads/{lead_id}/reveal",
    dependencies=[may("cases:reveal")],
    summary="Show the words of a lead; who read them and why is recorded",
    response_model=RevealedLeadOut,
    responses=raises(LeadUnknown, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def reveal_lead(session: Transaction, who: Who, lead_id: UUID, body: RevealIn) -> Lead:
    return await actions.leads.reveal_lead(session, who, lead_id, body.purpose)
