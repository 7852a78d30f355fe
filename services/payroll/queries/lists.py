"""Lists that came in files: of wage accounts, of treasury payments."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from services.payroll.errors import AccountListUnknown, PaymentListUnknown
from services.payroll.models import AccountList, FilledList, PaymentList, Source
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound

L = TypeVar("L", bound=FilledList)
_UNKNOWN: Mapping[type[FilledList], type[NotFound]] = {
    AccountList: AccountListUnknown,
    PaymentList: PaymentListUnknown,
}


async def lists(
    session: Session, of: type[L], scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[L]:
    """Give a page of lists, the newest first."""
    statement = select(of).where(known.in_scope(of.area_code, Scope(scope.areas)))
    return await paging.page(
        session, statement, by=(of.id,), cursor=cursor, limit=limit, descending=True
    )


async def filled_list(session: Session, of: type[L], list_id: UUID, scope: Scope) -> L:
    """Give one list; raises AccountListUnknown, PaymentListUnknown."""
    inside = known.in_scope(of.area_code, Scope(scope.areas))
    found = await session.scalar(select(of).where(of.id == list_id, inside))
    if found is None:
        raise _UNKNOWN[of]
    return found


async def locked_list_of(session: Session, of: type[L], area_code: str, digest: str) -> L | None:
    """Give the list of a file; whoever sends the same one waits here."""
    await asking.wait_for(session, f"{of.__tablename__}:{area_code}:{digest}")
    return await session.scalar(
        select(of).where(of.area_code == area_code, of.digest == digest).with_for_update()
    )


async def source_codes(session: Session, area_code: str, scope: Scope) -> list[str]:
    """Give the codes of the sources that an area's accounts may name."""
    statement = select(Source.code).where(
        known.in_scope(Source.area_code, Scope(frozenset({area_code}))),
        known.in_scope(Source.area_code, Scope(scope.areas)),
    )
    return list((await session.scalars(statement.order_by(Source.code))).all())
