"""The course of a correction order: what time and proofs do with it, and who is told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions.timeline import card, jsonable, note, who
from services.cases.models import CorrectionOrder, OrderNumber, OrderStep, OrderTerms, WatchItem
from services.cases.rules import orders as rules
from services.cases.rules.items import Happening, TimerKind
from services.cases.rules.ladder import Ladder
from services.cases.rules.orders import OrderState, ServedHow
from shared import clock, known, timers
from shared.db import Session, new_id, same_id
from shared.events.cases import CorrectionOrderMoved
from shared.outbox import publish
from shared.workdays import Calendar, Unit

_FROM_ITEM = (
    "project_id",
    "project",
    "developer_id",
    "contractor_id",
    "area_code",
    "period",
    "unit_id",
)
_FROM_TERMS = ("matter", "article", "conduct", "unit", "length")
_AWAITED = {OrderState.DRAFT: "signed", OrderState.SIGNED: "served"}


async def draft_at_step(session: Session, item: WatchItem, ladder: Ladder, at: datetime) -> None:
    """Draft the order about an item that its ladder asks for, once; for an inspector to sign."""
    matter = rules.matter_of(item.kind)
    if item.is_closed or matter is None or not rules.is_drafted(ladder, item.step):
        return
    terms = await queries.orders.find_terms(session, matter, item.area_code, clock.day_of(at))
    # An item that has had its order gets no other one by time.
    if terms is not None and not await queries.orders.has_order(session, item.id, matter):
        await draft(session, item, terms, at)


async def draft(
    session: Session,
    item: WatchItem,
    terms: OrderTerms,
    at: datetime,
    facts: str | None = None,
    *,
    by: str | None = None,
) -> CorrectionOrder:
    """Draft an order about a locked item; give the one that is under way if there is one."""
    order, is_new = await queries.orders.locked_new_order(
        session,
        **{name: getattr(item, name) for name in _FROM_ITEM},
        **{name: getattr(terms, name) for name in _FROM_TERMS},
        id=same_id(at, item.id, "order", terms.matter),
        about=rules.about(terms.matter, item.key, item.project_id),
        watch_item_id=item.id,
        terms_id=terms.id,
        facts=facts,
        state_since=at,
        drafted_at=at,
        drafted_by=by or who(session),
    )
    if is_new:
        await wait(session, order, terms.sign_within, at)
        tell(session, order, item, at, by=by, matter=terms.matter, article=terms.article)
    return order


async def wait(session: Session, order: CorrectionOrder, days: int, since: datetime) -> None:
    """Wait some working days for the office itself; then it is told of."""
    calendar = await known.calendar(session, order.area_code)
    _arm(session, order, rules.due_at(since, days, Unit.WD, calendar), calendar)


async def limit(session: Session, order: CorrectionOrder, served_on: date) -> None:
    """Arm the end of an order's limit; late news of the service may find it over already."""
    calendar = await known.calendar(session, order.area_code)
    due_at = rules.due_at(clock.at(served_on), order.length, Unit(order.unit), calendar)
    order.due_on = clock.day_of(due_at - timedelta(microseconds=1))
    _arm(session, order, due_at, calendar)


def _arm(session: Session, order: CorrectionOrder, due_at: datetime, calendar: Calendar) -> None:
    order.due_at, order.calendar_version = due_at, calendar.version
    timers.arm(
        session,
        TimerKind.ORDER,
        order.id,
        due_at,
        entered_at=order.state_since,
        step=order.state,
        calendar_version=calendar.version,
    )


async def sign(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    at: datetime,
    *,
    length: int,
    number: OrderNumber,
    sequence: int,
    by: str,
) -> None:
    """Sign a draft under a number of its office's year; then it waits to be served."""
    terms = await queries.orders.terms_of(session, order)
    order.office, order.year, order.sequence = number.office, number.year, sequence
    order.number = rules.number(terms.prefix, number.year, sequence)
    order.length, order.signed_at, order.signed_by = length, at, by
    said = {"number": order.number, "length": length, "unit": order.unit}
    await enter(session, order, item, OrderState.SIGNED, at, by=by, **said)
    await wait(session, order, terms.serve_within, at)


async def serve(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    at: datetime,
    *,
    served_on: date,
    served_how: ServedHow,
    by: str,
    **said: object,
) -> None:
    """Serve a signed order; from that day it is to be obeyed within its limit."""
    order.served_on, order.served_how, order.served_by = served_on, served_how, by
    shown = {"served_on": served_on, "served_how": served_how, **said}
    await enter(session, order, item, OrderState.SERVED, at, by=by, **shown)
    await limit(session, order, served_on)


