"""Expected feeds over HTTP: who has to be heard of by when, and who is silent."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.payroll import actions, queries
from services.payroll.errors import ExpectationRefused, ExpectationTaken, ExpectationUnknown
from services.payroll.models import Expectation
from services.payroll.routes.router import router
from services.payroll.schemas.expectations import (
    EndIn,
    ExpectationFilter,
    ExpectationIn,
    ExpectationOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import raises


@router.get(
    "/v1/expectations",
    response_model=Page[ExpectationOut],
    dependencies=[may("payroll:read")],
    responses=raises(paging.CursorUnreadable),
    summary="List feeds that are expected beside the banks': last heard of, next by when",
)
async def expectations(
    session: Transaction,
    caller: Who,
    only: Annotated[ExpectationFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Expectation]:
    return await queries.expectations.expectations(
        session, caller.scope, only, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/expectations",
    status_code=201,
    response_model=ExpectationOut,
    dependencies=[may("payroll:write_expectations")],
    responses=raises(ExpectationRefused, ExpectationTaken),
    summary="Expect a feed: its silence opens a watch item of its owner and the operators",
)
async def expect(session: Transaction, caller: Who, body: ExpectationIn) -> Expectation:
    return await actions.expectations.expect(session, caller, body, clock.now())


@router.post(
    "/v1/expectations/{expectation_id}/end",
    response_model=ExpectationOut,
    dependencies=[may("payroll:write_expectations")],
    responses=raises(ExpectationUnknown),
    summary="Expect a feed no longer, and say why",
)
async def end(session: Transaction, caller: Who, expectation_id: UUID, body: EndIn) -> Expectation:
    return await actions.expectations.end(session, caller, expectation_id, body.reason, clock.now())
