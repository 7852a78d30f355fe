"""Conditions that wait for their day, and what was told."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, bindparam, func, literal, or_, select

from services.cases.models import Condition
from services.cases.queries import rows
from services.cases.rules.conditions import ConditionState
from services.cases.rules.items import TimerKind, WatchKind
from shared import asking, known
from shared.areas import NATION, Scope
from shared.db import Session
from shared.timers import IS_ARMED, Timer

_LATENT = Condition.state == asking.code(ConditionState.LATENT)
_STANDS = Condition.state != asking.code(ConditionState.ENDED)
# Most never stood still: to read so many empty lists takes longer than all else about them.
_NONE = literal([], Condition.pauses.type)
_PLAIN = (
    Condition.id, Condition.kind, Condition.key, Condition.subject_id, Condition.project_id,
    Condition.area_code, Condition.period, Condition.unit_id, Condition.since, Condition.facts,
    Condition.value, Condition.muted_by, Condition.state, Condition.told_at,
    Condition.opens_at, func.nullif(Condition.pauses, _NONE).label("pauses"),
)  # fmt: skip


async def locked_condition(session: Session, **values: Any) -> tuple[Condition, bool]:
    """Give the condition of a key for changing, written as given if none stands; and if it was."""
    while True:
        condition = await rows.written(session, Condition, **values)
        if condition is not None:
            return condition, True
        condition = await locked_find_condition(session, values["key"])
        # Another transaction may have ended the one that stood in our way; then write a new one.
        if condition is not None:
            return condition, False


_OF_KEY = select(Condition).where(Condition.key == bindparam("key"), _STANDS)


async def locked_find_condition(session: Session, key: str) -> Condition | None:
    """Give the condition of a key that stands, for changing, or None."""
    return await rows.locked_by(session, _OF_KEY, key=key)


_STANDING_KEYS = (
    select(Condition.key)
    .where(asking.one_of(Condition.key, "keys"), _STANDS)
    .order_by(Condition.key)
)


async def standing_keys(session: Session, keys: Sequence[str]) -> Sequence[str]:
    """Give those of some keys whose conditions stand, in their order."""
    return [row[0] for row in await asking.told(session, _STANDING_KEYS, {"keys": keys})]


async def locked_latent(session: Session, condition_id: UUID) -> Condition | None:
    """Give a condition that waits for its day, for changing, or None."""
    statement = select(Condition).where(Condition.id == condition_id, _LATENT)
    return await rows.locked_first(session, statement)


async def locked_latent_within(
    session: Session, area_code: str, kind: WatchKind | None = None
) -> Sequence[Any]:
    """Lock what waits in an area and those below it, and give it as plain rows.

    They are too many to be made objects of.
    """
    statement = _latent_within(select(*_PLAIN), area_code, kind)
    locked = statement.order_by(Condition.id).with_for_update()
    found: Sequence[Any] = (await session.execute(locked)).all()
    return found


def latent_ids(area_code: str, kind: WatchKind | None = None) -> Select[Any]:
    """Give the ids of what waits in an area and those below it, to be asked for."""
    return _latent_within(select(Condition.id), area_code, kind)


def _latent_within(statement: Select[Any], area_code: str, kind: WatchKind | None) -> Select[Any]:
    statement = statement.where(_LATENT)
    if area_code != NATION:
        inside = known.in_scope(Condition.area_code, Scope(frozenset({area_code})))
        statement = statement.where(or_(inside, Condition.area_code == area_code))
    return statement if kind is None else statement.where(Condition.kind == kind)


async def locked_standing(session: Session, keys: Collection[str]) -> Sequence[Any]:
    """Lock the conditions of some keys that stand, and give them as plain rows.

    They are too many to be made objects of.
    """
    given = func.unnest(bindparam("keys", [*keys], ARRAY(Text()))).column_valued("given")
    statement = select(*_PLAIN).where(Condition.key.in_(select(given)), _STANDS)
    locked = statement.order_by(Condition.id).with_for_update()
    return (await session.execute(locked)).all()


def _without_timer() -> Select[Condition]:
    armed = (
        select(Timer.id)
        .where(
            Timer.subject_id == Condition.id,
            Timer.kind == TimerKind.CONDITION,
            IS_ARMED,
        )
        .exists()
    )
    return select(Condition).where(_LATENT, Condition.opens_at.is_not(None), ~armed)


WITHOUT_TIMER = _without_timer()


async def conditions_without_timer(session: Session) -> Sequence[Condition]:
    """Give what waits for a day that no armed timer will tell of."""
    return (await session.scalars(WITHOUT_TIMER.order_by(Condition.id))).all()
