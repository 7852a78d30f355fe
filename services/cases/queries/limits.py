"""The items of limits that fell due together."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from services.cases.models import WatchItem
from shared import remembered
from shared.db import Session

_TIMERS = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid())))
    .table_valued("id", with_ordinality="place", name="of_timers")
    .render_derived()
)
_OF_TIMERS = select(WatchItem).join(_TIMERS, _TIMERS.c.id == WatchItem.id).order_by(_TIMERS.c.place)


async def locked_items(session: Session, item_ids: Collection[UUID]) -> None:
    """Lock the items whose limits fell due, in this order, for those who ask for each by its id."""
    wanted = {"ids": list(dict.fromkeys(item_ids))}
    there = await session.scalars(_OF_TIMERS.with_for_update(of=WatchItem), wanted)
    held = remembered.locked(session, WatchItem.__tablename__)
    held.update({each.id: each for each in there})
