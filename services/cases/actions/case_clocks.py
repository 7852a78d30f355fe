"""The clocks of an arrears case: they follow its stage, stand still, run out and are told of."""

from datetime import date, datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions
from services.cases.models import ArrearsCase, CaseClock, CaseStep, ClockTerms
from services.cases.rules import case_clocks as rules
from services.cases.rules.case_clocks import COUNTED_DOWN, EXPECTED, UNSHIFTED, ClockKind
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.items import TimerKind, WatchKind, key_of
from shared import clock as shared_clock
from shared import known, timers
from shared.db import Session, new_id, same_id
from shared.workdays import Calendar, Unit

CLOCK_OVER = "clock_over"


async def follow(session: Session, case: ArrearsCase, at: datetime, by: str, reason: str) -> None:
    """Let the clocks of a locked case follow the stage that it has just entered.

    What belongs to the stage that was left ends; what runs beside goes on, or stands still.
    """
    running = {one.kind: one for one in await queries.case_clocks.locked_running(session, case.id)}
    for kind, clock in list(running.items()):
        if not rules.runs(kind, case.stage) or kind is rules.OF_STAGE.get(case.stage):
            await end_clock(session, case, clock, at)
            del running[kind]
    calendar = await known.calendar(session, case.area_code)
    for clock in running.values():
        await _still_or_on(session, case, clock, at, by=by, reason=reason)
    wanted = rules.started_by(
        case.stage,
        accepted=case.accepted_at is not None,
        copied=case.copied_to_id is not None and case.copy_taken_at is None,
    )
    lacking = [kind for kind in wanted if kind not in running]
    terms = await queries.case_clocks.clock_terms(
        session, case.area_code, lacking, shared_clock.day_of(at)
    )
    started = [await _start(session, case, each, calendar, at) for each in terms.values()]
    _next(case, [*running.values(), *started])


async def _start(
    session: Session, case: ArrearsCase, terms: ClockTerms, calendar: Calendar, at: datetime
) -> CaseClock:
    # The limit of acceptance runs from the day on which the first receiver heard of it.
    since = case.received_at or at if terms.kind is ClockKind.ACCEPTANCE else at
    given = case.pay_within if terms.kind is ClockKind.PAYMENT else None
    return await start_clock(
        session, case, terms.kind, calendar, at, since=since, terms_id=terms.id, unit=terms.unit,
        length=terms.length if given is None else given,
    )  # fmt: skip


async def start_clock(
    session: Session,
    case: ArrearsCase,
    kind: ClockKind,
    calendar: Calendar,
    at: datetime,
    *,
    since: datetime,
    unit: Unit,
    length: int,
    terms_id: UUID | None = None,
    proceeding_id: UUID | None = None,
    restriction_id: UUID | None = None,
) -> CaseClock:
    """Start a clock of a case, or of a proceeding or a restriction beside it."""
    clock = CaseClock(
        id=new_id(), case_id=case.id, proceeding_id=proceeding_id,
        restriction_id=restriction_id, area_code=case.area_code, kind=kind, terms_id=terms_id,
        started_at=since, unit=unit, length=length, granted=0, pauses=[], still_since=None,
        calendar_version=calendar.version, over_at=None, ended_at=None,
    )  # fmt: skip
    _arm(session, clock, calendar, at)
    session.add(clock)
    await _count_down(session, case, clock, at)
    return clock


async def arm(
    session: Session, case: ArrearsCase, clock: CaseClock, calendar: Calendar, at: datetime
) -> None:
    """Count anew when a clock runs out, arm its timer, and tell what counts it down."""
    await timers.disarm(session, clock.id, TimerKind.CLOCK)
    _arm(session, clock, calendar, at)
    await _count_down(session, case, clock, at)


def _arm(session: Session, clock: CaseClock, calendar: Calendar, at: datetime) -> None:
    shift = clock.kind not in UNSHIFTED
    clock.due_at = rules.due_at(
        clock.started_at, clock.limit, clock.stood_still, calendar, shift=shift
    )
    clock.calendar_version = calendar.version
    if clock.over_at is not None and clock.due_at > at:
        clock.over_at = None
    if clock.over_at is None:
        timers.arm(
            session, TimerKind.CLOCK, clock.id, clock.due_at, entered_at=clock.started_at,
            calendar_version=calendar.version,
        )  # fmt: skip


async def _count_down(session: Session, case: ArrearsCase, clock: CaseClock, at: datetime) -> None:
    if clock.kind in COUNTED_DOWN:
        await _tell(session, case, clock, WatchKind.CASE_LIMIT_NEAR, at)


async def _still_or_on(
    session: Session,
    case: ArrearsCase,
    clock: CaseClock,
    at: datetime,
    *,
    by: str,
    reason: str,
) -> None:
    still = rules.stands_still(clock.kind, case.stage)
    if still and clock.still_since is None:
        clock.stop(at)
        await timers.disarm(session, clock.id, TimerKind.CLOCK)
        await _untell(session, case, clock, at, "stands_still")
    elif not still and clock.still_since is not None:
        clock.go_on(at, reason, by)
        await arm(session, case, clock, await known.calendar(session, case.area_code), at)


