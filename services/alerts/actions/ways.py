"""Ways to recipients that fail: noted on the recipient, told to operators once a day."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.rules import bounces, routing
from services.alerts.rules.deliveries import Channel
from shared import clock, sets
from shared.db import Session


async def note_ways(
    session: Session, ways: Mapping[tuple[UUID, Channel], str | None], now: datetime
) -> None:
    """Note on recipients which ways of their notices failed, and why, or led to them again."""
    notices = {notice_id for notice_id, _ in ways}
    people = await queries.recipients.locked_of_notices(session, notices)
    for (notice_id, way), reason in ways.items():
        recipient = people[notice_id]
        if reason is None:
            said = recipient.failing.get(way, {})
            if bounces.clears(said.get("reason"), said.get("last"), now):
                recipient.reached(way)
        else:
            recipient.fail(way, reason, now)
    await sets.change(session, list({each.id: each for each in people.values()}.values()))


async def report_failing_ways(session: Session, now: datetime) -> int:
    """Tell operators to whom no way leads any more but the inbox, by channel; give how many."""
    failing = await queries.recipients.failing_ways(session, clock.day_of(now))
    if failing:
        details = {f"by_{way}": count for way, count in sorted(Counter(failing).items())}
        about_id = routing.platform_subject("way_failing", "recipients")
        await actions.alerts.raise_platform_alert(session, "way_failing", about_id, details, at=now)
    return len(failing)
