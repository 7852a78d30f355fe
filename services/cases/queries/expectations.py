"""Feeds that cases expects."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from services.cases.errors import ExpectationUnknown
from services.cases.models import Expectation
from services.cases.queries import rows
from services.cases.schemas.expectations import ExpectationFilter
from shared import known, paging
from shared.areas import Scope
from shared.auth import ApiKey
from shared.db import Session
from shared.expectations import untimed, without_timer


async def expectations(
    session: Session, filters: ExpectationFilter, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Expectation]:
    """Give a page of expected feeds of the caller's areas; its owner sees those of its own."""
    seen = known.in_scope(Expectation.area_code, scope, Expectation.unit_id)
    statement = select(Expectation).where(seen)
    for name, wanted in filters.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Expectation, name) == wanted)
    by = (Expectation.area_code, Expectation.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_expectation(session: Session, expectation_id: UUID, scope: Scope) -> Expectation:
    """Give an expected feed for changing, or raise ExpectationUnknown."""
    seen = known.in_scope(Expectation.area_code, scope, Expectation.unit_id)
    statement = select(Expectation).where(Expectation.id == expectation_id, seen)
    row = await rows.locked_first(session, statement)
    if row is None:
        raise ExpectationUnknown
    return row


async def client_is_known(session: Session, source_id: UUID) -> bool:
    """Say whether a provincial system may call by this key, or by a key of this organisation."""
    keys = await session.scalars(
        select(ApiKey).where(
            or_(ApiKey.id == source_id, ApiKey.org_id == source_id), ApiKey.revoked_at.is_(None)
        )
    )
    return any("provincial_system" in key.roles for key in keys)


WITHOUT_TIMER = untimed(Expectation)


async def expectations_without_timer(session: Session) -> Sequence[Expectation]:
    """Give what waits for an instant that no armed timer will tell of."""
    return await without_timer(session, Expectation)
