"""Money that came in counts for what is owed, and whoever waits for it is told.

Money that comes takes its place among what counts already (`credit_money`). Where persons or a
bank's return decide otherwise, all that concerns the projects is worked out anew
(`actions.settlement`); both come to the same.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import tellings
from services.payroll.models import BankLine, Credit, Obligation, WageAccount
from services.payroll.rules.allocation import Money, Owed, Shares, allocate
from services.payroll.rules.obligations import ObligationStatus
from shared import clock
from shared.db import Session, new_id

_WAITED_FOR = (ObligationStatus.DUE, ObligationStatus.SHORT, ObligationStatus.NONE)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A credit line of which an amount is to count for a project's obligations."""

    project_id: UUID
    account_index: str
    line_id: UUID
    serial: str
    at: datetime
    credited_on: date
    period: str | None
    amount: Decimal
    known_at: datetime
    """Since when it may choose: since it came, or since its account was entered."""


Line: TypeAlias = Incoming | Credit
"""Both say which line, and where it stands among others."""


def incoming(account: WageAccount, line: BankLine, amount: Decimal) -> Incoming:
    """Give what of a kept line is to count."""
    return Incoming(
        account.project_id,
        line.account_index,
        line.id,
        line.serial,
        line.at,
        line.day,
        line.period,
        amount,
        max(line.received_at, account.registered_at),
    )


async def credit_money(
    session: Session, money: Sequence[Incoming], now: datetime
) -> Mapping[UUID, Decimal]:
    """Let money count, project by project; give what is left of each line, by id.

    An older line may take the place of a later one, whose money goes on. What is then left of
    the later line is written on its row here, because it is none of those given.
    """
    fresh = _by_project(money)
    rows = await queries.obligations.locked_obligations_of(session, fresh)
    owed: dict[UUID, list[Obligation]] = defaultdict(list)
    credited: dict[UUID, dict[UUID, Credit]] = {row.id: {} for row in rows}
    for row in rows:
        owed[row.project_id].append(row)
    for credit in await queries.money.credits_of(session, credited):
        credited[credit.obligation_id][credit.line_id] = credit
    left = {each.line_id: Decimal(0) for each in money}
    displaced: dict[tuple[str, UUID], Decimal] = {}
    for project_id, mine in fresh.items():
        for line, amount in _settle(session, owed[project_id], credited, mine, now):
            if line.line_id in left:
                left[line.line_id] = amount
            else:
                displaced[line.account_index, line.line_id] = amount
    for late in await queries.lines.locked_lines(session, displaced) if displaced else ():
        late.left_amount += displaced[late.account_index, late.id]
    return left


async def credit_what_is_left(session: Session, account: WageAccount, now: datetime) -> None:
    """Let money that no period could take count for periods that were planned since."""
    # As whoever brings lines does: the source first, then lines, then what they count for.
    await queries.sources.locked_source(session, account.source_id)
    lines = await queries.lines.locked_lines_left(session, account.id)
    # News of a contract may be older than the money that waits for it.
    now = max([now, account.registered_at, *(line.received_at for line in lines)])
    money = [incoming(account, line, line.left_amount) for line in lines]
    left = await credit_money(session, money, now)
    for line in lines:
        line.left_amount = left[line.id]


async def owed_since(session: Session, account: WageAccount | None, now: datetime) -> datetime:
    """Give since when an obligation that becomes known now is owed to lines of its account.

    News of a contract may be older than lines that came before it, and that chose without it.
    """
    last = await queries.lines.last_known_at(session, account) if account else None
    return now if last is None or last < now else last + timedelta(microseconds=1)


def _by_project(money: Sequence[Incoming]) -> Mapping[UUID, Sequence[Incoming]]:
    grouped: dict[UUID, list[Incoming]] = defaultdict(list)
    for each in money:
        grouped[each.project_id].append(each)
    return grouped


