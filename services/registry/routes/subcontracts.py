"""Subcontracts and the chain of a project over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    ContractNumberTaken,
    ProjectUnknown,
    RegistrationRefused,
    SubcontractUnknown,
)
from services.registry.models import Subcontract
from services.registry.queries.subcontracts import Chain
from services.registry.routes.router import router
from services.registry.schemas.subcontracts import (
    ChainFilter,
    ChainOut,
    SubcontractFilter,
    SubcontractIn,
    SubcontractOut,
    SubcontractPatch,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import Stale, raises


@router.get(
    "/v1/projects/{project_id}/chain",
    dependencies=[may("registry:read")],
    response_model=ChainOut,
    responses=raises(ProjectUnknown),
    summary="Developer, contractor, subcontractors and crews of a project, and what looks wrong",
)
async def chain(
    session: Transaction, who: Who, project_id: UUID, wanted: Annotated[ChainFilter, Query()]
) -> Chain:
    """Give the chain of a day, with flags of subletting and illegal subcontracting."""
    return await queries.subcontracts.chain(
        session, project_id, who.scope, wanted.on or clock.today()
    )


@router.get(
    "/v1/subcontracts",
    dependencies=[may("registry:read")],
    response_model=Page[SubcontractOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Subcontracts and labour-service contracts, or their changes",
)
async def subcontracts(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SubcontractFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[Subcontract]:
    """Give subcontracts of the projects that the caller may see."""
    return await queries.subcontracts.subcontracts(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/projects/{project_id}/subcontracts",
    dependencies=[may("registry:write_subcontracts")],
    status_code=201,
    response_model=SubcontractOut,
    responses=raises(ProjectUnknown, ContractNumberTaken, RegistrationRefused),
    summary="Enter a subcontract or a labour-service contract",
)
async def enter_subcontract(
    session: Transaction, who: Who, project_id: UUID, body: SubcontractIn
) -> Subcontract:
    """Enter it; what breaks the law is entered, too, and flagged in the chain."""
    return await actions.subcontracts.enter_subcontract(
        session, who.scope, project_id, body, clock.now()
    )


@router.patch(
    "/v1/subcontracts/{subcontract_id}",
    dependencies=[may("registry:write_subcontracts")],
    response_model=SubcontractOut,
    responses=raises(SubcontractUnknown, Stale, RegistrationRefused),
    summary="Set the last day of a subcontract",
)
async def end_subcontract(
    session: Transaction, who: Who, subcontract_id: UUID, body: SubcontractPatch
) -> Subcontract:
    """End it; the row stays as its history."""
    return await actions.subcontracts.end_subcontract(
        session, who.scope, subcontract_id, body, clock.now()
    )
