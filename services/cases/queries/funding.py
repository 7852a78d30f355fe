"""Orders to fund: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import selectinload

from services.cases.errors import FundingUnknown
from services.cases.models import FundingOrder, WatchItem
from services.cases.queries import rows
from services.cases.rules.funding import OVER, FundingState
from services.cases.rules.items import TimerKind
from services.cases.schemas.funding import FundingFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.moves import Left, SyncMove
from shared.paging import Found
from shared.timers import IS_ARMED, Timer


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(FundingOrder.area_code, scope, FundingOrder.developer_id)


async def funding_orders(
    session: Session,
    filters: FundingFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[FundingOrder]:
    """Give a page of orders to fund, the oldest first."""
    statement = select(FundingOrder).where(_visible(scope))
    for column in ("state", "project_id"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(FundingOrder, column) == wanted)
    if filters.area_code is not None:
        inside = known.in_scope(FundingOrder.area_code, Scope(frozenset({filters.area_code})))
        statement = statement.where(or_(inside, FundingOrder.area_code == filters.area_code))
    left = None
    if scope.org is None:
        left = Left(known.in_scope(SyncMove.area_code, scope), _visible(scope))
    return await paging.sync(
        session,
        statement,
        model=FundingOrder,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=left,
    )


async def funding_under_way(
    session: Session, item_id: UUID, scope: Scope
) -> Sequence[FundingOrder]:
    """Give the orders to fund about an item that are not over, as a caller sees them."""
    theirs = (FundingOrder.watch_item_id == item_id, FundingOrder.state.not_in(OVER))
    statement = select(FundingOrder).where(*theirs, _visible(scope))
    return (await session.scalars(statement.order_by(FundingOrder.id))).all()


async def funding_order(session: Session, order_id: UUID, scope: Scope) -> FundingOrder:
    """Give an order to fund with its steps, or raise FundingUnknown."""
    statement = select(FundingOrder).where(FundingOrder.id == order_id, _visible(scope))
    with_steps = statement.options(selectinload(FundingOrder.steps))
    found = (await session.scalars(with_steps)).one_or_none()
    if found is None:
        raise FundingUnknown
    return found


async def locked_funding_order(
    session: Session, order_id: UUID, scope: Scope
) -> tuple[FundingOrder, WatchItem]:
    """Give an order to fund and its item for changing, or raise FundingUnknown."""
    statement = select(FundingOrder).where(FundingOrder.id == order_id, _visible(scope))
    found = await _locked_with_item(session, statement)
    if found is None:
        raise FundingUnknown
    return found


async def locked_find_funding_order(
    session: Session, order_id: UUID
) -> tuple[FundingOrder, WatchItem] | None:
    """Give an order to fund and its item for changing, or None."""
    statement = select(FundingOrder).where(FundingOrder.id == order_id)
    return await _locked_with_item(session, statement)


async def _locked_with_item(
    session: Session, statement: Select[FundingOrder]
) -> tuple[FundingOrder, WatchItem] | None:
    """Lock the item first, as whoever closes it does, so that nobody waits in a ring."""
    about = statement.with_only_columns(FundingOrder.watch_item_id)
    item = await rows.locked_first(session, select(WatchItem).where(WatchItem.id.in_(about)))
    order = await rows.locked_first(session, statement)
    return (order, item) if order is not None and item is not None else None


async def locked_open_funding_order(session: Session, watch_item_id: UUID) -> FundingOrder | None:
    """Give an item's order to fund that is under way, for changing, or None."""
    statement = select(FundingOrder).where(
        FundingOrder.watch_item_id == watch_item_id, FundingOrder.state.not_in(OVER)
    )
    return await rows.locked_first(session, statement)


async def locked_new_funding_order(session: Session, **values: Any) -> tuple[FundingOrder, bool]:
    """Give an item's order under way for changing, and whether it was written just now."""
    while True:
        new = await rows.insert_new(session, FundingOrder, **values)
        found = await locked_open_funding_order(session, values["watch_item_id"])
        # Another transaction may have ended the one that stood in our way; then try again.
        if found is not None:
            return found, new


def _without_timer() -> Select[FundingOrder]:
    armed = (
        select(Timer.id)
        .where(
            Timer.subject_id == FundingOrder.id,
            Timer.kind == TimerKind.FUNDING,
            IS_ARMED,
        )
        .exists()
    )
    return select(FundingOrder).where(FundingOrder.state == FundingState.ORDERED, ~armed)


WITHOUT_TIMER = _without_timer()


async def funding_orders_without_timer(session: Session) -> Sequence[FundingOrder]:
    """Give orders whose limit runs and that no armed timer will wake."""
    return (await session.scalars(WITHOUT_TIMER.order_by(FundingOrder.id))).all()
