"""A source's days: expected, late, complete; and how far a source's data reach without a gap."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.models import BankFeed, Source
from shared import clock, known, timers
from shared.areas import CANARY
from shared.db import Session, same_id
from shared.events.payroll import BankFeedCompleted, BankFeedLate
from shared.outbox import publish
from shared.workdays import Calendar

TIMER = "bank_feed"


async def expect_bank_feeds(
    session: Session, day: date, limit: int = 1, *, wait: bool = True
) -> int:
    """Let sources owe a feed for a day, and for any before it that has no row; give how many.

    Several in a transaction must not `wait` for whoever holds one: he could wait for us.
    """
    sources = await queries.sources.locked_sources_expecting(session, day, limit, wait=wait)
    for source in sources:
        await expect_days(session, source, day)
    return len(sources)


async def expect_days(session: Session, source: Source, until: date) -> None:
    """Write a row for each day that a source owes until a day, each with its timer.

    The source is locked, so nobody else writes them.
    """
    if source.expected_until >= until:
        return
    calendar = await known.calendar(session, source.area_code)
    while source.expected_until < until:
        source.expected_until += timedelta(days=1)
        day = source.expected_until
        feed = BankFeed(
            id=same_id(clock.at(day), source.id, day),
            source_id=source.id,
            bank_id=source.bank_id,
            area_code=source.area_code,
            day=day,
            expected_at=_expected_at(source, day, calendar),
            calendar_version=calendar.version,
        )
        session.add(feed)
        _arm(session, feed)


def _expected_at(source: Source, day: date, calendar: Calendar) -> datetime:
    by = time.fromisoformat(source.expected_by)
    return rules.feeds.expected_at(day, source.expected_after_wd, by, calendar)


def _arm(session: Session, feed: BankFeed) -> None:
    if feed.area_code == CANARY:
        return  # It closes no day, and nobody waits for one.
    timers.arm(
        session,
        TIMER,
        feed.id,
        feed.expected_at,
        entered_at=clock.at(feed.day),
        calendar_version=feed.calendar_version,
    )


async def report_late_feed(session: Session, feed_id: UUID, at: datetime) -> None:
    """Say once that a source did not close its day in time; obligations stay as they are."""
    # Everybody locks the source before its days: a batch that comes at the very hour waits, or is
    # waited for, instead of ending in a deadlock.
    source = await queries.sources.locked_source_of_feed(session, feed_id)
    feed = await queries.feeds.locked_feed(session, feed_id)
    if not feed.be_late(at):
        return
    publish(
        session,
        BankFeedLate(
            id=same_id(clock.at(feed.day), feed.id, "late"),
            occurred_at=at,
            source_id=source.id,
            source_name=source.name,
            bank_id=feed.bank_id,
            area_code=feed.area_code,
            feed_id=feed.id,
            day=feed.day,
            expected_at=feed.expected_at,
        ),
    )


async def await_again(session: Session, feed_id: UUID) -> None:
    """Wait for a day's feed without a limit: it came in time, and the bank must send it again."""
    await timers.disarm(session, feed_id, TIMER)


async def replan_feeds(session: Session, area_code: str) -> None:
    """Work out anew by when feeds are owed in an area whose working days were told."""
    sources = {row.id: row for row in await queries.sources.sources_under(session, area_code)}
    if not sources:
        return
    calendars: dict[str, Calendar] = {}
    for feed in await queries.feeds.locked_expected_feeds(session, sources):
        if feed.area_code not in calendars:
            calendars[feed.area_code] = await known.calendar(session, feed.area_code)
        calendar = calendars[feed.area_code]
        at = _expected_at(sources[feed.source_id], feed.day, calendar)
        if at != feed.expected_at:
            feed.expected_at, feed.calendar_version = at, calendar.version
            await timers.disarm(session, feed.id, TIMER)
            _arm(session, feed)


async def close_day(
    session: Session, source: Source, feed: BankFeed, later: Sequence[BankFeed], now: datetime
) -> None:
    """Take a day's closing batch, whose balances chain; the source's data may reach further now.

    `later` are the days after those to which they reach. The bank has delivered even where a day
    before is missing, so that is what is told; nothing rests on the day before the gap is closed.
    """
    if feed.close(now):
        await _end_waiting(session, source, feed, later, now)


async def waive_day(session: Session, source: Source, feed: BankFeed, now: datetime) -> None:
    """Wait for a day no longer; the source's data may reach further now."""
    later = await queries.feeds.locked_feeds_after(session, source.id, source.fed_until)
    feed.waive(now)
    await _end_waiting(session, source, feed, later, now)


async def _end_waiting(
    session: Session, source: Source, feed: BankFeed, later: Sequence[BankFeed], now: datetime
) -> None:
    """Let the data reach as far as `later`, looked up before the day changed, is without a gap."""
    source.fed_until = rules.feeds.fed_until(
        source.fed_until, [(each.day, each.status) for each in later]
    )
    for each in later:
        if each.day <= source.fed_until:
            each.complete(now)
    # What writes the changes comes after all of them, so that a day is written once.
    await timers.disarm(session, feed.id, TIMER)
    publish(
        session,
        BankFeedCompleted(
            id=same_id(clock.at(feed.day), feed.id, "completed"),
            occurred_at=now,
            source_id=source.id,
            area_code=feed.area_code,
            feed_id=feed.id,
            day=feed.day,
            waived=feed.waived_at is not None,
        ),
    )