async def end_clock(session: Session, case: ArrearsCase, clock: CaseClock, at: datetime) -> None:
    """End a clock: what it limits is done, or left."""
    clock.ended_at = at
    await timers.disarm(session, clock.id, TimerKind.CLOCK)
    await _untell(session, case, clock, at, "case_moved")


async def keep(session: Session, case: ArrearsCase, clock: CaseClock, at: datetime) -> None:
    """End a clock before its stage does: what it waits for is done."""
    await end_clock(session, case, clock, at)
    _next(case, await queries.case_clocks.locked_running(session, case.id))


async def keep_next(session: Session, case: ArrearsCase, *started: CaseClock) -> None:
    """Write down which limit of a case is the next, those that were just started among them."""
    there = await queries.case_clocks.locked_running(session, case.id)
    _next(case, [*there, *(one for one in started if one not in there)])


async def grant(
    session: Session, case: ArrearsCase, clock: CaseClock, length: int, at: datetime
) -> None:
    """Give a running clock so much more, in its own unit."""
    clock.granted += length
    await arm(session, case, clock, await known.calendar(session, case.area_code), at)
    _next(case, await queries.case_clocks.locked_running(session, case.id))


async def fall_due(
    session: Session, clock_id: UUID, at: datetime
) -> tuple[ArrearsCase, CaseClock] | None:
    """A clock has run out: it is written down, and told of if somebody is late, once."""
    clock = await queries.case_clocks.locked_find_clock(session, clock_id)
    if clock is None or clock.ended_at or clock.over_at or clock.due_at is None:
        return None
    if clock.due_at > at:
        return None
    case = await queries.arrears.locked_find_case(session, clock.case_id)
    if case is None:
        return None
    clock.over_at = clock.due_at
    session.add(
        CaseStep(
            id=new_id(),
            case_id=case.id,
            at=clock.due_at,
            actor="clock",
            act=None,
            what=CLOCK_OVER,
            stage_from=case.stage,
            stage_to=case.stage,
            details={"clock": clock.kind, "due_on": _last_day(clock).isoformat()},
        )
    )
    if clock.kind not in COUNTED_DOWN | EXPECTED:
        await _tell(session, case, clock, WatchKind.CASE_STEP_OVERDUE, at)
    _next(case, await queries.case_clocks.locked_running(session, case.id))
    return case, clock


async def tell_near(session: Session, clock_id: UUID, at: datetime) -> None:
    """Tell of what counts a clock down, as of where the clock stands now."""
    clock = await queries.case_clocks.locked_find_clock(session, clock_id)
    case = clock and await queries.arrears.locked_find_case(session, clock.case_id)
    if clock and case:
        await _tell(session, case, clock, WatchKind.CASE_LIMIT_NEAR, at)


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of open cases that no clock of theirs will wake anybody about."""
    for case in await queries.case_clocks.cases_without_timer(session):
        timers.tell_untimed(session, "arrears_case", case.id, today)


def _next(case: ArrearsCase, clocks: list[CaseClock]) -> None:
    case.next_at = min(
        (one.due_at for one in clocks if one.due_at and not one.ended_at), default=None
    )


def _last_day(clock: CaseClock) -> date:
    return rules.last_day(clock.due_at or clock.started_at)


def _key(kind: WatchKind, case: ArrearsCase, clock: CaseClock) -> str:
    beside = clock.proceeding_id or clock.restriction_id
    return key_of(kind, beside or case.id, clock.kind)


def _answers(case: ArrearsCase, clock: CaseClock) -> UUID:
    """Give who is told of a limit: the body that answers for the case, of a copy whoever has it.

    A case that no body has is its own: nobody is found by that, and the alert goes to the area's
    roster, as any dead end does.
    """
    if clock.kind is ClockKind.COPY:
        return case.copied_to_id or case.id
    return case.answerable_id or case.id


async def _tell(
    session: Session, case: ArrearsCase, clock: CaseClock, kind: WatchKind, at: datetime
) -> None:
    """Tell of a limit as of any other condition; no company sees what people have told."""
    since = _last_day(clock)
    key = _key(kind, case, clock)
    await session.flush()  # A condition that was just ended must be seen by the query.
    there = await queries.conditions.locked_find_condition(session, key)
    if there is not None and there.since == since:
        return
    news = Found(
        id=same_id(at, key, since), kind=kind, key=key, subject_id=case.id,
        area_code=case.area_code, period="", unit_id=_answers(case, clock), since=since, at=at,
        facts=(clock.kind,),
    )  # fmt: skip
    await conditions.learn_condition(session, news)


async def _untell(
    session: Session, case: ArrearsCase, clock: CaseClock, at: datetime, reason: str
) -> None:
    told = {
        _key(kind, case, clock): kind
        for kind in (WatchKind.CASE_LIMIT_NEAR, WatchKind.CASE_STEP_OVERDUE)
    }
    for key in await queries.conditions.standing_keys(session, [*told]):
        kind = told[key]
        ended = Ended(
            id=same_id(at, key, "ended"), kind=kind, key=key, subject_id=case.id, project_id=None,
            area_code=case.area_code, period="", at=at, reason=reason,
            proof={"arrears_case_id": str(case.id), "stage": case.stage},
        )  # fmt: skip
        await conditions.end_condition(session, ended)
