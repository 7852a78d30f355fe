"""Robots of chat groups."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from services.alerts.errors import RobotUnknown
from services.alerts.models import Robot
from services.alerts.schemas.robots import RobotFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(Robot.area_code, Scope(scope.areas))


async def robots(
    session: Session, scope: Scope, asked: RobotFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the robots in a caller's areas."""
    statement = select(Robot).where(_visible(scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Robot, name) == value)
    by = (Robot.area_code, Robot.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def robot(session: Session, robot_id: UUID, scope: Scope) -> Robot:
    """Give a robot; RobotUnknown outside the scope."""
    found = await session.scalar(select(Robot).where(Robot.id == robot_id, _visible(scope)))
    if found is None:
        raise RobotUnknown
    return found


async def locked_robot(session: Session, robot_id: UUID, scope: Scope) -> Robot:
    """Give a robot for changing; RobotUnknown outside the scope."""
    found = await session.scalar(
        select(Robot).where(Robot.id == robot_id, _visible(scope)).with_for_update()
    )
    if found is None:
        raise RobotUnknown
    return found


async def locked_robots(session: Session, robot_ids: Collection[UUID]) -> Sequence[Robot]:
    """Give robots for noting at what pace they are sent to, or that they are gone."""
    found = await session.scalars(
        select(Robot).where(Robot.id.in_(robot_ids)).order_by(Robot.id).with_for_update()
    )
    return found.all()


async def locked_free_robots(session: Session, robot_ids: Collection[UUID]) -> Sequence[Robot]:
    """Give those of some robots that nobody else changes now, for their pace.

    Whoever claims holds deliveries already: waiting here for one that switches a robot off, and
    then lets go of its deliveries, each would wait for the other.
    """
    found = await session.scalars(
        select(Robot)
        .where(Robot.id.in_(robot_ids))
        .order_by(Robot.id)
        .with_for_update(skip_locked=True)
    )
    return found.all()
