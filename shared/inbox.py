"""Events arrive through rows: each is handled once per service; a poison event parks its key."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from json import JSONDecodeError
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy import BigInteger, Identity, Index, LargeBinary, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from shared import asking, clock, envelope, telemetry
from shared.areas import CANARY
from shared.bus.base import Message
from shared.db import Plumbing, Session, Sessions
from shared.envelope import EnvelopeUnreadable
from shared.events.base import Event
from shared.events.platform import PLATFORM, EventParked
from shared.gathering import Gathering
from shared.outbox import publish
from shared.problems import Problem

log = structlog.get_logger()

Handler = Callable[[Session, Any], Awaitable[None]]
Handlers = Mapping[type[Event], Handler]

QUICK_TRIES = (0.0, 0.05, 0.2)  # What failed by chance is over within a second.
RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10))

AT_ONCE = 4
"""Transactions of a service in which events are handled at the same time: each takes a connection,
and requests and jobs share its pool (`pool_size`, 8)."""
MOST = 50  # So many events are handled in one transaction, as limits are.
IN_A_ROW = 200  # So many events of one key are handled before the next key has its turn.
HANDLED, WAITING, PARKED, SKIPPED = "handled", "waiting", "parked", "skipped"
REPEATED = "repeated"


class InboxRow(Plumbing):
    """An event that came in. `waiting` ones stand behind the first of their key, in order."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "ix_inbox_open",
            "topic",
            "key",
            "position",
            postgresql_where=text("state IN ('waiting', 'parked')"),
        ),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    topic: Mapped[str]
    key: Mapped[str]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    traceparent: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    replayed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    handled_at: Mapped[datetime | None]


class InboxKey(Plumbing):
    """A key that does not flow: its row is the lock under which its events are drained."""

    __tablename__ = "inbox_keys"

    topic: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    retry_at: Mapped[datetime | None] = mapped_column(index=True)
    """None: parked, a person must retry or skip."""


_ANY_KEY = select(select(InboxKey.key).where(InboxKey.retry_at <= bindparam("wall")).exists())

# Keys are locked before events get their places behind others, and one statement does all: what
# flows is kept as handled, the rest waits for its key, and of what is here already nothing is said.
_TAKEN = """
    WITH told AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[],
        $5::timestamptz[], $6::timestamptz[], $7::text[], $8::bytea[], $9::boolean[])
        AS one (id, topic, key, type, occurred_at, received_at, traceparent, body, replayed)),
    locked AS MATERIALIZED (SELECT topic, key FROM inbox_keys
        WHERE (topic, key) IN (SELECT topic, key FROM told) ORDER BY topic, key FOR UPDATE)
    INSERT INTO inbox (id, topic, key, type, occurred_at, received_at, traceparent, body, replayed,
        attempts, state, handled_at)
    SELECT id, topic, key, type, occurred_at, received_at, traceparent, body, replayed,
        0, CASE WHEN held THEN 'waiting' ELSE 'handled' END,
        CASE WHEN NOT held THEN $10::timestamptz END
    FROM (SELECT told.*, locked.key IS NOT NULL AS held
        FROM told LEFT JOIN locked USING (topic, key)) AS found
    ORDER BY id ON CONFLICT DO NOTHING RETURNING id, state
"""
_TAKEN_AT_ONCE = _TAKEN.replace("FOR UPDATE", "FOR UPDATE NOWAIT")
_ENVELOPE = (
    "id", "topic", "key", "type", "occurred_at", "received_at", "traceparent", "body", "replayed",
)  # fmt: skip


