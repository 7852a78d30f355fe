"""Lines of a statement file while it is read; each question is one statement of SQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Numeric,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from services.payroll.models import (
    BankFeed,
    BankLine,
    StatementFile,
    StatementLine,
)
from services.payroll.rules.statement_files import DayRead
from services.payroll.rules.statements import Direction, LineKind
from shared.db import Session

_TOLD = 20


def _mine(statement_id: UUID) -> Any:  # noqa: ANN401  SQLAlchemy's own type says no more
    return StatementLine.statement_file_id == statement_id


async def forget_lines(session: Session, statement_id: UUID) -> None:
    """Take away the lines of a file that is read no longer, or from its beginning."""
    await session.execute(delete(StatementLine).where(_mine(statement_id)))


async def count_lines(session: Session) -> None:
    """Let the planner know how many lines wait: a table that was empty a moment ago has none."""
    await session.execute(text("ANALYZE statement_lines"))


async def number_repeated_serials(session: Session, statement_id: UUID, *, ascending: bool) -> None:
    """Tell lines apart that share a serial (a payment and its fee): `#2` behind the second."""
    twice = (
        select(literal(1))
        .where(_mine(statement_id))
        .group_by(StatementLine.serial)
        .having(func.count() > 1)
        .limit(1)
    )
    if await session.scalar(twice) is None:
        return
    order = StatementLine.position if ascending else StatementLine.position.desc()
    nth = func.row_number().over(partition_by=StatementLine.serial, order_by=order)
    counted = select(StatementLine.position, nth.label("nth")).where(_mine(statement_id)).subquery()
    await session.execute(
        update(StatementLine)
        .where(
            _mine(statement_id),
            StatementLine.position == counted.c.position,
            counted.c.nth > 1,
        )
        .values(serial=StatementLine.serial + "#" + cast(counted.c.nth, Text()))
        .execution_options(synchronize_session=False)
    )


async def has_lines(session: Session, account_index: str) -> bool:
    """Say whether an account has any bank line yet."""
    there = select(literal(1)).where(BankLine.account_index == account_index).limit(1)
    return await session.scalar(there) is not None


async def mark_known_lines(
    session: Session, statement_id: UUID, source_id: UUID, account_index: str
) -> Sequence[int]:
    """Mark the lines that are here already; give rows whose serial came with another content."""
    here = and_(
        BankLine.source_id == source_id,
        BankLine.account_index == account_index,
        BankLine.serial == StatementLine.serial,
    )
    same = and_(
        BankLine.at == StatementLine.at,
        BankLine.direction == StatementLine.direction,
        BankLine.amount == StatementLine.amount,
        BankLine.balance == StatementLine.balance,
    )
    await session.execute(
        update(StatementLine)
        .where(_mine(statement_id), here, same)
        .values(known=True)
        .execution_options(synchronize_session=False)
    )
    rows = await session.scalars(
        select(StatementLine.row)
        .join(BankLine, here)
        .where(_mine(statement_id), ~StatementLine.known)
        .order_by(StatementLine.position)
        .limit(_TOLD)
    )
    return rows.all()


async def days_read(
    session: Session, statement_id: UUID, *, ascending: bool
) -> Mapping[date, DayRead]:
    """Give the days of a file on which something moved, with their balances."""
    order = StatementLine.position if ascending else StatementLine.position.desc()
    change = case(
        (StatementLine.direction == Direction.IN, StatementLine.amount),
        else_=-StatementLine.amount,
    )
    each = (
        select(
            StatementLine.day,
            StatementLine.row,
            StatementLine.balance,
            StatementLine.known,
            (StatementLine.balance - change).label("before"),
            func.row_number().over(partition_by=StatementLine.day, order_by=order).label("nth"),
            func.count().over(partition_by=StatementLine.day).label("many"),
        )
        .where(_mine(statement_id))
        .subquery()
    )
    first, last = each.c.nth == 1, each.c.nth == each.c.many
    rows = await session.execute(
        select(
            each.c.day,
            func.max(each.c.before).filter(first),
            func.max(each.c.balance).filter(last),
            func.max(each.c.row).filter(first),
            func.max(each.c.row).filter(last),
            func.count().filter(~each.c.known),
            func.coalesce(func.min(each.c.row).filter(~each.c.known), 0),
        ).group_by(each.c.day)
    )
    return {day: DayRead(day, *rest) for day, *rest in rows.all()}


async def days_with_others(
    session: Session,
    statement_id: UUID,
    source_id: UUID,
    account_index: str,
    days: tuple[date, date],
) -> Sequence[date]:
    """Give the days on which the account has lines that the file has not."""
    mine = (
        select(literal(1))
        .where(_mine(statement_id), StatementLine.serial == BankLine.serial, StatementLine.known)
        .exists()
    )
    rows = await session.scalars(
        select(BankLine.day)
        .where(
            BankLine.source_id == source_id,
            BankLine.account_index == account_index,
            BankLine.day.between(*days),
            ~mine,
        )
        .distinct()
        .order_by(BankLine.day)
    )
    return rows.all()


async def fresh_money(session: Session, statement_id: UUID) -> Sequence[Any]:
    """Give the lines that brought money and are new: what may count for obligations."""
    rows = await session.execute(
        select(
            StatementLine.id,
            StatementLine.serial,
            StatementLine.at,
            StatementLine.day,
            StatementLine.period,
            StatementLine.amount,
        )
        .where(
            _mine(statement_id),
            ~StatementLine.known,
            StatementLine.direction == Direction.IN,
            StatementLine.kind == LineKind.ORDINARY,
        )
        .order_by(StatementLine.position)
    )
    return rows.all()


async def leave_amounts(session: Session, statement_id: UUID, left: Mapping[UUID, Decimal]) -> None:
    """Write what is left of each line's money, by its id."""
    told = (
        func.unnest(
            bindparam("ids", [*left], ARRAY(Uuid())),
            bindparam("amounts", [*left.values()], ARRAY(Numeric(14, 2))),
        )
        .table_valued(column("id", Uuid()), column("amount", Numeric(14, 2)), name="told")
        .render_derived()
    )
    await session.execute(
        update(StatementLine)
        .where(_mine(statement_id), StatementLine.id == told.c.id)
        .values(left_amount=told.c.amount)
        .execution_options(synchronize_session=False)
    )


