"""Bank lines."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, bindparam, column, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import Allocation, BankLine, Source, WageAccount
from services.payroll.rules.matching import IN_FORCE, AllocationKind
from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.lines import BankLineFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


def _seen(scope: Scope) -> Select[BankLine]:
    """Give the lines a caller may see: of its accounts, and unmatched ones of its sources."""
    matched: ColumnElement[bool] = BankLine.account_id.is_not(None) & known.in_scope(
        WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
    )
    unmatched: ColumnElement[bool] = BankLine.account_id.is_(None) & known.in_scope(
        Source.area_code, scope, Source.bank_id
    )
    return (
        select(BankLine)
        .join(Source, Source.id == BankLine.source_id)
        .outerjoin(WageAccount, WageAccount.id == BankLine.account_id)
        .where(matched | unmatched)
    )


def _set_aside() -> ColumnElement[bool]:
    return (
        select(Allocation.id)
        .where(
            Allocation.line_id == BankLine.id,
            Allocation.kind == AllocationKind.SET_ASIDE,
            Allocation.state.in_(IN_FORCE),
        )
        .exists()
    )


async def bank_lines(
    session: Session, scope: Scope, only: BankLineFilter, *, cursor: str | None, limit: int
) -> paging.Found[BankLine]:
    """Give a page of the lines that the caller may see, newest first."""
    statement = _seen(scope)
    if only.matched is not None:
        there = BankLine.account_id.is_not(None)
        statement = statement.where(there if only.matched else ~there)
    if only.left is not None:
        queued = (BankLine.left_amount > 0) | _set_aside()
        statement = statement.where(queued if only.left else ~queued)
    if only.kind:
        statement = statement.where(BankLine.kind == only.kind)
    if only.project_id:
        statement = statement.where(WageAccount.project_id == only.project_id)
    if only.feed_id:
        statement = statement.where(BankLine.feed_id == only.feed_id)
    if only.direction:
        statement = statement.where(BankLine.direction == only.direction)
    if only.day_from:
        statement = statement.where(BankLine.day >= only.day_from)
    if only.day_to:
        statement = statement.where(BankLine.day <= only.day_to)
    return await _page(session, statement, cursor, limit)


async def _page(
    session: Session, statement: Select[Any], cursor: str | None, limit: int
) -> paging.Found[BankLine]:
    order = (BankLine.at, BankLine.id)
    return await paging.page(
        session, statement, by=order, cursor=cursor, limit=limit, descending=True
    )


async def lines_of_counterparty(
    session: Session,
    scope: Scope,
    name_index: str | None,
    account_index: str | None,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[BankLine]:
    """Give the lines of a counterparty, found by the blind index of its name, account or both."""
    statement = _seen(scope)
    if name_index:
        statement = statement.where(BankLine.counterparty_name_index == name_index)
    if account_index:
        statement = statement.where(BankLine.counterparty_account_index == account_index)
    return await _page(session, statement, cursor, limit)


async def bank_line(session: Session, line_id: UUID, scope: Scope) -> BankLine:
    """Give one line that the caller may see, or raise NotFound."""
    line = (await session.scalars(_seen(scope).where(BankLine.id == line_id))).one_or_none()
    if line is None:
        raise NotFound
    return line


async def lines_by_serial(
    session: Session, source_id: UUID, serials: Collection[tuple[str, str]]
) -> Sequence[BankLine]:
    """Give the lines of a source that have some serials, each with its account's blind index."""
    # Two arrays, because a batch may have more lines than a statement may have parameters.
    asked = (
        func.unnest(
            bindparam("indexes", [index for index, _ in serials], ARRAY(Text())),
            bindparam("serials", [serial for _, serial in serials], ARRAY(Text())),
        )
        .table_valued(column("account_index", Text()), column("serial", Text()), name="asked")
        .render_derived()
    )
    rows = await session.scalars(
        select(BankLine)
        .join(
            asked,
            (asked.c.account_index == BankLine.account_index) & (asked.c.serial == BankLine.serial),
        )
        .where(BankLine.source_id == source_id)
    )
    return rows.all()


