"""Robots of chat groups: added, changed, tried, gone."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import AddressRefused
from services.alerts.models import Robot
from services.alerts.rules.deliveries import EndpointState
from services.alerts.rules.robots import is_address
from services.alerts.schemas.robots import RobotIn, RobotPatch
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Stale


async def add_robot(session: Session, caller: Caller, wanted: RobotIn, now: datetime) -> Robot:
    """Add a robot of a group in the caller's areas; raises AreaUnknown."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    robot = Robot(
        id=new_id(), area_code=wanted.area_code, kind=wanted.kind, title=wanted.title,
        address=str(wanted.address), secret=wanted.secret, free_at=None,
        state=EndpointState.ACTIVE, state_reason=None, version=1, created_at=now,
        created_by=caller.subject, changed_at=now,
    )  # fmt: skip
    session.add(robot)
    return robot


async def change_robot(
    session: Session, caller: Caller, robot_id: UUID, patch: RobotPatch, now: datetime
) -> Robot:
    """Change what the patch names; what waits for a robot that is switched off is let go.

    Raises RobotUnknown, Stale, AddressRefused.
    """
    robot = await queries.robots.locked_robot(session, robot_id, caller.scope)
    if robot.version != patch.version:
        raise Stale
    if patch.address is not None:
        if not is_address(robot.kind, str(patch.address)):
            raise AddressRefused
        robot.address = str(patch.address)
    if "secret" in patch.model_fields_set:
        robot.secret = patch.secret
    if patch.title is not None:
        robot.title = patch.title
    if patch.state is EndpointState.ACTIVE:
        robot.enable()
    elif patch.state is EndpointState.DISABLED and robot.disable("by its owner"):
        await actions.deliveries.stop_robots(session, [robot.id])
    robot.version, robot.changed_at = robot.version + 1, now
    return robot


async def lose_robots(session: Session, robot_ids: Collection[UUID], now: datetime) -> None:
    """Send no more to robots that are not there any more, and tell operators."""
    for robot in await queries.robots.locked_robots(session, robot_ids):
        if robot.disable("gone"):
            robot.version, robot.changed_at = robot.version + 1, now
            await actions.alerts.raise_platform_alert(
                session, "robot_gone", robot.id, {"kind": robot.kind.value, "title": robot.title},
                at=now, area_code=robot.area_code,
            )  # fmt: skip
    await actions.deliveries.stop_robots(session, robot_ids)
