"""Inhibition: what cannot be put right while a fact holds is kept and not sent until it ends."""

from datetime import date, datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import VersionNotLater
from services.alerts.models import Alert, Inhibition, ProjectFact
from services.alerts.rules import inhibitions
from services.alerts.rules.inhibitions import FACT, Fact
from services.alerts.rules.notices import Entry
from services.alerts.rules.silences import RETELLING
from services.alerts.schemas.inhibitions import InhibitionIn
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session, new_id, same_id


async def note_freeze(
    session: Session,
    account_id: UUID,
    project_id: UUID,
    area_code: str,
    *,
    frozen: bool,
    until_on: date | None,
    at: datetime,
) -> None:
    """Keep whether an account is frozen, and until when; told again it changes nothing."""
    fact = await queries.inhibitions.locked_find_fact(session, Fact.ACCOUNT_FROZEN, account_id)
    if fact is None and frozen:
        fact = ProjectFact(
            id=same_id(at, Fact.ACCOUNT_FROZEN, account_id), kind=Fact.ACCOUNT_FROZEN,
            subject_id=account_id, project_id=project_id, area_code=area_code, since_at=at,
        )  # fmt: skip
        session.add(fact)
    if fact is None:
        return
    if not frozen:
        await _end(session, fact, at)
        return
    await timers.disarm(session, fact.id, FACT)
    fact.until_on = until_on
    if until_on:
        timers.arm(session, FACT, fact.id, clock.day_end(until_on), entered_at=at)


async def let_fact_end(session: Session, fact_id: UUID, due: datetime) -> None:
    """End a fact whose last day is over."""
    fact = await queries.inhibitions.locked_fact_of_timer(session, fact_id)
    if fact and fact.ended_at is None:
        await _end(session, fact, due)


async def _end(session: Session, fact: ProjectFact, at: datetime) -> None:
    """Let each alert that it muted, and that nobody has answered, be told at that instant."""
    fact.ended_at = at
    await timers.disarm(session, fact.id, FACT)
    await session.flush()  # Others that mute by it at this moment were waited for by its lock.
    for alert_id in await queries.inhibitions.muted_alerts(session, fact.id):
        timers.arm(session, RETELLING, alert_id, at, entered_at=at, step=str(fact.id))


async def fact_muting(session: Session, alert: Alert, at: datetime) -> ProjectFact | None:
    """Give the fact that keeps an alert from being sent, and note it on the alert."""
    if alert.project_id is None or alert.major or session.info.get("replayed"):
        return None
    facts = await queries.inhibitions.facts_of(session, alert.project_id)
    if not facts:
        return None
    lineage = await known.lineage(session, alert.area_code)
    rules = await queries.inhibitions.rules_in_force(session, lineage, clock.day_of(at))
    for fact in facts:
        rule = inhibitions.muting(rules, [fact.kind], alert, lineage)
        if rule and await queries.inhibitions.locked_still_holds(session, fact.id):
            about = {"fact_id": str(fact.id), "source": fact.kind.value, "version": rule.version,
                     "area_code": rule.area_code}  # fmt: skip
            actions.notices.note(session, alert, Entry.INHIBITED, at, about)
            return fact
    return None


async def enter_rule(
    session: Session, caller: Caller, wanted: InhibitionIn, now: datetime
) -> Inhibition:
    """Enter the next version of an area's rule for a fact; raises AreaUnknown, VersionNotLater."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    newest = await queries.inhibitions.locked_newest_rule(session, wanted.area_code, wanted.source)
    if newest and wanted.valid_from < newest.valid_from:
        raise VersionNotLater
    row = Inhibition(
        id=new_id(), version=newest.version + 1 if newest else 1, created_at=now,
        created_by=caller.subject, **wanted.model_dump(),
    )  # fmt: skip
    session.add(row)
    return row
