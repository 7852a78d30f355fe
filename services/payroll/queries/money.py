"""Credits: which money counts for which obligation."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from services.payroll.models import Allocation, BankLine, Credit, Obligation, WageAccount
from services.payroll.queries import obligations
from services.payroll.rules.matching import IN_FORCE, AllocationKind, Match, MatchedAs
from shared import paging
from shared.areas import Scope
from shared.db import Session


async def credits_of(session: Session, obligation_ids: Collection[UUID]) -> Sequence[Credit]:
    """Give all credits of some obligations, those that gave way (0) included, oldest first.

    Their obligations are locked, so nobody else changes them.
    """
    rows = await session.scalars(
        select(Credit)
        .where(Credit.obligation_id.in_(obligation_ids))
        .order_by(Credit.at, Credit.serial)
    )
    return rows.all()


async def credits_about(
    session: Session, obligation_ids: Collection[UUID], line_ids: Collection[UUID]
) -> Sequence[Credit]:
    """Give all credits of some obligations and of some lines, oldest first."""
    about = Credit.obligation_id.in_(obligation_ids) | Credit.line_id.in_(line_ids)
    rows = await session.scalars(
        select(Credit)
        .where(about)
        .order_by(Credit.at, Credit.serial)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def late_credits(session: Session, obligation_ids: Collection[UUID]) -> Sequence[Credit]:
    """Give the credits of some obligations that are dated after their due day, oldest first."""
    rows = await session.scalars(
        select(Credit)
        .join(Obligation, Obligation.id == Credit.obligation_id)
        .where(
            Credit.obligation_id.in_(obligation_ids),
            Credit.amount > 0,
            Credit.credited_on > Obligation.due_on,
        )
        .order_by(Credit.at, Credit.serial)
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class Matched:
    """A credit as it is shown: what counts, and how it was matched."""

    line_id: UUID
    serial: str
    credited_on: date
    amount: Decimal
    decided_amount: Decimal
    matched_as: list[MatchedAs]


async def credits_page(
    session: Session, obligation_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Matched]:
    """Give a page of what counts for an obligation, oldest first; raises NotFound."""
    owed = await obligations.obligation(session, obligation_id, scope)
    statement = select(Credit).where(Credit.obligation_id == owed.id, Credit.amount > 0)
    order = (Credit.at, Credit.id)
    found = await paging.page(session, statement, by=order, cursor=cursor, limit=limit)
    matches = await _matches(session, owed, [credit.id for credit in found.items])
    shown = [
        Matched(
            credit.line_id,
            credit.serial,
            credit.credited_on,
            credit.amount,
            credit.decided_amount,
            matches[credit.id].matched_as,
        )
        for credit in found.items
    ]
    return paging.Found(shown, found.next)


async def _matches(
    session: Session, owed: Obligation, credit_ids: Collection[UUID]
) -> Mapping[UUID, Match]:
    """Give what decides how credits of an obligation were matched."""
    of_line, times, back = _of_line()
    mine = select(func.count()).where(Credit.obligation_id == owed.id, Credit.amount > 0)
    together = (await session.scalars(mine)).one()
    rows = await session.execute(
        select(Credit, BankLine.amount - back, of_line, times, WageAccount.project_id)
        .join(
            BankLine,
            (BankLine.account_index == Credit.account_index) & (BankLine.id == Credit.line_id),
        )
        .outerjoin(WageAccount, WageAccount.id == BankLine.account_id)
        .where(Credit.id.in_(credit_ids))
    )
    return {
        credit.id: Match(
            amount=credit.amount,
            by_hand=credit.decided_amount,
            credited_on=credit.credited_on,
            line_amount=line_amount,
            line_counted=line_counted,
            line_credits=line_credits,
            foreign=project_id != owed.project_id,
            due_amount=owed.due_amount,
            due_on=owed.due_on,
            period=owed.period,
            owed_credits=together,
        )
        for credit, line_amount, line_counted, line_credits, project_id in rows
    }


def _of_line() -> tuple[Any, Any, Any]:
    """Give for a credit's line: what of it counts in all, how often, and what the bank took back.

    Each is a scalar subquery.
    """
    other = aliased(Credit)
    counts = (other.amount > 0) & (other.line_id == Credit.line_id)
    of_line = select(func.sum(other.amount)).where(counts).scalar_subquery()
    times = select(func.count()).select_from(other).where(counts).scalar_subquery()
    back = (
        select(func.coalesce(func.sum(Allocation.amount), 0))
        .where(
            Allocation.line_id == Credit.line_id,
            Allocation.kind == AllocationKind.RETURNED,
            Allocation.state.in_(IN_FORCE),
        )
        .scalar_subquery()
    )
    return of_line, times, back
