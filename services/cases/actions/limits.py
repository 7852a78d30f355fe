"""The limits of an item as timer rows: its next rung, and the answer that is waited for."""

from datetime import datetime

from services.cases.models import WatchItem
from services.cases.rules.items import ItemState, TimerKind
from services.cases.rules.ladder import Ladder, Rung
from shared import timers
from shared.db import Session
from shared.workdays import Calendar


async def arm(
    session: Session, item: WatchItem, ladder: Ladder, calendar: Calendar, now: datetime
) -> None:
    """Arm what comes next for an open item, in place of what was armed; say when it is due."""
    item.calendar_version = calendar.version
    rung = _next(item, ladder, calendar)
    answered_since = _await(item, ladder, calendar, rung)
    await disarm(session, item)  # It writes the item, too, as it is from now on.
    if rung is not None:
        _arm(session, item, TimerKind.LEVEL, rung.at, entered_at=item.step_at, step=rung.step)
    _arm_answer(session, item, answered_since, now)


async def arm_answer(
    session: Session, item: WatchItem, ladder: Ladder, calendar: Calendar, now: datetime
) -> None:
    """Arm the answer limit that an item's state and level ask for; the rungs stay as they are."""
    since = _await(item, ladder, calendar, _next(item, ladder, calendar))
    await timers.disarm(session, item.id, TimerKind.ANSWER)
    _arm_answer(session, item, since, now)


def _await(item: WatchItem, ladder: Ladder, calendar: Calendar, rung: Rung | None) -> datetime:
    """Let an item say by when it is to be answered and when it is due; give since when it waits."""
    since = max(item.level_since, item.state_since)
    answer_due_at = None
    if item.state is ItemState.OPEN and not item.muted_by:
        answer_due_at = ladder.answer_due(item.level, since, calendar, pauses=item.stood_still())
    item.answer_due_at = answer_due_at
    limits = (rung.at if rung else None, answer_due_at)
    item.due_at = min((at for at in limits if at is not None), default=None)
    return since


def _arm_answer(session: Session, item: WatchItem, since: datetime, now: datetime) -> None:
    """Arm the limit of an answer; one that is over was told when it ended, and is not again."""
    if item.answer_due_at and item.answer_due_at > now:
        _arm(session, item, TimerKind.ANSWER, item.answer_due_at, entered_at=since)


def _next(item: WatchItem, ladder: Ladder, calendar: Calendar) -> Rung | None:
    """Give the next rung; none while the item's clock stands still."""
    if item.muted_by:
        return None
    return ladder.following(
        item.step, item.step_at, item.due_on, calendar, pauses=item.stood_still()
    )


def _arm(
    session: Session,
    item: WatchItem,
    kind: TimerKind,
    due_at: datetime,
    *,
    entered_at: datetime,
    step: str = "",
) -> None:
    timers.arm(
        session,
        kind,
        item.id,
        due_at,
        entered_at=entered_at,
        step=step,
        policy_version=item.policy_version,
        calendar_version=item.calendar_version,
    )


async def disarm(session: Session, item: WatchItem) -> None:
    """Let an item rest: it is closed, or armed anew."""
    await timers.disarm(session, item.id, TimerKind.LEVEL, TimerKind.ANSWER)
