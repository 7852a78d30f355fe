"""Treasury payments, and the credits that they may be."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.payroll.errors import ProjectUnknown
from services.payroll.models import BankLine, Obligation, Project, TreasuryPayment, WageAccount
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.payments import Payment, Scheduled, ThreeWay, compare
from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.payments import PaymentFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session


async def projects_in_scope(
    session: Session, project_ids: Collection[UUID], scope: Scope
) -> Mapping[UUID, Project]:
    """Give those of some projects that the caller may see, by id."""
    seen = known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)
    rows = await session.scalars(select(Project).where(Project.id.in_(project_ids), seen))
    return {row.id: row for row in rows}


async def project_in_scope(session: Session, project_id: UUID, scope: Scope) -> Project:
    """Give a project that the caller may see, or raise ProjectUnknown."""
    found = await projects_in_scope(session, [project_id], scope)
    if project_id not in found:
        raise ProjectUnknown
    return found[project_id]


async def wait_for_turn(session: Session, payer_area: str) -> None:
    """Let one batch of a bureau be taken at a time, so that no voucher comes twice."""
    await asking.wait_for(session, f"payments:{payer_area}")


async def payments_by_voucher(
    session: Session, payer_area: str, vouchers: Collection[str]
) -> Mapping[str, TreasuryPayment]:
    """Give the payments of a bureau that came before under some vouchers."""
    rows = await session.scalars(
        select(TreasuryPayment).where(
            TreasuryPayment.payer_area == payer_area, TreasuryPayment.voucher.in_(vouchers)
        )
    )
    return {row.voucher: row for row in rows}


async def owed_of(session: Session, project_ids: Collection[UUID]) -> Sequence[Obligation]:
    """Give all that some projects are owed, oldest first, as it is now."""
    rows = await session.scalars(
        select(Obligation)
        .where(Obligation.project_id.in_(project_ids))
        .order_by(Obligation.due_on, Obligation.period, Obligation.id)
    )
    return rows.all()


async def payments_of(session: Session, project_ids: Collection[UUID]) -> Sequence[TreasuryPayment]:
    """Give all payments for some projects, oldest first."""
    rows = await session.scalars(
        select(TreasuryPayment)
        .where(TreasuryPayment.project_id.in_(project_ids))
        .order_by(TreasuryPayment.sent_on, TreasuryPayment.id)
    )
    return rows.all()


async def locked_payments_unseen(
    session: Session, project_ids: Collection[UUID]
) -> Sequence[TreasuryPayment]:
    """Give the payments for some projects that no credit shows yet, for changing."""
    rows = await session.scalars(
        select(TreasuryPayment)
        .where(TreasuryPayment.project_id.in_(project_ids), TreasuryPayment.seen_line_id.is_(None))
        .order_by(TreasuryPayment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def credits_unclaimed(
    session: Session, project_ids: Collection[UUID]
) -> Sequence[tuple[UUID, BankLine]]:
    """Give the money that came into the accounts of some projects and is no payment's yet."""
    claimed = select(TreasuryPayment.id).where(TreasuryPayment.seen_line_id == BankLine.id).exists()
    rows = await session.execute(
        select(WageAccount.project_id, BankLine)
        .join(BankLine, BankLine.account_id == WageAccount.id)
        .where(
            WageAccount.project_id.in_(project_ids),
            BankLine.direction == Direction.IN,
            BankLine.kind == LineKind.ORDINARY,
            ~claimed,
        )
    )
    return [(project_id, line) for project_id, line in rows]


async def three_way(
    session: Session, project_id: UUID, scope: Scope, today: date
) -> Sequence[ThreeWay]:
    """Give the three views of each period of a project; raises ProjectUnknown."""
    await project_in_scope(session, project_id, scope)
    owed = [
        Scheduled(row.period, row.due_on, row.due_amount, row.credited_amount)
        for row in await owed_of(session, [project_id])
        if row.status is not ObligationStatus.CLOSED
    ]
    sent = [
        Payment(row.period, row.sent_on, row.amount, row.seen_on)
        for row in await payments_of(session, [project_id])
    ]
    return compare(owed, sent, today)


async def payments(
    session: Session, scope: Scope, only: PaymentFilter, *, cursor: str | None, limit: int
) -> paging.Found[TreasuryPayment]:
    """Give a page of payments for projects that the caller may see, those sent first first."""
    seen = known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id)
    statement = (
        select(TreasuryPayment).join(Project, Project.id == TreasuryPayment.project_id).where(seen)
    )
    if only.project_id:
        statement = statement.where(TreasuryPayment.project_id == only.project_id)
    if only.period:
        statement = statement.where(TreasuryPayment.period == only.period)
    if only.payment_list_id:
        statement = statement.where(TreasuryPayment.payment_list_id == only.payment_list_id)
    if only.seen is not None:
        there = TreasuryPayment.seen_line_id.is_not(None)
        statement = statement.where(there if only.seen else ~there)
    if only.sent_from:
        statement = statement.where(TreasuryPayment.sent_on >= only.sent_from)
    if only.sent_to:
        statement = statement.where(TreasuryPayment.sent_on <= only.sent_to)
    order = (TreasuryPayment.sent_on, TreasuryPayment.id)
    return await paging.page(session, statement, by=order, cursor=cursor, limit=limit)
