"""The employer's door: what he is told of the cases about him, and the terms by which he is."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import AreaUnknown, CaseUnknown, ListNotOpen, PolicyVersionTaken
from services.cases.models import ArrearsLine, EmployerTerms
from services.cases.queries.employer_cases import EmployerCase
from services.cases.routes.router import router
from services.cases.schemas.employer_cases import (
    EmployerCaseOut,
    EmployerLineOut,
    EmployerTermsIn,
    EmployerTermsOut,
)
from services.cases.schemas.terms import TermsFilter
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Only = Annotated[TermsFilter, Query()]


@router.get(
    "/v1/employer-cases",
    dependencies=[may("cases:read_as_employer")],
    summary="Cases about the caller's company: that they are there, what is asked, by when",
    response_model=Page[EmployerCaseOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def employer_cases(
    session: Transaction, who: Who, cursor: paging.Cursor, limit: paging.Limit
) -> Found[EmployerCase]:
    return await queries.employer_cases.employer_cases(
        session, who.scope, clock.now(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/employer-cases/{handle}",
    dependencies=[may("cases:read_as_employer")],
    summary="What the caller's company is told of a case",
    response_model=EmployerCaseOut,
    responses=raises(CaseUnknown, Invalid),
)
async def employer_case(session: Transaction, who: Who, handle: UUID) -> EmployerCase:
    return await queries.employer_cases.employer_case(session, handle, who.scope, clock.now())


@router.get(
    "/v1/employer-cases/{handle}/lines",
    dependencies=[may("cases:read_as_employer")],
    summary="The list for verification, where the area's terms open it to the employer",
    response_model=Page[EmployerLineOut],
    responses=raises(CaseUnknown, ListNotOpen, CursorUnreadable, Invalid),
)
async def employer_lines(
    session: Transaction, who: Who, handle: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ArrearsLine]:
    return await queries.employer_cases.employer_lines(
        session, handle, who.scope, clock.now(), cursor=cursor, limit=limit
    )


@router.get(
    "/v1/terms/employers",
    dependencies=[may("cases:read")],
    summary="What employers are told of cases, where it may govern the caller's areas",
    response_model=Page[EmployerTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def employer_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[EmployerTerms]:
    return await queries.terms.terms(
        session, EmployerTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/employers",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of what employers are told in an area",
    status_code=201,
    response_model=EmployerTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_employer_terms(
    session: Transaction, who: Who, body: EmployerTermsIn
) -> EmployerTerms:
    return await actions.terms.add_terms(session, who, EmployerTerms, body)
