"""Projects over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import ProjectCodeTaken, ProjectUnknown, RegistrationRefused
from services.registry.models import Project
from services.registry.routes.router import router
from services.registry.rules.projects import Counts
from services.registry.schemas.projects import (
    ProjectCounts,
    ProjectFilter,
    ProjectIn,
    ProjectOut,
    ProjectPatch,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/projects",
    dependencies=[may("registry:read")],
    response_model=Page[ProjectOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Projects, or their changes",
)
async def projects(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[ProjectFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Project]:
    """Give projects of the caller's areas, or those in which his organisation takes part."""
    return await queries.projects.projects(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/projects/counts",
    dependencies=[may("registry:read")],
    response_model=ProjectCounts,
    summary="How many projects a filter finds",
)
async def project_counts(
    session: Transaction, who: Who, wanted: Annotated[ProjectFilter, Query()]
) -> Counts:
    """Count what the list would show."""
    return await queries.projects.project_counts(session, who.scope, wanted)


@router.post(
    "/v1/projects",
    dependencies=[may("registry:write_projects")],
    status_code=201,
    response_model=ProjectOut,
    responses=raises(ProjectCodeTaken, RegistrationRefused),
    summary="Register a project",
)
async def register_project(session: Transaction, who: Who, body: ProjectIn) -> Project:
    """Register a project; the same one again gives the first."""
    return await actions.projects.register_project(session, who.scope, body, clock.now())


@router.get(
    "/v1/projects/{project_id}",
    dependencies=[may("registry:read")],
    response_model=ProjectOut,
    responses=raises(ProjectUnknown),
    summary="One project",
)
async def project(session: Transaction, who: Who, project_id: UUID) -> Project:
    """Give one project."""
    return await queries.projects.project(session, project_id, who.scope)


@router.patch(
    "/v1/projects/{project_id}",
    dependencies=[may("registry:write_projects")],
    response_model=ProjectOut,
    responses=raises(ProjectUnknown, Stale, RegistrationRefused),
    summary="Change a project",
)
async def change_project(
    session: Transaction, who: Who, project_id: UUID, body: ProjectPatch
) -> Project:
    """Change what is sent."""
    return await actions.projects.change_project(session, who.scope, project_id, body, clock.now())
