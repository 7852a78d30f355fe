"""Rosters over HTTP: who enters a site and leaves it, who is on it, how many are insured."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.actions.crews import RevealedEntry
from services.payroll.actions.roster_rows import RosterTaken
from services.payroll.errors import ProjectUnknown, RetentionOver, RosterEntryUnknown, RosterRefused
from services.payroll.models import Crew, RosterEntry, RosterFinding, SiteMovement
from services.payroll.routes.router import router
from services.payroll.rules.roster import Insurance
from services.payroll.schemas.lines import RevealIn
from services.payroll.schemas.roster import (
    CrewIn,
    CrewOut,
    InsuranceOut,
    MovementsIn,
    RevealedEntryOut,
    RosterEntryOut,
    RosterFilter,
    RosterFindingFilter,
    RosterFindingOut,
    RosterIn,
    RosterTakenOut,
    SiteMovementOut,
    SoughtIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.post(
    "/v1/projects/{project_id}/roster-entries",
    status_code=201,
    response_model=RosterTakenOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(ProjectUnknown, RosterRefused),
    summary="Enter workers on a project's roster, or tell of them anew: all rows or none",
)
async def enter_workers(
    session: Transaction, caller: Who, project_id: UUID, body: RosterIn
) -> RosterTaken:
    """The same again changes nothing. All findings come at once, each at its row and field."""
    return await actions.roster.enter_workers(session, caller, project_id, body, clock.now())


@router.get(
    "/v1/projects/{project_id}/roster-entries",
    response_model=Page[RosterEntryOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="A project's roster: who is or was on the site, masked",
)
async def roster_entries(
    session: Transaction,
    caller: Who,
    *,
    project_id: UUID,
    only: Annotated[RosterFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[RosterEntry]:
    return await queries.roster.roster_entries(
        session, project_id, caller.scope, only, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/projects/{project_id}/roster-entries/search",
    response_model=list[RosterEntryOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown),
    summary="Find who on a roster has a whole number, name or card; that is recorded",
)
async def find_workers(
    session: Transaction, caller: Who, project_id: UUID, body: SoughtIn
) -> Sequence[RosterEntry]:
    return await actions.crews.find_workers(session, caller, project_id, body)


@router.get(
    "/v1/projects/{project_id}/roster-entries/{entry_id}",
    response_model=RosterEntryOut,
    dependencies=[may("payroll:read_roster")],
    responses=raises(RosterEntryUnknown),
    summary="One spell of a worker at a project, masked",
)
async def roster_entry(
    session: Transaction, caller: Who, project_id: UUID, entry_id: UUID
) -> RosterEntry:
    return await queries.roster.roster_entry(session, project_id, entry_id, caller.scope)


@router.get(
    "/v1/projects/{project_id}/roster-entries/{entry_id}/movements",
    response_model=list[SiteMovementOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(RosterEntryUnknown),
    summary="Entries and exits of a worker as they were told, corrections too",
)
async def site_movements(
    session: Transaction, caller: Who, project_id: UUID, entry_id: UUID
) -> Sequence[SiteMovement]:
    return await queries.roster.site_movements(session, project_id, entry_id, caller.scope)


@router.post(
    "/v1/projects/{project_id}/roster-entries/{entry_id}/reveal",
    response_model=RevealedEntryOut,
    dependencies=[may("payroll:reveal")],
    responses=raises(RosterEntryUnknown, RetentionOver),
    openapi_extra={"x-shows-secret": True},
    summary="Show who somebody on a roster is; who read it and why is recorded",
)
async def reveal_entry(
    session: Transaction, caller: Who, project_id: UUID, entry_id: UUID, body: RevealIn
) -> RevealedEntry:
    return await actions.crews.reveal_entry(
        session, caller, project_id, entry_id, purpose=body.purpose, now=clock.now()
    )


@router.post(
    "/v1/projects/{project_id}/site-movements",
    status_code=201,
    response_model=RosterTakenOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(ProjectUnknown, RosterRefused),
    summary="Workers leave, or a day of entry or exit is put right: all of it or nothing",
)
async def move_workers(
    session: Transaction, caller: Who, project_id: UUID, body: MovementsIn
) -> RosterTaken:
    return await actions.roster_moves.move_workers(session, caller, project_id, body, clock.now())


@router.get(
    "/v1/projects/{project_id}/insurance",
    response_model=InsuranceOut,
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown),
    summary="How many on the site on a day are insured, work-injury cover apart",
)
async def insurance(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    day: Annotated[clock.Day | None, Query()] = None,
) -> Insurance:
    """`day` left out: today."""
    return await queries.roster.insurance(session, project_id, caller.scope, day or clock.today())


@router.post(
    "/v1/projects/{project_id}/crews",
    status_code=201,
    response_model=CrewOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(ProjectUnknown, RosterRefused),
    summary="Enter a crew of an employer, or change the one of this name",
)
async def write_crew(session: Transaction, caller: Who, project_id: UUID, body: CrewIn) -> Crew:
    return await actions.crews.write_crew(session, caller, project_id, body)


@router.get(
    "/v1/projects/{project_id}/crews",
    response_model=Page[CrewOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="The crews of a project, by number",
)
async def crews(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Crew]:
    return await queries.roster.crews(session, project_id, caller.scope, cursor=cursor, limit=limit)


@router.get(
    "/v1/roster-findings",
    response_model=Page[RosterFindingOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(paging.CursorUnreadable),
    summary="What was found of people on rosters (two places at once …), newest first, masked",
)
async def roster_findings(
    session: Transaction,
    caller: Who,
    only: Annotated[RosterFindingFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[RosterFinding]:
    """What is about two rosters is shown to whoever may see both of them."""
    return await queries.roster_findings.roster_findings(
        session, caller.scope, only, cursor=cursor, limit=limit
    )
