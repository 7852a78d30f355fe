"""Organisations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import CreditCodeTaken, OrganisationUnknown, RegistrationRefused
from services.registry.models import Organisation
from services.registry.routes.router import router
from services.registry.schemas.organisations import (
    OrganisationFilter,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/organisations",
    dependencies=[may("registry:read")],
    response_model=Page[OrganisationOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Organisations by role, trade, tag in force, area or name",
)
async def organisations(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[OrganisationFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Organisation]:
    """Give organisations of the caller's areas, and those that take part in projects there."""
    return await queries.organisations.organisations(
        session,
        who.scope,
        wanted,
        today=clock.today(),
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
    )


@router.post(
    "/v1/organisations",
    dependencies=[may("registry:write_organisations")],
    status_code=201,
    response_model=OrganisationOut,
    responses=raises(CreditCodeTaken, RegistrationRefused),
    summary="Register an organisation",
)
async def register_organisation(
    session: Transaction, who: Who, body: OrganisationIn
) -> Organisation:
    """Register an organisation of any trade; the same one again gives the first."""
    return await actions.organisations.register_organisation(session, who.scope, body, clock.now())


@router.get(
    "/v1/organisations/{organisation_id}",
    dependencies=[may("registry:read")],
    response_model=OrganisationOut,
    responses=raises(OrganisationUnknown),
    summary="One organisation",
)
async def organisation(session: Transaction, who: Who, organisation_id: UUID) -> Organisation:
    """Give one organisation."""
    return await queries.organisations.organisation(session, organisation_id, who.scope)


@router.patch(
    "/v1/organisations/{organisation_id}",
    dependencies=[may("registry:write_organisations")],
    response_model=OrganisationOut,
    responses=raises(OrganisationUnknown, Stale, RegistrationRefused),
    summary="Change an organisation",
)
async def change_organisation(
    session: Transaction, who: Who, organisation_id: UUID, body: OrganisationPatch
) -> Organisation:
    """Change what is sent; only an organisation of the caller's own areas."""
    return await actions.organisations.change_organisation(
        session, who.scope, organisation_id, body, clock.now()
    )
