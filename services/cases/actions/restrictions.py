"""Restrictions: proposed by rule or by somebody, decided by another, ended by time or lifted."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_clocks, case_history
from services.cases.errors import (
    CaseMoved,
    PersonNeeded,
    RestrictionNotThere,
    SecondPersonNeeded,
    StepRefused,
)
from services.cases.models import ArrearsCase, Restriction
from services.cases.queries.restrictions import restricted_by
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.items import TimerKind
from services.cases.rules.restrictions import RestrictionState
from services.cases.schemas.restrictions import (
    CreditStandingOut,
    LiftingIn,
    RestrictionDecisionIn,
    RestrictionIn,
    StandingOut,
)
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session, new_id, same_id
from shared.events.cases import RestrictionChanged
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text

RULE = "rule"


async def credit_standing(
    session: Session, caller: Caller, credit_code: str, day: date
) -> CreditStandingOut:
    """Say whether a unit is restricted on a day, by what and until when."""
    found = await restricted_by(session, credit_code, day, caller.scope)
    return CreditStandingOut(
        credit_code=credit_code, as_of=day, restricted=bool(found),
        restrictions=[StandingOut.model_validate(one) for one in found],
    )  # fmt: skip


async def propose_by_rule(
    session: Session,
    case: ArrearsCase,
    after: str,
    at: datetime,
    *,
    name: str | None,
    credit_code: str | None,
) -> None:
    """Propose what the area's terms name after something; nothing is restricted by that."""
    terms = await queries.arrears.enforcement_terms(session, case.area_code, at)
    there = await queries.restrictions.kinds_standing(session, case.id)
    for measure in terms.follows:
        if measure.after != after or measure.kind in there:
            continue
        there.add(measure.kind)
        one = _new_restriction(case, at, RULE, kind=measure.kind, basis=terms.basis)
        one.by_rule, one.months = True, measure.months
        one.name, one.credit_code = name, credit_code
        session.add(one)
        _note_restriction(session, case, one, "proposed", at, by=RULE)
        await _wait_for_decision(session, case, one, at)


async def propose_restriction(
    session: Session, caller: Caller, case_id: UUID, body: RestrictionIn, now: datetime
) -> Restriction:
    """Propose a restriction; another decides. Raises CaseUnknown or StepRefused."""
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    if body.kind in await queries.restrictions.kinds_standing(session, case.id):
        raise StepRefused(errors=[_standing_already()])
    one = _new_restriction(case, now, caller.actor, kind=body.kind, basis=body.basis)
    one.name, one.credit_code = body.name, body.credit_code
    session.add(one)
    _note_restriction(session, case, one, "proposed", now, by=caller.actor)
    await _wait_for_decision(session, case, one, now)
    return one


async def _wait_for_decision(
    session: Session, case: ArrearsCase, one: Restriction, at: datetime
) -> None:
    """Let the limit run in which somebody has to decide, where the area gives one."""
    kind = ClockKind.RESTRICTION_DECISION
    terms = await queries.case_clocks.clock_terms(session, case.area_code, [kind], clock.day_of(at))
    if kind not in terms:
        return
    limit = terms[kind]
    await session.flush()  # The clock refers to the restriction.
    await case_clocks.start_clock(
        session, case, kind, await known.calendar(session, case.area_code), at, since=at,
        unit=limit.unit, length=limit.length, terms_id=limit.id, restriction_id=one.id,
    )  # fmt: skip


def _standing_already() -> Finding:
    return Finding(
        "kind", "standing",
        Text("本案已有同类措施", "The case has a measure of this kind proposed or in force"),
        Text("请在原措施中办理", "Decide on that one"),
    )  # fmt: skip


def _new_restriction(case: ArrearsCase, at: datetime, by: str, **said: Any) -> Restriction:
    return Restriction(
        id=new_id(), version=1, case_id=case.id, area_code=case.area_code,
        state=RestrictionState.PROPOSED, proposed_at=at, proposed_by=by, by_rule=False, **said,
    )  # fmt: skip


