"""Robots of chat groups over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.alerts import actions, adapters, queries
from services.alerts.errors import AddressRefused, AreaUnknown, RobotUnknown, TargetRefused
from services.alerts.models import Robot
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.robots import RobotFilter, RobotIn, RobotOut, RobotPatch
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Stale, raises


# The name is looked up before the transaction begins: no transaction waits for a stranger.
async def _reachable(body: RobotIn) -> RobotIn:
    await adapters.calls.check_target(str(body.address))
    return body


async def _reachable_still(body: RobotPatch) -> RobotPatch:
    if body.address:
        await adapters.calls.check_target(str(body.address))
    return body


@router.get(
    "/v1/robots", summary="Robots of chat groups", response_model=Page[RobotOut],
    dependencies=[may("alerts:manage_robots")], responses=LIST,
)  # fmt: skip
async def robots(
    session: Transaction,
    caller: Who,
    asked: Annotated[RobotFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Robot]:
    return await queries.robots.robots(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/robots", summary="Add a robot of a chat group (WeCom, DingTalk, Feishu)",
    status_code=201, response_model=RobotOut, dependencies=[may("alerts:manage_robots")],
    responses=raises(AreaUnknown, TargetRefused),
)  # fmt: skip
async def add_robot(
    body: Annotated[RobotIn, Depends(_reachable)], session: Transaction, caller: Who
) -> Robot:
    return await actions.robots.add_robot(session, caller, body, clock.now())


@router.get(
    "/v1/robots/{robot_id}", summary="A robot of a chat group", response_model=RobotOut,
    dependencies=[may("alerts:manage_robots")], responses=raises(RobotUnknown),
)  # fmt: skip
async def robot(session: Transaction, caller: Who, robot_id: UUID) -> Robot:
    return await queries.robots.robot(session, robot_id, caller.scope)


@router.patch(
    "/v1/robots/{robot_id}", summary="Change, disable or enable a robot", response_model=RobotOut,
    dependencies=[may("alerts:manage_robots")],
    responses=raises(RobotUnknown, Stale, AddressRefused, TargetRefused),
)  # fmt: skip
async def change_robot(
    body: Annotated[RobotPatch, Depends(_reachable_still)],
    session: Transaction,
    caller: Who,
    robot_id: UUID,
) -> Robot:
    return await actions.robots.change_robot(session, caller, robot_id, body, clock.now())
