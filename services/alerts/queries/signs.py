"""Signs of a group dispute."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.alerts.models import Sign
from services.alerts.schemas.signs import SignFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def signs(
    session: Session, scope: Scope, asked: SignFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the signs in a caller's areas, the newest first."""
    statement = select(Sign).where(known.in_scope(Sign.area_code, scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Sign, name) == value)
    return await paging.page(
        session, statement, by=(Sign.seen_at, Sign.id), cursor=cursor, limit=limit,
        descending=True,
    )  # fmt: skip


async def locked_sign(session: Session, sign_id: UUID, scope: Scope) -> Sign:
    """Give a sign for changing; NotFound outside the scope."""
    statement = select(Sign).where(Sign.id == sign_id, known.in_scope(Sign.area_code, scope))
    found = await session.scalar(statement.with_for_update())
    if found is None:
        raise NotFound
    return found
