"""Wage accounts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from services.payroll.models import WageAccount
from services.payroll.queries.sync import gone
from services.payroll.schemas.accounts import WageAccountFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


async def wage_accounts(
    session: Session,
    scope: Scope,
    only: WageAccountFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[WageAccount]:
    """Give a page of the wage accounts that the caller may see."""
    seen = known.in_scope(
        WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
    )
    statement = select(WageAccount).where(seen)
    if only.project_id:
        statement = statement.where(WageAccount.project_id == only.project_id)
    return await paging.sync(
        session,
        statement,
        model=WageAccount,
        by=(WageAccount.opened_on, WageAccount.id),
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=gone(scope, seen),
    )


async def locked_find_account(session: Session, account_index: str) -> WageAccount | None:
    """Give the wage account of a number, by its blind index; who enters the same waits here."""
    key = func.hashtextextended(f"account:{account_index}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    same = select(WageAccount).where(WageAccount.account_index == account_index)
    return await session.scalar(same.with_for_update())


async def accounts_of_projects(
    session: Session, project_ids: Collection[UUID]
) -> Mapping[UUID, WageAccount]:
    """Give the wage accounts of some projects, by id."""
    rows = await session.scalars(select(WageAccount).where(WageAccount.project_id.in_(project_ids)))
    return {row.id: row for row in rows}


async def find_account_of_project(session: Session, project_id: UUID) -> WageAccount | None:
    """Give a project's wage account, or None."""
    return (
        await session.scalars(select(WageAccount).where(WageAccount.project_id == project_id))
    ).one_or_none()


async def locked_account_of_project(session: Session, project_id: UUID) -> WageAccount | None:
    """Give a project's wage account for changing, or None."""
    return (
        await session.scalars(
            select(WageAccount).where(WageAccount.project_id == project_id).with_for_update()
        )
    ).one_or_none()


async def accounts_by_index(
    session: Session, indexes: Collection[str]
) -> Mapping[str, WageAccount]:
    """Give the wage accounts of some numbers, whoever's they are, by blind index."""
    rows: Sequence[WageAccount] = (
        await session.scalars(select(WageAccount).where(WageAccount.account_index.in_(indexes)))
    ).all()
    return {row.account_index: row for row in rows}
