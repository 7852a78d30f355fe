"""Who is in charge of areas, of units, and so of projects, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    AreaAssignmentUnknown,
    AssignmentTaken,
    AssignmentUnknown,
    OrganisationUnknown,
    ProjectUnknown,
    RegistrationRefused,
    UnitPostUnknown,
)
from services.registry.models import AreaAssignment, Assignment, UnitPost
from services.registry.queries.territories import InCharge
from services.registry.routes.router import router
from services.registry.schemas.persons import AssignmentOut
from services.registry.schemas.territories import (
    AreaAssignmentFilter,
    AreaAssignmentIn,
    AreaAssignmentOut,
    EndIn,
    HandOverIn,
    InChargeFilter,
    InChargeOut,
    UnitPostFilter,
    UnitPostIn,
    UnitPostOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/projects/{project_id}/in-charge",
    dependencies=[may("registry:read")],
    response_model=Page[InChargeOut],
    responses=raises(ProjectUnknown),
    summary="Who is in charge of a project on a day, the nearest first",
)
async def in_charge(
    session: Transaction,
    who: Who,
    project_id: UUID,
    wanted: Annotated[InChargeFilter, Query()],
) -> paging.Found[InCharge]:
    """Give its own person, those of its town and area, and so on up; the first one answers."""
    return await queries.territories.in_charge(
        session, project_id, who.scope, wanted.on or clock.today(), wanted.role
    )


@router.post(
    "/v1/projects/{project_id}/persons/{assignment_id}/hand-over",
    dependencies=[may("registry:write_persons")],
    response_model=AssignmentOut,
    responses=raises(
        ProjectUnknown, AssignmentUnknown, AssignmentTaken, Stale, RegistrationRefused
    ),
    summary="Let another person take over at a project",
)
async def hand_assignment_over(
    session: Transaction, who: Who, project_id: UUID, assignment_id: UUID, body: HandOverIn
) -> Assignment:
    """Hand over on a day; the history stays."""
    return await actions.persons.hand_assignment_over(
        session, who.scope, body, clock.now(), project_id=project_id, assignment_id=assignment_id
    )


@router.get(
    "/v1/area-assignments",
    dependencies=[may("registry:read")],
    response_model=Page[AreaAssignmentOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Persons in charge of parts of areas, or their changes",
)
async def area_assignments(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[AreaAssignmentFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[AreaAssignment]:
    """Give those in the caller's areas."""
    return await queries.territories.area_assignments(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/area-assignments",
    dependencies=[may("registry:write_persons")],
    status_code=201,
    response_model=AreaAssignmentOut,
    responses=raises(AssignmentTaken, RegistrationRefused),
    summary="Put a person in charge of named towns, of the other towns, or of a whole area",
)
async def assign_area(session: Transaction, who: Who, body: AreaAssignmentIn) -> AreaAssignment:
    """Put a person in charge; the same again gives the first."""
    return await actions.territories.assign_area(session, who.scope, body, clock.now())


@router.patch(
    "/v1/area-assignments/{assignment_id}",
    dependencies=[may("registry:write_persons")],
    response_model=AreaAssignmentOut,
    responses=raises(AreaAssignmentUnknown, Stale, RegistrationRefused),
    summary="Set the last day of somebody in charge of an area",
)
async def end_area_assignment(
    session: Transaction, who: Who, assignment_id: UUID, body: EndIn
) -> AreaAssignment:
    """End it; the row stays as its history."""
    return await actions.territories.end_area_assignment(
        session, who.scope, assignment_id, body, clock.now()
    )


@router.post(
    "/v1/area-assignments/{assignment_id}/hand-over",
    dependencies=[may("registry:write_persons")],
    response_model=AreaAssignmentOut,
    responses=raises(AreaAssignmentUnknown, AssignmentTaken, Stale, RegistrationRefused),
    summary="Let another person take over a part of an area",
)
async def hand_area_over(
    session: Transaction, who: Who, assignment_id: UUID, body: HandOverIn
) -> AreaAssignment:
    """Hand over on a day; the history stays."""
    return await actions.territories.hand_area_over(
        session, who.scope, assignment_id, body, clock.now()
    )


@router.get(
    "/v1/organisations/{organisation_id}/posts",
    dependencies=[may("registry:read")],
    response_model=Page[UnitPostOut],
    responses=raises(OrganisationUnknown, paging.CursorUnreadable),
    summary="Heads, directors and duty officers of a unit, all or those of a day",
)
async def unit_posts(
    session: Transaction,
    who: Who,
    *,
    organisation_id: UUID,
    wanted: Annotated[UnitPostFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[UnitPost]:
    """Give posts by their first day."""
    return await queries.territories.unit_posts(
        session, organisation_id, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/organisations/{organisation_id}/posts",
    dependencies=[may("registry:write_persons")],
    status_code=201,
    response_model=UnitPostOut,
    responses=raises(OrganisationUnknown, AssignmentTaken, RegistrationRefused),
    summary="Make a person head, director or duty officer of a unit",
)
async def post_person(
    session: Transaction, who: Who, organisation_id: UUID, body: UnitPostIn
) -> UnitPost:
    """Enter a dated role; the same again gives the first."""
    return await actions.territories.post_person(
        session, who.scope, organisation_id, body, clock.now()
    )


@router.patch(
    "/v1/organisations/{organisation_id}/posts/{post_id}",
    dependencies=[may("registry:write_persons")],
    response_model=UnitPostOut,
    responses=raises(OrganisationUnknown, UnitPostUnknown, Stale, RegistrationRefused),
    summary="Set the last day of somebody's post",
)
async def end_post(
    session: Transaction, who: Who, organisation_id: UUID, post_id: UUID, body: EndIn
) -> UnitPost:
    """End it; the row stays as its history."""
    return await actions.territories.end_post(
        session, who.scope, body, clock.now(), organisation_id=organisation_id, post_id=post_id
    )


@router.post(
    "/v1/organisations/{organisation_id}/posts/{post_id}/hand-over",
    dependencies=[may("registry:write_persons")],
    response_model=UnitPostOut,
    responses=raises(OrganisationUnknown, UnitPostUnknown, Stale, RegistrationRefused),
    summary="Let another person take a post over",
)
async def hand_post_over(
    session: Transaction, who: Who, organisation_id: UUID, post_id: UUID, body: HandOverIn
) -> UnitPost:
    """Hand over on a day; the history stays."""
    return await actions.territories.hand_post_over(
        session, who.scope, body, clock.now(), organisation_id=organisation_id, post_id=post_id
    )
