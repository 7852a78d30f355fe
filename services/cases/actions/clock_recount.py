"""The clocks of an area's cases, counted anew by another calendar: all of them as a set."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.cases import queries
from services.cases.actions import case_clocks, condition_days
from services.cases.models import ArrearsCase, CaseClock
from services.cases.rules import case_clocks as rules
from services.cases.rules.case_clocks import COUNTED_DOWN, UNSHIFTED, Limit
from services.cases.rules.conditions import pauses_of
from services.cases.rules.course import answerable
from services.cases.rules.items import TimerKind, WatchKind, key_of
from shared import known, sets, timers
from shared.db import Session
from shared.workdays import Calendar

_NEAR = WatchKind.CASE_LIMIT_NEAR


async def hold_clocks(session: Session, area_code: str) -> None:
    """Keep the clocks of an area, and what waits for its day there, from being claimed meanwhile.

    To be called before anything else of them is held.
    """
    await timers.hold_all(session, queries.case_clocks.clocks_within(area_code))
    await timers.hold_all(session, queries.conditions.latent_ids(area_code))


async def recompute(session: Session, area_code: str, at: datetime) -> None:
    """Count the clocks that run in an area anew by the calendar in force; what is over stays.

    Their timers move with them, and what counts them down follows. Held by `hold_clocks`.
    """
    calendars = await _changed(session, area_code)
    if not calendars:
        return
    running = await queries.case_clocks.locked_counted(session, calendars)
    stale = [one for one in running if one.calendar_version != calendars[one.area_code].version]
    rows = _counted_anew(stale, calendars)
    await sets.rewrite(session, CaseClock, rows)
    due = {row["id"]: (row["due_at"], row["calendar_version"]) for row in rows}
    lacking = await timers.move_all(session, TimerKind.CLOCK, due) if due else set()
    for one in stale:
        if one.id in lacking:
            due_at, version = due[one.id]
            timers.arm(
                session, TimerKind.CLOCK, one.id, due_at, entered_at=one.started_at,
                calendar_version=version,
            )  # fmt: skip
    moved = await queries.case_clocks.next_instants(session, calendars)
    await sets.rewrite(session, ArrearsCase, moved)
    await _count_down(session, stale, {row["id"]: row["due_at"] for row in rows}, at)


async def _changed(session: Session, area_code: str) -> dict[str, Calendar]:
    """Give the calendars of the areas in which clocks were counted by another one."""
    calendars: dict[str, Calendar] = {}
    for code, version in await queries.case_clocks.versions_within(session, area_code):
        calendar = await known.calendar(session, code)
        if calendar.version != version:
            calendars[code] = calendar
    return calendars


def _counted_anew(stale: Sequence[Any], calendars: Mapping[str, Calendar]) -> list[dict[str, Any]]:
    """Give what the clocks become; those that began alike and never stood still end alike."""
    alike: dict[tuple[Any, ...], datetime] = {}
    rows = []
    for one in stale:
        limit, shift = Limit(one.length, one.unit, one.granted), one.kind not in UNSHIFTED
        same = (one.started_at, limit, shift, one.area_code)
        due_at = None if one.pauses else alike.get(same)
        if due_at is None:
            still, calendar = pauses_of(one.pauses or ()), calendars[one.area_code]
            due_at = rules.due_at(one.started_at, limit, still, calendar, shift=shift)
        if not one.pauses:
            alike[same] = due_at
        version = calendars[one.area_code].version
        rows.append({"id": one.id, "due_at": due_at, "calendar_version": version})
    return rows


async def _count_down(
    session: Session, stale: Sequence[Any], due: Mapping[Any, datetime], at: datetime
) -> None:
    """Let what counts limits down follow the days on which they now end."""
    days: dict[str, condition_days.Day] = {}
    clocks = {}
    for one in stale:
        if one.kind in COUNTED_DOWN:
            key = key_of(_NEAR, one.case_id, one.kind)
            answers = answerable(one.stage, one.unit_id, one.receiver_id) or one.case_id
            days[key] = (rules.last_day(due[one.id]), answers)
            clocks[key] = one.id
    # In an order of their own, as whoever holds several: two must not wait for each other.
    for key in sorted(await condition_days.move_days(session, days, at)):
        await case_clocks.tell_near(session, clocks[key], at)
