"""What areas say of arrears cases, over HTTP: their limits, who has them, and the rest."""

from typing import Annotated

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import AreaUnknown, PolicyVersionTaken
from services.cases.models import CaseTerms, ClockTerms, EnforcementTerms, PublicTerms, RoutingTerms
from services.cases.routes.router import router
from services.cases.schemas.case_terms import (
    CaseTermsIn,
    CaseTermsOut,
    ClockTermsIn,
    ClockTermsOut,
    EnforcementTermsIn,
    EnforcementTermsOut,
    RoutingTermsIn,
    RoutingTermsOut,
)
from services.cases.schemas.public import PublicTermsIn, PublicTermsOut
from services.cases.schemas.terms import TermsFilter
from shared import paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Only = Annotated[TermsFilter, Query()]


@router.get(
    "/v1/terms/clocks",
    dependencies=[may("cases:read")],
    summary="How long steps of arrears cases may take, where it may govern the caller's areas",
    response_model=Page[ClockTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def clock_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[ClockTerms]:
    return await queries.terms.terms(
        session, ClockTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/clocks",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of how long a step of a case may take in an area",
    status_code=201,
    response_model=ClockTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_clock_terms(session: Transaction, who: Who, body: ClockTermsIn) -> ClockTerms:
    return await actions.terms.add_terms(session, who, ClockTerms, body)


@router.get(
    "/v1/terms/cases",
    dependencies=[may("cases:read")],
    summary="What areas say of arrears cases, where it may govern the caller's areas",
    response_model=Page[CaseTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def case_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[CaseTerms]:
    return await queries.terms.terms(
        session, CaseTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/cases",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of what an area says of arrears cases",
    status_code=201,
    response_model=CaseTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_case_terms(session: Transaction, who: Who, body: CaseTermsIn) -> CaseTerms:
    return await actions.terms.add_terms(session, who, CaseTerms, body)


@router.get(
    "/v1/terms/routing",
    dependencies=[may("cases:read")],
    summary="Which bodies arrears cases go to, where it may govern the caller's areas",
    response_model=Page[RoutingTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def routing_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[RoutingTerms]:
    return await queries.terms.terms(
        session, RoutingTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/routing",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of which bodies an area's arrears cases go to",
    status_code=201,
    response_model=RoutingTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_routing_terms(session: Transaction, who: Who, body: RoutingTermsIn) -> RoutingTerms:
    return await actions.terms.add_terms(session, who, RoutingTerms, body)


@router.get(
    "/v1/terms/enforcement",
    dependencies=[may("cases:read")],
    summary="From which amounts and how long areas enforce, where it may govern the caller's areas",
    response_model=Page[EnforcementTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def enforcement_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[EnforcementTerms]:
    return await queries.terms.terms(
        session, EnforcementTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/enforcement",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of from which amounts and how long an area enforces",
    status_code=201,
    response_model=EnforcementTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_enforcement_terms(
    session: Transaction, who: Who, body: EnforcementTermsIn
) -> EnforcementTerms:
    return await actions.terms.add_terms(session, who, EnforcementTerms, body)


@router.get(
    "/v1/terms/public",
    dependencies=[may("cases:read")],
    summary="What is told at the public door, where it may govern the caller's areas",
    response_model=Page[PublicTermsOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def public_terms(
    session: Transaction, who: Who, *, only: _Only, cursor: paging.Cursor, limit: paging.Limit
) -> Found[PublicTerms]:
    return await queries.terms.terms(
        session, PublicTerms, only, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/terms/public",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of what an area tells at the public door, and where else to turn",
    status_code=201,
    response_model=PublicTermsOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, Invalid),
)
async def add_public_terms(session: Transaction, who: Who, body: PublicTermsIn) -> PublicTerms:
    return await actions.terms.add_terms(session, who, PublicTerms, body)
