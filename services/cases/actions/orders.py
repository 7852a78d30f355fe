"""Correction orders: drafted by hand, signed, served, proved obeyed, and decided on."""

from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import evidence, order_course
from services.cases.actions.timeline import act_for, tell_decision
from services.cases.errors import (
    AlreadyClosed,
    DecisionNumberNeeded,
    NoOrderFits,
    NotYoursToAnswer,
    OrderLengthUnfit,
    OrderNotThere,
    PersonNeeded,
    ServiceDayUnfit,
)
from services.cases.models import CorrectionOrder, WatchItem
from services.cases.rules import orders as rules
from services.cases.rules.orders import OrderState
from services.cases.schemas.orders import (
    CheckIn,
    DraftIn,
    PenaltyIn,
    ProofIn,
    ServeIn,
    SignIn,
    WithdrawalIn,
)
from shared import clock, known
from shared.auth import Caller
from shared.db import Session

# Steps of an order's history that move it nowhere.
PROOF_BROUGHT, PROOF_REFUSED, PROOF_TAKEN = "proof_brought", "proof_refused", "put_right_late"


async def draft_order(
    session: Session, caller: Caller, body: DraftIn, now: datetime
) -> CorrectionOrder:
    """Draft an order by hand; the one that is under way already is given back.

    Raises WatchItemUnknown, AlreadyClosed, or NoOrderFits.
    """
    item = await queries.items.locked_watch_item(session, body.watch_item_id, caller.scope)
    if item.is_closed:
        raise AlreadyClosed
    matter = rules.matter_of(item.kind, body.system)
    if matter is None or (body.system and body.system != matter):
        raise NoOrderFits(kind=item.kind)
    terms = await queries.orders.find_terms(session, matter, item.area_code, clock.day_of(now))
    if terms is None:
        raise NoOrderFits(kind=item.kind, matter=matter)
    return await order_course.draft(session, item, terms, now, body.facts, by=caller.actor)


async def sign_order(
    session: Session, caller: Caller, order_id: UUID, body: SignIn, now: datetime
) -> CorrectionOrder:
    """Sign a draft; it gets its office's next number of the year.

    Raises OrderUnknown, OrderNotThere, PersonNeeded, or OrderLengthUnfit.
    """
    if caller.is_machine:
        raise PersonNeeded
    order, item = await _locked(session, caller, order_id, OrderState.DRAFT)
    terms = await queries.orders.terms_of(session, order)
    length = body.length or order.length
    if not terms.shortest <= length <= terms.longest:
        raise OrderLengthUnfit(shortest=terms.shortest, longest=terms.longest, unit=terms.unit)
    office = rules.office_of(await known.lineage(session, order.area_code))
    numbers = await queries.orders.locked_order_number(session, office, clock.day_of(now).year)
    order.facts = body.facts or order.facts
    await order_course.sign(
        session, order, item, now, length=length, number=numbers, sequence=numbers.take(),
        by=caller.actor,
    )  # fmt: skip
    return order


async def serve_order(
    session: Session, caller: Caller, order_id: UUID, body: ServeIn, now: datetime
) -> CorrectionOrder:
    """Note how a signed order was served; from that day it is to be obeyed within its limit.

    Raises OrderUnknown, OrderNotThere, ServiceDayUnfit, or EvidenceRefused.
    """
    order, item = await _locked(session, caller, order_id, OrderState.SIGNED)
    signed_on = clock.day_of(order.signed_at or now)
    if not signed_on <= body.served_on <= clock.day_of(now):
        raise ServiceDayUnfit(signed_on=signed_on.isoformat())
    await evidence.check_evidence(session, order.watch_item_id, body.evidence_ids)
    said = body.model_dump()
    await order_course.serve(session, order, item, now, by=caller.actor, **said)
    return order


async def prove_order(
    session: Session, caller: Caller, order_id: UUID, body: ProofIn, now: datetime
) -> CorrectionOrder:
    """Bring proof that what a served order asks for is done; its limit runs until it is checked.

    Raises OrderUnknown, OrderNotThere, NotYoursToAnswer, or EvidenceRefused.
    """
    order, item = await _locked(session, caller, order_id, OrderState.SERVED, OrderState.OVERDUE)
    if caller.org not in {order.unit_id, *item.answerers}:
        raise NotYoursToAnswer
    await evidence.check_evidence(session, order.watch_item_id, body.evidence_ids, needed=True)
    act_for(session, caller.actor)
    order_course.note_step(session, order, PROOF_BROUGHT, now, **body.model_dump(mode="json"))
    said = {"paper_id": order.id, "evidence_ids": body.evidence_ids, "org_id": caller.org}
    tell_decision(session, item, f"order_{PROOF_BROUGHT}", now, **said)
    return order


async def check_order(
    session: Session, caller: Caller, order_id: UUID, body: CheckIn, now: datetime
) -> CorrectionOrder:
    """Say whether the proof that was brought is enough; if so the order is fulfilled.

    Raises OrderUnknown, OrderNotThere, or EvidenceRefused where no proof was brought.
    """
    order, item = await _locked(session, caller, order_id, OrderState.SERVED, OrderState.OVERDUE)
    if not await queries.orders.has_proof(session, order.id):
        await evidence.check_evidence(session, order.watch_item_id, (), needed=True)
    act_for(session, caller.actor)
    if body.enough:
        proof = {"checked": body.reason}
        late = order.state is OrderState.OVERDUE
        await order_course.put_right(session, order, item, now, proof, by=caller.actor)
        if late:
            tell_decision(session, item, f"order_{PROOF_TAKEN}", now, paper_id=order.id)
    else:
        order_course.note_step(session, order, PROOF_REFUSED, now, reason=body.reason)
        tell_decision(session, item, f"order_{PROOF_REFUSED}", now, paper_id=order.id)
    return order


async def decide_penalty(
    session: Session, caller: Caller, order_id: UUID, body: PenaltyIn, now: datetime
) -> CorrectionOrder:
    """Decide on the penalty that an overdue order proposes: its number, or why there is none.

    Raises OrderUnknown, OrderNotThere, PersonNeeded, or DecisionNumberNeeded.
    """
    if caller.is_machine:
        raise PersonNeeded
    order, item = await _locked(session, caller, order_id, OrderState.OVERDUE)
    if body.penalised and not body.decision_number:
        raise DecisionNumberNeeded
    order.decision_number = body.decision_number if body.penalised else None
    state = OrderState.PENALISED if body.penalised else OrderState.SPARED
    said = {"reason": body.reason, "decision_number": order.decision_number}
    await order_course.end(session, order, item, state, now, by=caller.actor, **said)
    return order


async def withdraw_order(
    session: Session, caller: Caller, order_id: UUID, body: WithdrawalIn, now: datetime
) -> CorrectionOrder:
    """Take an order back before it is served; a number it has stays its own.

    Raises OrderUnknown or OrderNotThere.
    """
    order, item = await _locked(session, caller, order_id, *rules.WITHDRAWABLE)
    state = OrderState.WITHDRAWN
    by = caller.actor
    await order_course.end(session, order, item, state, now, by=by, reason=body.reason)
    return order


async def _locked(
    session: Session, caller: Caller, order_id: UUID, *states: OrderState
) -> tuple[CorrectionOrder, WatchItem]:
    order, item = await queries.orders.locked_order(session, order_id, caller.scope)
    if order.state not in states:
        raise OrderNotThere(state=order.state)
    return order, item
