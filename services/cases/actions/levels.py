"""How items climb: by time, by rule, and what a new calendar changes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import limits, order_course, proposals
from services.cases.actions.timeline import card, cause, note, note_once
from services.cases.models import WatchItem
from services.cases.rules import history
from services.cases.rules.items import Happening, TimerKind
from services.cases.rules.ladder import Known, Ladder, Rung, passed_before, told
from shared import known, timers
from shared.db import Session, same_id
from shared.events.cases import WatchItemLowered, WatchItemRaised, WatchItemStepReached
from shared.outbox import publish
from shared.workdays import Calendar


def climb(
    session: Session,
    item: WatchItem,
    ladder: Ladder,
    rungs: Sequence[Rung],
    *,
    at: datetime | None = None,
    by_rule: str | None = None,
) -> None:
    """Record rungs in order and stand on the last one.

    Each is dated by its own instant, or by `at` where it is only now known to be passed; then the
    instant it would have had is noted. All but the one that people are told of count as passed.
    """
    last = told(rungs)
    for rung in rungs:
        when = at or rung.at
        item.reach(rung, when, ladder)
        what = Happening.RAISED if rung.level else Happening.STEP_REACHED
        if rung.step == ladder.steps[0].code:
            what = Happening.OPENED
        details: dict[str, object] = {"passed": True} if rung is not last else {}
        if by_rule:
            details["by_rule"] = by_rule
        if not ladder.steps[ladder.place(rung.step)].is_timed and item.value is not None:
            details["value"] = item.value
        if rung.at != when:
            details["would_have_been_at"] = rung.at
        note(session, item, what, when, **details)


@asynccontextmanager
async def together(session: Session, due: Sequence[timers.Timer]) -> AsyncIterator[None]:
    """Read in one what the limits of one batch are about."""
    await queries.limits.locked_items(session, [timer.subject_id for timer in due])
    yield


async def raise_level(session: Session, item_id: UUID, now: datetime) -> None:
    """Let an open item climb to where it stands by time at `now`; tell of it once."""
    item = await queries.items.locked_find_watch_item(session, item_id)
    if item is not None and not item.is_closed:
        await _climb_by_time(session, item, now)


async def catch_up(session: Session, item: WatchItem, at: datetime) -> None:
    """Let an item climb what fell due by an instant, before something of that instant is done.

    Whether its timer or the news is handled first is then no matter.
    """
    if item.due_at is not None and item.due_at <= at and not item.is_closed:
        await _climb_by_time(session, item, at)


async def catch_up_within(session: Session, area_code: str, at: datetime) -> None:
    """Let the open items of an area climb what fell due by an instant."""
    for item in await queries.items.locked_due_within(session, area_code, at):
        await catch_up(session, item, at)


async def _climb_by_time(session: Session, item: WatchItem, now: datetime) -> None:
    if item.muted_by:
        return
    ladder, calendar = await terms(session, item)
    rungs = ladder.passed(
        item.step, item.step_at, item.due_on, calendar, now, pauses=item.stood_still()
    )
    if not rungs:
        # The calendar may have moved the rung away; an open item is never left without a timer.
        if not await timers.armed(session, item.id, TimerKind.LEVEL):
            await limits.arm(session, item, ladder, calendar, now)
        return
    was_proposing = item.proposing
    tell(session, item, ladder, rungs)
    await limits.arm(session, item, ladder, calendar, now)
    await order_course.draft_at_step(session, item, ladder, rungs[-1].at)
    if item.project_id and item.proposing and not was_proposing:
        at = next(rung.at for rung in rungs if ladder.is_proposed_at(rung.step))
        await proposals.review_proposal(session, item.project_id, at)


async def terms(session: Session, item: WatchItem) -> tuple[Ladder, Calendar]:
    """Give the ladder that an item keeps, and the working days of its area."""
    policy = await queries.policies.policy(session, item.policy_id)
    return policy.ladder(), await known.calendar(session, item.area_code)


async def raise_by_rule(
    session: Session, item: WatchItem, standing: history.Standing, at: datetime
) -> None:
    """Let an open item jump if its misses in a row or in total ask for it."""
    ladder, calendar = await terms(session, item)
    jump = ladder.jump(item.step, Known(standing), item.level)
    if jump is None:
        return
    rungs = ladder.jumped(item.step, jump.to, at, item.level)
    tell(session, item, ladder, rungs, by_rule=jump.code)
    await limits.arm(session, item, ladder, calendar, at)
    await order_course.draft_at_step(session, item, ladder, at)


async def raise_to_top(session: Session, item: WatchItem, at: datetime, *, by_rule: str) -> None:
    """Let an item jump to the highest level of its ladder, whatever its misses and days say."""
    await catch_up(session, item, at)
    ladder, calendar = await terms(session, item)
    if ladder.place(ladder.top()) <= ladder.place(item.step):
        return
    was_proposing = item.proposing
    rungs = ladder.jumped(item.step, ladder.top(), at, item.level)
    if not rungs:
        return
    tell(session, item, ladder, rungs, by_rule=by_rule)
    await limits.arm(session, item, ladder, calendar, at)
    await order_course.draft_at_step(session, item, ladder, at)
    if item.project_id and item.proposing and not was_proposing:
        await proposals.review_proposal(session, item.project_id, at)


def tell(
    session: Session,
    item: WatchItem,
    ladder: Ladder,
    rungs: Sequence[Rung],
    *,
    at: datetime | None = None,
    by_rule: str | None = None,
) -> None:
    """Record rungs and tell people once, of where the item stands now."""
    before, last = item.level, told(rungs)
    climb(session, item, ladder, rungs, at=at, by_rule=by_rule)
    when = at or last.at
    said = card(item) | {
        "id": same_id(when, item.id, last.step),
        "occurred_at": when,
        "passed": passed_before(rungs, last),
    }
    if last.level:
        publish(session, WatchItemRaised(**said, previous_level=before, by_rule=by_rule))
    else:
        publish(session, WatchItemStepReached(**said, step=last.step))


def lower(session: Session, item: WatchItem, ladder: Ladder, step: str, at: datetime) -> None:
    """Let an item fall to the step of a better value, and tell people; time never does this."""
    before = item.level
    item.reach(Rung(step, ladder.level_at(step).code, at), at, ladder)
    note(session, item, Happening.LOWERED, at, value=item.value, level_before=before)
    publish(
        session,
        WatchItemLowered(
            **card(item),
            id=same_id(at, item.id, "lowered", step),
            occurred_at=at,
            previous_level=before,
        ),
    )


async def recompute_limits(session: Session, area_code: str, at: datetime) -> None:
    """Arm the open items of an area anew by the calendar in force; what is passed stays passed."""
    items = await queries.items.locked_open_watch_items_within(session, area_code)
    policies = await queries.policies.policies_by_id(session, {item.policy_id for item in items})
    calendars = {
        code: await known.calendar(session, code) for code in {item.area_code for item in items}
    }
    projects: set[UUID] = set()
    for item in items:
        calendar = calendars[item.area_code]
        if item.calendar_version == calendar.version:
            continue
        before = item.due_at
        ladder = policies[item.policy_id].ladder()
        await limits.arm(session, item, ladder, calendar, at)
        note(session, item, Happening.RECOMPUTED, at, due_at_before=before, due_at=item.due_at)
        if item.project_id and item.proposing:
            projects.add(item.project_id)
    for project_id in sorted(projects):
        await proposals.review_proposal(session, project_id, at)


async def note_answer_overdue(session: Session, item_id: UUID, at: datetime) -> None:
    """Write down that nobody answered within the limit; the item stays due since then."""
    item = await queries.items.locked_find_watch_item(session, item_id)
    if item is not None and item.answer_due_at is not None and item.answer_due_at <= at:
        why = cause(item.id, item.answer_due_at)
        await note_once(session, item, Happening.ANSWER_OVERDUE, at, why)
