"""Imported lists of wage accounts."""

from uuid import UUID

from sqlalchemy import func, select

from services.payroll.errors import AccountListUnknown
from services.payroll.models import AccountList, Source
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


async def account_lists(
    session: Session, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[AccountList]:
    """Give a page of lists, the newest first."""
    statement = select(AccountList).where(known.in_scope(AccountList.area_code, Scope(scope.areas)))
    return await paging.page(
        session, statement, by=(AccountList.id,), cursor=cursor, limit=limit, descending=True
    )


async def account_list(session: Session, list_id: UUID, scope: Scope) -> AccountList:
    """Give one list; raises AccountListUnknown."""
    inside = known.in_scope(AccountList.area_code, Scope(scope.areas))
    found = await session.scalar(select(AccountList).where(AccountList.id == list_id, inside))
    if found is None:
        raise AccountListUnknown
    return found


async def locked_list_of(session: Session, area_code: str, digest: str) -> AccountList | None:
    """Give the list of a file; whoever sends the same one waits here."""
    key = func.hashtextextended(f"accounts:{area_code}:{digest}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(key)))
    return await session.scalar(
        select(AccountList)
        .where(AccountList.area_code == area_code, AccountList.digest == digest)
        .with_for_update()
    )


async def source_codes(session: Session, area_code: str, scope: Scope) -> list[str]:
    """Give the codes of the sources that an area's accounts may name."""
    statement = select(Source.code).where(
        known.in_scope(Source.area_code, Scope(frozenset({area_code}))),
        known.in_scope(Source.area_code, Scope(scope.areas)),
    )
    return list((await session.scalars(statement.order_by(Source.code))).all())
