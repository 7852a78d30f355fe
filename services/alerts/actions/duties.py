"""Who is on duty, who stands in for whom; patterns and leaves entered and ended."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.alerts import queries
from services.alerts.errors import DutyOver, LeaveRefused
from services.alerts.models import DutyPattern, Leave, Recipient
from services.alerts.rules import duties, routing
from services.alerts.schemas.duties import (
    DutyPatternIn,
    DutyPatternPatch,
    GapFilter,
    LeaveIn,
    LeavePatch,
)
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding, Stale
from shared.wording import Text

# A roster on which nobody has stood for longer than this was given up.
GIVEN_UP = timedelta(days=31)


async def on_duty(session: Session, lineage: Sequence[str], at: datetime) -> routing.Duties:
    """Give whom the rosters of some areas name at an instant and somebody can be told for."""
    day = clock.day_of(at)
    by_area: dict[str, list[UUID]] = defaultdict(list)
    spans = await queries.recipients.on_duty(session, lineage, at, day)
    for area_code, found in spans.items():
        by_area[area_code] += found
    for pattern in await queries.duties.patterns_near(session, lineage, day - timedelta(days=1)):
        calendar = await known.calendar(session, pattern.area_code)
        by_area[pattern.area_code] += duties.on_duty(pattern, at, calendar)
    named = {who for found in by_area.values() for who in found}
    if not named:
        return {}
    in_office = await queries.recipients.recipients_in_force(session, list(named), day)
    away = await queries.duties.away(session, named, day)
    return {
        area_code: [who for who in found if who in in_office and away.get(who, who)]
        for area_code, found in by_area.items()
    }


async def represent(
    session: Session, lineage: Sequence[str], traces: dict[UUID, dict[str, Any]], at: datetime
) -> None:
    """Put in the place of whoever is on leave who stands in for him, and say so in the trace.

    Where nobody does, whoever is on duty then.
    """
    away = await queries.duties.away(session, traces, clock.day_of(at)) if traces else {}
    if not away:
        return
    area: str | None = None
    near: Sequence[UUID] = ()
    if None in away.values():
        area, near = routing.nearest_duty(lineage, await on_duty(session, lineage, at))
        instead = await queries.duties.away(session, near, clock.day_of(at)) if near else {}
        near = [instead.get(who) or who for who in near]
    for who, stand_in in away.items():
        trace = traces.pop(who)
        said = trace | {"stands_in_for": [*trace.get("stands_in_for", ()), str(who)]}
        if stand_in is None:
            said["found_by"] = [*trace.get("found_by", ()), f"duty roster of {area}"]
        for each in (stand_in,) if stand_in else near:
            if each in traces:
                traces[each].setdefault("also", []).append(said)
            else:
                traces[each] = dict(said)


async def enter_pattern(
    session: Session, caller: Caller, wanted: DutyPatternIn, now: datetime
) -> DutyPattern:
    """Let duties come again in an area; raises AreaUnknown, RecipientUnknown."""
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    await queries.recipients.recipients_in_scope(session, {*wanted.recipient_ids}, caller.scope)
    said = wanted.model_dump() | {"recipient_ids": [str(each) for each in wanted.recipient_ids]}
    pattern = DutyPattern(id=new_id(), version=1, created_at=now, created_by=caller.subject, **said)
    session.add(pattern)
    return pattern


async def end_pattern(
    session: Session, caller: Caller, pattern_id: UUID, patch: DutyPatternPatch, now: datetime
) -> DutyPattern:
    """Give a pattern its last day; raises NotFound, Stale, DutyOver.

    Days that are over stay as they were: it ends yesterday at the earliest, or before it begins.
    """
    pattern = await queries.duties.locked_pattern(session, pattern_id, caller.scope)
    if pattern.version != patch.version:
        raise Stale
    yesterday = clock.day_of(now) - timedelta(days=1)
    over = pattern.until_on is not None and pattern.until_on < yesterday
    if over or patch.until_on < max(yesterday, pattern.from_on - timedelta(days=1)):
        raise DutyOver
    pattern.until_on, pattern.version = patch.until_on, pattern.version + 1
    return pattern


async def find_gaps(
    session: Session, caller: Caller, asked: GapFilter, now: datetime
) -> dict[str, Any]:
    """Find when nobody on the rosters of the caller's areas can be told; raises AreaUnknown."""
    until = now + timedelta(days=asked.days)
    if asked.area_code:
        areas = await queries.areas.areas_in_scope(session, [asked.area_code], caller.scope)
    else:
        areas = await queries.duties.areas_with_roster(session, caller.scope, now - GIVEN_UP)
    rosters: dict[str, list[duties.Duty]] = {area: [] for area in areas}
    for span in await queries.duties.spans_between(session, areas, now, until):
        duty = duties.Duty(span.from_at, span.until_at, span.recipient_id)
        rosters[span.area_code].append(duty)
    begin = clock.day_of(now) - timedelta(days=1)
    for pattern in await queries.duties.patterns_near(session, areas, begin):
        calendar = await known.calendar(session, pattern.area_code)
        rosters[pattern.area_code] += duties.duties(pattern, now, until, calendar)
    named = {duty.recipient_id for roster in rosters.values() for duty in roster}
    terms = await queries.duties.terms(session, named, begin, clock.day_of(until))
    items = [
        {"area_code": area, "from_at": gap.from_at, "until_at": gap.until_at, "away": gap.away}
        for area, roster in rosters.items()
        for gap in duties.gaps(roster, terms, now, until)
    ]
    return {"from_at": now, "until_at": until, "areas": areas, "items": items}


