"""The clocks of proceedings: they follow its stage, and time itself moves some of them on."""

from datetime import datetime, timedelta

from services.cases import queries
from services.cases.actions import case_clocks
from services.cases.models import ArrearsCase, CaseClock, Proceeding
from services.cases.rules import enforcement, liability
from services.cases.rules import proceedings as rules
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.proceedings import ProceedingKind
from shared import clock, known, workdays
from shared.db import Session
from shared.workdays import Unit

_SINCE_ORDER = frozenset({
    ClockKind.LISTING_DECISION, ClockKind.DEMAND_WAIT, ClockKind.COURT_APPLY, ClockKind.INSTALMENT,
})  # fmt: skip
_GIVEN = {
    ProceedingKind.SUPERVISION: ClockKind.SUPERVISION,
    ProceedingKind.DEMAND: ClockKind.DEMAND_PAY,
}
"""What runs from the day that the proceeding itself is counted from."""


async def follow_proceeding(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    at: datetime,
    *,
    since: datetime,
    entered: bool,
    days: int | None = None,
) -> None:
    """Let the clocks of a proceeding follow an act, from `since` on.

    An act that stays where it is starts anew what it follows up, and nothing else.
    """
    wanted = rules.clocks_of(proceeding.kind, proceeding.stage)
    there = await _still_running(session, case, proceeding, at, entered=entered)
    lacking = [kind for kind in wanted if kind not in there]
    calendar = await known.calendar(session, case.area_code)
    day = clock.day_of(at)
    terms = await queries.case_clocks.clock_terms(session, case.area_code, lacking, day)
    counted = await _counted_lengths(session, case, proceeding, since, days)
    for kind in lacking:
        start = clock.at(proceeding.since_on) if kind in _SINCE_ORDER else since
        if kind in counted:
            unit, length = counted[kind]
            terms_id = None
        elif kind in terms:
            unit, length, terms_id = terms[kind].unit, terms[kind].length, terms[kind].id
        else:
            continue
        await case_clocks.start_clock(
            session, case, kind, calendar, at, since=start, unit=unit, length=length,
            terms_id=terms_id, proceeding_id=proceeding.id,
        )  # fmt: skip


async def _still_running(
    session: Session, case: ArrearsCase, proceeding: Proceeding, at: datetime, *, entered: bool
) -> set[ClockKind]:
    """End what runs no longer, or is to start anew; give what goes on."""
    wanted = rules.clocks_of(proceeding.kind, proceeding.stage)
    own = rules.OF_STAGE.get((proceeding.kind, proceeding.stage))
    there = set[ClockKind]()
    for running in await queries.case_clocks.locked_running_of(session, proceeding.id):
        anew = running.kind is own and (entered or running.kind in rules.RESTARTED)
        if running.kind in wanted and not anew:
            there.add(running.kind)
        else:
            await case_clocks.end_clock(session, case, running, at)
    await session.flush()  # One of the same kind may start now.
    return there


async def _counted_lengths(
    session: Session,
    case: ArrearsCase,
    proceeding: Proceeding,
    since: datetime,
    days: int | None,
) -> dict[ClockKind, tuple[Unit, int]]:
    """Give the lengths that follow from months, or that the act itself gives."""
    if days is not None and proceeding.kind in _GIVEN:
        return {_GIVEN[proceeding.kind]: (Unit.WD, days)}
    if proceeding.kind is ProceedingKind.PLAN:
        length = await next_length(session, case, proceeding)
        return {} if length is None else {ClockKind.INSTALMENT: (Unit.CD, length)}
    terms = await queries.arrears.enforcement_terms(session, proceeding.area_code, since)
    day = clock.day_of(since)
    ends = workdays.months_after(day, terms.listing_months)
    asked = workdays.months_after(proceeding.since_on, terms.application_months)
    rest = enforcement.rest_of_rhythm(day, terms.publication_months)
    return {
        ClockKind.LISTING_PERIOD: (Unit.CD, (ends - day).days),
        ClockKind.COURT_APPLY: (Unit.CD, (asked - proceeding.since_on).days),
        ClockKind.PUBLICATION_BATCH: (Unit.CD, rest),
    }


async def next_length(session: Session, case: ArrearsCase, plan: Proceeding) -> int | None:
    """Give the days from a plan's own until its next instalment that has not come."""
    rows = await queries.proceedings.instalments(session, plan.id)
    planned = [liability.Instalment(one.due_on, one.amount) for one in rows]
    following = liability.next_instalment(planned, case.paid - (plan.baseline or 0))
    return None if following is None else (following.due_on - plan.since_on).days


def last_instant(running: CaseClock) -> datetime:
    """Give the last instant at which a limit that ran out was kept."""
    return (running.over_at or running.due_at or running.started_at) - timedelta(microseconds=1)
