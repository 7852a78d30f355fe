"""Correction orders, their terms and numbers: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import selectinload

from services.cases.errors import OrderUnknown
from services.cases.models import CorrectionOrder, OrderNumber, OrderStep, OrderTerms, WatchItem
from services.cases.queries import rows
from services.cases.rules import policies
from services.cases.rules.items import TimerKind
from services.cases.rules.orders import UNDER_WAY, OrderState
from services.cases.schemas.orders import OrderFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session, new_id
from shared.moves import Left, SyncMove
from shared.paging import Found
from shared.timers import IS_ARMED, Timer


def _visible(scope: Scope) -> ColumnElement[bool]:
    seen = known.in_scope(
        CorrectionOrder.area_code,
        scope,
        CorrectionOrder.unit_id,
        CorrectionOrder.developer_id,
        CorrectionOrder.contractor_id,
    )
    # What is only drafted is the office's own paper; a party sees it once it is served.
    if scope.org is None:
        return seen
    return seen & CorrectionOrder.served_on.is_not(None)


def _within(area_code: str) -> ColumnElement[bool]:
    inside = known.in_scope(CorrectionOrder.area_code, Scope(frozenset({area_code})))
    return or_(inside, CorrectionOrder.area_code == area_code)


def _filtered(statement: Select[Any], filters: OrderFilter) -> Select[Any]:
    for column in ("state", "matter", "project_id", "watch_item_id", "unit_id"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(CorrectionOrder, column) == wanted)
    if filters.area_code is not None:
        statement = statement.where(_within(filters.area_code))
    return statement


async def orders(
    session: Session,
    filters: OrderFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[CorrectionOrder]:
    """Give a page of orders, the oldest first."""
    left = None
    if scope.org is None:
        left = Left(known.in_scope(SyncMove.area_code, scope), _visible(scope))
    return await paging.sync(
        session,
        _filtered(select(CorrectionOrder).where(_visible(scope)), filters),
        model=CorrectionOrder,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=left,
    )


async def orders_under_way(
    session: Session, item_id: UUID, scope: Scope
) -> Sequence[CorrectionOrder]:
    """Give the orders about an item that somebody still owes something, as a caller sees them."""
    theirs = (CorrectionOrder.watch_item_id == item_id, CorrectionOrder.state.in_(UNDER_WAY))
    statement = select(CorrectionOrder).where(*theirs, _visible(scope))
    return (await session.scalars(statement.order_by(CorrectionOrder.id))).all()


async def order(session: Session, order_id: UUID, scope: Scope) -> CorrectionOrder:
    """Give an order with its history, or raise OrderUnknown."""
    statement = select(CorrectionOrder).where(CorrectionOrder.id == order_id, _visible(scope))
    found = (
        await session.scalars(statement.options(selectinload(CorrectionOrder.steps)))
    ).one_or_none()
    if found is None:
        raise OrderUnknown
    return found


async def locked_order(
    session: Session, order_id: UUID, scope: Scope
) -> tuple[CorrectionOrder, WatchItem]:
    """Give an order and its item for changing, or raise OrderUnknown."""
    statement = select(CorrectionOrder).where(CorrectionOrder.id == order_id, _visible(scope))
    found = await _locked_with_item(session, statement)
    if found is None:
        raise OrderUnknown
    return found


async def locked_find_order(
    session: Session, order_id: UUID
) -> tuple[CorrectionOrder, WatchItem] | None:
    """Give an order and its item for changing, or None."""
    statement = select(CorrectionOrder).where(CorrectionOrder.id == order_id)
    return await _locked_with_item(session, statement)


async def _locked_with_item(
    session: Session, statement: Select[CorrectionOrder]
) -> tuple[CorrectionOrder, WatchItem] | None:
    """Lock the item first, as whoever closes it does, so that nobody waits in a ring."""
    about = statement.with_only_columns(CorrectionOrder.watch_item_id)
    items = select(WatchItem).where(WatchItem.id.in_(about))
    item = await rows.locked_first(session, items)
    order = await rows.locked_first(session, statement)
    return (order, item) if order is not None and item is not None else None


async def locked_new_order(session: Session, **values: Any) -> tuple[CorrectionOrder, bool]:
    """Give the order under way about something for changing, and whether it was written now."""
    about = select(CorrectionOrder).where(
        CorrectionOrder.about == values["about"], CorrectionOrder.state.in_(UNDER_WAY)
    )
    while True:
        new = await rows.insert_new(session, CorrectionOrder, **values)
        found = await rows.locked_first(session, about)
        # Another transaction may have ended the one that stood in our way; then try again.
        if found is not None:
            return found, new


async def locked_orders_of(session: Session, watch_item_id: UUID) -> list[CorrectionOrder]:
    """Give an item's orders that are under way, for changing."""
    statement = select(CorrectionOrder).where(
        CorrectionOrder.watch_item_id == watch_item_id, CorrectionOrder.state.in_(UNDER_WAY)
    )
    return await rows.locked_all(session, statement.order_by(CorrectionOrder.id))


