"""How long workers' data are kept, over HTTP: endings of projects, holds."""

from uuid import UUID

from services.payroll import actions
from services.payroll.actions.retention import Retention
from services.payroll.errors import EndingRefused, ProjectUnknown
from services.payroll.models import LegalHold, ProjectEnding
from services.payroll.routes.router import router
from services.payroll.schemas.retention import (
    EndingIn,
    EndingOut,
    HoldIn,
    HoldOut,
    RetentionOut,
)
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import NotFound, raises


@router.get(
    "/v1/projects/{project_id}/retention",
    response_model=RetentionOut,
    dependencies=[may("payroll:decide_retention")],
    responses=raises(ProjectUnknown),
    summary="Until when data of a project's workers are kept, and what holds them",
)
async def retention(session: Transaction, caller: Who, project_id: UUID) -> Retention:
    return await actions.retention.retention(session, project_id, caller.scope, clock.today())


@router.post(
    "/v1/projects/{project_id}/endings",
    status_code=201,
    response_model=EndingOut,
    dependencies=[may("payroll:decide_retention")],
    responses=raises(ProjectUnknown, EndingRefused),
    summary="Tell that works are complete and wages settled: their records' time begins",
)
async def tell_ending(
    session: Transaction, caller: Who, project_id: UUID, body: EndingIn
) -> ProjectEnding:
    """Replace what was told before; a fact that is left out is not known, and ends nothing."""
    return await actions.retention.tell_ending(session, caller, project_id, body, clock.now())


@router.post(
    "/v1/projects/{project_id}/legal-holds",
    status_code=201,
    response_model=HoldOut,
    dependencies=[may("payroll:decide_retention")],
    responses=raises(ProjectUnknown),
    summary="Keep data of a project's workers beyond their time",
)
async def place_hold(
    session: Transaction, caller: Who, project_id: UUID, body: HoldIn
) -> LegalHold:
    return await actions.retention.place_hold(session, caller, project_id, body.reason, clock.now())


@router.post(
    "/v1/legal-holds/{hold_id}/lifting",
    response_model=HoldOut,
    dependencies=[may("payroll:decide_retention")],
    responses=raises(NotFound),
    summary="Lift a hold; what is over its time is blanked the next night",
)
async def lift_hold(session: Transaction, caller: Who, hold_id: UUID, body: HoldIn) -> LegalHold:
    return await actions.retention.lift_hold(session, caller, hold_id, body.reason, clock.now())
