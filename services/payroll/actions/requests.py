"""Developers ask finance, contractors their developers; no due day moves by it (R1.25, L2.10)."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import plans
from services.payroll.errors import AddOnRefused, RequestAnswered, RequestRefused, RequestThere
from services.payroll.models import AddOn, FundingRequest, Obligation
from services.payroll.rules.obligations import Noted, ObligationStatus
from services.payroll.rules.requests import AddOnState, FundingState
from services.payroll.schemas.dues import (
    AddOnDecisionIn,
    AddOnIn,
    FundingAnswerIn,
    FundingRequestIn,
)
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.payroll import TransferNoted
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text


async def request_funding(
    session: Session, caller: Caller, obligation_id: UUID, body: FundingRequestIn, now: datetime
) -> FundingRequest:
    """Ask finance for the money of an obligation; one request at a time waits for an answer."""
    owed = await queries.requests.locked_obligation(session, obligation_id, caller.scope)
    if owed.status is ObligationStatus.CLOSED or not owed.lacking:
        raise RequestRefused(errors=[Finding("obligation_id", "nothing_owed", *_NOTHING_OWED)])
    if not 0 < body.amount <= owed.lacking:
        raise RequestRefused(errors=[Finding("amount", "not_what_is_lacking", *_NOT_LACKING)])
    if await queries.requests.locked_open_funding(session, owed.id):
        raise RequestThere
    request = FundingRequest(
        id=new_id(),
        obligation_id=owed.id,
        amount=body.amount,
        reason=body.reason,
        asked_by=caller.actor,
        asked_at=now,
        state=FundingState.OPEN,
    )
    session.add(request)
    await session.flush()  # Its day of change is the database's own.
    _note(session, owed, Noted.FUNDING_REQUESTED, now, request.id, amount=body.amount)
    return request


async def answer_funding(
    session: Session, caller: Caller, request_id: UUID, body: FundingAnswerIn, now: datetime
) -> FundingRequest:
    """Answer with a day, or refuse; the obligation stays due on its own day."""
    request, owed = await queries.requests.locked_funding(session, request_id, caller.scope)
    if request.state is not FundingState.OPEN:
        raise RequestAnswered
    if body.promised_on and body.promised_on < clock.day_of(now):
        raise RequestRefused(errors=[Finding("promised_on", "day_in_past", *_PAST)])
    amount = body.promised_amount if body.promised_amount is not None else request.amount
    if body.promised_on and not 0 < amount <= request.amount:
        raise RequestRefused(errors=[Finding("promised_amount", "not_asked_for", *_NOT_ASKED)])
    request.state = FundingState.PROMISED if body.promised_on else FundingState.REFUSED
    request.promised_on = body.promised_on
    request.promised_amount = amount if body.promised_on else None
    request.answer, request.answered_by, request.answered_at = body.answer, caller.actor, now
    _note(
        session,
        owed,
        Noted.FUNDING_ANSWERED,
        now,
        request.id,
        promised_on=request.promised_on,
        amount=request.promised_amount,
    )
    return request


async def propose_add_on(
    session: Session, caller: Caller, obligation_id: UUID, body: AddOnIn, now: datetime
) -> AddOn:
    """Propose more labour cost for a period that is not over (53号 art. 13)."""
    owed = await queries.requests.locked_obligation(session, obligation_id, caller.scope)
    _may_grow(owed, now)
    if body.amount <= 0:
        raise AddOnRefused(errors=[Finding("amount", "not_positive", *_NOT_POSITIVE)])
    if await queries.requests.locked_open_add_on(session, owed.id):
        raise RequestThere
    proposal = AddOn(
        id=new_id(),
        obligation_id=owed.id,
        amount=body.amount,
        workers=body.workers,
        reason=body.reason,
        proposed_by=caller.actor,
        proposed_at=now,
        state=AddOnState.PROPOSED,
    )
    session.add(proposal)
    await session.flush()  # Its day of change is the database's own.
    _note(session, owed, Noted.ADD_ON_PROPOSED, now, proposal.id, amount=body.amount)
    return proposal


async def decide_add_on(
    session: Session, caller: Caller, add_on_id: UUID, body: AddOnDecisionIn, now: datetime
) -> AddOn:
    """Approve, so that more is owed for the period, or refuse; what is over never grows."""
    proposal, owed = await queries.requests.locked_add_on(session, add_on_id, caller.scope)
    if proposal.state is not AddOnState.PROPOSED:
        raise RequestAnswered
    if body.approve:
        _may_grow(owed, now)
        owed.grow(proposal.amount)
    proposal.state = AddOnState.APPROVED if body.approve else AddOnState.REFUSED
    proposal.decided_by, proposal.decided_at = caller.actor, now
    proposal.decision = body.reason
    _note(
        session,
        owed,
        Noted.ADD_ON_DECIDED,
        now,
        proposal.id,
        approved=body.approve,
        amount=proposal.amount,
    )
    return proposal


def _may_grow(owed: Obligation, now: datetime) -> None:
    planned = owed.status in {ObligationStatus.PLANNED, ObligationStatus.FULL}
    if not planned or owed.due_on <= clock.day_of(now):
        raise AddOnRefused(errors=[Finding("obligation_id", "over", *_OVER)])


def _note(
    session: Session, owed: Obligation, what: Noted, now: datetime, about: UUID, **details: object
) -> None:
    """Write it on the obligation's history, and tell whoever keeps an item of it."""
    written = plans.note(session, owed, what, now, cause=f"{what}:{about}", **details)
    publish(
        session,
        TransferNoted(
            id=new_id(),
            occurred_at=now,
            project_id=owed.project_id,
            area_code=owed.area_code,
            obligation_id=owed.id,
            period=owed.period,
            what=what.value,
            details=written.details,
        ),
    )


_NOTHING_OWED = (
    Text("该期人工费已足额或已关闭", "Nothing is lacking of this transfer"),
    Text("无需申请", "There is nothing to ask for"),
)
_NOT_LACKING = (
    Text("申请金额须大于零且不超过缺口", "The amount is above zero and at most what is lacking"),
    Text("按缺口填写", "Ask for what is lacking"),
)
_PAST = (
    Text("承诺日期早于今天", "The day is over"),
    Text("填写今天或以后的日期", "Name today or a later day"),
)
_NOT_ASKED = (
    Text("承诺金额须大于零且不超过申请金额", "It is above zero and at most what was asked for"),
    Text("核对金额", "Check the amount"),
)
_NOT_POSITIVE = (
    Text("增加金额须大于零", "The amount is above zero"),
    Text("核对金额", "Check the amount"),
)
_OVER = (
    Text(
        "该期已到期或已关闭，不能再增加", "This period is over, or closed: nothing is added to it"
    ),
    Text("为以后的期间申请，或签补充协议", "Ask for a later one, or supplement the contract"),
)
