"""Credits: which money counts for which obligation."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from services.payroll.models import Credit, Obligation
from services.payroll.queries import obligations
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


async def credits_page(
    session: Session, obligation_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Credit]:
    """Give a page of what counts for an obligation, oldest first; raises NotFound."""
    owed = await obligations.obligation(session, obligation_id, scope)
    statement = select(Credit).where(Credit.obligation_id == owed.id, Credit.amount > 0)
    order = (Credit.at, Credit.id)
    return await paging.page(session, statement, by=order, cursor=cursor, limit=limit)
