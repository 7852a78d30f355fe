"""Use and return of deposits over HTTP (65号 art. 19-22)."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry import actions, queries
from services.registry.errors import (
    RegistrationRefused,
    ReturnUnknown,
    SecurityUnknown,
    StepRefused,
    UseUnknown,
)
from services.registry.models import DepositReturn, DepositUse
from services.registry.routes.router import router
from services.registry.schemas.deposits import (
    DayIn,
    ReturnIn,
    ReturnOut,
    ReviewIn,
    SecurityFilter,
    UseIn,
    UseOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Page
from shared.problems import raises


@router.get(
    "/v1/deposit-uses",
    dependencies=[may("registry:read")],
    response_model=Page[UseOut],
    responses=raises(paging.CursorUnreadable),
    summary="Uses of deposits",
)
async def uses(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SecurityFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[DepositUse]:
    """Give uses with their limits."""
    return await queries.deposits.uses(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/securities/{security_id}/uses",
    dependencies=[may("registry:decide_deposits")],
    status_code=201,
    response_model=UseOut,
    responses=raises(SecurityUnknown, RegistrationRefused),
    summary="Enter a payment notice: a handling decision was not obeyed",
)
async def notice_use(session: Transaction, who: Who, security_id: UUID, body: UseIn) -> DepositUse:
    """The bank owes the payment from the day on which it received the notice."""
    return await actions.deposit_uses.notice_use(session, who, security_id, body, clock.now())


@router.post(
    "/v1/deposit-uses/{use_id}/pay",
    dependencies=[may("registry:decide_deposits")],
    response_model=UseOut,
    responses=raises(UseUnknown, StepRefused, RegistrationRefused),
    summary="Enter that the bank paid",
)
async def pay_use(session: Transaction, who: Who, use_id: UUID, body: DayIn) -> DepositUse:
    """From that day the contractor owes the replenishment."""
    return await actions.deposit_uses.pay_use(session, who, use_id, body.on, clock.now())


@router.post(
    "/v1/deposit-uses/{use_id}/replenish",
    dependencies=[may("registry:decide_deposits")],
    response_model=UseOut,
    responses=raises(UseUnknown, StepRefused, RegistrationRefused),
    summary="Enter that the deposit was filled up again",
)
async def replenish_use(session: Transaction, who: Who, use_id: UUID, body: DayIn) -> DepositUse:
    """A new security that is enough does the same by itself."""
    return await actions.deposit_uses.replenish_use(session, who, use_id, body.on, clock.now())


@router.get(
    "/v1/deposit-returns",
    dependencies=[may("registry:read")],
    response_model=Page[ReturnOut],
    responses=raises(paging.CursorUnreadable),
    summary="Returns of deposits",
)
async def returns(
    session: Transaction,
    who: Who,
    *,
    wanted: Annotated[SecurityFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> paging.Found[DepositReturn]:
    """Give returns with the limit of the step that is owed."""
    return await queries.deposits.returns(session, who.scope, wanted, cursor=cursor, limit=limit)


@router.post(
    "/v1/securities/{security_id}/returns",
    dependencies=[may("registry:decide_deposits")],
    status_code=201,
    response_model=ReturnOut,
    responses=raises(SecurityUnknown, StepRefused, RegistrationRefused),
    summary="Enter the promise and the notice of a coming return",
)
async def notice_return(
    session: Transaction, who: Who, security_id: UUID, body: ReturnIn
) -> DepositReturn:
    """Works are complete; nobody may apply before the notice is over."""
    return await actions.deposit_returns.notice_return(session, who, security_id, body, clock.now())


@router.post(
    "/v1/deposit-returns/{return_id}/apply",
    dependencies=[may("registry:decide_deposits")],
    response_model=ReturnOut,
    responses=raises(ReturnUnknown, StepRefused, RegistrationRefused),
    summary="Enter the application for a return",
)
async def apply_return(
    session: Transaction, who: Who, return_id: UUID, body: DayIn
) -> DepositReturn:
    """The authority owes the review from that day."""
    return await actions.deposit_returns.apply_return(session, who, return_id, body.on, clock.now())


@router.post(
    "/v1/deposit-returns/{return_id}/review",
    dependencies=[may("registry:decide_deposits")],
    response_model=ReturnOut,
    responses=raises(ReturnUnknown, StepRefused, RegistrationRefused),
    summary="Enter what the review of a return found",
)
async def review_return(
    session: Transaction, who: Who, return_id: UUID, body: ReviewIn
) -> DepositReturn:
    """The confirmation is owed, or the written notice of open arrears."""
    return await actions.deposit_returns.review_return(session, who, return_id, body, clock.now())


@router.post(
    "/v1/deposit-returns/{return_id}/tell",
    dependencies=[may("registry:decide_deposits")],
    response_model=ReturnOut,
    responses=raises(ReturnUnknown, StepRefused, RegistrationRefused),
    summary="Enter that the confirmation or the written notice was given",
)
async def tell_return(
    session: Transaction, who: Who, return_id: UUID, body: DayIn
) -> DepositReturn:
    """Confirmed, the deposit goes back; refused, the contractor settles and applies again."""
    return await actions.deposit_returns.tell_return(session, who, return_id, body.on, clock.now())
