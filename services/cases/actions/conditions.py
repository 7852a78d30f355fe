"""Conditions: told by their finders, opened as items on their policy's day, ended with proof."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import items, leavers, levels, limits, order_course, tellings
from services.cases.actions.timeline import note
from services.cases.errors import PolicyMissing
from services.cases.models import Condition, WatchItem
from services.cases.rules import policies as rules
from services.cases.rules.conditions import ConditionState, Ended, Found
from services.cases.rules.items import CloseReason, Happening, Opening, TimerKind
from services.cases.rules.ladder import Ladder
from shared import clock, known, timers
from shared.db import Session, same_id


async def learn_condition(session: Session, found: Found) -> None:
    """Keep what a finder tells, in place of what it told before, and do what follows from it.

    What waits opens, at its time or at once by a fact; what is open moves with its basis day, its
    facts and its value. News older than what is known changes nothing; what had ended before it
    was heard of is kept as ended.
    """
    condition, is_new = await queries.conditions.locked_condition(session, **_values(found))
    if condition.told_at > found.at:
        return
    end = await queries.tellings.end_after(session, found.key, found.at) if is_new else None
    if end is not None:
        condition.tell(found)
        ended_at, reason = end
        condition.end(ended_at, reason, {})
        return
    condition.tell(found)
    item = None
    if condition.watch_item_id is not None:
        item = await queries.items.locked_find_watch_item(session, condition.watch_item_id)
    await tellings.record_found(session, found, item)
    if item is None:
        await _review(session, condition, found.at)
    elif not item.is_closed:  # What documents have closed rests until its finder ends it.
        await _retell(session, condition, item, found)


def _values(found: Found) -> dict[str, Any]:
    """Give a new row, as it is told."""
    same = (
        "kind",
        "key",
        "subject_id",
        "project_id",
        "project",
        "developer_id",
        "contractor_id",
        "area_code",
        "period",
        "unit_id",
        "since",
    )
    return {name: getattr(found, name) for name in same} | {
        "id": same_id(found.at, found.key, "condition"),
        "facts": list(found.facts),
        "value": found.value,
        "muted_by": found.muted_by,
        "muted_at": found.at if found.muted_by else None,
        "pauses": [],
        "state": ConditionState.LATENT,
        "found_at": found.at,
        "told_at": found.at,
        "proof": {},
    }


async def _review(session: Session, condition: Condition, at: datetime) -> None:
    """Open a condition that waits if its day has come, a fact asks for it, or its value is low."""
    lineage = await known.lineage(session, condition.area_code)
    rows = await queries.policies.live_policies(session, condition.kind, lineage)
    calendar = await known.calendar(session, condition.area_code)
    still = condition.stood_still(at)
    today = rules.in_force(rows, lineage, clock.day_of(at))
    ladder = today.ladder() if today else None
    opens_at: datetime | None = None
    if ladder and ladder.is_of_value:
        opens_at = at if ladder.at_value(condition.known) else None
    elif ladder and ladder.jump(None, condition.known):
        opens_at = at
    elif not condition.muted_by:
        found = rules.opening(rows, lineage, condition.since, calendar, at, pauses=still)
        if found is None:
            raise PolicyMissing(kind=condition.kind, area_code=condition.area_code)
        opens_at = found[1]
    await _wait(session, condition, opens_at, at)
    if ladder and opens_at is not None and opens_at <= at:
        by_time = ladder.opens_at(condition.since, calendar, pauses=still)
        await _open(session, condition, at, by_time)


async def _wait(
    session: Session, condition: Condition, opens_at: datetime | None, at: datetime
) -> None:
    """Arm the day on which time opens the item, in place of what was armed."""
    later = opens_at if opens_at and opens_at > at else None
    if condition.opens_at == later:
        return
    if condition.opens_at is not None:
        await timers.disarm(session, condition.id, TimerKind.CONDITION)
    condition.opens_at = later
    if later is not None:
        timers.arm(session, TimerKind.CONDITION, condition.id, later, entered_at=at)


async def _open(session: Session, condition: Condition, at: datetime, due_at: datetime) -> None:
    """Make an item of a condition; `due_at` is when time alone would have opened it."""
    same = (
        "kind",
        "key",
        "subject_id",
        "area_code",
        "period",
        "unit_id",
        "project_id",
        "project",
        "developer_id",
        "contractor_id",
        "value",
        "muted_by",
        "muted_at",
    )
    opening = Opening(
        **{name: getattr(condition, name) for name in same},
        due_on=condition.since,
        due_at=due_at,
        opened_at=at,
        facts=tuple(condition.facts),
        pauses=tuple(condition.pauses),
    )
    item = await items.open_watch_item(session, opening)
    if item is not None:
        condition.open(item.id)
        await leavers.open_red(session, item, at)


async def _retell(session: Session, condition: Condition, item: WatchItem, found: Found) -> None:
    """Let an open item follow what is told of its condition now."""
    await levels.catch_up(session, item, found.at)
    before = {"due_on": item.due_on, "facts": item.facts, "muted_by": item.muted_by}
    item.follow(condition)
    _note_changes(session, item, before, found.at)
    ladder, calendar = await levels.terms(session, item)
    if ladder.is_of_value:
        if await _move_by_value(session, condition, item, ladder, found.at):
            return
    else:
        if not item.muted_by:
            rungs = ladder.passed(
                item.step,
                item.step_at,
                item.due_on,
                calendar,
                found.at,
                pauses=item.stood_still(),
            )
            if rungs:
                levels.tell(session, item, ladder, rungs, at=found.at)
        jump_by_fact(session, item, ladder, found.at)
    await limits.arm(session, item, ladder, calendar, found.at)
    await order_course.draft_at_step(session, item, ladder, found.at)


def _note_changes(session: Session, item: WatchItem, before: dict[str, Any], at: datetime) -> None:
    """Write down what was told anew; a value alone shows in the levels that it moves."""
    after = {"due_on": item.due_on, "facts": item.facts}
    changed = {name: value for name, value in after.items() if before[name] != value}
    if changed:
        old = {f"{name}_before": before[name] for name in changed}
        note(session, item, Happening.RETOLD, at, **changed, **old)
    if item.muted_by and not before["muted_by"]:
        note(session, item, Happening.MUTED, at, muted_by=item.muted_by)
    elif before["muted_by"] and not item.muted_by:
        note(session, item, Happening.RESUMED, at, muted_by_before=before["muted_by"])


def jump_by_fact(session: Session, item: WatchItem, ladder: Ladder, at: datetime) -> None:
    """Let an open item jump where a fact that is told of it asks for it."""
    jump = ladder.jump(item.step, item.known, item.level)
    if jump is not None:
        rungs = ladder.jumped(item.step, jump.to, at, item.level)
        levels.tell(session, item, ladder, rungs, by_rule=jump.code)


async def _move_by_value(
    session: Session, condition: Condition, item: WatchItem, ladder: Ladder, at: datetime
) -> bool:
    """Let an item stand where its value does; say whether it is closed, the value recovered."""
    step = ladder.at_value(item.known)
    if step is None:
        reason = CloseReason.VALUE_RECOVERED
        await items.close_watch_item(session, item, reason, at, value=item.value)
        condition.rest()
        return True
    rank = ladder.level_at(step).rank
    if rank > item.level_rank:
        rungs = ladder.jumped(item.step, step, at, item.level)
        jump = ladder.jump(None, item.known)
        levels.tell(session, item, ladder, rungs, by_rule=jump.code if jump else None)
    elif rank < item.level_rank:
        levels.lower(session, item, ladder, step, at)
    return False


async def end_condition(session: Session, ended: Ended) -> None:
    """Let a condition rest for good, and close its item with the proof; older news is no news."""
    condition = await queries.conditions.locked_find_condition(session, ended.key)
    if condition is None:
        # What it ends may be heard of later, and is over then.
        await tellings.record_ended(session, None, ended, None)
        return
    if condition.told_at > ended.at:
        return
    item = None
    if condition.watch_item_id is not None:
        item = await queries.items.locked_find_watch_item(session, condition.watch_item_id)
    await tellings.record_ended(session, condition, ended, item)
    await _wait(session, condition, None, ended.at)
    condition.end(ended.at, ended.reason, dict(ended.proof))
    if item is not None and not item.is_closed:
        await levels.catch_up(session, item, ended.at)
        proof = dict(ended.proof)
        await items.close_watch_item(session, item, ended.reason, ended.at, proof=proof)


async def open_due(session: Session, condition_id: UUID, at: datetime) -> None:
    """Open a condition whose day has come; a newer calendar or policy may have moved the day."""
    condition = await queries.conditions.locked_latent(session, condition_id)
    if condition is not None:
        condition.opens_at = None
        await _review(session, condition, at)


async def review_latent(session: Session, condition_id: UUID, at: datetime) -> None:
    """Arm anew, or open, what waits, by the calendar and the policies in force."""
    condition = await queries.conditions.locked_latent(session, condition_id)
    if condition is not None:
        await _review(session, condition, at)


async def report_without_timer(session: Session, today: date) -> None:
    """Tell operators of what waits for a day that nothing will tell of."""
    for condition in await queries.conditions.conditions_without_timer(session):
        timers.tell_untimed(session, "condition", condition.id, today)
