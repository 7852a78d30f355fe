"""Bank lines."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, bindparam, column, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import BankLine, Source, WageAccount
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


async def bank_lines(
    session: Session, scope: Scope, only: BankLineFilter, *, cursor: str | None, limit: int
) -> paging.Found[BankLine]:
    """Give a page of the lines that the caller may see, newest first."""
    statement = _seen(scope)
    if only.matched is not None:
        there = BankLine.account_id.is_not(None)
        statement = statement.where(there if only.matched else ~there)
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


async def locked_lines_left(session: Session, account_id: UUID) -> Sequence[BankLine]:
    """Give an account's lines of which something counts for no period yet, for changing."""
    rows = await session.scalars(
        select(BankLine)
        .where(BankLine.account_id == account_id, BankLine.left_amount > 0)
        .order_by(BankLine.id)
        .with_for_update()
    )
    return rows.all()