async def enter_leave(session: Session, caller: Caller, wanted: LeaveIn, now: datetime) -> Leave:
    """Let somebody else be told in a recipient's place for some days.

    Raises RecipientUnknown, LeaveRefused.
    """
    # Held, so that two leaves of one recipient cannot be entered past each other.
    recipient = await queries.recipients.locked_recipient(
        session, wanted.recipient_id, caller.scope
    )
    leave = Leave(
        id=new_id(), recipient_id=recipient.id, area_code=recipient.area_code,
        from_on=wanted.from_on, until_on=wanted.until_on, stand_in_id=wanted.stand_in_id,
        version=1, created_at=now, created_by=caller.subject,
    )  # fmt: skip
    await _check(session, caller, leave)
    session.add(leave)
    return leave


async def change_leave(
    session: Session, caller: Caller, leave_id: UUID, patch: LeavePatch, now: datetime
) -> Leave:
    """Let a leave end on another day, have another stand-in, or not be; a past one stays.

    Raises NotFound, Stale, DutyOver, LeaveRefused.
    """
    leave = await queries.duties.locked_leave(session, leave_id, caller.scope)
    await queries.recipients.locked_recipient(session, leave.recipient_id, caller.scope)
    if leave.version != patch.version:
        raise Stale
    yesterday = clock.day_of(now) - timedelta(days=1)
    begun = leave.from_on <= yesterday
    last = patch.until_on or leave.until_on
    if leave.cancelled_at or leave.until_on < yesterday or last < max(leave.from_on, yesterday):
        raise DutyOver
    if patch.cancelled and begun:
        leave.until_on = yesterday
    elif patch.cancelled:
        leave.cancelled_at = now
    else:
        leave.until_on = last
        if "stand_in_id" in patch.model_fields_set:
            leave.stand_in_id = patch.stand_in_id
        await _check(session, caller, leave)
    leave.version += 1
    return leave


async def _check(session: Session, caller: Caller, leave: Leave) -> None:
    """Refuse days that another leave has, and a stand-in who is not there; all that is wrong."""
    span = leave.from_on, leave.until_on
    with session.no_autoflush:
        own = await queries.duties.leaves_between(session, [leave.recipient_id], *span)
        found = [_overlap("from_on", each) for each in own if each.id != leave.id]
        if leave.stand_in_id == leave.recipient_id:
            found.append(Finding("stand_in_id", "himself", *_HIMSELF))
        elif leave.stand_in_id:
            other = await queries.recipients.recipient(session, leave.stand_in_id, caller.scope)
            theirs = await queries.duties.leaves_between(session, [other.id], *span)
            found += [_overlap("stand_in_id", each) for each in theirs]
            if not _is_in_office(other, *span):
                found.append(Finding("stand_in_id", "not_in_office", *_NOT_IN_OFFICE))
    if found:
        raise LeaveRefused(errors=found)


def _is_in_office(who: Recipient, from_on: date, until_on: date) -> bool:
    return who.from_on <= from_on and (who.until_on is None or who.until_on >= until_on)


def _overlap(place: str, other: Leave) -> Finding:
    span = {"from_on": other.from_on, "until_on": other.until_on}
    detail, remedy = _OVERLAPS if place == "from_on" else _AWAY
    return Finding(place, "overlaps" if place == "from_on" else "away", detail.fill(**span), remedy)


_OVERLAPS = (
    Text(
        "与 {from_on} 至 {until_on} 的休假重叠", "Overlaps the leave from {from_on} to {until_on}"
    ),
    Text("请调整日期，或修改原休假", "Choose other days, or change that leave"),
)
_AWAY = (
    Text(
        "替班人 {from_on} 至 {until_on} 休假", "The stand-in is away from {from_on} to {until_on}"
    ),
    Text("请另选替班人，或分段登记", "Choose another stand-in, or enter the days in parts"),
)
_HIMSELF = (
    Text("替班人不能是本人", "Nobody stands in for himself"),
    Text("请另选替班人，或留空", "Choose another stand-in, or leave it out"),
)
_NOT_IN_OFFICE = (
    Text("替班人在此期间未任职", "The stand-in is not in office on all of these days"),
    Text("请另选替班人，或调整日期", "Choose another stand-in, or other days"),
)
