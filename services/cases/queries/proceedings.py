"""Proceedings beside cases: for reading, and locked for changing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, not_, or_, select

from services.cases.errors import ProceedingUnknown
from services.cases.models import (
    ArrearsCase,
    CaseClock,
    PlanInstalment,
    Proceeding,
    ProceedingStep,
)
from services.cases.queries import arrears, rows
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.items import TimerKind
from services.cases.rules.proceedings import RESTING, ProceedingKind, ProceedingStage
from services.cases.schemas.proceedings import ProceedingFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found
from shared.timers import IS_ARMED, Timer


def _seen(scope: Scope) -> Select[Proceeding]:
    of_case = select(Proceeding).join(ArrearsCase, ArrearsCase.id == Proceeding.case_id)
    return of_case.where(arrears.visible(scope))


async def proceedings(
    session: Session, filters: ProceedingFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Proceeding]:
    """Give a page of proceedings of cases that a caller sees, the oldest first."""
    statement = _seen(scope)
    for name in ("case_id", "kind", "stage", "credit_code"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(Proceeding, name) == wanted)
    if filters.under_way is not None:
        over = Proceeding.ended_at.is_not(None)
        statement = statement.where(~over if filters.under_way else over)
    if filters.area_code is not None:
        inside = known.in_scope(Proceeding.area_code, Scope(frozenset({filters.area_code})))
        statement = statement.where(or_(inside, Proceeding.area_code == filters.area_code))
    return await paging.page(session, statement, by=(Proceeding.id,), cursor=cursor, limit=limit)


async def proceeding(session: Session, proceeding_id: UUID, scope: Scope) -> Proceeding:
    """Give a proceeding, or raise ProceedingUnknown."""
    statement = _seen(scope).where(Proceeding.id == proceeding_id)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise ProceedingUnknown
    return found


async def locked_proceeding(
    session: Session, proceeding_id: UUID, scope: Scope
) -> tuple[ArrearsCase, Proceeding]:
    """Give a proceeding and its case for changing, or raise ProceedingUnknown."""
    found = await arrears.locked_with_case(session, Proceeding, proceeding_id, scope)
    if found is None:
        raise ProceedingUnknown
    return found


async def locked_find_proceeding(session: Session, proceeding_id: UUID) -> Proceeding | None:
    """Give a proceeding for changing, or None; its case is locked before."""
    statement = select(Proceeding).where(Proceeding.id == proceeding_id)
    return await rows.locked_first(session, statement)


async def locked_under_way(
    session: Session, case_id: UUID, kind: ProceedingKind
) -> Proceeding | None:
    """Give a case's proceeding of a kind that is not over, for changing, or None."""
    statement = select(Proceeding).where(
        Proceeding.case_id == case_id, Proceeding.kind == kind, Proceeding.ended_at.is_(None)
    )
    return await rows.locked_first(session, statement.order_by(Proceeding.id))


async def kinds_since(session: Session, case_id: UUID, at: datetime) -> set[ProceedingKind]:
    """Give of which kinds a case has had proceedings since an instant, or still has."""
    statement = select(Proceeding.kind).where(
        Proceeding.case_id == case_id,
        or_(Proceeding.opened_at >= at, Proceeding.ended_at.is_(None)),
    )
    return set(await session.scalars(statement))


async def of_case(session: Session, case_id: UUID, kind: ProceedingKind) -> Sequence[Proceeding]:
    """Give the proceedings of a kind that a case has and had."""
    statement = select(Proceeding).where(Proceeding.case_id == case_id, Proceeding.kind == kind)
    return (await session.scalars(statement.order_by(Proceeding.id))).all()


async def proceeding_steps(session: Session, proceeding_id: UUID) -> Sequence[ProceedingStep]:
    """Give the steps of a proceeding, the oldest first."""
    statement = select(ProceedingStep).where(ProceedingStep.proceeding_id == proceeding_id)
    return (await session.scalars(statement.order_by(ProceedingStep.at, ProceedingStep.id))).all()


async def proceeding_clocks(session: Session, proceeding_id: UUID) -> Sequence[CaseClock]:
    """Give the clocks that a proceeding has and had, the oldest first."""
    statement = select(CaseClock).where(CaseClock.proceeding_id == proceeding_id)
    return (await session.scalars(statement.order_by(CaseClock.started_at, CaseClock.id))).all()


async def expired_order(session: Session, case_id: UUID) -> CaseClock | None:
    """Give the limit of an order to pay that has run out and still is not kept, or None."""
    statement = select(CaseClock).where(
        CaseClock.case_id == case_id,
        CaseClock.kind == ClockKind.PAYMENT,
        CaseClock.ended_at.is_(None),
        CaseClock.over_at.is_not(None),
    )
    return (await session.scalars(statement)).one_or_none()


async def has_newer_case(session: Session, case: ArrearsCase, at: datetime) -> bool:
    """Say whether new arrears of a case's employer have been told of since an instant."""
    same = [
        column == value
        for column, value in (
            (ArrearsCase.employer_id, case.employer_id),
            (ArrearsCase.employer_name, case.employer_name),
        )
        if value is not None
    ]
    if not same:
        return False
    statement = select(ArrearsCase.id).where(
        or_(*same), ArrearsCase.id != case.id, ArrearsCase.opened_at > at
    )
    return await session.scalar(statement.limit(1)) is not None


def _without_timer() -> Select[Proceeding]:
    running = select(CaseClock.id).where(
        CaseClock.proceeding_id == Proceeding.id, CaseClock.ended_at.is_(None)
    )
    armed = (
        running.join(Timer, Timer.subject_id == CaseClock.id)
        .where(Timer.kind == TimerKind.CLOCK, IS_ARMED)
        .exists()
    )
    told = running.where(CaseClock.over_at.is_not(None)).exists()
    rests = [Proceeding.stage == stage for stage in RESTING]
    return select(Proceeding).where(Proceeding.ended_at.is_(None), not_(or_(*rests)), ~armed, ~told)


WITHOUT_TIMER = _without_timer()


async def proceedings_without_timer(session: Session) -> Sequence[Proceeding]:
    """Give proceedings under way that no clock will wake anybody about, nor has."""
    return (await session.scalars(WITHOUT_TIMER.order_by(Proceeding.id))).all()


async def instalments(session: Session, proceeding_id: UUID) -> Sequence[PlanInstalment]:
    """Give the instalments of a plan, in their order."""
    statement = select(PlanInstalment).where(PlanInstalment.proceeding_id == proceeding_id)
    return (await session.scalars(statement.order_by(PlanInstalment.position))).all()


async def locked_of_money(session: Session, case_id: UUID) -> list[Proceeding]:
    """Give the demands and plans of a case that payments move, for changing."""
    moved = (ProceedingStage.ASKED, ProceedingStage.MET, ProceedingStage.RUNNING,
             ProceedingStage.KEPT)  # fmt: skip
    statement = select(Proceeding).where(Proceeding.case_id == case_id, Proceeding.stage.in_(moved))
    return await rows.locked_all(session, statement.order_by(Proceeding.id))
