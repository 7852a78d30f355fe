"""What counts for what is worked out anew where persons, or a bank's return, decided."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import money
from services.payroll.actions.money import Incoming
from services.payroll.models import Allocation, BankLine, Credit, Obligation, WageAccount
from services.payroll.rules.allocation import Decided, hold
from shared.db import Session

_NOTHING = Decimal(0)


@dataclass(slots=True)
class _Book:
    """Some projects' obligations and lines, what was decided of them, and what counts now."""

    accounts: Mapping[UUID, WageAccount]
    rows: Sequence[Obligation]
    lines: Mapping[UUID, BankLine]
    credited: dict[UUID, dict[UUID, Credit]] = field(default_factory=dict)
    decided: dict[UUID, dict[UUID, Decimal]] = field(default_factory=dict)
    free: dict[UUID, Decimal] = field(default_factory=dict)
    """What of each line may choose."""


async def settle_anew(
    session: Session,
    project_ids: Collection[UUID],
    lines_decided: Collection[tuple[str, UUID]],
    now: datetime,
) -> None:
    """Work out anew what counts in some projects: of the same, it comes to the same.

    `lines_decided` are lines of which it was just decided, by their account's blind index and id.
    The caller has locked the sources of all of them, so no line comes meanwhile. What counts for a
    closed obligation stays as it is.
    """
    book = await _book(session, project_ids, lines_decided)
    lines: dict[UUID, money.Line] = {line.id: _incoming(book, line) for line in book.lines.values()}
    left = dict.fromkeys(book.free, _NOTHING) | {
        line.id: book.free[line.id] for line in book.lines.values() if line.account_id is None
    }
    for project_id in project_ids:
        own = {one.id for one in book.accounts.values() if one.project_id == project_id}
        mine = [
            (line.id, book.free[line.id]) for line in book.lines.values() if line.account_id in own
        ]
        owed = [row for row in book.rows if row.project_id == project_id]
        result = money.placed(owed, book.decided, lines, [], mine)
        left |= result.left
        for row in owed:
            money.write(
                session,
                row,
                book.credited[row.id],
                free=result.shares[row.id],
                decided=book.decided[row.id],
                lines=lines,
                now=now,
            )
    for line in book.lines.values():
        if line.account_id is None or line.account_id in book.accounts:
            line.left_amount = left[line.id]


async def _book(
    session: Session, project_ids: Collection[UUID], lines_decided: Collection[tuple[str, UUID]]
) -> _Book:
    accounts = await queries.accounts.accounts_of_projects(session, project_ids)
    mine = await queries.lines.locked_credit_lines(session, accounts)
    foreign = await queries.allocations.lines_decided_for(session, project_ids)
    keys = {*foreign, *lines_decided} - {(line.account_index, line.id) for line in mine}
    others = await queries.lines.locked_lines(session, keys) if keys else ()
    rows = await queries.obligations.locked_obligations_of(session, project_ids)
    book = _Book(accounts, rows, {line.id: line for line in (*mine, *others)})
    book.credited = {row.id: {} for row in rows}
    elsewhere: dict[UUID, Decimal] = defaultdict(Decimal)
    for credit in await queries.money.credits_about(session, book.credited, book.lines):
        if credit.obligation_id in book.credited:
            book.credited[credit.obligation_id][credit.line_id] = credit
        else:
            elsewhere[credit.line_id] += credit.amount - credit.decided_amount
    _decide(book, await queries.allocations.in_force(session, book.lines), elsewhere)
    return book


def _decide(
    book: _Book, decisions: Sequence[Allocation], elsewhere: Mapping[UUID, Decimal]
) -> None:
    """Say what of each line is decided, for what, and what of it is free."""
    by_line: dict[UUID, list[Allocation]] = defaultdict(list)
    for one in decisions:
        by_line[one.line_id].append(one)
    book.decided = {row.id: {} for row in book.rows}
    for line in book.lines.values():
        mine = by_line[line.id]
        held, free = hold(
            line.amount - elsewhere.get(line.id, _NOTHING),
            [Decided(one.id, one.obligation_id, one.amount) for one in mine],
        )
        book.free[line.id] = free
        for one in mine:
            if one.obligation_id in book.decided and held[one.id]:
                shares = book.decided[one.obligation_id]
                shares[line.id] = shares.get(line.id, _NOTHING) + held[one.id]


def _incoming(book: _Book, line: BankLine) -> Incoming:
    account = book.accounts.get(line.account_id) if line.account_id else None
    if account:
        return money.incoming(account, line, line.amount)
    # It counts by decision alone, so it chooses nothing.
    return Incoming(
        project_id=line.id,
        account_index=line.account_index,
        line_id=line.id,
        serial=line.serial,
        at=line.at,
        credited_on=line.day,
        period=line.period,
        amount=line.amount,
        known_at=line.received_at,
    )