def _settle(
    session: Session,
    owed: Sequence[Obligation],
    credited: Mapping[UUID, dict[UUID, Credit]],
    fresh: Sequence[Incoming],
    now: datetime,
) -> Sequence[tuple[Line, Decimal]]:
    """Let fresh money of one project count; give the lines of which more is left, and how much."""
    lines: dict[UUID, Line] = {
        credit.line_id: credit for row in owed for credit in credited[row.id].values()
    }
    lines |= {each.line_id: each for each in fresh if each.line_id not in lines}
    decided = {
        row.id: {
            line_id: credit.decided_amount
            for line_id, credit in credited[row.id].items()
            if credit.decided_amount
        }
        for row in owed
    }
    held = [
        (row.id, credit.line_id, credit.amount - credit.decided_amount)
        for row in owed
        for credit in credited[row.id].values()
    ]
    result = placed(owed, decided, lines, held, [(each.line_id, each.amount) for each in fresh])
    for row in owed:
        write(
            session,
            row,
            credited[row.id],
            free=result.shares[row.id],
            decided=decided[row.id],
            lines=lines,
            now=now,
        )
    return [(lines[line_id], amount) for line_id, amount in result.left.items()]


def placed(
    owed: Sequence[Obligation],
    decided: Mapping[UUID, Mapping[UUID, Decimal]],
    lines: Mapping[UUID, Line],
    held: Sequence[tuple[UUID, UUID, Decimal]],
    fresh: Sequence[tuple[UUID, Decimal]],
) -> Shares:
    """Place money that is free to choose beside what was decided."""
    return allocate(
        [
            Owed(
                row.id,
                row.period,
                max(row.due_amount - sum(decided[row.id].values()), Decimal(0)),
                row.known_at,
            )
            for row in owed
        ],
        {
            line_id: Money(line_id, (line.at, line.serial), line.period, line.known_at)
            for line_id, line in lines.items()
        },
        held,
        [(line_id, amount) for line_id, amount in fresh if amount],
    )


def write(
    session: Session,
    row: Obligation,
    credited: Mapping[UUID, Credit],
    *,
    free: Mapping[UUID, Decimal],
    decided: Mapping[UUID, Decimal],
    lines: Mapping[UUID, Line],
    now: datetime,
) -> None:
    """Write what counts for an obligation now, where that is different, and tell of it."""
    nothing = Decimal(0)
    grown: list[Line] = []
    shrunk: list[Line] = []
    counted: list[tuple[Line, Decimal]] = []
    for line_id in dict.fromkeys([*credited, *free, *decided]):
        credit, by_hand = credited.get(line_id), decided.get(line_id, nothing)
        amount, before = free.get(line_id, nothing) + by_hand, credit.amount if credit else nothing
        line = lines.get(line_id) or credited[line_id]
        counted.append((line, amount))
        if amount != before:
            (grown if amount > before else shrunk).append(line)
        if credit is None:
            session.add(_credit(row, line, amount, by_hand, now))
        elif amount != before:
            session.add(credit.change(amount, now))
        if credit and credit.decided_amount != by_hand:
            credit.decided_amount = by_hand
    if grown or shrunk:
        _count(session, row, counted, grown=grown, shrunk=shrunk, now=now)


def _credit(
    row: Obligation, line: Line, amount: Decimal, by_hand: Decimal, now: datetime
) -> Credit:
    return Credit(
        id=new_id(),
        obligation_id=row.id,
        account_index=line.account_index,
        line_id=line.line_id,
        serial=line.serial,
        at=line.at,
        credited_on=line.credited_on,
        period=line.period,
        amount=amount,
        decided_amount=by_hand,
        counted_at=now,
        known_at=line.known_at,
    )


def _count(
    session: Session,
    row: Obligation,
    shares: Sequence[tuple[Line, Decimal]],
    *,
    grown: Sequence[Line],
    shrunk: Sequence[Line],
    now: datetime,
) -> None:
    """Write on an obligation what counts for it now, and tell of it where somebody waits."""
    today = clock.day_of(now)
    before, status, missed = row.credited_amount, row.status, row.missed_on is not None
    waited_for = status in _WAITED_FOR or row.is_due(today)
    row.credit(
        sum((amount for _, amount in shares), Decimal(0)),
        sum((amount for line, amount in shares if line.credited_on <= row.due_on), Decimal(0)),
        today,
    )
    came = row.credited_amount - before
    was_full, full = status is ObligationStatus.FULL, row.status is ObligationStatus.FULL
    annulled = missed and row.missed_on is None
    if (was_full and not full) or (waited_for and came < 0):
        tellings.tell_reversed(session, row, max(-came, Decimal(0)), shrunk, now)
    elif (full and not was_full) or annulled or (waited_for and came > 0):
        proof = grown or [line for line, amount in shares if amount]
        tellings.tell_received(
            session,
            row,
            max(came, Decimal(0)),
            proof,
            now,
            all_lines=[line for line, amount in shares if amount],
            in_time=annulled,
        )
