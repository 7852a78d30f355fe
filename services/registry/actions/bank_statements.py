"""The bank's statements of deposits: one is always expected; what does not come is told."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import deposit_rules, requirements
from services.registry.errors import RegistrationRefused, StepRefused
from services.registry.models import BankStatement, Project, Security
from services.registry.rules.bank_statements import StatementState
from services.registry.rules.deposits import SecurityForm, SecurityPurpose, SecurityState, Step
from services.registry.rules.parties import PartyRole
from services.registry.rules.requirements import Moment
from shared import clock, known, timers
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import AGELESS, Session, same_id
from shared.files import Kept

TIMER = "bank_statement"
_EVERYWHERE = Scope(frozenset({NATION}))
_AT_ONCE = 500


async def expect(session: Session, project: Project, security: Security, now: datetime) -> None:
    """Expect the statement that follows of a locked project's deposit in cash; once.

    The first is that of the period in which the platform learned of the deposit: what the bank
    owed before was nobody's to see here.
    """
    cash = (security.purpose, security.form) == (SecurityPurpose.DEPOSIT, SecurityForm.CASH)
    if not cash or security.state is not SecurityState.ACTIVE:
        return
    there = await queries.bank_statements.locked_statements(session, security.id)
    if any(one.state is StatementState.OWED and not one.late for one in there):
        return
    last = there[-1].to_on + timedelta(days=1) if there else security.valid_from
    day = max(last, clock.day_of(security.recorded_at))
    rule = await deposit_rules.rule_of(session, project, clock.day_of(now))
    calendar = await known.calendar(session, project.area_code)
    period = rules.bank_statements.period_at(
        day, rule.statement_months, rule.limit(Step.STATEMENT), calendar
    )
    if any(one.to_on >= period.to_on for one in there):
        return
    made = BankStatement(
        id=same_id(AGELESS, security.id, "statement", period.to_on), security_id=security.id,
        project_id=project.id, from_on=max(period.from_on, day), to_on=period.to_on,
        due_on=period.due_on, late=False, state=StatementState.OWED, terms_version=rule.version,
        calendar_version=calendar.version, expected_at=now,
    )  # fmt: skip
    session.add(made)
    security.statement_due_on = made.due_on
    timers.arm(
        session, TIMER, made.id, clock.day_end(made.due_on), entered_at=now,
        policy_version=rule.version, calendar_version=calendar.version,
    )  # fmt: skip


async def expect_all(session: Session, now: datetime) -> bool:
    """Expect statements of deposits of which none is; say whether there may be more."""
    found = await queries.bank_statements.without_statements(session, _AT_ONCE)
    for security in found:
        project = await queries.projects.locked_project(session, security.project_id, _EVERYWHERE)
        await expect(session, project, security, now)
    return len(found) == _AT_ONCE


async def pass_limit(session: Session, statement_id: UUID, at: datetime) -> None:
    """Mark a statement that did not come by its last day, tell of it, and expect the next."""
    one, project, security = await _locked(session, statement_id, _EVERYWHERE)
    if one.state is not StatementState.OWED:
        return
    one.late = True
    await expect(session, project, security, at)
    await requirements.follow(session, [project], Moment(at, clock.day_of(at), by_clock=True))


async def file_statement(
    session: Session,
    caller: Caller,
    statement_id: UUID,
    kept: Kept,
    *,
    stated_on: date,
    balance: Decimal,
    interest: Decimal,
    now: datetime,
) -> BankStatement:
    """File the statement that is owed; the same file again gives it, another one is refused."""
    one, project, security = await _locked(session, statement_id, caller.scope)
    if one.state is StatementState.FILED and one.digest == kept.sha256:
        return one
    if one.state is not StatementState.OWED:
        raise StepRefused(state=one.state)
    moment = Moment(now, clock.day_of(now))
    found = rules.bank_statements.check_filing(
        one.to_on, stated_on, moment.day, balance=balance, interest=interest
    )
    if findings := list(found):
        raise RegistrationRefused(errors=findings)
    owner = await _owner(session, project, security, one.to_on) if interest else None
    one.state, one.stated_on, one.balance = StatementState.FILED, stated_on, balance
    one.interest, one.interest_owner_id = interest, owner
    one.file_id, one.file_kind, one.file_size = kept.file_id, kept.kind, kept.size
    one.digest, one.filed_by, one.filed_at = kept.sha256, caller.subject, now
    await timers.disarm(session, one.id, TIMER)
    await session.flush()  # Whether another one is expected is read from the rows.
    await expect(session, project, security, now)
    await requirements.follow(session, [project], moment)
    return one


async def _owner(session: Session, project: Project, security: Security, day: date) -> UUID:
    """Give whose a deposit's interest is: of the area's role, as it was when it was stored."""
    role = PartyRole((await deposit_rules.rule_of(session, project, day)).interest_to)
    parties = await queries.parties.locked_parties(session, project.id, role)
    then = rules.parties.holder(parties, security.valid_from)
    now = project.contractor_id if role is PartyRole.CONTRACTOR else None
    return then.organisation_id if then else now or project.developer_id


async def drop(session: Session, security: Security) -> None:
    """Expect no statement any more of a period that a deposit which ends does not see over."""
    security.statement_due_on = None
    for one in await queries.bank_statements.locked_statements(session, security.id):
        if one.state is StatementState.OWED and not one.late:
            one.state = StatementState.DROPPED
            await timers.disarm(session, one.id, TIMER)


async def _locked(
    session: Session, statement_id: UUID, scope: Scope
) -> tuple[BankStatement, Project, Security]:
    seen = await queries.bank_statements.statement(session, statement_id, scope)
    project = await queries.projects.locked_project(session, seen.project_id, scope)
    rows = await queries.bank_statements.locked_statements(session, seen.security_id)
    securities = await queries.deposits.locked_securities(session, project.id)
    return (
        next(one for one in rows if one.id == statement_id),
        project,
        next(one for one in securities if one.id == seen.security_id),
    )
