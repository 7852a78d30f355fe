"""A deposit is used (65号 art. 19-20): notice, the bank pays, the contractor replenishes."""

from datetime import date, datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import deposit_rules, deposits
from services.registry.errors import RegistrationRefused, StepRefused
from services.registry.models import DepositUse, Project
from services.registry.rules.deposits import Step, UseState
from services.registry.rules.requirements import Moment
from services.registry.schemas.deposits import UseIn
from shared import clock, known, timers
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id

TIMER = "deposit_use"
_EVERYWHERE = Scope(frozenset({NATION}))


async def notice_use(
    session: Session, caller: Caller, security_id: UUID, body: UseIn, now: datetime
) -> DepositUse:
    """Enter a payment notice; the bank pays within the area's limit. The same again gives it."""
    seen = await queries.deposits.security(session, security_id, caller.scope)
    project = await queries.projects.locked_project(session, seen.project_id, caller.scope)
    there = await queries.deposits.locked_uses(session, project.id)
    same = next(
        (one for one in there if (one.security_id, one.decision) == (security_id, body.decision)),
        None,
    )
    if same:
        return same
    securities = await queries.deposits.locked_securities(session, project.id)
    security = next(one for one in securities if one.id == security_id)
    findings = list(rules.deposits.check_use(body.amount, security.held.amount))
    if body.received_on > clock.day_of(now):
        findings.append(rules.deposits.day_ahead("received_on"))
    if findings:
        raise RegistrationRefused(errors=findings)
    rule = await deposit_rules.rule_of(session, project, clock.day_of(now))
    calendar = await known.calendar(session, project.area_code)
    use = DepositUse(
        id=new_id(), security_id=security_id, project_id=project.id, state=UseState.NOTICED,
        pay_by=rule.limit(Step.BANK_PAYS).last_day(body.received_on, calendar), pay_late=False,
        replenish_late=False, terms_version=rule.version, calendar_version=calendar.version,
        recorded_by=caller.subject, recorded_at=now, **body.model_dump(),
    )  # fmt: skip
    session.add(use)
    _arm(session, use, Step.BANK_PAYS, use.pay_by, now)
    return use


async def pay_use(
    session: Session, caller: Caller, use_id: UUID, on: date, now: datetime
) -> DepositUse:
    """Enter that the bank paid; the contractor replenishes within the area's limit."""
    use, project = await _locked(session, use_id, caller.scope)
    _check(use, UseState.NOTICED, use.received_on, on, now)
    rule = await deposit_rules.rule_of(session, project, on)
    calendar = await known.calendar(session, project.area_code)
    use.state, use.paid_on, use.pay_late = UseState.PAID, on, on > use.pay_by
    use.replenish_by = rule.limit(Step.REPLENISH).last_day(on, calendar)
    securities = await queries.deposits.locked_securities(session, project.id)
    security = next(one for one in securities if one.id == use.security_id)
    security.used += use.amount
    security.version += 1
    security.changed_at = now
    await timers.disarm(session, use.id, TIMER)
    _arm(session, use, Step.REPLENISH, use.replenish_by, now)
    await deposits.cover(session, project, Moment(now, clock.day_of(now)))
    return use


async def replenish_use(
    session: Session, caller: Caller, use_id: UUID, on: date, now: datetime
) -> DepositUse:
    """Enter that the same deposit was filled up again by what was used."""
    use, project = await _locked(session, use_id, caller.scope)
    _check(use, UseState.PAID, use.paid_on, on, now)
    use.state, use.replenished_on = UseState.REPLENISHED, on
    securities = await queries.deposits.locked_securities(session, project.id)
    security = next(one for one in securities if one.id == use.security_id)
    security.used -= use.amount
    security.version += 1
    security.changed_at = now
    await timers.disarm(session, use.id, TIMER)
    await deposits.cover(session, project, Moment(now, clock.day_of(now)))
    return use


async def pass_limit(session: Session, use_id: UUID, step: Step) -> None:
    """Mark a step whose limit is over and that was not done."""
    use, _ = await _locked(session, use_id, _EVERYWHERE)
    if step is Step.BANK_PAYS and use.state is UseState.NOTICED:
        use.pay_late = True
    elif step is Step.REPLENISH and use.state is UseState.PAID:
        use.replenish_late = True


async def _locked(session: Session, use_id: UUID, scope: Scope) -> tuple[DepositUse, Project]:
    seen = await queries.deposits.use(session, use_id, scope)
    project = await queries.projects.locked_project(session, seen.project_id, scope)
    uses = await queries.deposits.locked_uses(session, project.id)
    return next(one for one in uses if one.id == use_id), project


def _check(use: DepositUse, state: UseState, after: date | None, on: date, now: datetime) -> None:
    if use.state is not state:
        raise StepRefused(state=use.state)
    if findings := list(rules.deposits.check_step(after, on, clock.day_of(now))):
        raise RegistrationRefused(errors=findings)


def _arm(session: Session, use: DepositUse, step: Step, by: date, now: datetime) -> None:
    timers.arm(
        session, TIMER, use.id, clock.day_end(by), entered_at=now, step=step,
        policy_version=use.terms_version, calendar_version=use.calendar_version,
    )  # fmt: skip
