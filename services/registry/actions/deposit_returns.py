"""A deposit is given back (65号 art. 22): notice, application, review, confirmation or refusal."""

from datetime import date, datetime, timedelta
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import bank_statements, deposit_rules, deposits
from services.registry.errors import RegistrationRefused, StepRefused
from services.registry.models import DepositReturn, Project
from services.registry.rules.deposits import ReturnState, SecurityState, Step
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import Moment
from services.registry.schemas.deposits import ReturnIn, ReviewIn
from shared import clock, known, timers
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id

TIMER = "deposit_return"
_EVERYWHERE = Scope(frozenset({NATION}))
_OVER = {ReturnState.RETURNED, ReturnState.REFUSAL_TOLD}


async def notice_return(
    session: Session, caller: Caller, security_id: UUID, body: ReturnIn, now: datetime
) -> DepositReturn:
    """Enter the promise and the notice of a coming return; the one that runs is given again."""
    seen = await queries.deposits.security(session, security_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    there = await queries.deposits.locked_returns(session, project.id)
    running = next(
        (one for one in there if one.security_id == security_id and one.state not in _OVER), None
    )
    if running:
        return running
    findings = []
    if project.status is not ProjectStatus.COMPLETE:
        findings.append(rules.deposits.not_complete())
    if body.noticed_on > clock.day_of(now):
        findings.append(rules.deposits.day_ahead("noticed_on"))
    if findings:
        raise RegistrationRefused(errors=findings)
    if seen.state is not SecurityState.ACTIVE:
        raise StepRefused(state=seen.state)
    rule = await deposit_rules.rule_of(session, project, clock.day_of(now))
    calendar = await known.calendar(session, project.area_code)
    made = DepositReturn(
        id=new_id(), security_id=security_id, project_id=project.id, state=ReturnState.NOTICE,
        notice_until=rule.limit(Step.NOTICE).last_day(body.noticed_on, calendar), late=False,
        terms_version=rule.version, calendar_version=calendar.version,
        recorded_by=caller.subject, recorded_at=now, **body.model_dump(),
    )  # fmt: skip
    session.add(made)
    return made


async def apply_return(
    session: Session, caller: Caller, return_id: UUID, on: date, now: datetime
) -> DepositReturn:
    """Enter the application, once the notice is over; the authority reviews within its limit."""
    one, project = await _locked(session, return_id, caller.scope)
    _check(one, {ReturnState.NOTICE}, one.notice_until + timedelta(days=1), on, now)
    one.state, one.applied_on = ReturnState.REVIEW, on
    await _owe(session, one, project, step=Step.REVIEW, on=on, now=now)
    return one


async def review_return(
    session: Session, caller: Caller, return_id: UUID, body: ReviewIn, now: datetime
) -> DepositReturn:
    """Enter what the review found: the confirmation is owed, or the written notice of arrears."""
    one, project = await _locked(session, return_id, caller.scope)
    _check(one, {ReturnState.REVIEW}, one.applied_on, body.on, now)
    one.reviewed_on, one.open_arrears = body.on, body.open_arrears
    one.state = ReturnState.REFUSED if body.open_arrears else ReturnState.ACCEPTED
    step = Step.TELL_REFUSAL if body.open_arrears else Step.CONFIRM
    await _owe(session, one, project, step=step, on=body.on, now=now)
    return one


async def tell_return(
    session: Session, caller: Caller, return_id: UUID, on: date, now: datetime
) -> DepositReturn:
    """Enter that the confirmation, or the written notice, was given; it ends the return."""
    one, project = await _locked(session, return_id, caller.scope)
    _check(one, {ReturnState.ACCEPTED, ReturnState.REFUSED}, one.reviewed_on, on, now)
    await timers.disarm(session, one.id, TIMER)
    one.told_on, one.by = on, None
    if one.state is ReturnState.REFUSED:
        one.state = ReturnState.REFUSAL_TOLD
        return one
    one.state = ReturnState.RETURNED
    moment = Moment(now, clock.day_of(now))
    securities = await queries.deposits.locked_securities(session, project.id)
    security = next(each for each in securities if each.id == one.security_id)
    deposits.end(security, SecurityState.RETURNED, moment)
    await bank_statements.drop(session, security)
    await deposits.cover(session, project, moment)
    return one


async def pass_limit(session: Session, return_id: UUID, step: Step) -> None:
    """Mark a step whose limit is over and that was not done."""
    one, _ = await _locked(session, return_id, _EVERYWHERE)
    owed = {
        Step.REVIEW: ReturnState.REVIEW,
        Step.CONFIRM: ReturnState.ACCEPTED,
        Step.TELL_REFUSAL: ReturnState.REFUSED,
    }
    if one.state is owed[step]:
        one.late = True


async def _owe(
    session: Session,
    one: DepositReturn,
    project: Project,
    *,
    step: Step,
    on: date,
    now: datetime,
) -> None:
    """Let a step be owed from a day on; the one before was done."""
    rule = await deposit_rules.rule_of(session, project, on)
    calendar = await known.calendar(session, project.area_code)
    one.by, one.late = rule.limit(step).last_day(on, calendar), False
    one.terms_version, one.calendar_version = rule.version, calendar.version
    await timers.disarm(session, one.id, TIMER)
    timers.arm(
        session, TIMER, one.id, clock.day_end(one.by), entered_at=now, step=step,
        policy_version=rule.version, calendar_version=calendar.version,
    )  # fmt: skip


async def _locked(session: Session, return_id: UUID, scope: Scope) -> tuple[DepositReturn, Project]:
    seen = await queries.deposits.giving_back(session, return_id, scope)
    project = await queries.projects.locked_project(session, seen.project_id, scope)
    rows = await queries.deposits.locked_returns(session, project.id)
    return next(one for one in rows if one.id == return_id), project


def _check(
    one: DepositReturn, states: set[ReturnState], first: date | None, on: date, now: datetime
) -> None:
    if one.state not in states:
        raise StepRefused(state=one.state)
    if findings := list(rules.deposits.check_step(first, on, clock.day_of(now))):
        raise RegistrationRefused(errors=findings)
