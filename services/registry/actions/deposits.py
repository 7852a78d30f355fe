"""Deposits and guarantees: what is due and why, what is given, what it shows as in place."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import (
    bank_statements,
    deposit_papers,
    deposit_rules,
    evidence,
    guarantees,
    requirements,
)
from services.registry.actions.evidence import Shown
from services.registry.errors import RegistrationRefused, SecurityTaken
from services.registry.models import (
    DepositAssessment,
    DepositRule,
    Project,
    Requirement,
    Security,
    WageRecord,
)
from services.registry.rules.deposits import (
    DepositDue,
    DepositStanding,
    Record,
    SecurityPurpose,
    SecurityState,
    UseState,
)
from services.registry.rules.requirements import Moment
from services.registry.schemas.deposits import SecurityIn, WageRecordIn
from shared import clock
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id

BY_RULE = "rule:deposits"


async def state_wage_record(
    session: Session, caller: Caller, organisation_id: UUID, body: WageRecordIn, now: datetime
) -> WageRecord:
    """Enter what is stated of a contractor's past; the newest statement counts from now on."""
    unit = await queries.organisations.organisation(session, organisation_id, caller.scope)
    record = WageRecord(
        id=new_id(),
        organisation_id=unit.id,
        recorded_by=caller.subject,
        recorded_at=now,
        **body.model_dump(),
    )
    session.add(record)
    return record


async def assess(
    session: Session, project: Project, day: date
) -> tuple[DepositDue, DepositRule, Decimal]:
    """Work out what is due for a project's deposit; give it with its rule and contract amount."""
    rule = await deposit_rules.rule_of(session, project, day)
    amount = await queries.deposits.contract_amount(session, project.id)
    record = Record()
    if project.contractor_id:
        stated = await queries.deposits.wage_record(session, project.contractor_id, day)
        others = await queries.deposits.projects_of(
            session, project.contractor_id, project.area_code
        )
        record = Record(
            stated.clean_since if stated else None,
            stated.arrears_on if stated else None,
            listed=bool(stated and stated.listed_until and stated.listed_until >= day),
            systems_done=await queries.deposits.systems_done(session, others),
            several_works=len(others) > 1,
        )
    return rules.deposits.deposit_due(amount, record, rule.terms, day), rule, amount


async def standing(
    session: Session, scope: Scope, project_id: UUID, today: date
) -> DepositStanding:
    """Give what is due for a project's deposit today, why, and what is given."""
    project = await queries.projects.project(session, project_id, scope)
    due, rule, amount = await assess(session, project, today)
    held = [one.held for one in await queries.deposits.held_of(session, {project.id})]
    covered = sum(
        (
            one.amount
            for one in held
            if one.purpose is SecurityPurpose.DEPOSIT
            and (one.valid_until is None or one.valid_until >= today)
        ),
        Decimal("0.00"),
    )
    return DepositStanding(amount, due.amount, due.rate, due.reason, rule.id, covered)


async def register_security(
    session: Session, caller: Caller, project_id: UUID, body: SecurityIn, now: datetime
) -> Security:
    """Enter a deposit or guarantee; the same number again gives the first.

    A new deposit that is enough replenishes what was used, and replaces what it is given for.
    """
    project = await queries.projects.locked_project(session, project_id, caller.scope)
    moment = Moment(now, clock.day_of(now))
    findings = list(rules.deposits.check_security(body.form, body.valid_from, body.valid_until))
    if body.valid_from > moment.day:
        findings.append(rules.deposits.day_ahead("valid_from"))
    there = await queries.deposits.locked_securities(session, project.id)
    same = next((one for one in there if (one.purpose, one.number) == (body.purpose, body.number)),
                None)  # fmt: skip
    if same:
        if all(getattr(same, name) == value for name, value in _named(body).items()):
            return same
        raise SecurityTaken(security_id=str(same.id))
    replaced = next((one for one in there if one.id == body.replaces), None)
    if body.replaces and (replaced is None or replaced.state is not SecurityState.ACTIVE):
        findings.append(rules.deposits.nothing_to_replace())
    if findings:
        raise RegistrationRefused(errors=findings)
    security = Security(
        id=new_id(), project_id=project.id, state=SecurityState.ACTIVE, used=Decimal("0.00"),
        ended_on=None, version=1, recorded_by=caller.subject, recorded_at=now, changed_at=now,
        **_named(body),
    )  # fmt: skip
    session.add(security)
    await guarantees.note_terms(session, project, [security])
    await deposit_papers.note_asked(session, project, security)
    await session.flush()  # A statement that is expected of it refers to it.
    await bank_statements.expect(session, project, security, now)
    if replaced:
        end(replaced, SecurityState.REPLACED, moment)
        await bank_statements.drop(session, replaced)
    await cover(session, project, moment)
    return security


