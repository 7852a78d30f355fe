"""Restrictions over HTTP: asked for by credit code, proposed, decided, lifted."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    CaseMoved,
    CaseUnknown,
    PersonNeeded,
    RestrictionNotThere,
    RestrictionUnknown,
    SecondPersonNeeded,
    StepRefused,
)
from services.cases.models import Restriction
from services.cases.routes.router import router
from services.cases.schemas.proceedings import CreditCode
from services.cases.schemas.restrictions import (
    CreditStandingOut,
    LiftingIn,
    RestrictionDecisionIn,
    RestrictionFilter,
    RestrictionIn,
    RestrictionOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_DECIDE = [may("cases:decide_restrictions")]
_DECIDED = raises(
    RestrictionUnknown,
    PersonNeeded,
    RestrictionNotThere,
    CaseMoved,
    SecondPersonNeeded,
    StepRefused,
    Invalid,
)


@router.get(
    "/v1/restrictions",
    dependencies=[may("cases:read")],
    summary="Whether a unit is restricted today, by its credit code: by what, until when",
    response_model=CreditStandingOut,
    responses=raises(Invalid),
)
async def credit_standing_today(
    session: Transaction, who: Who, credit_code: Annotated[CreditCode, Query()]
) -> CreditStandingOut:
    return await actions.restrictions.credit_standing(session, who, credit_code, clock.today())


@router.get(
    "/v1/restrictions/entries",
    dependencies=[may("cases:work_cases")],
    summary="Restrictions that were proposed, decided, dropped, lifted or have ended",
    response_model=Page[RestrictionOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def all_restrictions(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[RestrictionFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Restriction]:
    return await queries.restrictions.restrictions_page(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/arrears-cases/{case_id}/restrictions",
    dependencies=[may("cases:work_cases")],
    summary="Propose a restriction of who owes; another person decides",
    status_code=201,
    response_model=RestrictionOut,
    responses=raises(CaseUnknown, StepRefused, Invalid),
)
async def propose_one(
    session: Transaction, who: Who, case_id: UUID, body: RestrictionIn
) -> Restriction:
    return await actions.restrictions.propose_restriction(session, who, case_id, body, clock.now())


@router.post(
    "/v1/restrictions/{restriction_id}/decision",
    dependencies=_DECIDE,
    summary="Decide on a proposed restriction: in force until its last day, or dropped",
    response_model=RestrictionOut,
    responses=_DECIDED,
)
async def decide_one(
    session: Transaction, who: Who, restriction_id: UUID, body: RestrictionDecisionIn
) -> Restriction:
    return await actions.restrictions.decide_restriction(
        session, who, restriction_id, body, clock.now()
    )


@router.post(
    "/v1/restrictions/{restriction_id}/lifting",
    dependencies=_DECIDE,
    summary="End a restriction before its day",
    response_model=RestrictionOut,
    responses=_DECIDED,
)
async def lift_one(
    session: Transaction, who: Who, restriction_id: UUID, body: LiftingIn
) -> Restriction:
    return await actions.restrictions.lift_restriction(
        session, who, restriction_id, body, clock.now()
    )
