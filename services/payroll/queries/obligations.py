"""Obligations: what is owed, for reading, crediting and planning anew."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from services.payroll.models import Obligation, Replan
from services.payroll.queries import reports
from services.payroll.queries.sync import gone
from services.payroll.rules.obligations import OPEN, ObligationStatus
from services.payroll.schemas.obligations import ObligationFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.problems import NotFound


async def obligations(
    session: Session,
    scope: Scope,
    only: ObligationFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Obligation]:
    """Give a page of the obligations that the caller may see."""
    seen = known.in_scope(
        Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
    )
    statement = select(Obligation).where(seen)
    for column, value in {
        Obligation.project_id: only.project_id,
        Obligation.developer_id: only.developer_id,
        Obligation.period: only.period,
        Obligation.status: only.status,
    }.items():
        if value is not None:
            statement = statement.where(column == value)
    if only.due_from:
        statement = statement.where(Obligation.due_on >= only.due_from)
    if only.due_to:
        statement = statement.where(Obligation.due_on <= only.due_to)
    if only.report:
        statement = statement.where(reports.STANDS[only.report])
    return await paging.sync(
        session,
        statement,
        model=Obligation,
        by=(Obligation.due_on, Obligation.id),
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=gone(scope, seen),
    )


async def obligation(session: Session, obligation_id: UUID, scope: Scope) -> Obligation:
    """Give one obligation that the caller may see, or raise NotFound."""
    row = (
        await session.scalars(
            select(Obligation).where(
                Obligation.id == obligation_id,
                known.in_scope(
                    Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
                ),
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


async def project_of(session: Session, obligation_id: UUID) -> UUID:
    """Give the project of an obligation that is there."""
    return (
        await session.scalars(select(Obligation.project_id).where(Obligation.id == obligation_id))
    ).one()


async def locked_obligations_of(
    session: Session, project_ids: Collection[UUID]
) -> Sequence[Obligation]:
    """Give all obligations of some projects for crediting, each project's oldest first."""
    rows = await session.scalars(
        select(Obligation)
        .where(
            Obligation.project_id.in_(project_ids),
            Obligation.status != ObligationStatus.CLOSED,
        )
        # Everybody locks in this order, so that two writers wait instead of deadlocking.
        .order_by(Obligation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return sorted(rows, key=lambda row: (row.due_on, row.period, row.id))


async def locked_open_obligations_of(session: Session, project_id: UUID) -> Sequence[Obligation]:
    """Give the obligations of a project that are not judged yet, for changing."""
    rows = await session.scalars(
        select(Obligation)
        .where(Obligation.project_id == project_id, Obligation.status.in_(OPEN))
        .order_by(Obligation.id)
        .with_for_update()
    )
    return rows.all()


async def any_planned_under(session: Session, area_code: str) -> bool:
    """Say whether anything is planned in an area or below it."""
    planned = exists().where(
        Obligation.status == ObligationStatus.PLANNED, _under(Obligation.area_code, area_code)
    )
    return bool(await session.scalar(select(planned)))


def _under(column: known.Column, area_code: str) -> ColumnElement[bool]:
    if area_code == NATION:
        return column.is_not(None)
    return or_(known.in_scope(column, Scope(frozenset({area_code}))), column == area_code)


REPLAN_WAITS = exists().where(~Replan.done)
"""Whether due days wait to be worked out again."""


async def any_open_replan(session: Session) -> bool:
    """Say whether due days wait to be worked out again."""
    return bool(await session.scalar(select(REPLAN_WAITS)))


async def locked_open_replan(session: Session) -> Replan | None:
    """Give the oldest replan that is not done, unless somebody is at it."""
    return (
        await session.scalars(
            select(Replan)
            .where(~Replan.done)
            .order_by(Replan.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()


async def locked_obligations_to_replan(
    session: Session, replan: Replan, limit: int
) -> Sequence[Obligation]:
    """Give the next planned obligations whose due days a calendar may move."""
    statement = (
        select(Obligation)
        .where(
            Obligation.status == ObligationStatus.PLANNED,
            Obligation.due_on.between(replan.from_on, replan.until_on),
            _under(Obligation.area_code, replan.area_code),
        )
        .order_by(Obligation.id)
        .limit(limit)
        .with_for_update()
    )
    if replan.after_id:
        statement = statement.where(Obligation.id > replan.after_id)
    return (await session.scalars(statement)).all()