async def locked_lines(session: Session, keys: Collection[tuple[str, UUID]]) -> Sequence[BankLine]:
    """Give lines for changing, by their account's blind index and id."""
    rows = await session.scalars(
        select(BankLine)
        .where(tuple_(BankLine.account_index, BankLine.id).in_(keys))
        .order_by(BankLine.id)
        .with_for_update()
    )
    return rows.all()


async def locked_unmatched_lines(
    session: Session, source_id: UUID, account_index: str
) -> Sequence[BankLine]:
    """Give the lines of an account that nobody had registered, for changing."""
    rows = await session.scalars(
        select(BankLine)
        .where(
            BankLine.source_id == source_id,
            BankLine.account_index == account_index,
            BankLine.account_id.is_(None),
        )
        .order_by(BankLine.id)
        .with_for_update()
    )
    return rows.all()


async def last_known_at(session: Session, account: WageAccount) -> datetime | None:
    """Give since when the last of an account's lines may choose; None if no line came."""
    last = await session.scalar(
        select(func.max(BankLine.received_at)).where(BankLine.account_id == account.id)
    )
    return max(last, account.registered_at) if last else None


async def locked_credit_lines(
    session: Session, account_ids: Collection[UUID]
) -> Sequence[BankLine]:
    """Give the lines that brought money into some accounts, for changing; returns bring none."""
    rows = await session.scalars(
        select(BankLine)
        .where(
            BankLine.account_id.in_(account_ids),
            BankLine.direction == Direction.IN,
            BankLine.kind == LineKind.ORDINARY,
        )
        .order_by(BankLine.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def find_line(session: Session, account_index: str, line_id: UUID) -> BankLine | None:
    """Give a line of an account, or None."""
    return await session.get(BankLine, (account_index, line_id))


RETURN_WAITS = exists().where(BankLine.to_match)
"""Whether a return is there whose credit is to be looked for."""


async def find_return(session: Session) -> BankLine | None:
    """Give the next return whose credit is to be looked for, or None."""
    found = select(BankLine).where(BankLine.to_match).order_by(BankLine.id).limit(1)
    return (await session.scalars(found)).one_or_none()


async def locked_returns_unmatched(
    session: Session, source_id: UUID, account_indexes: Collection[str]
) -> Sequence[BankLine]:
    """Give the returns of some accounts of which nothing was ever decided, for changing."""
    if not account_indexes:
        return ()
    decided = select(Allocation.id).where(Allocation.returning_line_id == BankLine.id).exists()
    rows = await session.scalars(
        select(BankLine)
        .where(
            BankLine.account_index.in_(account_indexes),
            BankLine.source_id == source_id,
            BankLine.kind == LineKind.RETURNED,
            BankLine.direction == Direction.OUT,
            ~decided,
        )
        .order_by(BankLine.id)
        .with_for_update()
    )
    return rows.all()


async def credits_before(session: Session, back: BankLine) -> Sequence[BankLine]:
    """Give the credits of an account that were booked before a return, oldest first."""
    rows = await session.scalars(
        select(BankLine)
        .where(
            BankLine.account_index == back.account_index,
            BankLine.source_id == back.source_id,
            BankLine.direction == Direction.IN,
            BankLine.kind == LineKind.ORDINARY,
            tuple_(BankLine.at, BankLine.serial) < (back.at, back.serial),
        )
        .order_by(BankLine.at, BankLine.serial)
    )
    return rows.all()


async def locked_lines_left(session: Session, account_id: UUID) -> Sequence[BankLine]:
    """Give an account's lines of which something counts for no period yet, for changing."""
    rows = await session.scalars(
        select(BankLine)
        .where(BankLine.account_id == account_id, BankLine.left_amount > 0)
        .order_by(BankLine.id)
        .with_for_update()
    )
    return rows.all()
