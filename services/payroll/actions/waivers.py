"""A day that will never come is waived by two persons."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import feeds
from services.payroll.actions.persons import person_of
from services.payroll.errors import FeedNotLate, SecondPersonNeeded
from services.payroll.models import Waiver
from services.payroll.rules.feeds import FeedStatus
from shared.auth import Caller
from shared.db import Session, new_id


async def waive_bank_feed(
    session: Session, caller: Caller, feed_id: UUID, reason: str, now: datetime
) -> Waiver:
    """Take one person's waiver of a late day; the second person's ends the waiting."""
    person = person_of(caller)
    seen = await queries.feeds.bank_feed(session, feed_id, caller.scope)
    source = await queries.sources.locked_source(session, seen.source_id)
    feed = await queries.feeds.locked_feed(session, feed_id)
    if feed.status is not FeedStatus.LATE:
        raise FeedNotLate
    before = await queries.feeds.waivers(session, feed.id)
    if any(each.waived_by == person for each in before):
        raise SecondPersonNeeded
    waiver = Waiver(
        id=new_id(),
        feed_id=feed.id,
        reason=reason,
        waived_by=person,
        waived_at=now,
        completes=bool(before),
    )
    session.add(waiver)
    if before:
        await feeds.waive_day(session, source, feed, now)
    return waiver
