"""What is told of people on rosters over HTTP: labour contracts, and cards that wages go to."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.actions.roster_rows import RosterTaken
from services.payroll.errors import ProjectUnknown, RosterRefused
from services.payroll.models import LabourContract, PayeeAccount
from services.payroll.routes.router import router
from services.payroll.schemas.labour import LabourContractOut, PayeeAccountOut, WorkerFilter
from services.payroll.schemas.roster import RosterTakenOut
from services.payroll.schemas.tellings import ContractsIn, PayeesIn
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.post(
    "/v1/projects/{project_id}/labour-contracts",
    status_code=201,
    response_model=RosterTakenOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(ProjectUnknown, RosterRefused),
    summary="Tell what people on a roster signed: all of it or nothing",
)
async def sign_contracts(
    session: Transaction, caller: Who, project_id: UUID, body: ContractsIn
) -> RosterTaken:
    return await actions.roster_moves.sign_contracts(session, caller, project_id, body, clock.now())


@router.get(
    "/v1/projects/{project_id}/labour-contracts",
    response_model=Page[LabourContractOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="The labour contracts of a project",
)
async def labour_contracts(
    session: Transaction,
    caller: Who,
    *,
    project_id: UUID,
    only: Annotated[WorkerFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[LabourContract]:
    return await queries.roster.labour_contracts(
        session, project_id, caller.scope, only, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/projects/{project_id}/payee-accounts",
    status_code=201,
    response_model=RosterTakenOut,
    dependencies=[may("payroll:write_roster")],
    responses=raises(ProjectUnknown, RosterRefused),
    summary="Tell which cards wages go to; a changed one waits as the area decides",
)
async def tell_payees(
    session: Transaction, caller: Who, project_id: UUID, body: PayeesIn
) -> RosterTaken:
    return await actions.roster_moves.tell_payees(session, caller, project_id, body, clock.now())


@router.get(
    "/v1/projects/{project_id}/payee-accounts",
    response_model=Page[PayeeAccountOut],
    dependencies=[may("payroll:read_roster")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="Cards that wages of a project go or went to, masked",
)
async def payee_accounts(
    session: Transaction,
    caller: Who,
    *,
    project_id: UUID,
    only: Annotated[WorkerFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[PayeeAccount]:
    return await queries.workers.payee_accounts(
        session, project_id, caller.scope, only, cursor=cursor, limit=limit
    )
