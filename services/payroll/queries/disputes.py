"""What workers say of wages that were paid."""

from uuid import UUID

from sqlalchemy import select

from services.payroll.models import Disbursement, DisbursementLine, LineDispute
from services.payroll.queries import disbursements
from shared import paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def locked_line(
    session: Session, disbursement_id: UUID, line_id: UUID, scope: Scope
) -> tuple[Disbursement, DisbursementLine]:
    """Give a line of a batch that the caller sees, with it, for changing; raises NotFound.

    Whoever tells of the batch waits here.
    """
    owner = await disbursements.disbursement(session, disbursement_id, scope)
    await session.execute(
        select(Disbursement.id).where(Disbursement.id == owner.id).with_for_update()
    )
    line = await session.scalar(
        select(DisbursementLine)
        .where(
            DisbursementLine.id == line_id,
            DisbursementLine.disbursement_id == owner.id,
            DisbursementLine.period == owner.period,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if line is None:
        raise NotFound
    return owner, line


async def locked_open_dispute(session: Session, line_id: UUID) -> LineDispute | None:
    """Give what is disputed of a line, for changing, or None."""
    return await session.scalar(
        select(LineDispute)
        .where(LineDispute.line_id == line_id, LineDispute.closed_at.is_(None))
        .with_for_update()
    )


async def locked_dispute(
    session: Session, disbursement_id: UUID, dispute_id: UUID, scope: Scope
) -> tuple[Disbursement, LineDispute]:
    """Give a dispute of a batch that the caller sees, with it, for changing; raises NotFound."""
    owner = await disbursements.disbursement(session, disbursement_id, scope)
    row = await session.scalar(
        select(LineDispute)
        .where(LineDispute.id == dispute_id, LineDispute.disbursement_id == owner.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return owner, row


async def disputes(
    session: Session, disbursement_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[LineDispute]:
    """Give a page of a batch's disputes, oldest first; raises NotFound."""
    owner = await disbursements.disbursement(session, disbursement_id, scope)
    statement = select(LineDispute).where(LineDispute.disbursement_id == owner.id)
    return await paging.page(session, statement, by=(LineDispute.id,), cursor=cursor, limit=limit)
