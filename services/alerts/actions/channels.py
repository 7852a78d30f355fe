"""Channels: whose provider is to be asked, and what it answered."""

from collections.abc import Mapping
from datetime import datetime

from services.alerts import actions, queries
from services.alerts.models import ProviderCheck
from services.alerts.rules import routing
from services.alerts.rules.deliveries import ROBOTS, Answer, Channel, Verdict, verdict
from shared.db import Session


async def due_checks(session: Session, wall: datetime, began: datetime) -> dict[Channel, str]:
    """Give the channels whose provider is to be asked now, each with where; `began`: the process.

    Both are instants of the machine.
    """
    due = [fare for fare in await queries.channels.fares(session) if fare.is_due(wall, began)]
    found = {}
    for channel in (fare.channel for fare in due):
        asked = channel in ROBOTS
        found[channel] = await queries.channels.robot_address(session, channel) if asked else ""
    return found


async def record_checks(
    session: Session, answers: Mapping[Channel, Answer], *, now: datetime, wall: datetime
) -> None:
    """Write down what providers answered; operators hear, by another channel, of one that fails."""
    for channel, answer in answers.items():
        error = _error(channel, answer)
        check = await queries.channels.locked_find_check(session, channel)
        if check is None:
            check = ProviderCheck(channel=channel, failing_since=None)
            session.add(check)
        check.take(error, wall)
        if error:
            await tell_of_failing(session, channel, error, now)


async def tell_of_failing(session: Session, channel: Channel, error: str, now: datetime) -> None:
    """Tell operators, by other channels and once a day, that a provider takes nothing."""
    about_id = routing.platform_subject(routing.CHANNEL_FAILING, channel)
    details = {"channel": channel.value, "error": error}
    await actions.alerts.raise_platform_alert(
        session, routing.CHANNEL_FAILING, about_id, details, at=now
    )


def _error(channel: Channel, answer: Answer) -> str | None:
    """Give why a provider takes nothing now, in a code; that a robot takes no GET is no failure."""
    if channel in ROBOTS or verdict(channel, answer) is Verdict.DELIVERED:
        return answer.error
    return answer.error or "status"
