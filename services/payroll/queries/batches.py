"""Batches of a feed, those that were rejected included."""

from functools import cache
from uuid import UUID

from sqlalchemy import Select, bindparam, select

from services.payroll.models import BankFeed, FeedBatch
from services.payroll.queries import feeds
from services.payroll.schemas.feeds import FeedBatchFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def feed_batches(
    session: Session,
    feed_id: UUID,
    scope: Scope,
    only: FeedBatchFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[FeedBatch]:
    """Give a page of a feed's batches, in order of arrival; raises NotFound."""
    feed = await feeds.bank_feed(session, feed_id, scope)
    statement = select(FeedBatch).where(FeedBatch.feed_id == feed.id)
    if only.status:
        statement = statement.where(FeedBatch.status == only.status)
    return await paging.page(session, statement, by=(FeedBatch.id,), cursor=cursor, limit=limit)


async def feed_batch(session: Session, feed_id: UUID, batch_id: UUID, scope: Scope) -> FeedBatch:
    """Give one batch, or raise NotFound."""
    batch = (
        await session.scalars(
            select(FeedBatch)
            .join(BankFeed, BankFeed.id == FeedBatch.feed_id)
            .where(
                FeedBatch.feed_id == feed_id,
                FeedBatch.id == batch_id,
                known.in_scope(BankFeed.area_code, scope, BankFeed.bank_id),
            )
        )
    ).one_or_none()
    if batch is None:
        raise NotFound
    return batch


@cache
def _locked_of_digest() -> Select[UUID]:
    same = (FeedBatch.feed_id == bindparam("feed"), FeedBatch.digest == bindparam("digest"))
    return select(FeedBatch.id).where(*same).with_for_update()


async def locked_batch(session: Session, feed_id: UUID, digest: str) -> FeedBatch | None:
    """Give the batch of a digest, if it came before, for changing."""
    asked = {"feed": feed_id, "digest": digest}
    return next(iter(await asking.seldom(session, FeedBatch, _locked_of_digest(), asked)), None)
