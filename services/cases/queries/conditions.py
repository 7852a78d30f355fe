"""Conditions that wait for their day, and what was told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from services.cases.models import Condition
from services.cases.queries import rows
from services.cases.rules.conditions import ConditionState
from services.cases.rules.items import TimerKind, WatchKind
from shared import known
from shared.areas import NATION, Scope
from shared.db import Session
from shared.timers import ARMED, Timer

_LATENT = Condition.state == ConditionState.LATENT
_STANDS = Condition.state != ConditionState.ENDED


async def locked_condition(session: Session, **values: Any) -> tuple[Condition, bool]:
    """Give the condition of a key for changing, written as given if none stands; and if it was."""
    while True:
        is_new = await rows.insert_new(session, Condition, **values)
        condition = await locked_find_condition(session, values["key"])
        # Another transaction may have ended the one that stood in our way; then write a new one.
        if condition is not None:
            return condition, is_new


async def locked_find_condition(session: Session, key: str) -> Condition | None:
    """Give the condition of a key that stands, for changing, or None."""
    return await rows.locked_first(session, select(Condition).where(Condition.key == key, _STANDS))


async def locked_latent(session: Session, condition_id: UUID) -> Condition | None:
    """Give a condition that waits for its day, for changing, or None."""
    statement = select(Condition).where(Condition.id == condition_id, _LATENT)
    return await rows.locked_first(session, statement)


async def locked_latent_within(
    session: Session, area_code: str, kind: WatchKind | None = None
) -> list[Condition]:
    """Give what waits in an area and those below it, for changing."""
    statement = select(Condition).where(_LATENT)
    if area_code != NATION:
        inside = known.in_scope(Condition.area_code, Scope(frozenset({area_code})))
        statement = statement.where(or_(inside, Condition.area_code == area_code))
    if kind is not None:
        statement = statement.where(Condition.kind == kind)
    return await rows.locked_all(session, statement.order_by(Condition.id))


async def conditions_without_timer(session: Session) -> Sequence[Condition]:
    """Give what waits for a day that no armed timer will tell of."""
    armed = (
        select(Timer.id)
        .where(
            Timer.subject_id == Condition.id,
            Timer.kind == TimerKind.CONDITION,
            Timer.state == ARMED,
        )
        .exists()
    )
    statement = select(Condition).where(_LATENT, Condition.opens_at.is_not(None), ~armed)
    return (await session.scalars(statement.order_by(Condition.id))).all()