class _Refused(Exception):
    """A handler's Problem. As itself it could make the session keep what a failed handler did."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Inbox:
    """The event door of one service.

    Whoever decides about a key that does not flow holds its row in `inbox_keys`, always locked
    before a row of the inbox: receiving, draining and an operator's retry cannot cross.
    """

    def __init__(
        self, sessions: Sessions, handles: Handlers, together: Collection[type[Event]] = ()
    ) -> None:
        """Take the service's database, what it handles, and of which types several at a time."""
        self.sessions = sessions
        self.handles = {kind.type: (kind, handler) for kind, handler in handles.items()}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._gathered = {kind.type: Gathering(self._together, MOST) for kind in together}

    async def receive(self, message: Message) -> None:
        """Handle a message once, or keep it so that it is handled later; then it may be forgotten.

        Types that nobody here handles are skipped and counted. Raises only when the database
        cannot keep the message: the bus must bring it again.
        """
        kind = message.headers.get("ce_type", "")
        if kind not in self.handles:
            self._count(kind, "ignored")
            return
        try:
            row = envelope.read(message)
        except (KeyError, ValueError, OverflowError):
            await self._put_aside(envelope.unreadable(message), EnvelopeUnreadable())
            return
        gathered = None if row["replayed"] else self._gathered.get(kind)
        if gathered and await gathered.done(row):
            return
        with telemetry.continued(row["traceparent"], f"handle {kind}"):
            for pause in QUICK_TRIES:
                await asyncio.sleep(pause)
                try:
                    await self._first(row)
                except Exception as error:  # noqa: BLE001  whatever a handler raises, the key waits and nothing is lost
                    failure = error
                    if _permanent(error):
                        break
                else:
                    return
            await self._put_aside(row, failure)

    async def _first(self, row: dict[str, Any]) -> None:
        async with self._slots, self.sessions.begin(f"event:{row['type']}") as session:
            outcome = (await _take(session, [row])).get(row["id"], REPEATED)
            waited = await self._call(session, row) if outcome == HANDLED else None
        self._count(row["type"], outcome, waited)

    async def _together(self, rows: Sequence[dict[str, Any]]) -> bool:
        """Handle some of a type in one transaction, each as if by itself; False if one fails."""
        kind, told = rows[0]["type"], []
        try:
            async with self._slots, self.sessions.begin(f"event:{kind}") as session:
                taken = await _take(session, rows)
                for row in rows:
                    outcome, waited = taken.pop(row["id"], REPEATED), None
                    if outcome == HANDLED:
                        with telemetry.continued(row["traceparent"], f"handle {kind}"):
                            waited = await self._call(session, row)
                        session.expunge_all()  # The next one reads what it needs, as by itself.
                    told.append((outcome, waited))
        except Exception:  # noqa: BLE001  each is handled by itself then, and its failure is its own
            return False
        for outcome, waited in told:
            self._count(kind, outcome, waited)
        return True

    def _count(self, kind: str, outcome: str, waited: float | None = None) -> None:
        telemetry.EVENTS.labels(self.sessions.service, kind, outcome).inc()
        if waited is not None:
            telemetry.EVENT_HANDLED_AFTER.labels(self.sessions.service, kind).observe(waited)

    async def _call(self, session: Session, row: Mapping[str, Any]) -> float | None:
        """Handle an event; give for how many seconds people waited for it, if any did."""
        kind, handler = self.handles[row["type"]]
        session.info["replayed"] = row["replayed"]
        try:
            if str(row.get("error") or "").startswith(EnvelopeUnreadable.__name__):
                # Its id and time were made up to keep it; nothing may be dated by them.
                raise EnvelopeUnreadable
            event = kind.parse(row["body"], id=row["id"], occurred_at=row["occurred_at"])
            await handler(session, event)
            # What the handler wrote must fail here, as the handler's failure.
            await session.flush()
        except Problem as problem:
            raise _Refused(problem) from problem
        if row["replayed"] or getattr(event, "area_code", None) == CANARY:
            return None
        return float((clock.now() - event.waited_since).total_seconds())

    async def _put_aside(self, row: dict[str, Any], error: Exception) -> None:
        """Let the key wait for a retry, or park it at once if trying again cannot help."""
        permanent = _permanent(error)
        state = PARKED if permanent else WAITING
        async with self._slots, self.sessions.begin(f"event:{row['type']}") as session:
            retry_at = None if permanent else clock.wall() + RETRY_AFTER[0]
            made = None
            # Another replica may free the key just before we lock it.
            while (key := await locked_key(session, row["topic"], row["key"])) is None:
                made = await session.scalar(
                    insert(InboxKey)
                    .values(topic=row["topic"], key=row["key"], retry_at=retry_at)
                    .on_conflict_do_nothing()
                    .returning(InboxKey.key)
                )
            kept = insert(InboxRow).values(**row, state=state, attempts=1, error=_reason(error))
            if await session.scalar(kept.on_conflict_do_nothing().returning(InboxRow.id)):
                if permanent:
                    self._tell(session, row, error)
            elif made:
                # Another replica has handled it meanwhile, so that nothing waits under the key.
                await session.delete(key)
                return
        log.warning(
            "event_set_aside", event_id=str(row["id"]), event_type=row["type"], state=state,
            reason=_reason(error),
        )  # fmt: skip

    def _tell(self, session: Session, row: Mapping[str, Any], error: Exception) -> None:
        self._count(row["type"], PARKED)
        if row["type"] in {kind.type for kind in PLATFORM}:
            return  # Telling of a parked telling would never end; the metric and the log say it.
        publish(
            session,
            EventParked(
                service=self.sessions.service, event_id=row["id"], event_type=row["type"],
                event_key=row["key"], reason=_reason(error),
            ),
        )  # fmt: skip

    async def drain(self) -> int:
        """Try the keys whose time has come, each in order, each event in its own transaction."""
        if not await self.sessions.finds(_ANY_KEY, {"wall": clock.wall()}):
            return 0
        async with self.sessions.begin() as session:
            due = select(InboxKey.topic, InboxKey.key).where(InboxKey.retry_at <= clock.wall())
            # What another replica has in hand is left to it, however long that takes.
            first = due.order_by(InboxKey.retry_at).limit(100).with_for_update(skip_locked=True)
            keys = (await session.execute(first)).all()
        done = 0
        for topic, key in keys:
            # A long queue of one key does not hold up the others for ever.
            for _ in range(IN_A_ROW):
                if not await self._next(topic, key):
                    break
                done += 1
        return done

    async def _next(self, topic: str, key: str) -> bool:
        """Handle the first open event of a key; say whether to go on with the next.

        A failure is written down under the same lock, unless it took the connection with it.
        """
        values: dict[str, Any] | None = None
        try:
            async with self.sessions.begin("event:retry") as session:
                locked, row = await _head(session, topic, key)
                if locked is None or row is None:
                    return False
                values = {c.key: getattr(row, c.key) for c in InboxRow.__table__.columns}
                session.info["actor"] = f"event:{row.type}"
                try:
                    with telemetry.continued(row.traceparent, f"handle {row.type}"):
                        async with session.begin_nested():
                            waited = await self._call(session, values)
                except Exception as error:  # noqa: BLE001  as in receive
                    await session.refresh(locked)
                    await session.refresh(row)
                    self._failed_again(session, locked, row, error)
                    return False
                row.state, row.handled_at, row.error = HANDLED, clock.wall(), None
        except Exception as error:
            if values is None:
                raise
            await self._lost(values, error)
            return False
        self._count(values["type"], HANDLED, waited)
        return True

    async def _lost(self, values: Mapping[str, Any], error: Exception) -> None:
        """Write down a failure whose transaction is gone, if nobody has tried again since."""
        async with self.sessions.begin("event:retry") as session:
            locked = await locked_key(session, values["topic"], values["key"])
            row = await session.get(InboxRow, values["id"], with_for_update=True)
            if locked and row and (row.state, row.attempts) == (WAITING, values["attempts"]):
                self._failed_again(session, locked, row, error)

    def _failed_again(
        self, session: Session, key: InboxKey, row: InboxRow, error: Exception
    ) -> None:
        row.attempts, row.error = row.attempts + 1, _reason(error)
        if _permanent(error) or row.attempts > len(RETRY_AFTER):
            row.state, key.retry_at = PARKED, None
            self._tell(session, {"type": row.type, "id": row.id, "key": row.key}, error)
        else:
            key.retry_at = clock.wall() + RETRY_AFTER[row.attempts - 1]
        log.warning(
            "event_failed_again",
            event_id=str(row.id),
            event_type=row.type,
            state=row.state,
            attempts=row.attempts,
            reason=_reason(error),
        )


