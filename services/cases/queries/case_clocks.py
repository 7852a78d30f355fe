"""The clocks of cases and the terms that govern them: for reading, and locked for changing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from services.cases.models import OWN_COURSE, ArrearsCase, CaseClock, ClockTerms
from services.cases.queries import rows
from services.cases.rules import policies
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.items import CaseState, TimerKind
from shared import known
from shared.areas import Scope
from shared.db import Session
from shared.timers import IS_ARMED, Timer


async def clock_terms(
    session: Session, area_code: str, kinds: Collection[ClockKind], day: date
) -> Mapping[ClockKind, ClockTerms]:
    """Give the terms in force in an area, by kind of clock; a kind without has no clock there."""
    lineage = await known.lineage(session, area_code)
    statement = select(ClockTerms).where(
        ClockTerms.kind.in_(kinds), ClockTerms.area_code.in_(lineage)
    )
    found = (await session.scalars(statement)).all()
    chosen = {
        kind: policies.in_force([one for one in found if one.kind is kind], lineage, day)
        for kind in kinds
    }
    return {kind: terms for kind, terms in chosen.items() if terms is not None}


async def terms_of(session: Session, clock: CaseClock) -> ClockTerms:
    """Give the terms that a clock was started under."""
    statement = select(ClockTerms).where(ClockTerms.id == clock.terms_id)
    return (await session.scalars(statement)).one()


async def clocks(session: Session, case_id: UUID) -> Sequence[CaseClock]:
    """Give the clocks that a case's own course has and had, the oldest first."""
    statement = select(CaseClock).where(CaseClock.case_id == case_id, OWN_COURSE)
    return (await session.scalars(statement.order_by(CaseClock.started_at, CaseClock.id))).all()


async def locked_running(session: Session, case_id: UUID) -> list[CaseClock]:
    """Give the clocks of a case's own course that have not ended, for changing."""
    statement = select(CaseClock).where(
        CaseClock.case_id == case_id,
        OWN_COURSE,
        CaseClock.ended_at.is_(None),
    )
    return await rows.locked_all(session, statement.order_by(CaseClock.id))


async def locked_running_of(
    session: Session, proceeding_id: UUID, kind: ClockKind | None = None
) -> list[CaseClock]:
    """Give the clocks of a proceeding that have not ended, or those of a kind, for changing."""
    statement = select(CaseClock).where(
        CaseClock.proceeding_id == proceeding_id, CaseClock.ended_at.is_(None)
    )
    if kind is not None:
        statement = statement.where(CaseClock.kind == kind)
    return await rows.locked_all(session, statement.order_by(CaseClock.id))


async def locked_running_of_restriction(session: Session, restriction_id: UUID) -> list[CaseClock]:
    """Give the clocks of a restriction that have not ended, for changing."""
    statement = select(CaseClock).where(
        CaseClock.restriction_id == restriction_id, CaseClock.ended_at.is_(None)
    )
    return await rows.locked_all(session, statement.order_by(CaseClock.id))


async def locked_find_clock(session: Session, clock_id: UUID) -> CaseClock | None:
    """Give a clock for changing, or None; its case is locked before it, as by whoever acts."""
    about = select(CaseClock.case_id).where(CaseClock.id == clock_id)
    await rows.locked_first(
        session, select(ArrearsCase).where(ArrearsCase.id.in_(about.scalar_subquery()))
    )
    return await rows.locked_first(session, select(CaseClock).where(CaseClock.id == clock_id))


def clocks_within(area_code: str) -> Select[Any]:
    """Give the ids of the clocks that run in an area and those below it, to be asked for."""
    return select(CaseClock.id).where(_counted(_inside(area_code)))


def _inside(area_code: str) -> ColumnElement[bool]:
    below = known.in_scope(CaseClock.area_code, Scope(frozenset({area_code})))
    return or_(below, CaseClock.area_code == area_code)


def _counted(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """What has a due instant that a calendar may move: it runs, and is not over."""
    runs = (CaseClock.ended_at.is_(None), CaseClock.over_at.is_(None))
    return and_(where, *runs, CaseClock.due_at.is_not(None))


async def versions_within(session: Session, area_code: str) -> Sequence[tuple[str, str]]:
    """Give the areas in which clocks run, each with the calendar versions they were counted by."""
    statement = select(CaseClock.area_code, CaseClock.calendar_version).distinct()
    found = await session.execute(statement.where(_counted(_inside(area_code))))
    return [(row[0], row[1]) for row in found]


async def locked_counted(session: Session, areas: Collection[str]) -> Sequence[Any]:
    """Lock the cases of the clocks that run in some areas; give those clocks as plain rows.

    They are too many to be made objects of. Whoever changes a clock holds its case.
    """
    theirs = _counted(CaseClock.area_code.in_(areas))
    cases = select(ArrearsCase.id).where(
        ArrearsCase.id.in_(select(CaseClock.case_id).where(theirs))
    )
    held = cases.order_by(ArrearsCase.id).with_for_update(key_share=True).subquery()
    await session.execute(select(func.count()).select_from(held))
    statement = (
        select(
            CaseClock.id, CaseClock.case_id, CaseClock.area_code,
            CaseClock.kind, CaseClock.started_at, CaseClock.unit, CaseClock.length,
            CaseClock.granted, CaseClock.due_at, CaseClock.calendar_version,
            func.nullif(CaseClock.pauses, literal([], CaseClock.pauses.type)).label("pauses"),
            ArrearsCase.stage, ArrearsCase.unit_id, ArrearsCase.receiver_id,
        )
        .join(ArrearsCase, ArrearsCase.id == CaseClock.case_id)
        .where(theirs)
    )  # fmt: skip
    return (await session.execute(statement)).all()


async def next_instants(session: Session, areas: Collection[str]) -> list[dict[str, Any]]:
    """Give the cases of some areas whose next instant is no longer that of their first clock."""
    following = func.min(CaseClock.due_at)
    statement = (
        select(ArrearsCase.id, following.label("next_at"))
        .join(CaseClock, CaseClock.case_id == ArrearsCase.id)
        .where(
            CaseClock.area_code.in_(areas),
            CaseClock.ended_at.is_(None),
            OWN_COURSE,
        )
        .group_by(ArrearsCase.id)
        .having(following.is_distinct_from(ArrearsCase.next_at))
    )
    return [dict(row) for row in (await session.execute(statement)).mappings()]


def _without_timer() -> Select[ArrearsCase]:
    armed = (
        select(Timer.id)
        .join(CaseClock, CaseClock.id == Timer.subject_id)
        .where(
            CaseClock.case_id == ArrearsCase.id,
            OWN_COURSE,
            Timer.kind == TimerKind.CLOCK,
            IS_ARMED,
        )
        .exists()
    )
    overdue = (
        select(CaseClock.id)
        .where(
            CaseClock.case_id == ArrearsCase.id,
            OWN_COURSE,
            CaseClock.ended_at.is_(None),
            CaseClock.over_at.is_not(None),
        )
        .exists()
    )
    return select(ArrearsCase).where(ArrearsCase.state == CaseState.OPEN, ~armed, ~overdue)


WITHOUT_TIMER = _without_timer()


async def cases_without_timer(session: Session) -> Sequence[ArrearsCase]:
    """Give open cases none of whose clocks will wake anybody, and which nobody was told of."""
    return (await session.scalars(WITHOUT_TIMER.order_by(ArrearsCase.id))).all()
