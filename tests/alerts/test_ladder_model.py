"""The ladder against a model that shares no code with it: it walks minute by minute.

The model knows a calendar written out here, counts minutes of work, and asks at each of them
whether somebody is told. The engine computes instants and lets timers fall due.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.alerts import actions, handlers
from services.alerts.models import Alert
from services.alerts.rules.notices import Reason
from services.alerts.schemas.alerts import AcknowledgementIn
from services.alerts.schemas.routes import RouteIn
from shared.auth import Caller
from shared.db import Session
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, DEVELOPER

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
PERSON = Caller("dev", frozenset({"developer"}), frozenset({COUNTY}), DEVELOPER)
BEGINS = datetime(2023, 4, 20, tzinfo=UTC) - timedelta(hours=8)  # Midnight in Beijing.
DAYS = 24
# 20 April to 20 May 2023, Thursday to Saturday: w is a day of work. May Day lies from 29 April to
# 3 May, and the Sunday of 23 April and the Saturday of 6 May make up for it.
WORK = "ww.wwwwww.....www.wwwww..wwwww."
OPENS, CLOSES = 9 * 60, 17 * 60 + 30


@dataclass
class History:
    """What people do: when the alert is raised, answered for (until a day), and closed."""

    raised: int
    """In minutes from the beginning, like all of these."""
    rungs: list[dict[str, Any]]
    answers: list[tuple[int, int | None]] = field(default_factory=list)
    """When, and until which day of the calendar, if until any; half a minute later."""
    closed: int = 10**9


def drawn(seed: int) -> History:
    chance = random.Random(seed)
    rungs: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, 4)):
        unit = chance.choice(["wh", "wd", "h"])
        wait = chance.randint(1, {"wh": 12, "wd": 3, "h": 30}[unit])
        rungs.append({"wait": wait, "unit": unit, "again": True})
    rungs[-1]["repeats"] = True
    raised = chance.randint(0, 4 * 1440)
    story = History(raised, rungs)
    for minute in sorted(chance.sample(range(raised, DAYS * 1440), chance.randint(0, 3))):
        day = minute // 1440
        story.answers.append((minute, chance.choice([None, *range(day, min(day + 6, DAYS))])))
    if chance.random() < 0.3:
        story.closed = chance.randint(raised + 1, DAYS * 1440)
    return story


def walked(story: History) -> Iterator[tuple[int, int]]:
    """Give each minute at which somebody is told again, and the rung that is then entered."""
    entered, rung, spent, promise = story.raised, 0, 0, None
    open_, answered = True, False
    answers = list(story.answers)
    for minute in range(story.raised, DAYS * 1440):
        day, of_day = divmod(minute, 1440)
        if minute > story.closed:
            return
        step = story.rungs[min(rung, len(story.rungs) - 1)]
        due = False
        if open_ and minute > entered:
            before = minute - 1
            worked = WORK[before // 1440] == "w" and OPENS <= before % 1440 < CLOSES
            begins = WORK[day] == "w" and of_day == OPENS and day > entered // 1440
            spent += {"wh": worked, "h": True, "wd": begins}[step["unit"]]
            due = spent == step["wait"] * (1 if step["unit"] == "wd" else 60)
        lapsed = answered and promise is not None and minute == (promise + 1) * 1440
        if due or lapsed:
            rung = min(rung + 1, len(story.rungs))
            entered, spent, open_, answered = minute, 0, True, False
            yield minute, rung
        while answers and answers[0][0] == minute:
            _, until = answers.pop(0)
            if open_:
                open_, answered, promise = False, True, until


def at(minute: int) -> datetime:
    return BEGINS + timedelta(minutes=minute)


async def played(session: Session, story: History) -> list[tuple[int, int]]:
    """Give the same by the engine: routes, timers and notices in the database."""
    body = {"area_code": COUNTY, "code": "model", "valid_from": "2023-01-01", "source": "x",
            "receivers": ["inspector"], "steps": story.rungs}  # fmt: skip
    await actions.routes.enter_route(session, OFFICE, RouteIn.model_validate(body), BEGINS)
    opened = factories.opened(occurred_at=at(story.raised))
    await handlers.on_watch_item_opened(session, opened)
    alert = await looking.alert(session, kind="transfer_missed")
    half = timedelta(seconds=30)
    acts: list[tuple[datetime, int | None, bool]] = [
        (at(minute) + half, until, False) for minute, until in story.answers
    ]
    acts.append((at(min(story.closed, DAYS * 1440 - 1)) + half, None, True))
    for instant, until, closes in sorted(acts, key=lambda act: act[0]):
        await _fall_due(session, alert, instant)
        if closes:
            break
        if alert.state != "acknowledged":
            promised_on = None if until is None else date(2023, 4, 20) + timedelta(days=until)
            answer = AcknowledgementIn(promised_on=promised_on)
            await actions.alerts.acknowledge(session, PERSON, alert.id, answer, instant)
    detail = await actions.routes.queries.alerts.alert(session, alert.id, OFFICE.scope)
    return [
        (round((each.told_at - BEGINS) / timedelta(minutes=1)), each.step)
        for each in detail.notices
        if each.reason in {Reason.ESCALATED, Reason.PROMISE_LAPSED}
    ]


async def _fall_due(session: Session, alert: Alert, until: datetime) -> None:
    while timers := await looking.armed(session, alert.id):
        timer = timers[0]
        if timer.due_at > until:
            return
        timer.state = "fired"
        await session.flush()  # As `timers.run_due` does before it calls the handler.
        if timer.kind == "promise":
            await actions.ladders.lapse_promise(session, alert.id, timer.due_at, timer.due_at)
        else:
            await actions.ladders.escalate(session, alert.id, timer.due_at, timer.due_at)


async def agree(session: Session, seeds: range) -> None:
    await factories.areas(session)
    await factories.recipient(session, "inspector")
    heard = 0
    for seed in seeds:
        story = drawn(seed)
        told: list[tuple[int, int]] = []
        async with session.begin_nested() as story_of_its_own:
            told = await played(session, story)
            await story_of_its_own.rollback()
        session.expunge_all()
        expected = list(walked(story))
        assert told == expected, (seed, story)
        heard += len(told)
    assert heard > len(seeds), "histories in which nobody is told show nothing"


async def test_the_engine_agrees_with_the_model_over_random_histories(session: Session) -> None:
    await agree(session, range(15))


@pytest.mark.soak
async def test_the_engine_agrees_with_the_model_over_many_histories(session: Session) -> None:
    await agree(session, range(100, 700))