async def _take(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[UUID, str]:
    """Keep some events, and give as what, by id; of those that are here already nothing is said."""
    columns = [[row[name] for row in rows] for name in _ENVELOPE]
    # Among several nobody waits for whoever has the key of one in hand: that fails them all.
    statement = _TAKEN if len(rows) == 1 else _TAKEN_AT_ONCE
    return dict(await asking.rows(session, statement, *columns, clock.wall()))


async def _head(session: Session, topic: str, key: str) -> tuple[InboxKey | None, InboxRow | None]:
    """Lock a key and give its first open event if it may be tried; free a key with none left."""
    locked = await locked_key(session, topic, key)
    if locked is None or locked.retry_at is None or locked.retry_at > clock.wall():
        return None, None
    row = await session.scalar(
        select(InboxRow)
        .where(
            InboxRow.topic == topic,
            InboxRow.key == key,
            InboxRow.state.in_((WAITING, PARKED)),
        )
        .order_by(InboxRow.position)
        .limit(1)
    )
    if row is None:
        await session.delete(locked)
    elif row.state == PARKED:
        locked.retry_at = None
        row = None
    return locked, row


async def locked_key(session: Session, topic: str, key: str) -> InboxKey | None:
    """Lock the row of a key that does not flow; None if it flows."""
    return (
        await session.execute(
            select(InboxKey)
            .where(InboxKey.topic == topic, InboxKey.key == key)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).scalar_one_or_none()


def _permanent(error: Exception) -> bool:
    """Say whether trying again cannot help: a broken contract, or a Problem, is for people."""
    return isinstance(
        error, (_Refused, Problem, ValidationError, JSONDecodeError, UnicodeDecodeError)
    )


def _reason(error: Exception) -> str:
    """Give the kind of failure and, for broken contracts, the places; never the values."""
    if isinstance(error, _Refused):
        return _reason(error.problem)
    if isinstance(error, ValidationError):
        places = "; ".join(
            f"{'.'.join(map(str, found['loc']))}: {found['type']}" for found in error.errors()
        )
        return f"{type(error).__name__}: {places}"[:500]
    said = f": {error}" if isinstance(error, Problem) else ""
    return f"{type(error).__name__}{said}"[:500]


async def parked_keys(session: Session) -> int:
    """Count the keys that wait for a person."""
    return int(
        await session.scalar(
            select(func.count()).select_from(InboxKey).where(InboxKey.retry_at.is_(None))
        )
        or 0
    )
