"""What is looked at before wages go to the bank: lines of the sheet, cards, the account's funds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from services.payroll.models import (
    BankLine,
    PayeeAccount,
    PaymentAttempt,
    RosterEntry,
    Sheet,
    SheetLine,
    Source,
    WageAccount,
    Worker,
)
from services.payroll.queries import reserves
from services.payroll.rules.disbursements import UNDER_WAY, Card, Funds, LineStatus, Payee
from services.payroll.rules.statements import Direction, LineKind
from shared import asking
from shared.db import Session


class Payable(NamedTuple):
    """A line of a sheet, as it is to be paid."""

    id: UUID
    position: int
    id_index: str | None
    card_index: str | None
    net: Decimal


async def payable_lines(session: Session, sheet: Sheet) -> Sequence[Payable]:
    """Give a sheet's lines in their order."""
    rows = await session.execute(
        select(
            SheetLine.id,
            SheetLine.position,
            SheetLine.id_index,
            SheetLine.card_index,
            func.coalesce(SheetLine.net, Decimal(0)),
        )
        .where(SheetLine.sheet_id == sheet.id, SheetLine.period == sheet.period)
        .order_by(SheetLine.position)
    )
    return [Payable(*row) for row in rows]


async def payees(session: Session, sheet: Sheet, now: datetime) -> Mapping[str, Payee]:
    """Give who of a sheet's people is on the project's roster, by index, with their cards."""
    named = select(SheetLine.id_index).where(
        SheetLine.sheet_id == sheet.id, SheetLine.period == sheet.period
    )
    enrolled = select(RosterEntry.id).where(
        RosterEntry.project_id == sheet.project_id, RosterEntry.worker_id == Worker.id
    )
    counts = or_(PayeeAccount.replaced_at.is_(None), PayeeAccount.replaced_at > now)
    own = and_(
        PayeeAccount.project_id == sheet.project_id, PayeeAccount.worker_id == Worker.id, counts
    )
    rows: Any = await session.execute(
        select(
            Worker.id_index,
            Worker.id,
            PayeeAccount.id,
            PayeeAccount.card_no,
            PayeeAccount.card_index,
            PayeeAccount.is_own,
            PayeeAccount.usable_from,
            PayeeAccount.replaced_at,
        )
        .outerjoin(PayeeAccount, own)
        .where(Worker.id_index.in_(named), enrolled.exists())
        .order_by(Worker.id_index, Worker.id, PayeeAccount.usable_from)
    )
    cards: dict[tuple[str, UUID], list[Card]] = defaultdict(list)
    for index, worker_id, payee_id, *rest in rows:
        mine = cards[index, worker_id]
        if payee_id:
            mine.append(Card(payee_id, *rest))
    return {index: Payee(worker_id, mine) for (index, worker_id), mine in cards.items()}


async def payees_by_line(session: Session, sheet: Sheet, now: datetime) -> Mapping[UUID, Payee]:
    """Give the same by the lines of the sheet, of those whose people are on the roster."""
    found = await payees(session, sheet, now)
    return {
        line.id: payee
        for line in await payable_lines(session, sheet)
        if (payee := found.get(line.id_index or ""))
    }


async def wait_for_funds(session: Session, account_id: UUID) -> None:
    """Wait until nobody else promises money of the same account."""
    await asking.wait_for(session, f"funds:{account_id}")


async def funds(session: Session, account: WageAccount, today: date) -> tuple[Funds, date]:
    """Give what an account holds and what is promised, and through which day its bank told it.

    What was sent is promised until the bank's lines show it, or reach beyond the day on which it
    settled. A line shows it by the card and the amount, or by the serial that the bank told.
    """
    fed_until = await session.scalar(select(Source.fed_until).where(Source.id == account.source_id))
    balance = await reserves.balance(session, account, today)
    seen = (
        select(BankLine.id)
        .where(
            BankLine.account_id == account.id,
            BankLine.direction == Direction.OUT,
            BankLine.kind == LineKind.ORDINARY,
            BankLine.day >= PaymentAttempt.sent_on,
            or_(
                and_(
                    BankLine.counterparty_account_index == PaymentAttempt.payee_index,
                    BankLine.amount == PaymentAttempt.amount,
                ),
                BankLine.serial == PaymentAttempt.serial,
            ),
        )
        .exists()
    )
    fresh = and_(PaymentAttempt.status == LineStatus.SETTLED, PaymentAttempt.day > fed_until)
    committed = await session.scalar(
        select(func.coalesce(func.sum(PaymentAttempt.amount), Decimal(0))).where(
            PaymentAttempt.account_id == account.id,
            or_(PaymentAttempt.status.in_(UNDER_WAY), fresh),
            ~seen,
        )
    )
    return Funds(balance, committed or Decimal(0)), fed_until or today
