"""What happens to a project, over HTTP: suspension, resumption, completion, settlement."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    PersonNeeded,
    ProjectUnknown,
    RegistrationRefused,
    SecondPersonNeeded,
    SuspensionDecided,
    SuspensionUnknown,
)
from services.registry.models import Project, Suspension
from services.registry.routes.router import router
from services.registry.schemas.life import (
    CompletionIn,
    DecisionIn,
    ResumptionIn,
    SettlementIn,
    SuspensionFilter,
    SuspensionIn,
    SuspensionOut,
)
from services.registry.schemas.projects import ProjectOut
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/suspensions",
    dependencies=[may("registry:read")],
    response_model=Page[SuspensionOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Suspensions of projects, or their changes",
)
async def suspensions(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SuspensionFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Suspension]:
    """Give suspensions, asked for, decided and over."""
    return await queries.life.suspensions(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/projects/{project_id}/suspensions",
    dependencies=[may("registry:request_suspensions")],
    status_code=201,
    response_model=SuspensionOut,
    responses=raises(ProjectUnknown, PersonNeeded, RegistrationRefused),
    summary="Ask for a project to be stopped",
)
async def request_suspension(
    session: Transaction, who: Who, project_id: UUID, body: SuspensionIn
) -> Suspension:
    """Ask for it; another person decides."""
    return await actions.life.request_suspension(session, who, project_id, body, clock.now())


@router.post(
    "/v1/suspensions/{suspension_id}/decide",
    dependencies=[may("registry:decide_suspensions")],
    response_model=SuspensionOut,
    responses=raises(
        SuspensionUnknown, SuspensionDecided, SecondPersonNeeded, PersonNeeded, RegistrationRefused
    ),
    summary="Approve or refuse a suspension that somebody else asked for",
)
async def decide_suspension(
    session: Transaction, who: Who, suspension_id: UUID, body: DecisionIn
) -> Suspension:
    """Decide; approved, the project is stopped from its first day to its last."""
    return await actions.life.decide_suspension(
        session, who, suspension_id, clock.now(), approved=body.approved
    )


@router.post(
    "/v1/suspensions/{suspension_id}/end",
    dependencies=[may("registry:request_suspensions")],
    response_model=SuspensionOut,
    responses=raises(SuspensionUnknown, SuspensionDecided, RegistrationRefused),
    summary="Resume the works before a suspension's end, or withdraw it",
)
async def end_suspension(
    session: Transaction, who: Who, suspension_id: UUID, body: ResumptionIn
) -> Suspension:
    """End it early; at its planned end the project goes on by itself."""
    return await actions.life.end_suspension(
        session, who.scope, suspension_id, body.resumed_on, clock.now()
    )


@router.post(
    "/v1/projects/{project_id}/completion",
    dependencies=[may("registry:write_projects")],
    response_model=ProjectOut,
    responses=raises(ProjectUnknown, RegistrationRefused),
    summary="Complete a project",
)
async def complete_project(
    session: Transaction, who: Who, project_id: UUID, body: CompletionIn
) -> Project:
    """Complete it; the same day again changes nothing."""
    return await actions.life.complete_project(
        session, who.scope, project_id, body.completed_on, clock.now()
    )


@router.post(
    "/v1/projects/{project_id}/settlement",
    dependencies=[may("registry:write_projects")],
    response_model=ProjectOut,
    responses=raises(ProjectUnknown, RegistrationRefused),
    summary="Keep the day on which all wages of a project were settled",
)
async def settle_project(
    session: Transaction, who: Who, project_id: UUID, body: SettlementIn
) -> Project:
    """Keep the day; records are kept for three years after it (724号 art. 28)."""
    return await actions.life.settle_project(
        session, who.scope, project_id, body.settled_on, clock.now()
    )
