"""Government money that is not in place: reported, approved, ordered, followed up, paid."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions.timeline import card, jsonable, note
from services.cases.errors import (
    AlreadyClosed,
    FundingNotThere,
    NoGovernmentMoney,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.cases.models import FundingOrder, FundingStep, WatchItem
from services.cases.rules import funding as rules
from services.cases.rules.funding import FundingState
from services.cases.rules.items import Happening, TimerKind, WatchKind
from services.cases.schemas.funding import ApprovalIn, FundIn, MeasureIn, ReportIn
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session, new_id, same_id
from shared.events.cases import FundingOrderMoved
from shared.outbox import publish
from shared.workdays import Unit

_NAMED = {"done_on", "done_by", "document_number"}


async def report_funding(
    session: Session, caller: Caller, body: ReportIn, now: datetime
) -> FundingOrder:
    """Report a miss of a government project; the report that is under way is given back.

    Raises WatchItemUnknown, AlreadyClosed, or NoGovernmentMoney.
    """
    item = await queries.items.locked_watch_item(session, body.watch_item_id, caller.scope)
    if item.is_closed:
        raise AlreadyClosed
    project = item.project or {}
    paid_by = project.get("investment_type")
    if item.kind is not WatchKind.TRANSFER_MISSED or paid_by != rules.GOVERNMENT:
        raise NoGovernmentMoney(kind=item.kind)
    order, is_new = await queries.funding.locked_new_funding_order(
        session,
        id=new_id(),
        watch_item_id=item.id,
        project_id=item.project_id,
        project=project,
        developer_id=item.developer_id,
        area_code=item.area_code,
        amount=body.amount or item.lacking,
        state_since=now,
        reported_at=now,
        reported_by=caller.actor,
    )
    if is_new:
        _tell(session, order, item, now, body.model_dump(exclude={"watch_item_id"}))
    return order


async def approve_funding(
    session: Session, caller: Caller, order_id: UUID, body: ApprovalIn, now: datetime
) -> FundingOrder:
    """Let the government approve or refuse a report; another person than who reported.

    Raises PersonNeeded, FundingUnknown, FundingNotThere, or SecondPersonNeeded.
    """
    if caller.is_machine:
        raise PersonNeeded
    order, item = await _locked(session, caller, order_id, FundingState.REPORTED)
    if caller.actor == order.reported_by:
        raise SecondPersonNeeded
    order.enter(FundingState.APPROVED if body.approved else FundingState.REFUSED, now)
    _tell(session, order, item, now, body.model_dump())
    return order


async def order_funding(
    session: Session, caller: Caller, order_id: UUID, body: FundIn, now: datetime
) -> FundingOrder:
    """Order the money to be paid within the order's own limit.

    Raises FundingUnknown or FundingNotThere.
    """
    order, item = await _locked(session, caller, order_id, FundingState.APPROVED)
    order.enter(FundingState.ORDERED, now)
    order.addressed_to, order.served_on = body.addressed_to, body.served_on
    order.unit, order.length = Unit(body.unit), body.length
    await _limit(session, order, body.served_on)
    _tell(session, order, item, now, body.model_dump())
    return order


async def _limit(session: Session, order: FundingOrder, served_on: date) -> None:
    if order.unit is None or order.length is None:
        return
    calendar = await known.calendar(session, order.area_code)
    due_at = rules.due_at(clock.at(served_on), order.length, Unit(order.unit), calendar)
    order.due_at, order.calendar_version = due_at, calendar.version
    order.due_on = clock.day_of(due_at - timedelta(microseconds=1))
    timers.arm(
        session,
        TimerKind.FUNDING,
        order.id,
        due_at,
        entered_at=order.state_since,
        calendar_version=calendar.version,
    )


async def end_limit(session: Session, order_id: UUID, at: datetime) -> None:
    """The order's limit is over and the money is not there: the higher HRSS takes it up."""
    locked = await queries.funding.locked_find_funding_order(session, order_id)
    if locked is None:
        return
    order, item = locked
    if order.state is FundingState.ORDERED and order.due_at is not None and order.due_at <= at:
        order.enter(FundingState.OVERDUE, at)
        day = order.due_on or clock.day_of(at)
        _tell(session, order, item, at, {"done_on": day, "done_by": "system"})


async def take_measure(
    session: Session, caller: Caller, order_id: UUID, body: MeasureIn, now: datetime
) -> FundingOrder:
    """Note what the higher HRSS did: interview, then circular notice, then discipline.

    Raises FundingUnknown, or FundingNotThere where the one before it is missing.
    """
    before, after = rules.FOLLOWS[body.measure]
    order, item = await _locked(session, caller, order_id, before)
    order.enter(after, now)
    _tell(session, order, item, now, body.model_dump())
    return order


async def settle_funding(
    session: Session, item: WatchItem, at: datetime, proof: dict[str, Any]
) -> None:
    """The money is there, as the closing of the item proves: nothing is ordered any more."""
    order = await queries.funding.locked_open_funding_order(session, item.id)
    if order is not None:
        await timers.disarm(session, order.id, TimerKind.FUNDING)
        order.enter(FundingState.FUNDED, at)
        said = {"done_on": clock.day_of(at), "done_by": "system", "proof": proof}
        _tell(session, order, item, at, said)


async def _locked(
    session: Session, caller: Caller, order_id: UUID, state: FundingState
) -> tuple[FundingOrder, WatchItem]:
    order, item = await queries.funding.locked_funding_order(session, order_id, caller.scope)
    if order.state is not state:
        raise FundingNotThere(state=order.state)
    return order, item


def _tell(
    session: Session, order: FundingOrder, item: WatchItem, at: datetime, said: dict[str, Any]
) -> None:
    """Write a step down, on the item too, and tell others where the order stands."""
    session.add(
        FundingStep(
            id=new_id(),
            order_id=order.id,
            state=order.state,
            at=at,
            actor=session.info.get("actor", "system"),
            done_on=said["done_on"],
            done_by=said["done_by"],
            document_number=said.get("document_number"),
            details=jsonable({name: value for name, value in said.items() if name not in _NAMED}),
        )
    )
    note(session, item, Happening.FUNDING_MOVED, at, order_id=order.id, state=order.state)
    publish(
        session,
        FundingOrderMoved(
            **card(item),
            id=same_id(at, order.id, order.state),
            occurred_at=at,
            order_id=order.id,
            order_state=order.state,
            order_due_on=order.due_on,
        ),
    )
