"""Policies in shadow mode, and what they would have done."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, select

from services.cases.errors import PolicyUnknown
from services.cases.models import Policy, ShadowStep, Telling, WatchItem
from services.cases.queries import policies, tellings
from services.cases.rules import policies as rules
from services.cases.schemas.shadows import ShadowFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found

_CHUNK = 5000


SHADOWS_RUN = exists().where(
    Policy.mode == rules.Mode.SHADOW, Policy.valid_from <= bindparam("today")
)
"""Whether any policy runs in shadow mode today."""


async def running(session: Session, day: date) -> list[Policy]:
    """Give the shadow policies that run on a day: of each area and kind the one begun last."""
    shadows = select(Policy).where(Policy.mode == rules.Mode.SHADOW, Policy.valid_from <= day)
    latest: dict[tuple[str, str], Policy] = {}
    for row in await session.scalars(shadows.order_by(Policy.valid_from, Policy.version)):
        latest[row.area_code, row.kind] = row
    return list(latest.values())


async def shadow_policy(session: Session, policy_id: UUID, scope: Scope) -> Policy:
    """Give a policy in shadow mode that may govern a caller's areas, or raise PolicyUnknown."""
    statement = select(Policy).where(
        Policy.id == policy_id,
        Policy.mode == rules.Mode.SHADOW,
        policies.applies(Policy.area_code, scope),
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise PolicyUnknown
    return found


async def last_told(session: Session, keys: Collection[str]) -> dict[str, Telling]:
    """Give what was told last of some matters, by their keys."""
    found: dict[str, Telling] = {}
    ordered = select(Telling).order_by(Telling.known_at, Telling.at, Telling.id)
    for part in _chunks(sorted(keys)):
        for one in await session.scalars(ordered.where(Telling.key.in_(part))):
            found[one.key] = one
    return found


async def recorded_ids(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Give which of some lines are recorded."""
    found: set[UUID] = set()
    for part in _chunks(sorted(ids)):
        found |= set(await session.scalars(select(ShadowStep.id).where(ShadowStep.id.in_(part))))
    return found


def _chunks(values: list[str] | list[UUID]) -> Sequence[list[str] | list[UUID]]:
    return [values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK)]


async def shadow_steps(
    session: Session,
    policy_id: UUID,
    filters: ShadowFilter,
    scope: Scope,
    *,
    cursor: str | None,
    limit: int,
) -> Found[ShadowStep]:
    """Give a page of what a shadow policy would have done, in order; or raise PolicyUnknown."""
    await shadow_policy(session, policy_id, scope)
    statement = select(ShadowStep).where(ShadowStep.policy_id == policy_id, _visible(scope))
    for column in ("what", "key", "project_id"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(ShadowStep, column) == wanted)
    by = (ShadowStep.at, ShadowStep.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def steps_of(
    session: Session, policy: Policy, since: datetime, until: datetime, scope: Scope
) -> Sequence[ShadowStep]:
    """Give what a shadow policy would have done about items that open between two instants."""
    statement = select(ShadowStep).where(
        ShadowStep.policy_id == policy.id,
        ShadowStep.opened_at >= since,
        ShadowStep.at < until,
        _visible(scope),
    )
    ordered = statement.order_by(ShadowStep.opened_at, ShadowStep.key, ShadowStep.at, ShadowStep.id)
    return (await session.scalars(ordered)).all()


async def items_beside(
    session: Session, policy: Policy, since: datetime, until: datetime, scope: Scope
) -> Sequence[WatchItem]:
    """Give the items that did open between two instants where a shadow policy would govern."""
    found = await tellings.items_of(session, policy.kind, policy.area_code, until, scope)
    return [one for one in found if one.opened_at >= since]


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(ShadowStep.area_code, scope)
