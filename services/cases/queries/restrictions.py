"""Restrictions: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, and_, or_, select

from services.cases.errors import RestrictionUnknown
from services.cases.models import ArrearsCase, CaseClock, Restriction
from services.cases.queries import arrears, rows
from services.cases.rules.items import TimerKind
from services.cases.rules.restrictions import RestrictionKind, RestrictionState
from services.cases.schemas.restrictions import RestrictionFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.paging import Found
from shared.timers import IS_ARMED, Timer

_STANDING = (RestrictionState.PROPOSED, RestrictionState.IN_FORCE)


def _seen(scope: Scope) -> Select[Restriction]:
    of_case = select(Restriction).join(ArrearsCase, ArrearsCase.id == Restriction.case_id)
    return of_case.where(arrears.visible(scope))


async def restrictions_page(
    session: Session, filters: RestrictionFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Restriction]:
    """Give a page of restrictions of cases that a caller sees, the oldest first."""
    statement = _seen(scope)
    for name in ("case_id", "kind", "state"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(Restriction, name) == wanted)
    if filters.area_code is not None:
        inside = known.in_scope(Restriction.area_code, Scope(frozenset({filters.area_code})))
        statement = statement.where(or_(inside, Restriction.area_code == filters.area_code))
    return await paging.page(session, statement, by=(Restriction.id,), cursor=cursor, limit=limit)


async def restricted_by(
    session: Session, credit_code: str, day: date, scope: Scope
) -> Sequence[Restriction]:
    """Give what restricts a unit on a day, whichever area has decided it (处处受限)."""
    everywhere = Scope(scope.areas | {NATION})
    statement = select(Restriction).where(
        known.in_scope(Restriction.area_code, everywhere),
        Restriction.credit_code == credit_code,
        Restriction.state == RestrictionState.IN_FORCE,
        Restriction.from_on <= day,
        Restriction.to_on >= day,
    )
    return (await session.scalars(statement.order_by(Restriction.to_on, Restriction.id))).all()


async def locked_restriction(
    session: Session, restriction_id: UUID, scope: Scope
) -> tuple[ArrearsCase, Restriction]:
    """Give a restriction and its case for changing, or raise RestrictionUnknown."""
    found = await arrears.locked_with_case(session, Restriction, restriction_id, scope)
    if found is None:
        raise RestrictionUnknown
    return found


async def locked_find_restriction(session: Session, restriction_id: UUID) -> Restriction | None:
    """Give a restriction for changing, or None."""
    statement = select(Restriction).where(Restriction.id == restriction_id)
    return await rows.locked_first(session, statement)


async def kinds_standing(session: Session, case_id: UUID) -> set[RestrictionKind]:
    """Give which kinds a case has proposed or in force."""
    statement = select(Restriction.kind).where(
        Restriction.case_id == case_id, Restriction.state.in_(_STANDING)
    )
    return set(await session.scalars(statement))


def _without_timer() -> Select[Restriction]:
    armed = (
        select(Timer.id)
        .where(
            Timer.subject_id == Restriction.id,
            Timer.kind == TimerKind.RESTRICTION,
            IS_ARMED,
        )
        .exists()
    )
    running = select(CaseClock.id).where(
        CaseClock.restriction_id == Restriction.id, CaseClock.ended_at.is_(None)
    )
    waited = running.join(Timer, Timer.subject_id == CaseClock.id).where(
        Timer.kind == TimerKind.CLOCK, IS_ARMED
    )
    told = running.where(CaseClock.over_at.is_not(None))
    forgotten = and_(Restriction.state == RestrictionState.IN_FORCE, ~armed)
    undecided = and_(
        Restriction.state == RestrictionState.PROPOSED, ~waited.exists(), ~told.exists()
    )
    return select(Restriction).where(or_(forgotten, undecided))


WITHOUT_TIMER = _without_timer()


async def restrictions_without_timer(session: Session) -> Sequence[Restriction]:
    """Give what is in force and would not end by itself, or proposed and nobody is told of."""
    return (await session.scalars(WITHOUT_TIMER.order_by(Restriction.id))).all()
