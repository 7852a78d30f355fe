"""An area's numbers of deposits: entered by version, and those in force for a project."""

from datetime import date, datetime

from services.registry import queries, rules
from services.registry.actions import areas
from services.registry.errors import DepositRuleTaken, RegistrationRefused
from services.registry.models import DepositRule, Project
from services.registry.rules.deposits import DepositTerms
from services.registry.schemas.deposits import DepositRuleIn
from shared.areas import NATION
from shared.auth import Caller
from shared.db import Session, new_id


async def enter_deposit_rule(
    session: Session, caller: Caller, body: DepositRuleIn, now: datetime
) -> DepositRule:
    """Enter a version of an area's numbers; the same again gives the stored one."""
    said = body.model_dump(mode="json", include={"limits"}) | body.model_dump(exclude={"limits"})
    names = DepositTerms.__dataclass_fields__
    findings = list(rules.deposits.check_terms(DepositTerms(**{n: said[n] for n in names})))
    findings += rules.bank_statements.check_months(body.statement_months)
    if body.area_code != NATION:
        findings += await areas.check_area(session, caller.scope, "area_code", body.area_code, now)
    elif NATION not in caller.areas:
        findings.append(rules.areas.area_unknown("area_code"))
    if findings:
        raise RegistrationRefused(errors=findings)
    there = await queries.deposits.locked_rule(session, body.area_code, body.version)
    if there:
        if all(getattr(there, name) == value for name, value in said.items()):
            return there
        raise DepositRuleTaken(deposit_rule_id=str(there.id))
    rule = DepositRule(id=new_id(), created_at=now, created_by=caller.actor, **said)
    session.add(rule)
    return rule


async def rule_of(session: Session, project: Project, day: date) -> DepositRule:
    """Give the numbers that are in force for a project on a day; before all of them, the first."""
    if found := await rule_on(session, project, day):
        return found
    return min(
        await queries.deposits.rules_above(session, [NATION]), key=lambda one: one.valid_from
    )


async def rule_on(session: Session, project: Project, day: date) -> DepositRule | None:
    """Give the numbers that were in force for a project on a day; None before the first ones."""
    lineage = (await queries.requirements.lineages(session, {project.area_code}))[project.area_code]
    above = await queries.deposits.rules_above(session, lineage)
    return rules.requirements.in_force(above, lineage, day)
