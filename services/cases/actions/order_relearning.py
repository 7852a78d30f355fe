"""What people did with correction orders, heard back after a restore."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services.cases import queries
from services.cases.actions import order_course, orders
from services.cases.actions.timeline import act_for
from services.cases.models import CorrectionOrder, WatchItem
from services.cases.rules import orders as rules
from services.cases.rules.orders import OrderState, ServedHow
from shared import clock, known
from shared.db import Session
from shared.events.cases import CorrectionOrderMoved, WatchItemDecided


async def move_again(session: Session, event: CorrectionOrderMoved) -> None:
    """Move an order again as somebody had moved it by hand, at the same instant.

    What time or a proof does, they do again by themselves; an order that stands elsewhere than it
    stood then is left where it is.
    """
    if event.moved_by is None:
        return
    act_for(session, event.moved_by)
    if event.order_state == OrderState.DRAFT:
        await _draft(session, event, event.moved_by)
        return
    found = await queries.orders.locked_find_order(session, event.order_id)
    before, move = _MOVES.get(event.order_state, (frozenset(), None))
    if found is not None and move is not None and found[0].state in before:
        await move(session, *found, event, event.moved_by)


async def _draft(session: Session, event: CorrectionOrderMoved, by: str) -> None:
    item = await queries.items.locked_find_watch_item(session, event.watch_item_id)
    if item is None or item.is_closed or event.matter is None:
        return
    at = event.occurred_at
    terms = await queries.orders.find_terms(session, event.matter, item.area_code, clock.day_of(at))
    if terms is not None:
        await order_course.draft(session, item, terms, at, by=by)


async def _sign(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    event: CorrectionOrderMoved,
    by: str,
) -> None:
    if event.length is None or event.sequence is None:
        return
    at = event.occurred_at
    office = rules.office_of(await known.lineage(session, order.area_code))
    number = await queries.orders.locked_order_number(session, office, clock.day_of(at).year)
    number.last = max(number.last, event.sequence)
    length, sequence = event.length, event.sequence
    await order_course.sign(
        session, order, item, at, length=length, number=number, sequence=sequence, by=by
    )


async def _serve(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    event: CorrectionOrderMoved,
    by: str,
) -> None:
    if event.served_on is None or event.served_how is None:
        return
    how, on, papers = ServedHow(event.served_how), event.served_on, event.evidence_ids
    said: dict[str, Any] = {"served_how": how, "served_on": on, "evidence_ids": papers}
    await order_course.serve(session, order, item, event.occurred_at, by=by, **said)


async def _fulfil(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    event: CorrectionOrderMoved,
    by: str,
) -> None:
    await order_course.put_right(session, order, item, event.occurred_at, {}, by=by)


async def _end(
    session: Session,
    order: CorrectionOrder,
    item: WatchItem,
    event: CorrectionOrderMoved,
    by: str,
) -> None:
    state, number = OrderState(event.order_state), event.decision_number
    said = {} if state is OrderState.WITHDRAWN else {"decision_number": number}
    order.decision_number = number
    await order_course.end(session, order, item, state, event.occurred_at, by=by, **said)


_Move = Callable[[Session, CorrectionOrder, WatchItem, CorrectionOrderMoved, str], Awaitable[None]]
# From where an order came to a state by hand, and how.
_MOVES: Mapping[str, tuple[frozenset[OrderState], _Move]] = {
    OrderState.SIGNED: (frozenset({OrderState.DRAFT}), _sign),
    OrderState.SERVED: (frozenset({OrderState.SIGNED}), _serve),
    OrderState.FULFILLED: (frozenset({OrderState.SERVED}), _fulfil),
    OrderState.PENALISED: (frozenset({OrderState.OVERDUE}), _end),
    OrderState.SPARED: (frozenset({OrderState.OVERDUE}), _end),
    OrderState.WITHDRAWN: (rules.WITHDRAWABLE, _end),
}


async def note_again(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    """Write down again that proof of an order was brought, refused, or taken too late."""
    found = event.paper_id and await queries.orders.locked_find_order(session, event.paper_id)
    if not found:
        return False
    order, at = found[0], event.occurred_at
    what = event.decision.removeprefix("order_")
    if what == orders.PROOF_TAKEN:
        await order_course.put_right(session, order, item, at, {})
        return True
    brought = {"evidence_ids": event.evidence_ids} if event.evidence_ids else {}
    order_course.note_step(session, order, what, at, **brought)
    return True
