"""Responsible persons of a project over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    AssignmentTaken,
    AssignmentUnknown,
    ProjectUnknown,
    RegistrationRefused,
)
from services.registry.models import Assignment
from services.registry.routes.router import router
from services.registry.schemas.persons import (
    AssignmentFilter,
    AssignmentIn,
    AssignmentOut,
    AssignmentPatch,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/projects/{project_id}/persons",
    dependencies=[may("registry:read")],
    response_model=Page[AssignmentOut],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="Persons who answer for a project, all or those of a day",
)
async def assignments(
    session: Transaction,
    who: Who,
    *,
    project_id: UUID,
    wanted: Annotated[AssignmentFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Assignment]:
    """Give assignments by their first day."""
    return await queries.persons.assignments(
        session, project_id, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/projects/{project_id}/persons",
    dependencies=[may("registry:write_persons")],
    status_code=201,
    response_model=AssignmentOut,
    responses=raises(ProjectUnknown, AssignmentTaken, RegistrationRefused),
    summary="Put a person in charge of something at a project",
)
async def assign_person(
    session: Transaction, who: Who, project_id: UUID, body: AssignmentIn
) -> Assignment:
    """Assign a person; unit, name and post make the person, the same again give the first."""
    return await actions.persons.assign_person(session, who.scope, project_id, body, clock.now())


@router.patch(
    "/v1/projects/{project_id}/persons/{assignment_id}",
    dependencies=[may("registry:write_persons")],
    response_model=AssignmentOut,
    responses=raises(ProjectUnknown, AssignmentUnknown, Stale, RegistrationRefused),
    summary="End an assignment",
)
async def end_assignment(
    session: Transaction, who: Who, project_id: UUID, assignment_id: UUID, body: AssignmentPatch
) -> Assignment:
    """Set the last day of an assignment, included; its row stays as history."""
    return await actions.persons.end_assignment(
        session,
        who.scope,
        body,
        clock.now(),
        project_id=project_id,
        assignment_id=assignment_id,
    )
