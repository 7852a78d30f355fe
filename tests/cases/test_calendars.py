"""A new calendar counts open items of every kind anew, and leaves alone all that is closed."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from services.cases.models import WatchItem
from services.cases.rules.items import (
    COUNTED_HERE,
    TOLD_WHEN_WRONG,
    Happening,
    WatchKind,
)
from services.cases.rules.ladder import Ladder
from shared import timers, workdays
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import at
from tests.cases.policies import DEFAULTS

# Limits of arrears cases are counted by their clocks, and come from no event.
OF_CASES = {WatchKind.CASE_LIMIT_NEAR, WatchKind.CASE_STEP_OVERDUE}
# The canary lies in no area, and so under nobody's calendar.
OF_AREAS = set(WatchKind) - {WatchKind.CANARY} - OF_CASES
CONDITIONS = sorted(set(WatchKind) - TOLD_WHEN_WRONG - COUNTED_HERE)
# What a value decides on stands where it opens at once.
VALUES = {
    WatchKind.COVER_LOW: 1, WatchKind.UNREGISTERED_ON_SITE: 5,
    WatchKind.BELOW_MINIMUM_WAGE: Decimal("0.9"), WatchKind.PAID_SHARE_LOW: 99,
}  # fmt: skip
KEPT = ("state", "level", "step", "step_at", "calendar_version", "due_at", "closed_at",
        "changed_xid", "changed_at")  # fmt: skip


async def _items(session: Session, *, closed: bool) -> list[WatchItem]:
    await session.flush()
    is_closed = WatchItem.closed_at.is_not(None)
    found = select(WatchItem).where(is_closed if closed else ~is_closed).order_by(WatchItem.id)
    return list(await session.scalars(found.execution_options(populate_existing=True)))


async def _stand(session: Session, item: WatchItem) -> dict[str, Any]:
    lines = len(await make.timeline(session, item))
    armed = await timers.armed(session, item.id)
    return {name: getattr(item, name) for name in KEPT} | {"lines": lines, "armed": armed}


async def test_a_new_calendar_counts_open_items_of_every_kind_anew_and_no_closed_one(
    session: Session,
) -> None:
    """Each kind is wrong twice since 10 April 2023; one of each pair is put right in time."""
    await make.world(session)
    for subject in ("open", "closed"):
        for kind in CONDITIONS:
            found = make.found(
                kind, "2023-03-01", "2023-04-10 10:00", subject, value=VALUES.get(kind)
            )
            await make.tell(session, found)
        project = "p" if subject == "open" else "q"
        await make.tell(
            session, make.missed("2023-03", project, occurred_at=at("2023-04-10 11:00"))
        )
    await make.tell(
        session,
        make.feed_late("2023-04-09", "2023-04-10 12:00"),
        make.feed_late("2023-04-08", "2023-04-10 12:00"),
    )
    await make.pass_time(session, at("2023-05-15 10:00"))
    await make.tell(
        session,
        *(make.ended(kind, "2023-05-15 11:00", subject="closed") for kind in CONDITIONS),
        make.received("2023-03", "0.00", "2023-05-15 11:00", "q"),
        make.feed_completed("2023-04-08", "2023-05-15 11:00"),
    )
    closed, before = await _items(session, closed=True), {}
    for item in closed:
        before[item.id] = await _stand(session, item)
    # What is watched after red is open: the miss that was put right had come that far.
    assert {item.kind for item in closed} == OF_AREAS - COUNTED_HERE
    reached = {item.id: (item.step, item.step_at) for item in await _items(session, closed=False)}
    days = dict(make.calendar_told().exceptions)
    days |= {date(2023, 5, day): "holiday" for day in range(16, 27)}
    notice = make.calendar_told(exceptions=days, occurred_at=at("2023-05-15 12:00"))
    await make.tell(session, notice)
    for item in await _items(session, closed=True):
        assert await _stand(session, item) == before[item.id], item.kind
    opened = await _items(session, closed=False)
    assert {item.kind for item in opened} == OF_AREAS
    exceptions = {day: workdays.DayKind(kind) for day, kind in days.items()}
    calendar = workdays.overlay(workdays.national_calendar([2023, 2024]), "0", exceptions)
    for item in opened:
        assert (item.step, item.step_at) == reached[item.id], "what is passed stays passed"
        ladder = Ladder.of(DEFAULTS[item.kind])
        rung = ladder.following(item.step, item.step_at, item.due_on, calendar)
        assert rung
        [armed] = await timers.armed(session, item.id, "level")
        assert (armed.step, armed.due_at) == (rung.step, rung.at), item.kind
        lines = await make.timeline(session, item)
        assert [line.what for line in lines].count(Happening.RECOMPUTED) == 1, item.kind