async def locked_order_number(session: Session, office: str, year: int) -> OrderNumber:
    """Give an office's numbers of a year, locked until this transaction ends.

    So that two who sign at once get two numbers, and one that fails leaves no gap.
    """
    await rows.insert_new(session, OrderNumber, id=new_id(), office=office, year=year, last=0)
    statement = select(OrderNumber).where(OrderNumber.office == office, OrderNumber.year == year)
    return (await rows.locked_all(session, statement))[0]


async def find_terms(session: Session, matter: str, area_code: str, day: date) -> OrderTerms | None:
    """Give the terms in force for a matter in an area: the nearest ones up the lineage."""
    lineage = await known.lineage(session, area_code)
    statement = select(OrderTerms).where(
        OrderTerms.matter == matter, OrderTerms.area_code.in_(lineage)
    )
    return policies.in_force((await session.scalars(statement)).all(), lineage, day)


async def terms_of(session: Session, order: CorrectionOrder) -> OrderTerms:
    """Give the terms that an order was drafted by."""
    return await session.get_one(OrderTerms, order.terms_id)


async def locked_served_orders_within(session: Session, area_code: str) -> list[CorrectionOrder]:
    """Give the orders of an area and those below it whose limit runs, for changing."""
    statement = select(CorrectionOrder).where(
        CorrectionOrder.state == OrderState.SERVED, _within(area_code)
    )
    return await rows.locked_all(session, statement.order_by(CorrectionOrder.id))


async def has_order(session: Session, watch_item_id: UUID, matter: str) -> bool:
    """Say whether an item has had an order about a matter, whatever became of it."""
    about = (CorrectionOrder.watch_item_id == watch_item_id, CorrectionOrder.matter == matter)
    return bool(await session.scalar(select(exists().where(*about))))


async def has_proof(session: Session, order_id: UUID) -> bool:
    """Say whether proof was brought against an order since it was last found wanting."""
    last = (
        select(OrderStep.what)
        .where(
            OrderStep.order_id == order_id, OrderStep.what.in_(("proof_brought", "proof_refused"))
        )
        .order_by(OrderStep.at.desc(), OrderStep.id.desc())
        .limit(1)
    )
    return await session.scalar(last) == "proof_brought"


def _without_timer() -> Select[CorrectionOrder]:
    armed = (
        select(Timer.id)
        .where(
            Timer.subject_id == CorrectionOrder.id,
            Timer.kind == TimerKind.ORDER,
            IS_ARMED,
        )
        .exists()
    )
    states = (OrderState.DRAFT, OrderState.SIGNED, OrderState.SERVED)
    waits = or_(*(CorrectionOrder.state == each for each in states))
    return select(CorrectionOrder).where(waits, ~CorrectionOrder.told_late, ~armed)


WITHOUT_TIMER = _without_timer()


async def orders_without_timer(session: Session) -> Sequence[CorrectionOrder]:
    """Give orders that wait for somebody and that no armed timer will wake."""
    return (await session.scalars(WITHOUT_TIMER.order_by(CorrectionOrder.id))).all()
