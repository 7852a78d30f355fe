"""What two persons decide of a line's money, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import (
    AllocationDecided,
    AllocationRefused,
    LineBeingAllocated,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.payroll.models import Allocation
from services.payroll.routes.router import router
from services.payroll.schemas.allocations import (
    AllocationFilter,
    AllocationIn,
    AllocationOut,
    DecisionIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


@router.post(
    "/v1/allocations",
    status_code=201,
    response_model=AllocationOut,
    dependencies=[may("payroll:allocate")],
    responses=raises(NotFound, AllocationRefused, LineBeingAllocated, PersonNeeded),
    summary="Propose what an amount of a line is to count for; another person confirms",
)
async def propose_allocation(session: Transaction, caller: Who, body: AllocationIn) -> Allocation:
    return await actions.allocations.propose_allocation(session, caller, body, clock.now())


@router.get(
    "/v1/allocations",
    response_model=Page[AllocationOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List what was decided of lines, and what waits for a second person",
)
async def allocations(
    session: Transaction,
    caller: Who,
    only: Annotated[AllocationFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Allocation]:
    return await queries.allocations.allocations(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/allocations/{allocation_id}",
    response_model=AllocationOut,
    dependencies=[may("payroll:read")],
    responses=raises(NotFound),
    summary="Show one decision with all that happened to it",
)
async def allocation(session: Transaction, caller: Who, allocation_id: UUID) -> Allocation:
    return await queries.allocations.allocation(session, allocation_id, caller.scope)


@router.post(
    "/v1/allocations/{allocation_id}/confirm",
    response_model=AllocationOut,
    dependencies=[may("payroll:allocate")],
    responses=raises(
        NotFound, AllocationDecided, AllocationRefused, SecondPersonNeeded, PersonNeeded
    ),
    summary="Confirm what another person proposed: a decision, or its reversal",
)
async def confirm_allocation(session: Transaction, caller: Who, allocation_id: UUID) -> Allocation:
    return await actions.allocations.confirm_allocation(session, caller, allocation_id, clock.now())


@router.post(
    "/v1/allocations/{allocation_id}/refuse",
    response_model=AllocationOut,
    dependencies=[may("payroll:allocate")],
    responses=raises(NotFound, AllocationDecided, PersonNeeded),
    summary="Refuse what was proposed, or take it back: a decision, or its reversal",
)
async def refuse_allocation(
    session: Transaction, caller: Who, allocation_id: UUID, body: DecisionIn
) -> Allocation:
    return await actions.allocations.refuse_allocation(
        session, caller, allocation_id, body.reason, clock.now()
    )


@router.post(
    "/v1/allocations/{allocation_id}/reversal",
    response_model=AllocationOut,
    dependencies=[may("payroll:allocate")],
    responses=raises(NotFound, AllocationDecided, LineBeingAllocated, PersonNeeded),
    summary="Propose to undo a decision; it stays in force until another person confirms",
)
async def propose_reversal(
    session: Transaction, caller: Who, allocation_id: UUID, body: DecisionIn
) -> Allocation:
    return await actions.allocations.propose_reversal(
        session, caller, allocation_id, body.reason, clock.now()
    )
