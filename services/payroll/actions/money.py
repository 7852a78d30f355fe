"""Money that came in counts for what is owed, and whoever waits for it is told."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.payroll import queries
from services.payroll.models import BankLine, Credit, Obligation, WageAccount
from services.payroll.rules.allocation import Allocation, Money, Owed, allocate
from services.payroll.rules.obligations import ObligationStatus
from shared import clock
from shared.db import Session, new_id, same_id
from shared.events.payroll import TransferReceived
from shared.outbox import publish

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


_Line: TypeAlias = Incoming | Credit
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
) -> Sequence[tuple[_Line, Decimal]]:
    """Let fresh money of one project count; give the lines of which more is left, and how much."""
    lines: dict[UUID, _Line] = {
        credit.line_id: credit for row in owed for credit in credited[row.id].values()
    }
    lines |= {each.line_id: each for each in fresh if each.line_id not in lines}
    result = _allocation(owed, credited, lines, fresh)
    for row in owed:
        shares = result.shares[row.id]
        before = {line_id: credit.amount for line_id, credit in credited[row.id].items()}
        grown = [lines[line_id] for line_id in shares if shares[line_id] > before.get(line_id, 0)]
        for line_id, amount in shares.items():
            if line_id not in before:
                session.add(_credit(row, lines[line_id], amount, now))
            elif amount != before[line_id]:
                session.add(credited[row.id][line_id].change(amount, now))
        if grown:
            counted = [(lines[line_id], share) for line_id, share in shares.items()]
            _count(session, row, counted, grown, now)
    return [(lines[line_id], amount) for line_id, amount in result.left.items()]


def _allocation(
    owed: Sequence[Obligation],
    credited: Mapping[UUID, dict[UUID, Credit]],
    lines: Mapping[UUID, _Line],
    fresh: Sequence[Incoming],
) -> Allocation:
    return allocate(
        [Owed(row.id, row.period, row.due_amount) for row in owed],
        {
            line_id: Money(line_id, (line.at, line.serial), line.period)
            for line_id, line in lines.items()
        },
        [
            (row.id, credit.line_id, credit.amount)
            for row in owed
            for credit in credited[row.id].values()
        ],
        [(each.line_id, each.amount) for each in fresh if each.amount],
    )


def _credit(row: Obligation, line: _Line, amount: Decimal, now: datetime) -> Credit:
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
        counted_at=now,
    )


def _count(
    session: Session,
    row: Obligation,
    shares: Sequence[tuple[_Line, Decimal]],
    grown: Sequence[_Line],
    now: datetime,
) -> None:
    """Write on an obligation what counts for it now, and tell of it where somebody waits."""
    today = clock.day_of(now)
    before, status = row.credited_amount, row.status
    waited_for = status in _WAITED_FOR or row.is_due(today)
    row.credit(
        sum((amount for _, amount in shares), Decimal(0)),
        sum((amount for line, amount in shares if line.credited_on <= row.due_on), Decimal(0)),
        today,
    )
    settled = row.status is ObligationStatus.FULL and status is not ObligationStatus.FULL
    if settled or (waited_for and row.credited_amount > before):
        tell_received(session, row, row.credited_amount - before, grown, now, all_lines=shares)


def tell_received(
    session: Session,
    row: Obligation,
    amount: Decimal,
    lines: Sequence[_Line],
    now: datetime,
    *,
    all_lines: Sequence[tuple[_Line, Decimal]] = (),
    why: str = "counted",
) -> None:
    """Tell that money came for an obligation, with the serials that prove it.

    `why`: it was counted just now, or a miss was found that it came too late for. `all_lines`: what
    counts for it in all, of which the last settled it, which need not be the one that came last.
    """
    in_order = sorted(lines, key=lambda line: (line.at, line.serial))
    serials = [line.serial for line in in_order]
    publish(
        session,
        TransferReceived(
            # What counts for an obligation only grows, so its sum says which telling this is.
            id=same_id(
                clock.at(in_order[-1].credited_on), row.id, why, row.credited_amount, *serials
            ),
            occurred_at=now,
            project_id=row.project_id,
            area_code=row.area_code,
            obligation_id=row.id,
            works_contract_id=row.works_contract_id,
            period=row.period,
            due_on=row.due_on,
            amount=amount,
            lacking=row.lacking,
            credited_on=in_order[-1].credited_on,
            bank_serials=serials,
            settled_on=_settled_on(row, lines, all_lines),
            developer_id=row.developer_id,
            contractor_id=row.contractor_id,
        ),
    )


def _settled_on(
    row: Obligation, lines: Sequence[_Line], all_lines: Sequence[tuple[_Line, Decimal]]
) -> date | None:
    days = [line.credited_on for line in (*lines, *(line for line, share in all_lines if share))]
    return max(days) if row.lacking <= 0 else None
