"""More time for who answers for an item: asked for by them, granted by somebody else."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import evidence, levels, limits
from services.cases.actions.timeline import act_for, note, tell_decision, who
from services.cases.errors import (
    AlreadyClosed,
    ExtensionDecided,
    ExtensionUnfit,
    NotYoursToAnswer,
    PersonNeeded,
    SecondPersonNeeded,
)
from services.cases.models import Extension, WatchItem
from services.cases.rules import extensions as rules
from services.cases.rules.conditions import pause_row
from services.cases.rules.extensions import ExtensionState
from services.cases.rules.items import Happening
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding


async def ask_extension(
    session: Session, caller: Caller, item_id: UUID, body: ExtensionIn, now: datetime
) -> Extension:
    """Ask for more time; the request that waits already is given back.

    Raises WatchItemUnknown, AlreadyClosed, NotYoursToAnswer, EvidenceRefused, or ExtensionUnfit
    with all findings.
    """
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    if item.is_closed:
        raise AlreadyClosed
    if caller.org not in item.answerers:
        raise NotYoursToAnswer
    await evidence.check_evidence(session, item.id, body.evidence_ids)
    terms_id = await _check(session, item, clock.day_of(now), body.until_on)
    act_for(session, caller.actor)
    values = body.model_dump(include={"until_on", "evidence_ids"}) | {"org_id": caller.org}
    asked = {"id": new_id(), "terms_id": terms_id, "reason": body.reason, **values}
    if await is_asked(session, item, now, **asked):
        values["day"] = values.pop("until_on")
        tell_decision(session, item, Happening.EXTENSION_ASKED, now, paper_id=asked["id"], **values)
    return await queries.extensions.asked_extension(session, item.id)


async def is_asked(session: Session, item: WatchItem, now: datetime, **asked: Any) -> bool:
    """Write a request down; False if the item has one that waits."""
    asked["evidence_ids"] = [str(one) for one in asked["evidence_ids"]]
    row = {**asked, "watch_item_id": item.id, "asked_at": now, "asked_by": who(session)}
    is_new = await queries.extensions.extension_is_new(session, **row)
    if is_new:
        said = {"until_on": asked["until_on"], "reason": asked["reason"]}
        note(session, item, Happening.EXTENSION_ASKED, now, **said)
    return is_new


async def _check(session: Session, item: WatchItem, today: date, until_on: date) -> UUID:
    terms = await queries.extensions.terms(session, item.kind, item.area_code, today)
    granted = await queries.extensions.number_granted(session, item.id)
    calendar = await known.calendar(session, item.area_code)
    faults = rules.faults(terms.bounds, granted, today, until_on, calendar)
    if faults:
        raise ExtensionUnfit(
            errors=[Finding(one.place, one.code, one.text, one.remedy) for one in faults]
        )
    return terms.id


async def decide_extension(
    session: Session,
    caller: Caller,
    extension_id: UUID,
    body: ExtensionDecisionIn,
    now: datetime,
) -> Extension:
    """Grant or refuse more time; the next rung waits as long as is granted, and no longer.

    Raises PersonNeeded, ExtensionUnknown, ExtensionDecided, AlreadyClosed, SecondPersonNeeded, or
    ExtensionUnfit.
    """
    if caller.is_machine:
        raise PersonNeeded
    asked, item = await queries.extensions.locked_extension(session, extension_id, caller.scope)
    if asked.state is not ExtensionState.ASKED:
        raise ExtensionDecided(state=asked.state)
    if caller.actor == asked.asked_by or (caller.org and caller.org == asked.org_id):
        raise SecondPersonNeeded
    act_for(session, caller.actor)
    if not body.granted:
        tell_decision(session, item, Happening.EXTENSION_REFUSED, now, paper_id=asked.id)
        refuse(session, item, asked, body.reason, now)
        return asked
    if item.is_closed:
        raise AlreadyClosed
    until_on = min(body.until_on or asked.until_on, asked.until_on)
    await _check(session, item, clock.day_of(now), until_on)
    said = {"paper_id": asked.id, "day": until_on}
    tell_decision(session, item, Happening.EXTENSION_GRANTED, now, **said)
    await grant(session, item, asked, until_on, now, reason=body.reason)
    return asked


def refuse(session: Session, item: WatchItem, asked: Extension, reason: str, now: datetime) -> None:
    """Grant no more time; the clock of the item ran on."""
    asked.decide(ExtensionState.REFUSED, now, who(session), reason, None)
    note(session, item, Happening.EXTENSION_REFUSED, now, reason=reason)


async def grant(
    session: Session,
    item: WatchItem,
    asked: Extension,
    until_on: date,
    now: datetime,
    *,
    reason: str,
) -> None:
    """Grant more time to the end of a day."""
    asked.decide(ExtensionState.GRANTED, now, who(session), reason, until_on)
    await _stand_still(session, item, until_on, who(session), now)


async def _stand_still(
    session: Session, item: WatchItem, until_on: date, by: str, now: datetime
) -> None:
    """Let an item's clock stand still to the end of a day, and arm what comes next anew."""
    await levels.catch_up(session, item, now)
    pause = pause_row(now, clock.day_end(until_on), "extension", by)
    item.granted = [*item.granted, pause]
    ladder, calendar = await levels.terms(session, item)
    await limits.arm(session, item, ladder, calendar, now)
    said = {"until_on": until_on, "pause": pause, "due_at": item.due_at}
    note(session, item, Happening.EXTENSION_GRANTED, now, **said)
