"""Works contracts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    ContractNumberTaken,
    ProjectUnknown,
    RegistrationRefused,
    WorksContractUnknown,
)
from services.registry.models import WorksContract
from services.registry.routes.router import router
from services.registry.schemas.contracts import (
    WorksContractFilter,
    WorksContractIn,
    WorksContractOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/works-contracts",
    dependencies=[may("registry:read")],
    response_model=Page[WorksContractOut],
    responses=raises(paging.CursorUnreadable, paging.SyncAnew),
    summary="Works contracts, or their changes",
)
async def works_contracts(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[WorksContractFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> paging.Found[WorksContract]:
    """Give works contracts of the projects that the caller may see."""
    return await queries.contracts.works_contracts(
        session, who.scope, wanted, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/works-contracts",
    dependencies=[may("registry:write_contracts")],
    status_code=201,
    response_model=WorksContractOut,
    responses=raises(ProjectUnknown, ContractNumberTaken, RegistrationRefused),
    summary="Enter a works contract with its labour-cost terms",
)
async def sign_works_contract(
    session: Transaction, who: Who, body: WorksContractIn
) -> WorksContract:
    """Enter a works contract; the same project and number again give the first."""
    return await actions.contracts.sign_works_contract(session, who.scope, body, clock.now())


@router.get(
    "/v1/works-contracts/{works_contract_id}",
    dependencies=[may("registry:read")],
    response_model=WorksContractOut,
    responses=raises(WorksContractUnknown),
    summary="One works contract",
)
async def works_contract(session: Transaction, who: Who, works_contract_id: UUID) -> WorksContract:
    """Give one works contract."""
    return await queries.contracts.works_contract(session, works_contract_id, who.scope)
