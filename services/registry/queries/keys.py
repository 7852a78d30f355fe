"""API keys whose areas all lie within the caller's."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, true

from services.registry.errors import ApiKeyUnknown
from shared import known, paging
from shared.areas import NATION, Scope
from shared.auth import ApiKey
from shared.db import Session


def _visible(scope: Scope) -> ColumnElement[bool]:
    if NATION in scope.areas:
        return true()
    element: Any = func.jsonb_array_elements_text(ApiKey.areas).table_valued("value")
    inside = or_(
        element.c.value.in_(scope.areas),
        known.in_scope(element.c.value, Scope(scope.areas)),
    )
    return ~select(element.c.value).where(~inside).exists()


async def api_keys(
    session: Session, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[ApiKey]:
    """Give the keys of the caller's areas, revoked ones too."""
    statement = select(ApiKey).where(_visible(scope))
    return await paging.page(session, statement, by=(ApiKey.id,), cursor=cursor, limit=limit)


async def locked_api_key(session: Session, api_key_id: UUID, scope: Scope) -> ApiKey:
    """Give a key to be revoked; raises ApiKeyUnknown."""
    found = await session.scalar(
        select(ApiKey).where(ApiKey.id == api_key_id, _visible(scope)).with_for_update()
    )
    if found is None:
        raise ApiKeyUnknown
    return found
