"""Messages of a project are numbered where no alert is waited for any more."""

import asyncio
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from services.alerts import handlers, queries
from services.alerts.models import Alert, Message
from services.alerts.rules.notices import Entry
from services.alerts.service import service
from shared import clock, timers
from shared.db import Sessions
from shared.events.alerts import SupervisionProposed
from shared.events.cases import WatchItemOpened
from shared.inbox import Inbox
from shared.outbox import OutboxRow, message
from shared.timers import ARMED, Timer
from tests.alerts import factories, looking
from tests.alerts.factories import OPENED_AT
from tests.fixtures.service import Time
from tests.waiting import somebody_waits, until

# Silence at red is proposed for listed supervision at the third rung.
PROPOSED_AT = clock.at(date(2023, 4, 28), 9)
RUNGS = (clock.at(date(2023, 4, 26), 13), clock.at(date(2023, 4, 27), 9))


async def two_red_items(sessions: Sessions, time: Time) -> dict[UUID, WatchItemOpened]:
    """Let two red items of a project stay unanswered until both propose; by their alerts."""
    time.move_to(OPENED_AT)
    project = factories.card()
    opened = [factories.opened(level="red", project=project) for _ in range(2)]
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.everybody(session)
        for one in opened:
            await handlers.on_watch_item_opened(session, one)
        found = await looking.alerts(session, kind="transfer_missed")
    items = {one.watch_item_id: one for one in opened}
    for instant in RUNGS:
        time.move_to(instant)
        assert await timers.run_due(sessions, service.timers) == 2
    time.move_to(PROPOSED_AT)
    return {alert.id: items[alert.watch_item_id] for alert in found if alert.watch_item_id}


async def hear_ourselves(sessions: Sessions) -> None:
    """Receive what alerts published of its own proposals, as the relay brings it."""
    async with sessions.begin("test") as session:
        columns = OutboxRow.__table__
        said = select(columns).where(columns.c.type == SupervisionProposed.type)
        rows = (await session.execute(said.order_by(columns.c.position))).mappings().all()
    for row in rows:
        await Inbox(sessions, service.handles).receive(message("alerts", row))


async def test_limits_that_propose_and_news_of_a_project_do_not_wait_for_each_other(
    sessions: Sessions, time: Time
) -> None:
    """A batch of limits waits for an alert whose holder goes on to number the project's news.

    Were the proposal numbered in the batch, each would wait for the other, and the database would
    undo one of the two.
    """
    items = await two_red_items(sessions, time)
    async with sessions.begin("test") as session:
        due = select(Timer.subject_id).where(Timer.state == ARMED, Timer.due_at <= clock.now())
        first, second = await session.scalars(due.order_by(Timer.due_at, Timer.id))
    news = factories.step(items[second], "reminder", PROPOSED_AT)
    async with sessions.begin("test") as session:
        key = (await session.get_one(Alert, second)).dedupe_key
        assert await queries.alerts.locked_find_alert(session, key)
        batch = asyncio.create_task(timers.run_due(sessions, service.timers))
        # It has climbed the first alert's rung, which proposes, and waits for the second alert.
        await until(somebody_waits(sessions))
        await handlers.on_watch_item_step_reached(session, news)
    assert await batch == 2
    for _ in range(2):
        await hear_ourselves(sessions)
    async with sessions.begin("test") as session:
        for alert_id in (first, second):
            said = [entry for entry, _ in await looking.entries(session, alert_id)]
            assert said.count(Entry.SUPERVISION_PROPOSED) == 1, "nothing had to be undone"
        assert await session.scalar(select(func.max(Timer.attempts))) == 0
        pushed = await session.scalars(select(Message).order_by(Message.sequence))
        assert [(one.sequence, one.type.split(".")[1]) for one in pushed] == [
            (1, "watch_item_opened"), (2, "watch_item_opened"), (3, "watch_item_step_reached"),
            (4, "supervision_proposed"), (5, "supervision_proposed"),
        ]  # fmt: skip
