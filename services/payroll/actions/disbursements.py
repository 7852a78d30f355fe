"""Wages of an approved sheet go to the bank: who is paid where, and whether the money is there."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import payment_conditions
from services.payroll.errors import (
    AccountFrozen,
    FundsShort,
    NothingToSend,
    NoWageAccount,
    PersonNeeded,
    SecondPersonNeeded,
    SheetStep,
)
from services.payroll.models import (
    Disbursement,
    DisbursementLine,
    PaymentAttempt,
    Sheet,
    WageAccount,
)
from services.payroll.queries.disbursements import Batch
from services.payroll.queries.payable import Payable
from services.payroll.rules.disbursements import Card, Hold, HoldReason, LineStatus, Payee
from services.payroll.rules.sheets import SheetStatus
from shared import clock, pii, sets
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.payroll import DisbursementSent
from shared.outbox import publish


@dataclass(frozen=True, slots=True)
class Placed:
    """A line that is to be paid, and where, or why it is held."""

    line_id: UUID
    amount: Decimal
    target: Card | Hold
    number: int = 1
    """Of the attempt."""


async def send_sheet(session: Session, caller: Caller, sheet_id: UUID, now: datetime) -> Batch:
    """Make the one batch of an approved sheet; lines that cannot be paid are held in it.

    The account is the project's own, and no other can be named (53号 art. 7). Raises NotFound,
    PersonNeeded, SheetStep, SecondPersonNeeded, NoWageAccount, AccountFrozen, NothingToSend,
    FundsShort.
    """
    sheet = await queries.sheets.locked_sheet_of_contractor(session, sheet_id, caller.scope)
    if caller.is_machine:
        raise PersonNeeded
    if sheet.status is not SheetStatus.APPROVED:
        raise SheetStep(status_now=sheet.status)
    if rules.sheets.maker_is_checker(caller.actor, sheet.made_by, sheet.submitted_by):
        raise SecondPersonNeeded
    account = await usable_account(session, sheet.project_id, clock.day_of(now))
    lines = await queries.payable.payable_lines(session, sheet)
    payees = await queries.payable.payees(session, sheet, now)
    due = {new_id(): line for line in lines if line.net > 0}
    placed = [_placed(line_id, line, payees, now) for line_id, line in due.items()]
    await check_funds(session, account, placed, clock.day_of(now))
    batch = await _batch(session, caller, sheet, account, now)
    batch.lines, batch.nothing_due = len(due), len(lines) - len(due)
    batch.total = sum((one.amount for one in placed), Decimal(0))
    rows = [_line(batch, due[one.line_id], one, payees) for one in placed]
    await sets.copy(session, DisbursementLine, rows)
    await write_attempts(session, batch, placed, clock.day_of(now))
    sheet.status, sheet.sent_at = SheetStatus.SENT, now
    await queries.paydays.touch(session, sheet.project_id, [sheet.period])
    shown = await queries.disbursements.batch(session, batch.id, caller.scope)
    held = shown.tally.held.lines
    said = facts(batch, account.area_code)
    publish(session, DisbursementSent(**said, held=held, occurred_at=now))
    await payment_conditions.review_known(session, batch.project_id, now)
    return shown


def _placed(line_id: UUID, line: Payable, payees: Mapping[str, Payee], now: datetime) -> Placed:
    payee = payees.get(line.id_index or "")
    target = rules.disbursements.card_of_sheet(payee, line.card_index, now)
    return Placed(line_id, line.net, target)


async def usable_account(session: Session, project_id: UUID, today: date) -> WageAccount:
    """Give the account from which a project's wages are paid; raises NoWageAccount, AccountFrozen.

    Whoever promises money of it waits here.
    """
    account = await queries.accounts.find_account_of_project(session, project_id)
    if account is None:
        raise NoWageAccount
    await queries.payable.wait_for_funds(session, account.id)
    frozen = await queries.accounts.frozen_until(session, [account.id], today)
    if account.id in frozen:
        until = frozen[account.id]
        raise AccountFrozen(frozen_until=f"{until}" if until else None)
    return account


async def check_funds(
    session: Session, account: WageAccount, placed: Sequence[Placed], today: date
) -> None:
    """Refuse what the account cannot pay, or what nobody could be paid; with the figures.

    Raises NothingToSend, FundsShort.
    """
    needed = [one.amount for one in placed if isinstance(one.target, Card)]
    if not needed:
        raise NothingToSend(held=held_by_reason(placed))
    funds, fed_until = await queries.payable.funds(session, account, today)
    if lacking := funds.lacking(sum(needed, Decimal(0))):
        raise FundsShort(
            needed=f"{sum(needed, Decimal(0)):.2f}",
            balance=f"{funds.balance:.2f}",
            committed=f"{funds.committed:.2f}",
            lacking=f"{lacking:.2f}",
            fed_until=f"{fed_until}",
        )


def held_by_reason(placed: Iterable[Placed]) -> dict[HoldReason, int]:
    """Count what is held by its reason."""
    found: dict[HoldReason, int] = {}
    for one in placed:
        if isinstance(one.target, Hold):
            found[one.target.reason] = found.get(one.target.reason, 0) + 1
    return found


async def _batch(
    session: Session, caller: Caller, sheet: Sheet, account: WageAccount, now: datetime
) -> Disbursement:
    source = await queries.sources.source(session, account.source_id)
    key, today = new_id(), clock.day_of(now)
    batch = Disbursement(
        id=key, number=f"{today:%Y%m%d}{key.hex[-10:].upper()}", sheet_id=sheet.id,
        project_id=sheet.project_id, employer_id=sheet.employer_id, account_id=account.id,
        bank_id=source.bank_id, period=sheet.period, run=sheet.run, rounds=1,
        made_by=caller.actor, made_at=now, sent_on=today,
    )  # fmt: skip
    session.add(batch)
    return batch


def _line(
    batch: Disbursement, line: Payable, one: Placed, payees: Mapping[str, Payee]
) -> dict[str, Any]:
    payee = payees.get(line.id_index or "")
    hold = one.target if isinstance(one.target, Hold) else None
    return {
        "id": one.line_id, "period": batch.period, "disbursement_id": batch.id,
        "sheet_id": batch.sheet_id, "sheet_line_id": line.id, "position": line.position,
        "worker_id": payee.worker_id if payee else None, "amount": one.amount,
        "status": LineStatus.HELD if hold else LineStatus.SENT,
        "hold": hold.reason if hold else None, "held_until": hold.until if hold else None,
        "attempts": 0 if hold else 1, "settled_on": None, "serial": None, "returned_on": None,
        "return_reason": None,
    }  # fmt: skip


async def write_attempts(
    session: Session,
    batch: Disbursement,
    placed: Sequence[Placed],
    today: date,
) -> None:
    """Write the attempts of a round of a batch as one set."""

    def rows() -> list[dict[str, Any]]:
        return [
            {
                "id": new_id(), "period": batch.period, "line_id": one.line_id,
                "disbursement_id": batch.id, "account_id": batch.account_id,
                "number": one.number, "round": batch.rounds, "amount": one.amount,
                "payee_id": one.target.id,
                "payee_index": pii.blind_index(one.target.card_no, "account"),
                "status": LineStatus.SENT, "sent_on": today, "day": None, "serial": None,
                "reason_code": None, "reason": None, "told_at": None, "told_by": None,
            }
            for one in placed
            if isinstance(one.target, Card)
        ]  # fmt: skip

    await sets.copy(session, PaymentAttempt, await asyncio.to_thread(rows))


def facts(batch: Disbursement, area_code: str) -> dict[str, object]:
    """Give what every event of a batch says: ids, sums and days."""
    return {
        "disbursement_id": batch.id,
        "project_id": batch.project_id,
        "area_code": area_code,
        "sheet_id": batch.sheet_id,
        "employer_id": batch.employer_id,
        "period": batch.period,
        "run": batch.run,
        "lines": batch.lines,
        "total": batch.total,
        "sent_on": batch.sent_on,
    }
