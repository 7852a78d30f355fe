"""Feeds that cases expects."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select

from services.cases.errors import ExpectationUnknown
from services.cases.models import Expectation
from services.cases.queries import rows
from services.cases.schemas.expectations import ExpectationFilter
from shared import known, paging
from shared.areas import Scope
from shared.auth import ApiKey
from shared.db import Session
from shared.expectations import TIMER, ExpectationState
from shared.timers import ARMED, Timer


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


def standing_within(area_code: str) -> Select[Expectation]:
    """Select what is expected in an area and below it, silent or not: it may be heard of now."""
    inside = known.in_scope(Expectation.area_code, Scope(frozenset({area_code})))
    return select(Expectation).where(
        or_(inside, Expectation.area_code == area_code),
        Expectation.state != ExpectationState.ENDED,
    )


async def client_is_known(session: Session, source_id: UUID) -> bool:
    """Say whether a provincial system may call by this key, or by a key of this organisation."""
    keys = await session.scalars(
        select(ApiKey).where(
            or_(ApiKey.id == source_id, ApiKey.org_id == source_id), ApiKey.revoked_at.is_(None)
        )
    )
    return any("provincial_system" in key.roles for key in keys)


async def expectations_without_timer(session: Session) -> Sequence[Expectation]:
    """Give what waits for an instant that no armed timer will tell of."""
    armed = select(Timer.id).where(
        Timer.subject_id == Expectation.id, Timer.kind == TIMER, Timer.state == ARMED
    )
    awaited = or_(
        Expectation.state == ExpectationState.AWAITED,
        (Expectation.state == ExpectationState.SILENT) & Expectation.valid_to.is_not(None),
    )
    statement = select(Expectation).where(awaited, ~armed.exists())
    return (await session.scalars(statement.order_by(Expectation.id))).all()
