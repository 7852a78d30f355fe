"""Bank feeds, their waivers and balances."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from services.payroll.models import AccountDay, BankFeed, Source, Waiver
from services.payroll.rules.feeds import DELIVERED, FeedStatus
from services.payroll.schemas.feeds import BankFeedFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def bank_feeds(
    session: Session, scope: Scope, only: BankFeedFilter, *, cursor: str | None, limit: int
) -> paging.Found[BankFeed]:
    """Give a page of the feeds that the caller may see, newest day first."""
    statement = _seen(scope)
    if only.source:
        statement = statement.join(Source, Source.id == BankFeed.source_id).where(
            Source.code == only.source
        )
    if only.status:
        statement = statement.where(BankFeed.status == only.status)
    if only.day_from:
        statement = statement.where(BankFeed.day >= only.day_from)
    if only.day_to:
        statement = statement.where(BankFeed.day <= only.day_to)
    return await paging.page(
        session,
        statement,
        by=(BankFeed.day, BankFeed.id),
        cursor=cursor,
        limit=limit,
        descending=True,
    )


def _seen(scope: Scope) -> Select[BankFeed]:
    return select(BankFeed).where(known.in_scope(BankFeed.area_code, scope, BankFeed.bank_id))


async def bank_feed(session: Session, feed_id: UUID, scope: Scope) -> BankFeed:
    """Give one feed that the caller may see, or raise NotFound."""
    feed = (await session.scalars(_seen(scope).where(BankFeed.id == feed_id))).one_or_none()
    if feed is None:
        raise NotFound
    return feed


_OF_SOURCE = BankFeed.source_id == bindparam("source")


@cache
def _locked_day_and_after() -> Select[BankFeed]:
    wanted = (BankFeed.day == bindparam("on")) | (BankFeed.day > bindparam("after"))
    return select(BankFeed).where(_OF_SOURCE, wanted).order_by(BankFeed.day).with_for_update()


async def locked_day_and_open_ones(
    session: Session, source: Source, day: date
) -> tuple[BankFeed, Sequence[BankFeed]]:
    """Give a source's day, whose row must be there, and those after its data, for changing."""
    asked = {"source": source.id, "on": day, "after": source.fed_until}
    found = (await session.scalars(_locked_day_and_after(), asked)).all()
    [wanted] = [each for each in found if each.day == day]
    return wanted, [each for each in found if each.day > source.fed_until]


async def locked_feed(session: Session, feed_id: UUID) -> BankFeed:
    """Give a feed for changing, as it is now."""
    return (
        await session.scalars(
            select(BankFeed)
            .where(BankFeed.id == feed_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


@cache
def _locked_after() -> Select[BankFeed]:
    later = BankFeed.day > bindparam("on")
    return select(BankFeed).where(_OF_SOURCE, later).order_by(BankFeed.day).with_for_update()


async def locked_feeds_after(session: Session, source_id: UUID, day: date) -> Sequence[BankFeed]:
    """Give a source's days after a day for changing, in order."""
    return (await session.scalars(_locked_after(), {"source": source_id, "on": day})).all()


async def locked_expected_feeds(
    session: Session, source_ids: Collection[UUID]
) -> Sequence[BankFeed]:
    """Give the days of some sources that are expected and not late, for changing."""
    rows = await session.scalars(
        select(BankFeed)
        .where(BankFeed.source_id.in_(source_ids), BankFeed.status == FeedStatus.EXPECTED)
        .order_by(BankFeed.id)
        .with_for_update()
    )
    return rows.all()


async def waivers(session: Session, feed_id: UUID) -> Sequence[Waiver]:
    """Give who waived a day so far; the feed is locked by whoever asks."""
    rows = await session.scalars(
        select(Waiver).where(Waiver.feed_id == feed_id).order_by(Waiver.id)
    )
    return rows.all()


async def waivers_page(
    session: Session, feed_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Waiver]:
    """Give a page of the waivers of a day that the caller may see; raises NotFound."""
    feed = await bank_feed(session, feed_id, scope)
    statement = select(Waiver).where(Waiver.feed_id == feed.id)
    return await paging.page(session, statement, by=(Waiver.id,), cursor=cursor, limit=limit)


@cache
def _locked_balances() -> Select[UUID]:
    mine = select(AccountDay.id).where(AccountDay.feed_id == bindparam("feed"))
    return mine.order_by(AccountDay.id).with_for_update()


async def locked_account_days(session: Session, feed_id: UUID) -> Mapping[str, AccountDay]:
    """Give the balances of a day for changing, by the account's blind index."""
    # The first batch of a day, which mostly is its only one, finds none.
    rows = await asking.seldom(session, AccountDay, _locked_balances(), {"feed": feed_id})
    return {row.account_index: row for row in rows}


async def closings_before(
    session: Session, feed: BankFeed, indexes: Collection[str]
) -> Mapping[str, tuple[date, Decimal]]:
    """Give the closing with which some accounts must begin a day, and its day.

    Nothing for an account whose last balance lies beyond a day that is missing or waived: what
    moved on that day is not known.
    """
    given = (feed.source_id, list(indexes), feed.day, sorted(DELIVERED))
    rows = await asking.rows(session, _CLOSINGS, *given)
    return {index: (day, closing) for index, day, closing in rows}


# The last day of each account is found by the index, however many there are before it.
_CLOSINGS = """
    SELECT asked.account_index, last.day, last.closing
    FROM unnest($2::text[]) AS asked (account_index), LATERAL (
        SELECT day, closing FROM account_days
        WHERE source_id = $1 AND account_index = asked.account_index AND day < $3
        AND day > coalesce(
            (SELECT max(day) FROM bank_feeds
             WHERE source_id = $1 AND day < $3 AND status <> ALL($4::text[])), '-infinity')
        ORDER BY day DESC LIMIT 1) AS last
"""


async def openings_after(session: Session, feed: BankFeed) -> Mapping[str, tuple[date, Decimal]]:
    """Give the first opening of each account after a day, as far as days are delivered already.

    The mirror image of `closings_before`, for a day that comes after its followers.
    """
    given = (feed.source_id, feed.day, sorted(DELIVERED))
    rows = await asking.rows(session, _OPENINGS, *given)
    return {index: (day, opening) for index, day, opening in rows}


_OPENINGS = """
    SELECT DISTINCT ON (account_index) account_index, day, opening FROM account_days
    WHERE source_id = $1 AND day > $2 AND day < coalesce(
        (SELECT min(day) FROM bank_feeds
         WHERE source_id = $1 AND day > $2 AND status <> ALL($3::text[])), 'infinity')
    ORDER BY account_index, day
"""