def _named(body: SecurityIn) -> dict[str, object]:
    return body.model_dump(exclude={"replaces"})


def end(security: Security, state: SecurityState, moment: Moment) -> None:
    """Let a security stand for nothing any more."""
    security.state, security.ended_on = state, moment.day
    security.version += 1
    security.changed_at = moment.at


async def cover(session: Session, project: Project, moment: Moment) -> None:
    """Bring what a locked project's securities show to what they are, and tell what follows."""
    due, rule, _ = await assess(session, project, moment.day)
    kept = await queries.deposits.locked_assessment(session, project.id)
    if kept is None:
        kept = DepositAssessment(project_id=project.id)
        session.add(kept)
    kept.amount, kept.rate, kept.reason = due.amount, due.rate, due.reason
    kept.rule_id, kept.assessed_on = rule.id, moment.day
    securities = await queries.deposits.locked_securities(session, project.id)
    rows = await queries.requirements.locked_requirements_of(session, {project.id})
    for purpose in SecurityPurpose:
        row = next((each for each in rows if each.kind == purpose.value), None)
        amount = due.amount if purpose is SecurityPurpose.DEPOSIT else Decimal("0.00")
        standing = [
            one
            for one in securities
            if one.purpose is purpose and one.state is SecurityState.ACTIVE
        ]
        enough, until = rules.deposits.covered_until([one.held for one in standing], amount)
        if purpose is SecurityPurpose.DEPOSIT and enough and standing:
            await _replenish(session, project, moment)
        if row:
            shown = _shown(standing, until) if enough and standing else None
            await _show(session, row, shown, moment)
    await requirements.follow(session, [project], moment)


def _shown(standing: list[Security], until: date | None) -> Shown:
    numbers = "、".join(f"{one.issuer} {one.number}" for one in standing)
    since = min(one.valid_from for one in standing)
    return Shown(since, until, reference=numbers[:200], security_id=standing[0].id)


async def _show(session: Session, row: Requirement, shown: Shown | None, moment: Moment) -> None:
    """Let the evidence of securities be one that tells of those that stand now, or none."""
    there = await queries.requirements.locked_evidence(session, {row.id})
    own = [one for one in there if one.security_id]
    if shown and [(one.digest, one.done_on, one.valid_until) for one in own] == [
        (shown.digest, shown.done_on, shown.valid_until)
    ]:
        return
    for one in own:
        evidence.take_back(one, BY_RULE, "securities_changed", moment.at)
    left = [one for one in there if not one.security_id]
    if shown:
        # What was taken back must be gone before the same is shown with another end.
        await session.flush()
        made = evidence.evidence_of(row, shown, BY_RULE, moment.at)
        session.add(made)
        left.append(made)
    evidence.prove(row, left)


async def _replenish(session: Session, project: Project, moment: Moment) -> None:
    """Let uses be replenished by what stands now."""
    for use in await queries.deposits.locked_uses(session, project.id):
        if use.state is UseState.PAID:
            use.state, use.replenished_on = UseState.REPLENISHED, moment.day
