"""Maintenance windows, and which deliveries wait for their end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Text, bindparam, cast, exists, func, or_, select

from services.alerts.models import Delivery, MaintenanceWindow
from services.alerts.rules.deliveries import Channel
from services.alerts.schemas.windows import MaintenanceWindowFilter
from shared import asking, known, paging
from shared.areas import CANARY, NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.problems import NotFound


async def windows(
    session: Session,
    scope: Scope,
    asked: MaintenanceWindowFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[Any]:
    """Give a page of the windows in a caller's areas, the newest first."""
    inside = known.in_scope(MaintenanceWindow.area_code, scope)
    statement = select(MaintenanceWindow).where(inside)
    if asked.area_code:
        statement = statement.where(MaintenanceWindow.area_code == asked.area_code)
    by = (MaintenanceWindow.from_at, MaintenanceWindow.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)


async def locked_window(session: Session, window_id: UUID, scope: Scope) -> MaintenanceWindow:
    """Give a window for changing; NotFound outside the scope."""
    inside = known.in_scope(MaintenanceWindow.area_code, scope)
    found = await session.scalar(
        select(MaintenanceWindow).where(MaintenanceWindow.id == window_id, inside).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def find_window(
    session: Session, lineage: Sequence[str], channel: Channel, wall: datetime
) -> MaintenanceWindow | None:
    """Give the window that lasts for an area's channel at an instant, the longest of several."""
    return await session.scalar(
        select(MaintenanceWindow)
        .where(
            MaintenanceWindow.from_at <= wall,
            MaintenanceWindow.until_at > wall,
            MaintenanceWindow.ended_by.is_(None),
            MaintenanceWindow.area_code.in_([NATION, *lineage]),
            MaintenanceWindow.channels.contains([channel.value]),
        )
        .order_by(MaintenanceWindow.until_at.desc(), MaintenanceWindow.id)
        .limit(1)
    )


_WALL = bindparam("wall", type_=DateTime(timezone=True))
# Built once: it is asked before each round of sending.
_LASTS = (
    select(MaintenanceWindow.id)
    .where(
        MaintenanceWindow.from_at <= _WALL,
        MaintenanceWindow.until_at > _WALL,
        MaintenanceWindow.ended_by.is_(None),
    )
    .order_by(MaintenanceWindow.id)
)


async def kept_back(session: Session, wall: datetime) -> ColumnElement[bool] | None:
    """Give the predicate of deliveries for which a window lasts, or None where none does.

    Windows are few and rare, so that the search for what is due is spared them.
    """
    found = await asking.seldom(session, MaintenanceWindow, _LASTS, {"wall": wall})
    by_window = [
        Delivery.channel.in_([Channel(each) for each in window.channels]) & _below(window.area_code)
        for window in found
    ]
    return or_(*by_window) if by_window else None


def _below(area_code: str) -> ColumnElement[bool]:
    if area_code == NATION:
        return Delivery.area_code != CANARY
    below = select(KnownArea.code).where(KnownArea.path.contains(f"/{area_code}/"))
    return Delivery.area_code.in_(below)


def any_lasts(wall: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say of a delivery whether some window lasts for it, in one statement for all."""
    place = func.concat("%/", MaintenanceWindow.area_code, "/%")
    below = select(KnownArea.code).where(KnownArea.path.like(place)).correlate(MaintenanceWindow)
    return exists().where(
        MaintenanceWindow.from_at <= wall,
        MaintenanceWindow.until_at > wall,
        MaintenanceWindow.ended_by.is_(None),
        MaintenanceWindow.channels.op("?")(cast(Delivery.channel, Text)),
        or_(
            (MaintenanceWindow.area_code == NATION) & (Delivery.area_code != CANARY),
            Delivery.area_code.in_(below),
        ),
    )