async def decide_restriction(
    session: Session,
    caller: Caller,
    restriction_id: UUID,
    body: RestrictionDecisionIn,
    now: datetime,
) -> Restriction:
    """Decide on what was proposed: in force until its last day, or dropped with the reason.

    Raises RestrictionUnknown, PersonNeeded, RestrictionNotThere, CaseMoved, SecondPersonNeeded, or
    StepRefused.
    """
    case, one = await _locked_standing(session, caller, restriction_id, body.version)
    if one.state is not RestrictionState.PROPOSED:
        raise RestrictionNotThere(state=one.state)
    if caller.actor == one.proposed_by:
        raise SecondPersonNeeded
    one.credit_code = body.credit_code or one.credit_code
    one.name = body.name or one.name
    if body.decided and (found := _unfit_decision(one, body, clock.day_of(now))):
        raise StepRefused(errors=found)
    for running in await queries.case_clocks.locked_running_of_restriction(session, one.id):
        await case_clocks.end_clock(session, case, running, now)
    one.state = RestrictionState.IN_FORCE if body.decided else RestrictionState.DROPPED
    one.decided_at, one.decided_by, one.reason = now, caller.actor, body.reason
    one.version += 1
    if body.decided and body.to_on is not None:
        one.from_on, one.to_on, one.document_number = body.from_on, body.to_on, body.document_number
        timers.arm(
            session, TimerKind.RESTRICTION, one.id, clock.day_end(body.to_on), entered_at=now
        )
        _tell_restriction(session, one, now)
    _note_restriction(
        session, case, one, "decided" if body.decided else "dropped", now, by=caller.actor
    )
    return one


def _unfit_decision(one: Restriction, body: RestrictionDecisionIn, today: date) -> list[Finding]:
    reasons = (
        (one.credit_code is None, "credit_code", "lacking", Text(
            "须填写统一社会信用代码", "A decision names the unit by its credit code"
        )),
        (body.from_on is not None and body.from_on > today, "from_on", "in_future", Text(
            "起始日期不得晚于今天", "It cannot begin later than today"
        )),
        (body.to_on is not None and body.from_on is not None
         and body.to_on <= max(body.from_on, today), "to_on", "too_early", Text(
            "截止日期须晚于起始日期和今天", "Its last day lies after the first, and after today"
        )),
    )  # fmt: skip
    remedy = Text("请更正后重新提交", "Correct it and send it again")
    return [Finding(place, code, text, remedy) for holds, place, code, text in reasons if holds]


async def lift_restriction(
    session: Session, caller: Caller, restriction_id: UUID, body: LiftingIn, now: datetime
) -> Restriction:
    """End a restriction before its day. Raises as `decide` does."""
    case, one = await _locked_standing(session, caller, restriction_id, body.version)
    if one.state is not RestrictionState.IN_FORCE:
        raise RestrictionNotThere(state=one.state)
    one.state, one.ended_at, one.ended_by = RestrictionState.LIFTED, now, caller.actor
    one.reason = body.reason
    one.version += 1
    await timers.disarm(session, one.id, TimerKind.RESTRICTION)
    _tell_restriction(session, one, now)
    _note_restriction(session, case, one, "lifted", now, by=caller.actor)
    return one


async def end_restriction(session: Session, restriction_id: UUID, at: datetime) -> None:
    """Let a restriction end after its last day, by itself."""
    one = await queries.restrictions.locked_find_restriction(session, restriction_id)
    if one is None or one.state is not RestrictionState.IN_FORCE or one.to_on is None:
        return
    if clock.day_end(one.to_on) > at:
        return
    one.state, one.ended_at, one.ended_by = RestrictionState.ENDED, at, "clock"
    one.version += 1
    _tell_restriction(session, one, at)
    case = await queries.arrears.locked_find_case(session, one.case_id)
    if case is not None:
        _note_restriction(session, case, one, "ended", at, by="clock")


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of restrictions in force that would not end by themselves."""
    for one in await queries.restrictions.restrictions_without_timer(session):
        timers.tell_untimed(session, "restriction", one.id, today)


async def _locked_standing(
    session: Session, caller: Caller, restriction_id: UUID, version: int
) -> tuple[ArrearsCase, Restriction]:
    case, one = await queries.restrictions.locked_restriction(session, restriction_id, caller.scope)
    if caller.is_machine:
        raise PersonNeeded
    if version != one.version:
        raise CaseMoved(version=one.version)
    return case, one


def _note_restriction(
    session: Session, case: ArrearsCase, one: Restriction, what: str, at: datetime, *, by: str
) -> None:
    said: dict[str, Any] = {"restriction_id": one.id, "kind": one.kind, "to_on": one.to_on}
    case_history.note(
        session, case, f"restriction_{what}", at, actor=by, came_from=case.stage, **said
    )


def _tell_restriction(session: Session, one: Restriction, at: datetime) -> None:
    publish(
        session,
        RestrictionChanged(
            id=same_id(at, one.id, one.state), occurred_at=at, restriction_id=one.id,
            arrears_case_id=one.case_id, area_code=one.area_code, kind=one.kind,
            state=one.state, credit_code=one.credit_code or "", basis=one.basis,
            from_on=one.from_on, to_on=one.to_on,
        ),
    )  # fmt: skip
