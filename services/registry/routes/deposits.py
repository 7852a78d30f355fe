"""Deposits and guarantees over HTTP: what is due, what is given."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    DepositRuleTaken,
    OrganisationUnknown,
    ProjectUnknown,
    RegistrationRefused,
    SecurityTaken,
)
from services.registry.models import DepositRule, Security, WageRecord
from services.registry.routes.router import router
from services.registry.rules.deposits import DepositStanding
from services.registry.schemas.deposits import (
    AreaFilter,
    DepositDueOut,
    DepositRuleIn,
    DepositRuleOut,
    SecurityIn,
    SecurityListFilter,
    SecurityOut,
    WageRecordIn,
    WageRecordOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/deposit-rules",
    dependencies=[may("registry:read")],
    response_model=Page[DepositRuleOut],
    responses=raises(paging.CursorUnreadable),
    summary="The numbers of deposits, by area, all versions",
)
async def deposit_rules(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[AreaFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[DepositRule]:
    """Give the terms of the caller's areas and of those above them."""
    return await queries.deposits.deposit_rules(
        session, who.scope, wanted, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/deposit-rules",
    dependencies=[may("registry:decide_deposits")],
    status_code=201,
    response_model=DepositRuleOut,
    responses=raises(DepositRuleTaken, RegistrationRefused),
    summary="Enter a version of an area's numbers of deposits",
)
async def enter_deposit_rule(session: Transaction, who: Who, body: DepositRuleIn) -> DepositRule:
    """Enter rates, raises, exemptions and limits; a version is never changed."""
    return await actions.deposit_rules.enter_deposit_rule(session, who, body, clock.now())


@router.post(
    "/v1/organisations/{organisation_id}/wage-records",
    dependencies=[may("registry:decide_deposits")],
    status_code=201,
    response_model=WageRecordOut,
    responses=raises(OrganisationUnknown),
    summary="Enter what is stated of a contractor's past with wages",
)
async def state_wage_record(
    session: Transaction, who: Who, organisation_id: UUID, body: WageRecordIn
) -> WageRecord:
    """Enter a statement; the newest one decides on reduction, raise and exemption."""
    return await actions.deposits.state_wage_record(
        session, who, organisation_id, body, clock.now()
    )


@router.get(
    "/v1/projects/{project_id}/deposit",
    dependencies=[may("registry:read")],
    response_model=DepositDueOut,
    responses=raises(ProjectUnknown),
    summary="What is due for a project's deposit, why, and what is given",
)
async def deposit(session: Transaction, who: Who, project_id: UUID) -> DepositStanding:
    """Work out what is due today."""
    return await actions.deposits.standing(session, who.scope, project_id, clock.today())


@router.get(
    "/v1/securities",
    dependencies=[may("registry:read")],
    response_model=Page[SecurityOut],
    responses=raises(paging.CursorUnreadable),
    summary="Deposits and payment guarantees",
)
async def securities(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SecurityListFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Security]:
    """Give securities, those that ended too."""
    return await queries.deposits.securities(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/projects/{project_id}/securities",
    dependencies=[may("registry:write_deposits")],
    status_code=201,
    response_model=SecurityOut,
    responses=raises(ProjectUnknown, SecurityTaken, RegistrationRefused),
    summary="Enter a deposit or a payment guarantee",
)
async def register_security(
    session: Transaction, who: Who, project_id: UUID, body: SecurityIn
) -> Security:
    """Enter a security; once it is enough, the required system is in place until it ends.

    A guarantee whose term is too short is taken, and `warnings` says until when it should last.
    """
    return await actions.deposits.register_security(session, who, project_id, body, clock.now())


@router.get(
    "/v1/deposits/cleanup",
    dependencies=[may("registry:read")],
    response_model=Page[SecurityOut],
    responses=raises(paging.CursorUnreadable),
    summary="Deposits that still stand although works are complete",
)
async def cleanup(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[AreaFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[Security]:
    """Give what the authority checks each half-year, and returns of itself (65号 art. 22)."""
    return await queries.deposits.cleanup(session, who.scope, wanted, cursor=cursor, limit=limit)
