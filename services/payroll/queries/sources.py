"""Sources of bank feeds."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from services.payroll.errors import SourceUnknown
from services.payroll.models import BankFeed, Source
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session


async def sources(
    session: Session, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Source]:
    """Give a page of the sources that the caller may see."""
    statement = select(Source).where(known.in_scope(Source.area_code, scope, Source.bank_id))
    return await paging.page(session, statement, by=(Source.code,), cursor=cursor, limit=limit)


async def in_areas(session: Session, area_code: str, scope: Scope) -> bool:
    """Say whether an area lies in those of a caller; the nation's caller may name any."""
    if NATION in scope.areas:
        return True
    inside = known.in_scope(known.KnownArea.code, Scope(scope.areas))
    there = select(known.KnownArea.code).where(known.KnownArea.code == area_code, inside)
    return await session.scalar(there) is not None


async def find_source_by_code(session: Session, code: str) -> Source | None:
    """Give the source of a code, whoever asks: accounts name it, and codes are no secret."""
    return (await session.scalars(select(Source).where(Source.code == code))).one_or_none()


async def locked_find_source(session: Session, code: str) -> Source | None:
    """Give the source of a code; whoever enters the same one waits here."""
    await asking.wait_for(session, f"source:{code}")
    return await session.scalar(select(Source).where(Source.code == code).with_for_update())


async def source(session: Session, source_id: UUID) -> Source:
    """Give a source as it is; whoever asks has a row that names it."""
    return (await session.scalars(select(Source).where(Source.id == source_id))).one()


async def locked_source(session: Session, source_id: UUID) -> Source:
    """Give a source for changing: whoever holds it is the only one who changes its days."""
    return (
        await session.scalars(
            select(Source)
            .where(Source.id == source_id)
            .with_for_update()
            # Whoever waited for the lock must see what the one before did.
            .execution_options(populate_existing=True)
        )
    ).one()


async def locked_sources(session: Session, source_ids: Collection[UUID]) -> Sequence[Source]:
    """Give sources for changing, in the order in which everybody locks several."""
    rows = await session.scalars(
        select(Source)
        .where(Source.id.in_(source_ids))
        .order_by(Source.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def locked_source_of_feed(session: Session, feed_id: UUID) -> Source:
    """Give the source of one of its days for changing."""
    return (
        await session.scalars(
            select(Source)
            .join(BankFeed, BankFeed.source_id == Source.id)
            .where(BankFeed.id == feed_id)
            .with_for_update(of=Source)
            .execution_options(populate_existing=True)
        )
    ).one()


async def locked_source_by_code(session: Session, code: str, scope: Scope) -> Source:
    """Give the caller's source of a code for changing, or raise SourceUnknown."""
    source = (
        await session.scalars(
            select(Source)
            .where(Source.code == code, known.in_scope(Source.area_code, scope, Source.bank_id))
            .with_for_update()
        )
    ).one_or_none()
    if source is None:
        raise SourceUnknown
    return source


async def locked_sources_expecting(
    session: Session, day: date, limit: int, *, wait: bool
) -> Sequence[Source]:
    """Give sources that have no row yet for a day that they owe; held ones only with `wait`."""
    rows = await session.scalars(
        select(Source)
        .where(Source.from_day <= day, Source.expected_until < day)
        .order_by(Source.id)
        .limit(limit)
        .with_for_update(skip_locked=not wait)
    )
    return rows.all()


async def sources_under(session: Session, area_code: str) -> Sequence[Source]:
    """Give the sources in an area and below it."""
    below = known.in_scope(Source.area_code, Scope(frozenset({area_code})))
    rows = await session.scalars(
        select(Source).where(or_(below, Source.area_code == area_code)).order_by(Source.id)
    )
    return rows.all()
