"""Retaliation: for reading, and locked for changing."""

from uuid import UUID

from sqlalchemy import select

from services.cases.errors import RetaliationUnknown
from services.cases.models import ArrearsCase, Retaliation
from services.cases.queries import arrears
from shared import paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


async def retaliations(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Retaliation]:
    """Give a page of what was told of in a case, the oldest first, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(Retaliation).where(Retaliation.case_id == case_id)
    return await paging.page(session, statement, by=(Retaliation.id,), cursor=cursor, limit=limit)


async def locked_retaliation(
    session: Session, retaliation_id: UUID, scope: Scope
) -> tuple[ArrearsCase, Retaliation]:
    """Give one with its case, which is locked first; or raise RetaliationUnknown."""
    found = await arrears.locked_with_case(session, Retaliation, retaliation_id, scope)
    if found is None:
        raise RetaliationUnknown
    return found
