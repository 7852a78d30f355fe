"""Works contracts over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    ContractNumberTaken,
    ProjectUnknown,
    RegistrationRefused,
    SupplementNumberTaken,
    WorksContractUnknown,
)
from services.registry.models import ContractVersion, WorksContract
from services.registry.routes.router import router
from services.registry.schemas.contracts import (
    SupplementIn,
    VersionFilter,
    VersionOut,
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


@router.get(
    "/v1/works-contracts/{works_contract_id}/versions",
    dependencies=[may("registry:read")],
    response_model=Page[VersionOut],
    responses=raises(WorksContractUnknown),
    summary="The versions of a contract's terms, or the one in force for a period",
)
async def contract_versions(
    session: Transaction,
    who: Who,
    works_contract_id: UUID,
    wanted: Annotated[VersionFilter, Query()],
) -> paging.Found[ContractVersion]:
    """Give the terms as signed and as supplemented, oldest first."""
    return await queries.contracts.versions(session, works_contract_id, who.scope, wanted.period)


@router.post(
    "/v1/works-contracts/{works_contract_id}/supplements",
    dependencies=[may("registry:write_contracts")],
    status_code=201,
    response_model=VersionOut,
    responses=raises(WorksContractUnknown, SupplementNumberTaken, RegistrationRefused),
    summary="Enter a supplement: other terms from a period on",
)
async def supplement_works_contract(
    session: Transaction, who: Who, works_contract_id: UUID, body: SupplementIn
) -> ContractVersion:
    """Enter a supplement; a period that is over keeps its terms."""
    return await actions.contracts.supplement_works_contract(
        session, who.scope, works_contract_id, body, clock.now()
    )