async def put_right(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    at: datetime,
    proof: dict[str, Any],
    *,
    by: str | None = None,
) -> None:
    """Take it as proved that what an order asks for is done.

    One that is overdue stays so until somebody decides on its penalty.
    """
    order.put_right_at = order.put_right_at or at
    if order.state is OrderState.OVERDUE:
        note_step(session, order, "put_right_late", at, proof=proof)
    elif order.state is OrderState.SERVED:
        await end(session, order, item, OrderState.FULFILLED, at, by=by, proof=proof)
    else:
        reason = "put_right_before_service"
        await end(session, order, item, OrderState.WITHDRAWN, at, reason=reason, proof=proof)


async def settle_orders(
    session: Session, item: WatchItem, at: datetime, proof: dict[str, Any]
) -> None:
    """An item was closed by its proof: so is what its own order asked for."""
    for order in await queries.orders.locked_orders_of(session, item.id):
        if order.matter == rules.matter_of(item.kind):
            await put_right(session, order, item, at, proof)


async def end_limit(session: Session, order_id: UUID, step: str, at: datetime) -> None:
    """A limit is over: what lies unsigned or unserved is told of, what is not obeyed is overdue.

    With that a penalty is proposed (724号 art. 55 to 57), which somebody has to decide on.
    """
    locked = await queries.orders.locked_find_order(session, order_id)
    if locked is None:
        return
    order, item = locked
    if order.state != step or order.due_at is None or order.due_at > at:
        return
    if order.state is OrderState.SERVED:
        order.enter(OrderState.OVERDUE, at)
        tell(session, order, item, at, penalty_proposed_by=order.article)
        return
    order.due_at, order.told_late = None, True
    note_step(session, order, f"not_{_AWAITED[order.state]}_in_time", at)
    _publish(session, order, item, at)


async def recompute_orders(session: Session, area_code: str, at: datetime) -> None:
    """Count the limits of served orders anew by the calendar in force; what is over stays over."""
    for order in await queries.orders.locked_served_orders_within(session, area_code):
        calendar = await known.calendar(session, order.area_code)
        if order.served_on is None or order.calendar_version == calendar.version:
            continue
        before = order.due_at
        await timers.disarm(session, order.id, TimerKind.ORDER)
        await limit(session, order, order.served_on)
        note_step(session, order, "recomputed", at, due_at_before=before, due_at=order.due_at)


async def enter(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    state: OrderState,
    at: datetime,
    *,
    by: str,
    **said: object,
) -> None:
    """Enter a state that somebody brought about; no limit of the old one runs on."""
    await timers.disarm(session, order.id, TimerKind.ORDER)
    order.enter(state, at)
    tell(session, order, item, at, by=by, **said)


async def end(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    state: OrderState,
    at: datetime,
    *,
    by: str | None = None,
    reason: str | None = None,
    **said: object,
) -> None:
    """End an order; no limit of it runs on."""
    await timers.disarm(session, order.id, TimerKind.ORDER)
    order.end(state, at, by or who(session), reason)
    tell(session, order, item, at, by=by, reason=reason, **said)


def tell(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    at: datetime,
    *,
    by: str | None = None,
    **said: object,
) -> None:
    """Write down where an order stands now, on its item too, and tell others; `by`: by hand."""
    note_step(session, order, order.state, at, **said)
    shown = {"order_id": order.id, "state": order.state, "number": order.number}
    note(session, item, Happening.ORDER_MOVED, at, **shown)
    papers: Any = said.get("evidence_ids", [])
    _publish(session, order, item, at, by=by, evidence_ids=papers)


def note_step(
    session: Session, order: CorrectionOrder, what: str, at: datetime, **said: object
) -> None:
    """Write a line of an order's history."""
    session.add(
        OrderStep(
            id=new_id(),
            order_id=order.id,
            at=at,
            actor=who(session),
            what=what,
            details=jsonable(said),
        )
    )


def _publish(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    at: datetime,
    *,
    by: str | None = None,
    evidence_ids: Sequence[UUID] = (),
) -> None:
    told = ("matter", "length", "sequence", "served_on", "served_how", "decision_number")
    publish(
        session,
        CorrectionOrderMoved(
            **card(item),
            id=same_id(at, order.id, order.state, order.told_late),
            occurred_at=at,
            order_id=order.id,
            order_state=order.state,
            order_number=order.number,
            order_due_on=order.due_on,
            stalled=order.told_late,
            moved_by=by,
            evidence_ids=list(evidence_ids),
            **{name: getattr(order, name) for name in told},
        ),
    )
