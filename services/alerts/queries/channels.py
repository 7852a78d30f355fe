"""Channels: which have a provider, and how it fared at its last self-test."""

from collections.abc import Sequence

from sqlalchemy import select

from services.alerts.models import ProviderCheck, Robot
from services.alerts.rules.deliveries import Channel, EndpointState
from services.alerts.rules.ways import Fare
from services.alerts.settings import settings
from shared import asking
from shared.db import Session


async def fares(session: Session) -> Sequence[Fare]:
    """Give every channel that has a provider: by the settings, or by a robot that is sent to."""
    robots = select(Robot.kind).where(Robot.state == EndpointState.ACTIVE).distinct()
    provided = settings().provided | set(await session.scalars(robots))
    checks = {row.channel: row for row in await session.scalars(select(ProviderCheck))}
    return [_fare(channel, checks.get(channel)) for channel in Channel if channel in provided]


def _fare(channel: Channel, check: ProviderCheck | None) -> Fare:
    if check is None:
        return Fare(channel)
    return Fare(channel, check.checked_at, check.error, check.failing_since)


async def robot_address(session: Session, kind: Channel) -> str:
    """Give the address at which a platform of chat groups is asked whether it is there."""
    found = await session.scalar(
        select(Robot.address)
        .where(Robot.kind == kind, Robot.state == EndpointState.ACTIVE)
        .order_by(Robot.id)
        .limit(1)
    )
    return found or ""


async def locked_find_check(session: Session, channel: Channel) -> ProviderCheck | None:
    """Give the last self-test of a channel; whoever writes its first one, or the next, waits."""
    await asking.wait_for(session, f"provider_check:{channel}")
    return await session.scalar(
        select(ProviderCheck).where(ProviderCheck.channel == channel).with_for_update()
    )
