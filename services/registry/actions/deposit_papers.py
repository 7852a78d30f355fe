"""The papers of deposits: filed, replaced by a next version, withdrawn, and what still lacks."""

from datetime import date, datetime
from uuid import UUID

from services.registry import queries, rules
from services.registry.actions import deposit_rules
from services.registry.errors import RegistrationRefused, StepRefused
from services.registry.models import DepositPaper, Project, Security
from services.registry.rules.deposit_papers import PaperKind
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept


async def note_asked(session: Session, project: Project, security: Security) -> None:
    """Write on a deposit in cash which papers the area asks for.

    The area's row is that of the day on which the deposit begins: a later version asks for nothing
    of those that were given before, and before the first version nothing was asked for.
    """
    if not rules.deposit_papers.has_papers(security.purpose, security.form):
        return
    if rule := await deposit_rules.rule_on(session, project, security.valid_from):
        security.agreement_asked, security.mark_asked = rule.agreement_asked, rule.mark_asked


async def file_paper(
    session: Session,
    caller: Caller,
    security_id: UUID,
    kept: Kept,
    *,
    kind: PaperKind,
    dated_on: date,
    told_by: str,
    now: datetime,
) -> DepositPaper:
    """File the next version of a paper; the one that counts, sent again, gives it."""
    seen = await queries.deposits.security(session, security_id, caller.scope)
    security = await _locked(session, seen.project_id, security_id, caller)
    found = rules.deposit_papers.check_paper(
        security.purpose, security.form, dated_on, clock.day_of(now)
    )
    if findings := list(found):
        raise RegistrationRefused(errors=findings)
    there = [
        one
        for one in await queries.deposit_papers.locked_papers(session, security.id)
        if one.kind is kind
    ]
    last = there[-1] if there else None
    said = (kept.sha256, dated_on, told_by)
    if last and not last.withdrawn_at and (last.digest, last.dated_on, last.told_by) == said:
        return last
    made = DepositPaper(
        id=new_id(), security_id=security.id, project_id=security.project_id, kind=kind,
        version=last.version + 1 if last else 1, dated_on=dated_on, told_by=told_by,
        file_id=kept.file_id, file_kind=kept.kind, file_size=kept.size, digest=kept.sha256,
        filed_by=caller.subject, filed_at=now,
    )  # fmt: skip
    session.add(made)
    _show(security, kind, made, now)
    return made


async def withdraw_paper(
    session: Session, caller: Caller, paper_id: UUID, reason: str, now: datetime
) -> DepositPaper:
    """Let a paper count no more; its row and file stay. Raises PaperUnknown, StepRefused."""
    seen = await queries.deposit_papers.paper(session, paper_id, caller.scope)
    security = await _locked(session, seen.project_id, seen.security_id, caller)
    there = await queries.deposit_papers.locked_papers(session, security.id)
    one = [each for each in there if each.kind is seen.kind][-1]
    if one.id != paper_id:
        raise StepRefused(state="replaced")
    if one.withdrawn_at:
        raise StepRefused(state="withdrawn")
    one.withdrawn_at, one.withdrawn_by, one.withdrawn_why = now, caller.subject, reason
    _show(security, one.kind, None, now)
    return one


def _show(security: Security, kind: PaperKind, paper: DepositPaper | None, now: datetime) -> None:
    """Let a deposit show the version that counts, or none."""
    shown = (paper.id, paper.dated_on) if paper else (None, None)
    if kind is PaperKind.AGREEMENT:
        security.agreement_id, security.agreement_on = shown
    else:
        security.mark_id, security.marked_on = shown
    security.version += 1
    security.changed_at = now


async def _locked(
    session: Session, project_id: UUID, security_id: UUID, caller: Caller
) -> Security:
    project = await queries.projects.locked_project(session, project_id, caller.scope)
    securities = await queries.deposits.locked_securities(session, project.id)
    return next(one for one in securities if one.id == security_id)
