"""Guarantees of wages are compared with the area's least term and with the contract's end."""

from collections.abc import Sequence
from datetime import datetime

from services.registry import queries, rules
from services.registry.models import Project, Security
from services.registry.rules.deposits import SecurityState
from shared.db import Session


async def note_terms(session: Session, project: Project, securities: Sequence[Security]) -> None:
    """Write on guarantees until when they should be good.

    The area's least term is that of the day on which a guarantee begins: a later version asks for
    nothing of those that were given before.
    """
    theirs = [one for one in securities if rules.guarantees.has_term(one.purpose, one.form)]
    if not theirs:
        return
    lineage = (await queries.requirements.lineages(session, {project.area_code}))[project.area_code]
    above = await queries.deposits.rules_above(session, lineage)
    last = await queries.deposits.last_period(session, project.id)
    contract_until = rules.guarantees.period_ends(last) if last else None
    for one in theirs:
        rule = rules.requirements.in_force(above, lineage, one.valid_from)
        months = rule.guarantee_months if rule else None
        one.term_until = rules.guarantees.term_until(one.valid_from, months) if months else None
        one.contract_until = contract_until


async def follow_contract(session: Session, project: Project, now: datetime) -> None:
    """Compare a locked project's guarantees with its contract as it ends now."""
    rows = await queries.deposits.locked_securities(session, project.id)
    standing = [one for one in rows if one.state is SecurityState.ACTIVE]
    before = [one.contract_until for one in standing]
    await note_terms(session, project, standing)
    for one, ended in zip(standing, before, strict=True):
        if one.contract_until != ended:
            one.version += 1
            one.changed_at = now