_CARRIED = (
    "id", "day", "serial", "at", "direction", "kind", "amount", "balance", "left_amount",
    "period", "purpose", "counterparty_name", "counterparty_name_index",
    "counterparty_account", "counterparty_account_index",
)  # fmt: skip


async def write_bank_lines(
    session: Session, file: StatementFile, account_index: str, received_at: datetime
) -> int:
    """Make bank lines of the new ones, in one statement; give how many."""
    names = ["account_index", "source_id", "feed_id", "account_id", "received_at", "to_match"]
    back = and_(StatementLine.kind == LineKind.RETURNED, StatementLine.direction == Direction.OUT)
    lines = (
        select(
            literal(account_index),
            literal(file.source_id, Uuid()),
            BankFeed.id,
            literal(file.account_id, Uuid()),
            literal(received_at, BankLine.received_at.type),
            back,
            *(getattr(StatementLine, name) for name in _CARRIED),
        )
        .join(
            BankFeed,
            and_(BankFeed.source_id == file.source_id, BankFeed.day == StatementLine.day),
        )
        .where(_mine(file.id), ~StatementLine.known)
    )
    written = await session.execute(
        insert(BankLine.__table__).from_select([*names, *_CARRIED], lines)  # type: ignore[arg-type]
    )
    return int(getattr(written, "rowcount", 0))


async def months_moved(session: Session, statement_id: UUID) -> Sequence[Any]:
    """Give what new lines brought and took, by the month in which they moved."""
    month = func.to_char(StatementLine.day, "YYYY-MM")
    came_in = StatementLine.direction == Direction.IN
    rows = await session.execute(
        select(
            month,
            func.coalesce(func.sum(StatementLine.amount).filter(came_in), 0),
            func.coalesce(func.sum(StatementLine.amount).filter(~came_in), 0),
        )
        .where(_mine(statement_id), ~StatementLine.known)
        .group_by(month)
    )
    return rows.all()


async def wages_paid(session: Session, statement_id: UUID) -> Sequence[Any]:
    """Give what new lines paid for wages and how many they are, by the month for which it was."""
    rows = await session.execute(
        select(StatementLine.wage_month, func.sum(StatementLine.amount), func.count())
        .where(_mine(statement_id), ~StatementLine.known, StatementLine.wage_month.is_not(None))
        .group_by(StatementLine.wage_month)
    )
    return rows.all()
