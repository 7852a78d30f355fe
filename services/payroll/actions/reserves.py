"""What moved on accounts is added up by month, and what they cover is looked at anew."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import conditions
from services.payroll.models import AccountMonth, BankLine, Source, WageAccount
from services.payroll.rules.policies import PayrollPurpose, PolicyKind
from services.payroll.rules.statements import Direction, LineKind
from shared import clock
from shared.db import Session, new_id


@dataclass(slots=True)
class Sums:
    """What lines add to an account's month."""

    came_in: Decimal = Decimal(0)
    went_out: Decimal = Decimal(0)
    payroll: Decimal = Decimal(0)
    payroll_lines: int = 0
    returned_lines: int = 0


async def add_up(
    session: Session, source: Source, rows: Sequence[Mapping[str, Any]], day: date
) -> None:
    """Add fresh lines of a source to the months of their accounts.

    What goes out for wages counts for the month that its purpose names, else for that of its day;
    a payment that came back counts no longer where it had counted.
    """
    if not rows:
        return
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.PAYROLL_PURPOSE, source.area_code, day
    )
    wages = PayrollPurpose.of(policy.values)
    backs = await _given_back(session, source.id, rows)
    sums: dict[tuple[str, str], Sums] = defaultdict(Sums)
    for row in rows:
        index, amount, back = row["account_index"], row["amount"], _gives_back(row)
        moved = sums[index, f"{row['day']:%Y-%m}"]
        if row["direction"] is Direction.IN:
            moved.came_in += amount
            paid = backs.get((index, row.get("reference") or ""), (row["purpose"], row["day"]))
            if back and wages.names(paid[0]):
                was = sums[index, rules.reserves.wage_month(*paid)]
                was.payroll -= amount
                was.returned_lines += 1
        else:
            moved.went_out += amount
            if not back and wages.matches(row["purpose"]):
                month = sums[index, rules.reserves.wage_month(row["purpose"], row["day"])]
                month.payroll += amount
                month.payroll_lines += 1
    await add_sums(session, source.id, sums)


async def add_sums(session: Session, source_id: UUID, sums: Mapping[tuple[str, str], Sums]) -> None:
    """Add sums to the months of accounts, by blind index and month."""
    there = await queries.reserves.locked_months(session, source_id, sums)
    for (index, name), added in sums.items():
        kept = there.get((index, name)) or _new(session, source_id, index, name)
        kept.came_in += added.came_in
        kept.went_out += added.went_out
        kept.payroll += added.payroll
        kept.payroll_lines += added.payroll_lines
        kept.returned_lines += added.returned_lines


async def wage_words(
    session: Session, source: Source, days: Collection[date]
) -> Mapping[date, PayrollPurpose]:
    """Give by what words a purpose is that of wages, day by day as the policies have it."""
    found = {}
    for day in days:
        policy = await queries.policies.policy_in_force(
            session, PolicyKind.PAYROLL_PURPOSE, source.area_code, day
        )
        found[day] = PayrollPurpose.of(policy.values)
    return found


def _gives_back(row: Mapping[str, Any]) -> bool:
    return bool(row.get("returned")) or row.get("kind") is LineKind.RETURNED


async def _given_back(
    session: Session, source_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> Mapping[tuple[str, str], tuple[str | None, date]]:
    """Give the purpose and day of payments that came back, by account and serial."""
    asked = {
        (row["account_index"], row["reference"])
        for row in rows
        if _gives_back(row) and row["direction"] is Direction.IN and row.get("reference")
    }
    if not asked:
        return {}
    found: Mapping[tuple[str, str], BankLine] = await queries.reserves.payments_given_back(
        session, source_id, asked
    )
    here = {
        (row["account_index"], row["serial"]): (row["purpose"], row["day"])
        for row in rows
        if row["direction"] is Direction.OUT
    }
    there = {
        key: (line.purpose, line.day)
        for key, line in found.items()
        if line.direction is Direction.OUT
    }
    return here | there


def _new(session: Session, source_id: UUID, index: str, month: str) -> AccountMonth:
    nothing = Decimal(0)
    row = AccountMonth(
        id=new_id(),
        source_id=source_id,
        account_index=index,
        month=month,
        came_in=nothing,
        went_out=nothing,
        payroll=nothing,
        payroll_lines=0,
        returned_lines=0,
    )
    session.add(row)
    return row


async def look_at_covers(
    session: Session, after: UUID | None, today: date, limit: int = 200
) -> UUID | None:
    """Look anew at what the next accounts cover, because a month was closed; give the last."""
    project_ids = await queries.reserves.accounts_with_wages(session, after, limit)
    await conditions.review(session, project_ids, clock.at(today))
    return project_ids[-1] if len(project_ids) == limit else None


async def look_at_accounts(
    session: Session, accounts: Sequence[WageAccount], now: datetime
) -> None:
    """Look at what accounts cover on which money moved."""
    await session.flush()  # What is on them is read from the rows.
    covers = await queries.reserves.covers(
        session, [account.id for account in accounts], clock.day_of(now)
    )
    mine = [account.project_id for account in accounts if account.id in covers]
    if mine:
        await conditions.review(session, mine, now)
