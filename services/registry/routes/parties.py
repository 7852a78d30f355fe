"""Who takes part in a project, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    PartyTaken,
    PartyUnknown,
    ProjectUnknown,
    RegistrationRefused,
)
from services.registry.models import ProjectParty
from services.registry.queries.parties import RoleGap
from services.registry.routes.router import router
from services.registry.schemas.parties import (
    PartyFilter,
    PartyIn,
    PartyOut,
    PartyPatch,
    RoleGapOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/projects/{project_id}/parties",
    dependencies=[may("registry:read")],
    response_model=Page[PartyOut],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="Who takes part in a project, all or those of a day",
)
async def parties(
    session: Transaction,
    who: Who,
    *,
    project_id: UUID,
    wanted: Annotated[PartyFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[ProjectParty]:
    """Give the parties with their days."""
    return await queries.parties.parties(
        session, project_id, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/projects/{project_id}/parties/gaps",
    dependencies=[may("registry:read")],
    response_model=Page[RoleGapOut],
    responses=raises(ProjectUnknown),
    summary="Days on which nobody held a role that a project needs",
)
async def role_gaps(session: Transaction, who: Who, project_id: UUID) -> paging.Found[RoleGap]:
    """Give the days without developer or contractor up to today, and what was said of them."""
    return await queries.parties.role_gaps(session, project_id, who.scope, clock.today())


@router.post(
    "/v1/projects/{project_id}/parties",
    dependencies=[may("registry:write_projects")],
    status_code=201,
    response_model=PartyOut,
    responses=raises(ProjectUnknown, PartyTaken, RegistrationRefused),
    summary="Enter who takes part in a project from a day on",
)
async def enter_party(
    session: Transaction, who: Who, project_id: UUID, body: PartyIn
) -> ProjectParty:
    """Enter a party; whoever had a single role before ends on the day before."""
    return await actions.participation.enter_party(
        session, who.scope, project_id, body, clock.now()
    )


@router.patch(
    "/v1/projects/{project_id}/parties/{party_id}",
    dependencies=[may("registry:write_projects")],
    response_model=PartyOut,
    responses=raises(ProjectUnknown, PartyUnknown, Stale, RegistrationRefused),
    summary="Set the last day of a party's role",
)
async def end_party(
    session: Transaction, who: Who, project_id: UUID, party_id: UUID, body: PartyPatch
) -> ProjectParty:
    """End it; the row stays as its history."""
    return await actions.participation.end_party(
        session, who.scope, body, clock.now(), project_id=project_id, party_id=party_id
    )
