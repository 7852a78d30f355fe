"""The inbox: from Kafka to handled and committed, one by one; and what sets add."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from shared.bus.base import Message, running
from shared.bus.kafka import KafkaBus, create_topics
from shared.events.registry import OrganisationRegistered
from shared.inbox import Inbox
from shared.outbox import message
from tests.bench.floors import inbox as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Unit, best
from tests.buses import lag_is
from tests.fixtures.database import load
from tests.waiting import until

EVENTS, SLICES, TOGETHER = 400, 5, 50
AT = datetime(2026, 6, 16, tzinfo=UTC)
TRACE = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
# What a run wrote, without what differs by chance: ids and times.
WRITTEN = """
    SELECT o.name, o.area_code, o.roles, o.told_at, i.topic, i.type, i.state, i.attempts, i.error,
        i.occurred_at, i.traceparent, convert_from(i.body, 'UTF8')::jsonb - 'organisation_id',
        i.handled_at IS NULL, a.actor, a.action, a.table_name, a.before, a.after - 'id'
    FROM organisations o
    LEFT JOIN inbox i ON i.key = o.id::text LEFT JOIN audit a ON a.row_id = o.id::text
    WHERE o.id BETWEEN $1 AND $2 ORDER BY o.name
"""


Handled = Callable[[list[OrganisationRegistered]], Awaitable[None]]


class Receiver:
    """Handles what the bus brings, and says when all of a run is committed."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.left = inbox, 0
        self.done = asyncio.Event()

    async def __call__(self, message: Message) -> None:
        """Handle one message, and count it once it is committed."""
        await self.inbox.receive(message)
        self.left -= 1
        if not self.left:
            self.done.set()


@dataclass
class Runs:
    """Runs of the same events under ids of their own, and what each kind of run wrote last."""

    bare: Connection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    written: dict[str, object] = field(default_factory=dict)

    async def timed(self, kind: str, handle: Handled) -> float:
        """Give the events a second of one run."""
        number = next(self.numbers)
        events = _told(number)
        began = time.perf_counter()
        await handle(events)
        spent = time.perf_counter() - began
        ends = UUID(int=number << 64), UUID(int=(number + 1 << 64) - 1)
        rows = await self.bare.fetch(WRITTEN, *ends)
        assert len(rows) == EVENTS
        self.written[kind] = [tuple(row) for row in rows]
        return EVENTS / spent

    def faults(self) -> list[str]:
        """Say what the floor does not do as we do."""
        alike = self.written["ours"] == self.written["floor"]
        return [] if alike else ["writes other rows than its floor"]


async def measure(ground: Ground) -> list[Line]:
    """Handle two thousand events of as many keys."""
    async with (
        ground.database("payroll") as url,
        opened("payroll", url) as sessions,
        connected(url) as bare,
        AsyncExitStack() as stack,
    ):
        broker = stack.enter_context(ground.broker())
        await create_topics(broker, [OrganisationRegistered.topic()])
        bus = KafkaBus(broker)
        handles, runs = load("payroll").handles, Runs(bare)
        inbox = Inbox(sessions, handles)
        gathering = Inbox(sessions, handles, [OrganisationRegistered])
        receiver = Receiver(inbox)
        bus.subscribe("payroll", [OrganisationRegistered.topic()], receiver)
        async with running(bus):
            await until(lambda: lag_is(bus, "payroll", 0), within=30)
            return [await _one_by_one(bus, receiver, runs), await _in_sets(inbox, gathering, runs)]


async def _one_by_one(bus: KafkaBus, receiver: Receiver, runs: Runs) -> Line:
    async def handle(events: list[OrganisationRegistered]) -> None:
        receiver.left = len(events)
        receiver.done.clear()
        await bus.publish(_wire(events))
        await receiver.done.wait()

    async def least(events: list[OrganisationRegistered]) -> None:
        await floor.handle(runs.bare, _said(events))

    rates = await best(
        Unit.RATE,
        ours=lambda: runs.timed("ours", handle),
        floor=lambda: runs.timed("floor", least),
        slices=SLICES,
    )
    goal = Goal(ratio=0.33, ours=250)
    return Line("inbox: one by one", Unit.RATE, *rates, goal, runs.faults())


async def _in_sets(inbox: Inbox, gathering: Inbox, runs: Runs) -> Line:
    """Measure what events of a type cost that come at once and are handled in one transaction.

    Messages come straight from memory here; so they do for those one by one that it is beside.
    """

    def handled(by: Inbox) -> Handled:
        async def handle(events: list[OrganisationRegistered]) -> None:
            messages = _wire(events)
            for n in range(0, len(messages), TOGETHER):
                await asyncio.gather(*map(by.receive, messages[n : n + TOGETHER]))

        return handle

    async def least(events: list[OrganisationRegistered]) -> None:
        await floor.handle(runs.bare, _said(events), TOGETHER)

    single, *_ = await best(
        Unit.RATE,
        ours=lambda: runs.timed("ours", handled(inbox)),
        floor=lambda: runs.timed("floor", least),
        slices=SLICES,
    )
    ours, bare, spread = await best(
        Unit.RATE,
        ours=lambda: runs.timed("ours", handled(gathering)),
        floor=lambda: runs.timed("floor", least),
        slices=SLICES,
    )
    note = f"{ours / single - 1:+.0%} over one by one, both without Kafka"
    name = f"inbox: {TOGETHER} together"
    return Line(name, Unit.RATE, ours, bare, spread, Goal(), runs.faults(), note)


def _told(number: int) -> list[OrganisationRegistered]:
    """Give what a run is told: the same in each, but for ids."""
    return [
        OrganisationRegistered(
            occurred_at=AT,
            organisation_id=UUID(int=(number << 64) + each),
            name=f"某建设公司{each}",
            credit_code="914228280000000000",
            area_code="422828",
            roles=["contractor"],
            trades=[],
        )
        for each in range(EVENTS)
    ]


def _said(events: Sequence[OrganisationRegistered]) -> list[floor.Said]:
    """Give events as the floor takes them."""
    return [floor.Said(e.id, e.key_value, e.type, AT, TRACE, e.body()) for e in events]


def _wire(events: Sequence[OrganisationRegistered]) -> list[Message]:
    """Give events as registry sends them."""
    rows: list[dict[str, Any]] = [
        {
            "id": event.id,
            "type": event.type,
            "key": event.key_value,
            "occurred_at": AT,
            "traceparent": TRACE,
            "body": event.body(),
        }
        for event in events
    ]
    return [message("registry", row) for row in rows]
