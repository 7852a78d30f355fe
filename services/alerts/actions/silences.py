"""Silences: asked for, approved, ended; what they muted is told again when they end."""

from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import (
    PersonNeeded,
    SecondPersonNeeded,
    SilenceOver,
    SilenceRefused,
    VersionNotLater,
)
from services.alerts.models import Alert, Silence, SilenceTerms
from services.alerts.rules import silences
from services.alerts.rules.notices import AlertState, Entry, Reason
from services.alerts.rules.silences import RETELLING, SILENCE, SilenceState, Terms
from services.alerts.schemas.silences import (
    ApprovalIn,
    SilenceEndIn,
    SilenceIn,
    SilenceTermsIn,
)
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding, Stale


async def silence(session: Session, caller: Caller, wanted: SilenceIn, now: datetime) -> Silence:
    """Let some alerts be sent to nobody for a while, or propose it where that needs two persons.

    Raises PersonNeeded, AreaUnknown, SilenceRefused.
    """
    if caller.is_machine:
        raise PersonNeeded
    await queries.areas.areas_in_scope(session, [wanted.area_code, *wanted.areas], caller.scope)
    from_at = max(wanted.from_at or now, now)
    terms = await _judge(session, caller, wanted.area_code, (from_at, wanted.until_at), now)
    held = Terms(terms.longest, terms.two_persons)
    waits = silences.needs_two(held, wanted.levels)
    row = Silence(
        id=new_id(), area_code=wanted.area_code, kinds=wanted.kinds, levels=wanted.levels,
        areas=wanted.areas, projects=[str(each) for each in wanted.projects],
        watch_item_id=wanted.watch_item_id, from_at=from_at, until_at=wanted.until_at,
        reason=wanted.reason, author=caller.subject, terms_id=terms.id,
        state=SilenceState.PROPOSED if waits else SilenceState.ACTIVE, version=1, created_at=now,
    )  # fmt: skip
    session.add(row)
    timers.arm(session, SILENCE, row.id, row.until_at, entered_at=now)
    return row


async def _judge(
    session: Session,
    caller: Caller,
    area_code: str,
    span: tuple[datetime, datetime],
    now: datetime,
) -> SilenceTerms:
    """Give the terms by which a caller may silence so long; raises SilenceRefused."""
    lineage = await known.lineage(session, area_code)
    terms = await queries.silences.terms_in_force(session, lineage, clock.day_of(now))
    held = Terms(terms.longest, terms.two_persons) if terms else None
    faults = silences.faults(*span, caller.roles, held, now)
    if faults or terms is None:
        raise SilenceRefused(
            errors=[Finding(one.place, one.code, one.text, one.remedy) for one in faults]
        )
    return terms


async def approve_silence(
    session: Session, caller: Caller, silence_id: UUID, said: ApprovalIn, now: datetime
) -> Silence:
    """Let a proposed silence begin on the word of another person who may silence as long.

    Raises PersonNeeded, NotFound, Stale, SilenceOver, SecondPersonNeeded, SilenceRefused.
    """
    if caller.is_machine:
        raise PersonNeeded
    row = await _read(session, caller, silence_id, said.version)
    if row.state is not SilenceState.PROPOSED:
        raise SilenceOver
    if row.author == caller.subject:
        raise SecondPersonNeeded
    await _judge(session, caller, row.area_code, (row.from_at, row.until_at), now)
    row.approve(caller.subject, now)
    return row


async def end_silence(
    session: Session, caller: Caller, silence_id: UUID, said: SilenceEndIn, now: datetime
) -> Silence:
    """End a silence before its time, or refuse one that is proposed.

    Raises PersonNeeded, NotFound, Stale, SilenceOver.
    """
    if caller.is_machine:
        raise PersonNeeded
    row = await _read(session, caller, silence_id, said.version)
    if row.state is SilenceState.ENDED:
        raise SilenceOver
    await timers.disarm(session, row.id, SILENCE)
    await _end(session, row, now, by=caller.subject, reason=said.reason)
    return row


async def _read(session: Session, caller: Caller, silence_id: UUID, version: int) -> Silence:
    row = await queries.silences.locked_silence(session, silence_id, caller.scope)
    if row.version != version:
        raise Stale
    return row


async def let_silence_end(session: Session, silence_id: UUID, due: datetime) -> None:
    """End a silence whose time is over."""
    row = await queries.silences.locked_silence_of_timer(session, silence_id)
    if row and row.state is not SilenceState.ENDED:
        await _end(session, row, due)


async def _end(
    session: Session,
    row: Silence,
    at: datetime,
    *,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """Let each alert that it muted, and that nobody has answered, be told at that instant.

    Each by a limit of its own: whoever tells holds the alert and waits for the silence, so that
    to wait for alerts here might be a deadlock.
    """
    if not row.end(at, by, reason):
        return
    await session.flush()  # Others that mute by it at this moment were waited for by its lock.
    for alert_id in await queries.silences.muted_alerts(session, row.id):
        timers.arm(session, RETELLING, alert_id, at, entered_at=at, step=str(row.id))


async def on_retelling(session: Session, timer: timers.Timer) -> None:
    """Tell again of what a limit was armed for."""
    await tell_again(session, timer.subject_id, UUID(timer.step), timer.due_at)


async def tell_again(session: Session, alert_id: UUID, cause_id: UUID, due: datetime) -> None:
    """Tell of an alert whom a silence, or a fact, kept from hearing, if still nobody answered."""
    alert = await queries.alerts.locked_alert_of_timer(session, alert_id)
    if alert is None or alert.state not in {AlertState.RAISED, AlertState.SENT}:
        return
    if await queries.silences.find_silence(session, cause_id):
        entry, about = Entry.SILENCE_ENDED, {"silence_id": str(cause_id)}
    else:
        entry, about = Entry.INHIBITION_ENDED, {"fact_id": str(cause_id)}
    actions.notices.note(session, alert, entry, due, about)
    muted = await queries.silences.muted_recipients(session, alert_id, cause_id)
    # Whom a rung has told at this very instant has heard of it.
    heard = await queries.alerts.told_at(session, alert_id, due)
    await actions.notices.tell_those(
        session, alert, [each for each in muted if each not in heard], reason=Reason.TOLD_AGAIN,
        slot=f"again:{cause_id}", at=due, found_by=f"muted by {cause_id}",
    )  # fmt: skip


async def silence_of(session: Session, alert: Alert, at: datetime) -> Silence | None:
    """Give the silence that takes an alert at an instant, and note it on the alert."""
    if alert.major or session.info.get("replayed"):
        return None
    lineage = await known.lineage(session, alert.area_code)
    for each in await queries.silences.silences_at(session, lineage, at):
        if silences.takes(each, alert, lineage) and await queries.silences.locked_still_active(
            session, each.id
        ):
            about = {"silence_id": str(each.id), "until_at": each.until_at.isoformat()}
            actions.notices.note(session, alert, Entry.SILENCED, at, about)
            return each
    return None


async def enter_terms(
    session: Session, caller: Caller, wanted: SilenceTermsIn, now: datetime
) -> SilenceTerms:
    """Enter the next version of an area's terms; earlier ones stay, for what lasts by them.

    Raises AreaUnknown, VersionNotLater.
    """
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    newest = await queries.silences.locked_newest_terms(session, wanted.area_code)
    if newest and wanted.valid_from < newest.valid_from:
        raise VersionNotLater
    row = SilenceTerms(
        id=new_id(), version=newest.version + 1 if newest else 1, created_at=now,
        created_by=caller.subject, **wanted.model_dump(),
    )  # fmt: skip
    session.add(row)
    return row
