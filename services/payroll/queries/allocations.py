"""What was decided of lines' money: for reading, in force, and locked for deciding."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased, selectinload

from services.payroll.models import Allocation, Credit, Obligation, Source, WageAccount
from services.payroll.rules.matching import IN_FORCE, PENDING, AllocationKind, AllocationState
from services.payroll.schemas.allocations import AllocationFilter
from shared import asking, db, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound

_IN_FORCE = Allocation.state.in_(IN_FORCE)
_PENDING = Allocation.state.in_(PENDING)
_Owner = aliased(WageAccount)
"""The account into which the line came, if anybody registered it."""


def _seen(scope: Scope) -> Select[Allocation]:
    """Give what was decided for obligations, or of lines, that a caller may see."""
    owed: ColumnElement[bool] = known.in_scope(
        Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
    )
    mine: ColumnElement[bool] = known.in_scope(
        _Owner.area_code, scope, _Owner.developer_id, _Owner.contractor_id
    )
    nobodys: ColumnElement[bool] = _Owner.id.is_(None) & known.in_scope(
        Source.area_code, scope, Source.bank_id
    )
    return (
        select(Allocation)
        .join(Source, Source.id == Allocation.source_id)
        .outerjoin(Obligation, Obligation.id == Allocation.obligation_id)
        .outerjoin(_Owner, _Owner.account_index == Allocation.account_index)
        .where(or_(owed, mine, nobodys))
    )


async def allocations(
    session: Session, scope: Scope, only: AllocationFilter, *, cursor: str | None, limit: int
) -> paging.Found[Allocation]:
    """Give a page of what was decided, the newest proposal first."""
    statement = _seen(scope).options(selectinload(Allocation.steps))
    for column, value in {
        Allocation.state: only.state,
        Allocation.kind: only.kind,
        Allocation.line_id: only.line_id,
        Allocation.obligation_id: only.obligation_id,
    }.items():
        if value is not None:
            statement = statement.where(column == value)
    if only.project_id:
        statement = statement.where(
            or_(Obligation.project_id == only.project_id, _Owner.project_id == only.project_id)
        )
    order = (Allocation.proposed_at, Allocation.id)
    return await paging.page(
        session, statement, by=order, cursor=cursor, limit=limit, descending=True
    )


async def allocation(session: Session, allocation_id: UUID, scope: Scope) -> Allocation:
    """Give one decision with its steps, or raise NotFound."""
    statement = (
        _seen(scope)
        .where(Allocation.id == allocation_id)
        .options(selectinload(Allocation.steps))
        .execution_options(populate_existing=True)
    )
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def locked_allocation(session: Session, allocation_id: UUID) -> Allocation:
    """Give a decision for changing; the caller may see it."""
    return (
        await session.scalars(
            select(Allocation)
            .where(Allocation.id == allocation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def find_pending(session: Session, line_id: UUID) -> UUID | None:
    """Give what waits for a second person to decide of a line, or None."""
    return await session.scalar(
        select(Allocation.id).where(Allocation.line_id == line_id, _PENDING)
    )


async def wait_for_turn(session: Session) -> None:
    """Let one decision on lines be carried out at a time: each may move several projects."""
    await asking.wait_for(session, "allocations")


async def amount_decided(
    session: Session,
    but: UUID,
    *,
    line_id: UUID | None = None,
    obligation_id: UUID | None = None,
) -> Decimal:
    """Give what other decisions, in force or proposed, hold of a line or cover of an obligation."""
    stands = Allocation.state.not_in([AllocationState.REFUSED, AllocationState.REVERSED])
    statement = select(func.coalesce(func.sum(Allocation.amount), 0)).where(
        stands, Allocation.id != but
    )
    if line_id:
        statement = statement.where(Allocation.line_id == line_id)
    if obligation_id:
        statement = statement.where(Allocation.obligation_id == obligation_id)
    return (await session.scalars(statement)).one()


async def amounts_returned(session: Session, line_ids: Collection[UUID]) -> Mapping[UUID, Decimal]:
    """Give what the bank took back of some credits, where it took anything."""
    rows = await session.execute(
        select(Allocation.line_id, func.sum(Allocation.amount))
        .where(
            Allocation.line_id.in_(line_ids),
            Allocation.kind == AllocationKind.RETURNED,
            _IN_FORCE,
        )
        .group_by(Allocation.line_id)
    )
    return dict(rows.all())


async def allocation_is_new(session: Session, **values: Any) -> bool:
    """Write a decision unless another one about its line, or its return, waits or stands.

    A conflict waits for the transaction that holds the other row, so two cannot both be new.
    """
    done = await session.scalar(
        insert(Allocation).values(**values).on_conflict_do_nothing().returning(Allocation.id)
    )
    if done is None:
        return False
    after = to_jsonable_python(values, fallback=str)
    db.record(session, "insert", Allocation.__tablename__, done, after=after)
    return True


async def in_force(session: Session, line_ids: Collection[UUID]) -> Sequence[Allocation]:
    """Give what is decided of some lines: what the bank took back, then as it was confirmed."""
    rows = await session.scalars(
        select(Allocation)
        .where(Allocation.line_id.in_(line_ids), _IN_FORCE)
        .order_by(
            Allocation.kind != AllocationKind.RETURNED, Allocation.confirmed_at, Allocation.id
        )
    )
    return rows.all()


async def lines_decided_for(
    session: Session, project_ids: Collection[UUID]
) -> set[tuple[str, UUID]]:
    """Give the lines of which something is decided for projects, by account's index and id."""
    rows = await session.execute(
        select(Allocation.account_index, Allocation.line_id)
        .join(Obligation, Obligation.id == Allocation.obligation_id)
        .where(Obligation.project_id.in_(project_ids), _IN_FORCE)
    )
    return set(rows.all())


async def projects_about(session: Session, line_id: UUID) -> set[UUID]:
    """Give the projects for whose obligations something of a line counts, or is decided."""
    credited = select(Credit.obligation_id).where(Credit.line_id == line_id, Credit.amount > 0)
    decided = select(Allocation.obligation_id).where(Allocation.line_id == line_id, _IN_FORCE)
    rows = await session.scalars(
        select(Obligation.project_id).where(
            or_(Obligation.id.in_(credited), Obligation.id.in_(decided))
        )
    )
    return set(rows)
