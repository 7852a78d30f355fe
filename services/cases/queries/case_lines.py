"""The people of arrears cases and their payments: for reading, and locked for changing."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, literal, select

from services.cases.errors import CaseUnknown
from services.cases.models import ArrearsCase, ArrearsLine, ArrearsPayment, ArrearsRecovery
from services.cases.queries import arrears, rows
from services.cases.rules.arrears import PaymentPurpose, PaymentSource
from shared import paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


async def lines(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[ArrearsLine]:
    """Give a page of the workers of a case, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(ArrearsLine).where(ArrearsLine.case_id == case_id)
    by = (ArrearsLine.position, ArrearsLine.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def lines_of(session: Session, case_id: UUID) -> Sequence[ArrearsLine]:
    """Give all lines of a case, in their order."""
    statement = select(ArrearsLine).where(ArrearsLine.case_id == case_id)
    return (await session.scalars(statement.order_by(ArrearsLine.position))).all()


async def locked_lines(session: Session, case_id: UUID, ids: Collection[UUID]) -> list[ArrearsLine]:
    """Give some lines of a case for changing; their case is locked before."""
    statement = select(ArrearsLine).where(ArrearsLine.case_id == case_id, ArrearsLine.id.in_(ids))
    return await rows.locked_all(session, statement.order_by(ArrearsLine.id))


async def locked_line(
    session: Session, line_id: UUID, scope: Scope
) -> tuple[ArrearsCase, ArrearsLine]:
    """Give a line and its case for changing, or raise CaseUnknown."""
    found = await arrears.locked_with_case(session, ArrearsLine, line_id, scope)
    if found is None:
        raise CaseUnknown
    return found


async def payments(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[ArrearsPayment]:
    """Give a page of what was paid in a case, the oldest first, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(ArrearsPayment).where(ArrearsPayment.case_id == case_id)
    return await paging.page(
        session, statement, by=(ArrearsPayment.id,), cursor=cursor, limit=limit
    )


async def locked_payment(
    session: Session, payment_id: UUID, scope: Scope
) -> tuple[ArrearsCase, ArrearsLine, ArrearsPayment]:
    """Give a payment with its line and case for changing, or raise CaseUnknown."""
    about = select(ArrearsPayment.line_id).where(ArrearsPayment.id == payment_id).scalar_subquery()
    line_id = await session.scalar(select(ArrearsLine.id).where(ArrearsLine.id == about))
    if line_id is None:
        raise CaseUnknown
    case, line = await locked_line(session, line_id, scope)
    statement = select(ArrearsPayment).where(ArrearsPayment.id == payment_id)
    payment = await rows.locked_first(session, statement)
    if payment is None:
        raise CaseUnknown
    return case, line, payment


async def find_reversal(session: Session, payment_id: UUID) -> ArrearsPayment | None:
    """Give what takes a payment back, or None."""
    statement = select(ArrearsPayment).where(ArrearsPayment.reverses_id == payment_id)
    return (await session.scalars(statement)).one_or_none()


async def serials_taken(
    session: Session, line_ids: Collection[UUID], serials: Collection[str]
) -> set[tuple[UUID, str]]:
    """Give which bank serials have paid which of some lines before, and still count."""
    taken_back = select(ArrearsPayment.reverses_id).where(ArrearsPayment.reverses_id.is_not(None))
    statement = select(ArrearsPayment.line_id, ArrearsPayment.bank_serial).where(
        ArrearsPayment.line_id.in_(line_ids),
        ArrearsPayment.bank_serial.in_(serials),
        ArrearsPayment.reverses_id.is_(None),
        ArrearsPayment.id.not_in(taken_back),
    )
    found = await session.execute(statement)
    return {(line_id, serial) for line_id, serial in found if serial is not None}


async def paid_by_source(session: Session, case_id: UUID) -> dict[PaymentSource, Decimal]:
    """Give what each source has paid in a case, in yuan, reversals taken off."""
    statement = (
        select(ArrearsPayment.source, func.sum(ArrearsPayment.amount))
        .where(ArrearsPayment.case_id == case_id)
        .group_by(ArrearsPayment.source)
    )
    return {row.source: row[1] for row in await session.execute(statement)}


async def last_position(session: Session, case_id: UUID) -> int:
    """Give the place of the last line of a case; 0 of none."""
    statement = select(func.max(ArrearsLine.position)).where(ArrearsLine.case_id == case_id)
    return int(await session.scalar(statement) or 0)


async def claims_of(session: Session, case_id: UUID) -> dict[str, tuple[str, Decimal]]:
    """Give months and claimed yuan of each line of a case, by whom it is of: number, else name."""
    statement = select(
        func.coalesce(ArrearsLine.id_index, literal("name ") + ArrearsLine.name_index),
        ArrearsLine.months,
        ArrearsLine.claimed,
    ).where(ArrearsLine.case_id == case_id)
    return {who: (months, claimed) for who, months, claimed in await session.execute(statement)}


async def living_cost(session: Session, case_id: UUID) -> Decimal:
    """Give what was advanced for the cost of living in a case, in yuan, reversals taken off."""
    statement = select(func.coalesce(func.sum(ArrearsPayment.amount), 0)).where(
        ArrearsPayment.case_id == case_id, ArrearsPayment.purpose == PaymentPurpose.LIVING_COST
    )
    return Decimal(await session.scalar(statement) or 0)


async def paid_withdrawn(session: Session, case_id: UUID) -> Decimal:
    """Give what was paid in lines that are withdrawn, in yuan."""
    statement = select(func.coalesce(func.sum(ArrearsLine.paid), 0)).where(
        ArrearsLine.case_id == case_id, ArrearsLine.withdrawn
    )
    return Decimal(await session.scalar(statement) or 0)


async def recovered_sum(session: Session, case_id: UUID) -> Decimal:
    """Give what has come back to the emergency fund, in yuan, reversals taken off."""
    statement = select(func.coalesce(func.sum(ArrearsRecovery.amount), 0)).where(
        ArrearsRecovery.case_id == case_id
    )
    return Decimal(await session.scalar(statement) or 0)


async def recovered_page(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[ArrearsRecovery]:
    """Give a page of what was recovered in a case, the oldest first, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(ArrearsRecovery).where(ArrearsRecovery.case_id == case_id)
    return await paging.page(
        session, statement, by=(ArrearsRecovery.id,), cursor=cursor, limit=limit
    )


async def locked_recovery(
    session: Session, recovery_id: UUID, scope: Scope
) -> tuple[ArrearsCase, ArrearsRecovery]:
    """Give what was recovered and its case for changing, or raise CaseUnknown."""
    found = await arrears.locked_with_case(session, ArrearsRecovery, recovery_id, scope)
    if found is None:
        raise CaseUnknown
    return found


async def is_reversed(session: Session, recovery_id: UUID) -> bool:
    """Say whether what was recovered was taken back."""
    statement = select(ArrearsRecovery.id).where(ArrearsRecovery.reverses_id == recovery_id)
    return await session.scalar(statement) is not None
