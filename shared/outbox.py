"""Events leave through rows: `publish` writes one beside the change, a relay sends it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as SyncSession

from shared import clock, sets, telemetry
from shared.bus.base import Bus, Message
from shared.changes import OUTBOX, Unwritten
from shared.db import Plumbing, Session, Sessions
from shared.events.base import Event
from shared.locks import TRY, connect
from shared.problems import Problem
from shared.wording import Text

BATCH = 500
# A broker takes messages of 1 MiB by default, headers included; one that it refuses would stop
# the relay, and all that was said after it.
LARGEST = 900_000


class OutboxRow(Plumbing):
    """An event that was published; the journal from which others learn the past."""

    __tablename__ = OUTBOX
    # Nobody reads a row's position off the object that wrote it.
    __mapper_args__ = {"eager_defaults": False}
    __table_args__ = (
        Index("ix_outbox_position", "position"),
        Index("ix_outbox_unsent", "position", postgresql_where=text("sent_at IS NULL")),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    type: Mapped[str]
    key: Mapped[str]
    occurred_at: Mapped[datetime]
    created_at: Mapped[datetime]
    traceparent: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    replayed: Mapped[bool] = mapped_column(default=False)
    """Published while the past was told again: nobody is notified of history."""
    sent_at: Mapped[datetime | None]


class NotInManifest(TypeError):
    """A service published what its manifest does not name."""


class EventTooLarge(Problem):
    """What happened at once does not fit in one message."""

    status = 413
    title = Text("一次提交的内容过多，请分批提交", "Too much at once; send it in smaller parts")


def publish(session: Session, event: Event) -> None:
    """Say a fact in this transaction: it is told if and only if the transaction commits.

    Raises NotInManifest, and EventTooLarge for a body that no broker takes.
    """
    Unwritten.of(session, OutboxRow.__table__).tell(_row(session, event))
    session.info["published"] = True


def write_published(session: SyncSession) -> None:
    """Write what was said and is not in the outbox yet, as the end of the transaction would."""
    Unwritten.of(session, OutboxRow.__table__).write(session)


async def publish_all(session: Session, events: Sequence[Event]) -> None:
    """Say many facts, in order, behind what was said before: as `publish`, but as one COPY."""
    if events:
        await session.run_sync(write_published)
        await sets.copied(session, OutboxRow, [_row(session, event) for event in events])
        session.info["published"] = True


def _row(session: Session, event: Event) -> dict[str, Any]:
    """Give what an event's row holds, if this service may say it and a broker takes it."""
    if type(event) not in session.info["publishes"]:
        raise NotInManifest(f"{session.info['service']} does not publish {event.type}")
    body = event.body()
    if len(body) > LARGEST:
        raise EventTooLarge(event=event.type, size=len(body), limit=LARGEST)
    return {
        "id": event.id,
        "type": event.type,
        "key": event.key_value,
        "occurred_at": event.occurred_at,
        "created_at": clock.wall(),
        "traceparent": telemetry.traceparent(),
        "body": body,
        "replayed": bool(session.info.get("replayed")),
    }


def message(service: str, row: Mapping[Any, Any], *, replayed: bool = False) -> Message:
    """Give the wire form of an outbox row: CloudEvents 1.0, binary mode."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(row["id"]),
        "ce_type": row["type"],
        "ce_source": f"/{service}",
        "ce_time": row["occurred_at"].isoformat(),
        "content-type": "application/json",
        "traceparent": row["traceparent"],
    }
    if replayed or row.get("replayed"):
        headers["replayed"] = "true"
    topic = f"{row['type'].split('.')[0]}.events"
    return Message(topic, row["key"], bytes(row["body"]), headers)


_TRY_AWAKE = "SELECT pg_try_advisory_lock_shared(hashtextextended($1, 1))"
_LET_AWAKE = "SELECT pg_advisory_unlock_shared(hashtextextended($1, 1))"
_UNSENT = """
    SELECT id, type, key, occurred_at, traceparent, body, replayed FROM outbox
    WHERE sent_at IS NULL ORDER BY position LIMIT $1
"""
# Rows are marked with the range of their ids beside the ids, so that partitions are pruned.
_MARK = """
    UPDATE outbox SET sent_at = clock_timestamp()
    WHERE id = ANY($1::uuid[]) AND id >= $2 AND id <= $3
"""


class Relay:
    """Moves a service's outbox to the bus; one at a time per database, in order of position."""

    def __init__(self, sessions: Sessions, bus: Bus) -> None:
        """Take the service's database and the bus; `wake` tells it that something was written."""
        self.sessions, self.bus = sessions, bus
        self._woken = asyncio.Event()
        self.rests = asyncio.Event()
        """Set while all that was committed here is sent, where no other process works on it."""
        self._task = f"relay:{sessions.service}"
        sessions.wake.append(self.wake)

    def wake(self) -> None:
        """Say that a commit published something."""
        self.rests.clear()
        self._woken.set()

    async def run(self) -> None:
        """Relay for as long as this process holds the lock; stand by for it until then."""
        connection = await connect(self.sessions.url)
        try:
            while not await connection.fetchval(TRY, self._task):
                await self._stand_by(connection)
            await connection.add_listener(self._channel, lambda *_: self.wake())
            while True:
                await self._relay(connection)
        finally:
            # Whoever loses the connection has lost the lock; a dead server must not hold us up.
            connection.terminate()

    async def _relay(self, connection: "asyncpg.Connection[Any]") -> None:
        await self._send_all(connection)
        if self.sessions.alone:
            await self._sleep(1)
            return
        # Others notify only while the second lock says that we sleep: NOTIFY takes one lock at
        # commit, which busy writers should not queue for.
        await connection.execute("SELECT pg_advisory_lock(hashtextextended($1, 1))", self._task)
        if not await self.send(connection):
            await self._sleep(1)
        await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 1))", self._task)

    async def _send_all(self, connection: "asyncpg.Connection[Any]") -> None:
        """Send until a batch is not full and nobody has said since that there is more."""
        more = True
        while more:
            self._woken.clear()
            more = await self.send(connection) == BATCH or self._woken.is_set()
        self.rests.set()

    async def _stand_by(self, connection: "asyncpg.Connection[Any]") -> None:
        """Pass on our own commits to the relay of another replica while that one sleeps."""
        await self._sleep(1)
        if self._woken.is_set():
            self._woken.clear()
            if not await connection.fetchval(_TRY_AWAKE, self._task):
                await connection.execute(f"NOTIFY {self._channel}")
            else:
                await connection.execute(_LET_AWAKE, self._task)

    @property
    def _channel(self) -> str:
        return f"relay_{self.sessions.service}"

    async def _sleep(self, seconds: float) -> None:
        # `wait_for` of Python 3.11 loses a cancellation that comes with what it waits for.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def send(self, connection: "asyncpg.Connection[Any]") -> int:
        """Send what is unsent, at most a batch; give how many. Raises if the bus is away."""
        rows: Sequence[Any] = await connection.fetch(_UNSENT, BATCH)
        if not rows:
            return 0
        await self.bus.publish([message(self.sessions.service, row) for row in rows])
        ids = [row["id"] for row in rows]
        await connection.execute(_MARK, ids, min(ids), max(ids))
        self.sessions.changes += 1
        telemetry.OUTBOX_SENT.labels(self.sessions.service).inc(len(rows))
        return len(rows)
