"""Statement files, and the days of an account beside them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Select,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from services.payroll.models import (
    AccountDay,
    BankFeed,
    Source,
    StatementFile,
)
from services.payroll.rules.feeds import AWAITED, DELIVERED, FeedStatus
from services.payroll.rules.statement_files import StatementStatus
from services.payroll.schemas.statement_files import StatementFileFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


def _seen(scope: Scope) -> Select[StatementFile]:
    return select(StatementFile).where(
        known.in_scope(StatementFile.area_code, scope, StatementFile.bank_id)
    )


async def statement_files(
    session: Session,
    scope: Scope,
    only: StatementFileFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[StatementFile]:
    """Give a page of the files that the caller may see, newest first."""
    statement = _seen(scope)
    if only.source:
        statement = statement.join(Source, Source.id == StatementFile.source_id).where(
            Source.code == only.source
        )
    if only.status:
        statement = statement.where(StatementFile.status == only.status)
    return await paging.page(
        session,
        statement,
        by=(StatementFile.received_at, StatementFile.id),
        cursor=cursor,
        limit=limit,
        descending=True,
    )


async def statement_file(session: Session, statement_id: UUID, scope: Scope) -> StatementFile:
    """Give one file that the caller may see, or raise NotFound."""
    found = _seen(scope).where(StatementFile.id == statement_id)
    file = (await session.scalars(found)).one_or_none()
    if file is None:
        raise NotFound
    return file


async def locked_find_statement(
    session: Session, source_id: UUID, sha256: str
) -> StatementFile | None:
    """Give the file of a content for changing, if it came before; the source is locked."""
    return (
        await session.scalars(
            select(StatementFile)
            .where(StatementFile.source_id == source_id, StatementFile.sha256 == sha256)
            .with_for_update()
        )
    ).one_or_none()


async def locked_statement(session: Session, statement_id: UUID) -> StatementFile:
    """Give a file for changing, as it is now."""
    return (
        await session.scalars(
            select(StatementFile)
            .where(StatementFile.id == statement_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


FILE_WAITS = exists().where(
    StatementFile.status == StatementStatus.READING,
    or_(StatementFile.claimed_until.is_(None), StatementFile.claimed_until < bindparam("wall")),
)
"""Whether a file is here that nobody reads by the machine's clock (`wall`)."""


async def locked_waiting_statement(session: Session, wall: datetime) -> StatementFile | None:
    """Give the oldest file that nobody reads now, for changing."""
    free = or_(StatementFile.claimed_until.is_(None), StatementFile.claimed_until < wall)
    return (
        await session.scalars(
            select(StatementFile)
            .where(StatementFile.status == StatementStatus.READING, free)
            .order_by(StatementFile.received_at, StatementFile.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()


class Beside(NamedTuple):
    """The nearest day of an account before or after a file, and what lies between."""

    day: date
    balance: Decimal
    awaited: date | None
    """The first day between whose feed is not here."""
    waived: bool
    """Whether a day between will never come, so that nobody knows what moved on it."""


async def day_before(
    session: Session, source_id: UUID, account_index: str, since: date
) -> Beside | None:
    """Give the last day of an account before a day, with its closing."""
    found = (
        await session.execute(
            select(AccountDay.day, AccountDay.closing)
            .where(
                AccountDay.source_id == source_id,
                AccountDay.account_index == account_index,
                AccountDay.day < since,
            )
            .order_by(AccountDay.day.desc())
            .limit(1)
        )
    ).first()
    if found is None:
        return None
    return Beside(*found, *await _between(session, source_id, found[0], since))


async def day_after(
    session: Session, source_id: UUID, account_index: str, until: date
) -> Beside | None:
    """Give the first day of an account after a day, with its opening."""
    found = (
        await session.execute(
            select(AccountDay.day, AccountDay.opening)
            .where(
                AccountDay.source_id == source_id,
                AccountDay.account_index == account_index,
                AccountDay.day > until,
            )
            .order_by(AccountDay.day)
            .limit(1)
        )
    ).first()
    if found is None:
        return None
    return Beside(*found, *await _between(session, source_id, until, found[0]))


async def _between(
    session: Session, source_id: UUID, after: date, before: date
) -> tuple[date | None, bool]:
    row = (
        await session.execute(
            select(
                func.min(BankFeed.day).filter(BankFeed.status.in_(AWAITED)),
                func.coalesce(
                    func.bool_or(
                        (BankFeed.status == FeedStatus.WAIVED)
                        | (BankFeed.status.not_in((*AWAITED, *DELIVERED)))
                    ),
                    False,
                ),
            ).where(BankFeed.source_id == source_id, BankFeed.day > after, BankFeed.day < before)
        )
    ).one()
    return row[0], row[1]


async def locked_days_of_account(
    session: Session, source_id: UUID, account_index: str, days: tuple[date, date]
) -> Mapping[date, AccountDay]:
    """Give the balances of an account on some days for changing, as far as they are known."""
    rows = await session.scalars(
        select(AccountDay)
        .where(
            AccountDay.source_id == source_id,
            AccountDay.account_index == account_index,
            AccountDay.day.between(*days),
        )
        .order_by(AccountDay.id)
        .with_for_update()
    )
    return {row.day: row for row in rows}


async def locked_feeds_between(
    session: Session, source_id: UUID, days: tuple[date, date]
) -> Mapping[date, BankFeed]:
    """Give a source's days for changing; their rows are there."""
    rows = await session.scalars(
        select(BankFeed)
        .where(BankFeed.source_id == source_id, BankFeed.day.between(*days))
        .order_by(BankFeed.day)
        .with_for_update()
    )
    return {row.day: row for row in rows}
