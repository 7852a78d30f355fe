"""Lists of workers of cases that came in files."""

from uuid import UUID

from sqlalchemy import select

from services.cases.errors import LineListUnknown
from services.cases.models import ArrearsCase, LineList
from services.cases.queries import arrears, rows
from shared import paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found


async def line_lists(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[LineList]:
    """Give a page of a case's lists, the newest first, or raise CaseUnknown."""
    await arrears.arrears_case(session, case_id, scope)
    statement = select(LineList).where(LineList.case_id == case_id)
    return await paging.page(
        session, statement, by=(LineList.id,), cursor=cursor, limit=limit, descending=True
    )


async def line_list(session: Session, list_id: UUID, scope: Scope) -> LineList:
    """Give a list of a case that the caller sees, or raise LineListUnknown."""
    cases = arrears.seen(select(ArrearsCase), scope).with_only_columns(ArrearsCase.id)
    statement = select(LineList).where(LineList.id == list_id, LineList.case_id.in_(cases))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise LineListUnknown
    return found


async def locked_line_list(session: Session, case_id: UUID, digest: str) -> LineList | None:
    """Give the list of a file for changing; whoever sends the same waits for the case before."""
    statement = select(LineList).where(LineList.case_id == case_id, LineList.digest == digest)
    return await rows.locked_first(session, statement)
