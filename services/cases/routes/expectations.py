"""Expected feeds over HTTP: who has to be heard of by when, and who is silent."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    AreaUnknown,
    ExpectationRefused,
    ExpectationTaken,
    ExpectationUnknown,
)
from services.cases.models import Expectation
from services.cases.routes.router import router
from services.cases.schemas.expectations import (
    EndIn,
    ExpectationFilter,
    ExpectationIn,
    ExpectationOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/expectations",
    dependencies=[may("cases:read")],
    summary="Feeds that are expected: last heard of, next by when",
    response_model=Page[ExpectationOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def expectations(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[ExpectationFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Expectation]:
    return await queries.expectations.expectations(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/expectations",
    dependencies=[may("cases:write_expectations")],
    summary="Expect a feed: its silence opens a watch item of its owner and the operators",
    status_code=201,
    response_model=ExpectationOut,
    responses=raises(AreaUnknown, ExpectationRefused, ExpectationTaken, Invalid),
)
async def expect(session: Transaction, who: Who, body: ExpectationIn) -> Expectation:
    return await actions.expectations.expect(session, who, body, clock.now())


@router.post(
    "/v1/expectations/{expectation_id}/end",
    dependencies=[may("cases:write_expectations")],
    summary="Expect a feed no longer, and say why",
    response_model=ExpectationOut,
    responses=raises(ExpectationUnknown, Invalid),
)
async def end(session: Transaction, who: Who, expectation_id: UUID, body: EndIn) -> Expectation:
    return await actions.expectations.end(session, who, expectation_id, body.reason, clock.now())
