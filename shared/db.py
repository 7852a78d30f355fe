"""Sessions and transactions, column types, the audit rows' table, and locks."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import uuid_utils.compat
from fastapi import Depends, Request
from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Enum,
    Executable,
    Identity,
    Index,
    MetaData,
    Numeric,
    Text,
    Uuid,
    event,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, SessionTransaction, mapped_column
from sqlalchemy.orm import Session as SyncSession

from shared import clock
from shared.asking import Asker
from shared.changes import AUDIT, OUTBOX, Unwritten, difference, note_written
from shared.locks import Keeper
from shared.pool import DatabaseAway as DatabaseAway  # noqa: PLC0414  others find it here
from shared.pool import engine as engine  # noqa: PLC0414
from shared.problems import Problem

Session = AsyncSession
_SCENARIO_NOW = text("SELECT now FROM scenario_clock")

# How annotations become columns, in every service: enums as text with a check, money to the fen.
COLUMN_TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    date: Date(),
    Decimal: Numeric(14, 2),
    UUID: Uuid(),
    str: Text(),
    StrEnum: Enum(
        StrEnum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    ),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
    list[str]: JSONB(),
}


def metadata() -> MetaData:
    """Give a service's own metadata, with names that Alembic can rely on."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Plumbing(DeclarativeBase):
    """The tables that every service's database has: outbox, inbox, timers, audit and so on."""

    metadata = metadata()
    type_annotation_map = COLUMN_TYPES


class Synced:
    """Columns of a row that provincial systems pull: when it changed, and in which transaction."""

    __mapper_args__ = {"eager_defaults": True}

    changed_xid: Mapped[int] = mapped_column(
        BigInteger,
        server_default=text("(pg_current_xact_id()::text::bigint)"),
        onupdate=text("(pg_current_xact_id()::text::bigint)"),
    )
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


@event.listens_for(Synced, "instrument_class", propagate=True)
def _order_of_sync(mapper: Mapper[Any], _cls: type[Synced]) -> None:
    """Give each synced table an index in the order of its sync, so that a page sorts nothing."""
    table: Any = mapper.local_table
    Index(f"ix_{table.name}_sync", table.c.changed_xid, table.c.id)


class AuditRow(Plumbing):
    """Who changed which row how. Sealed values appear only as the fact that they changed."""

    __tablename__ = AUDIT
    # Nobody reads a row's position off the object that wrote it.
    __mapper_args__ = {"eager_defaults": False}
    __table_args__ = {"postgresql_partition_by": "RANGE (id)"}

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), index=True)


class ScenarioClock(Plumbing):
    """The movable time of demo and tests: one row, shared by all replicas of a service."""

    __tablename__ = "scenario_clock"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    now: Mapped[datetime]


def new_id() -> UUID:
    """Give a time-ordered id (UUID version 7), made by us before the insert."""
    return uuid_utils.compat.uuid7()


AGELESS = datetime(2000, 1, 1, tzinfo=UTC)
"""The instant of `same_id` for what is known by a name that people give it."""


def same_id(at: datetime, *parts: object) -> UUID:
    """Give the id (version 7) of what follows from an event or a clock: of the same, the same id.

    A database that was restored and hears its past again so makes the ids that others know.
    `parts` name the thing; `at` must be as fixed as they are, and places the id in its month.
    """
    digest = int.from_bytes(hashlib.sha256("\n".join(map(str, parts)).encode()).digest()[:10])
    milliseconds = max(0, int(at.timestamp() * 1000))  # Nothing is placed before 1970.
    low = digest & (2**62 - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | (digest >> 62 & 0xFFF) << 64 | 2 << 62 | low)


def record(
    session: AsyncSession | SyncSession,
    action: str,
    table: str,
    row_id: object,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Tell in the audit of a change (or the reading of personal data), beside it."""
    note_written(session, table)
    said = {"action": action, "table_name": table, "row_id": str(row_id)}
    said |= _said(session, before, after)
    Unwritten.of(session, AuditRow.__table__).tell(said)


def _said(
    session: AsyncSession | SyncSession,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "at": clock.wall(),
        "actor": session.info.get("actor", "unknown"),
        "before": dict(before) if before else None,
        "after": dict(after) if after else None,
    }


@event.listens_for(SyncSession, "before_flush")
def _audit(session: SyncSession, _context: object, _instances: object) -> None:
    # Asked once: each of these collections is made anew when it is asked for.
    added, changed = session.new, session.dirty
    for row in [*added, *changed]:
        table = row.__tablename__
        note_written(session, table)
        if isinstance(row, Plumbing):
            continue
        new = row in added
        before, after = difference(row, new=new)
        if before or after:
            key = "/".join(str(part) for part in inspect(row).mapper.primary_key_from_instance(row))
            action = "insert" if new else "update"
            record(session, action, table, key, before=before, after=after)


def write_audit(session: SyncSession) -> None:
    """Write what the audit has been told and does not hold yet."""
    Unwritten.of(session, AuditRow.__table__).write(session)


class _Flushing(SyncSession):
    """A session whose flush, which goes before each statement, also writes rows without objects."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        super().flush(objects)  # What the rows belong to goes first.
        for told in Unwritten.to_flush(self):
            told.write(self)


@event.listens_for(SyncSession, "before_commit")
def _written(session: SyncSession) -> None:
    """Write what is still unwritten; what may be refused at the end of each savepoint."""
    session.flush()  # A change that is only written now is told of, too.
    if OUTBOX in (kept := Unwritten.all_of(session)):
        kept[OUTBOX].write(session)
    if not session.in_nested_transaction():
        write_audit(session)
        session.info.pop("unwritten", None)


@event.listens_for(SyncSession, "after_transaction_create")
def _set(session: SyncSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        for each in Unwritten.all_of(session).values():
            each.hold(transaction)


@event.listens_for(SyncSession, "after_soft_rollback")
def _went_back(session: SyncSession, transaction: SessionTransaction) -> None:
    if transaction.nested or transaction.parent is None:
        for each in Unwritten.all_of(session).values():
            each.go_back(transaction)


class Sessions:
    """The only way to a session outside a request: `async with sessions.begin() as session`."""

    def __init__(
        self,
        bind: AsyncEngine | AsyncConnection,
        *,
        url: str,
        service: str,
        publishes: Iterable[type] = (),
        scenario: bool = False,
        alone: bool = False,
    ) -> None:
        """Take a database and what its service is called and may publish.

        `alone`: no other process works on it: a scenario's clock is read once, jobs have one lock.
        """
        self.bind, self.url, self.service, self.scenario = bind, url, service, scenario
        self.alone = alone
        self.changes = 0
        """Rises with each commit; who is alone knows by it that nothing has changed since."""
        self._stands: datetime | None = None
        self.publishes = tuple(publishes)
        mode: Any = (
            "create_savepoint" if isinstance(bind, AsyncConnection) else "conditional_savepoint"
        )
        how: Any = {"expire_on_commit": False, "join_transaction_mode": mode}
        self._maker = async_sessionmaker(bind, sync_session_class=_Flushing, **how)
        self.past: Mapping[str, bool] = {}
        """What sessions know of the past that is told again: `replayed` (history, of which nobody
        is notified), `again` (this service was there when it happened)."""
        self.files: Any = None
        """The process's kept files (`shared.files.Files`), for jobs; routes ask for `KeptFiles`."""
        self.wake: list[Any] = []
        """Called after a commit that published something."""
        self.written: list[tuple[str, Any]] = []
        """Called after a commit that wrote rows of the table that stands before it."""
        self._asker = Asker(url)
        self.keeper = Keeper(url)
        """Holds the lock of what one process at a time does, for a short while."""

    def apart(self) -> "Sessions":
        """Give sessions of the same database on one connection of their own; to be closed, too."""
        own = engine(self.url, pool_size=1)
        return Sessions(own, url=self.url, service=self.service, scenario=self.scenario)

    async def close(self) -> None:
        """Close the pool, and what was kept beside it."""
        self.keeper.close()
        self._asker.close()
        if isinstance(self.bind, AsyncEngine):
            await self.bind.dispose()

    async def ask(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Give the row of one statement, built once, that is a transaction by itself."""
        if isinstance(self.bind, AsyncConnection):
            row = (await self.bind.execute(statement, values)).mappings().one_or_none()
            return {str(name): value for name, value in row.items()} if row else None
        return await self._asker.row(statement, values)

    @asynccontextmanager
    async def begin(self, actor: str = "system") -> AsyncIterator[Session]:
        """Open one transaction; commit at the end, or roll back if it failed.

        A Problem that `keeps` commits what was done before it was raised.
        """
        async with self._maker() as session:
            session.info.update(self.past, actor=actor, service=self.service)
            session.info["publishes"] = self.publishes
            if self.scenario:
                clock.follow(self._stands or await self._ask_clock(session))
            try:
                yield session
            except Problem as problem:
                if problem.keeps:
                    await self._commit(session)
                raise
            await self._commit(session)

    async def finds(self, statement: Executable, values: Mapping[str, Any]) -> bool:
        """Say whether the one value of such a statement is true."""
        row = await self.ask(statement, values)
        return bool(row and next(iter(row.values())))

    async def now(self) -> datetime:
        """Give the domain's time, for what needs no session."""
        if self.scenario:
            row = None if self._stands else await self.ask(_SCENARIO_NOW, {})
            clock.follow(row["now"] if row else self._stands)
        return clock.now()

    def moved(self, instant: datetime) -> None:
        """Note where the scenario's clock stands now; it never runs back."""
        self.changes += 1
        if self.alone:
            self._stands = max(instant, self._stands or instant)

    async def _ask_clock(self, session: Session) -> datetime | None:
        """Ask in the driver's own way, which costs half of a built statement."""
        told = await (await session.connection()).exec_driver_sql(_SCENARIO_NOW.text)
        if instant := told.scalar():
            self.moved(instant)
        return instant

    async def _commit(self, session: Session) -> None:
        await session.commit()
        self.changes += 1
        written = session.info.get("written", ())
        for wake in (
            *(self.wake if session.info.get("published") else ()),
            *(wake for table, wake in self.written if table in written),
        ):
            wake()


async def _transaction(request: Request) -> AsyncIterator[Session]:
    caller = getattr(request.state, "caller", None)
    actor = caller.actor if caller else "anonymous"
    async with request.app.state.sessions.begin(actor) as session:
        request.state.session = session
        begin = getattr(request.state, "on_begin", None)
        if begin:
            await begin(request, session)
        yield session


# One request is one transaction, committed before its response is sent: the scope "function"
# ends the dependency when the route function is done, not when the answer is gone (trap 1).
Transaction = Annotated[Session, Depends(_transaction, scope="function")]


Glances = Callable[[], AbstractAsyncContextManager[Session]]


async def _glance(request: Request) -> Glances:
    caller = getattr(request.state, "caller", None)
    sessions: Sessions = request.app.state.sessions
    return lambda: sessions.begin(caller.actor if caller else "anonymous")


# For what a request must look up before it waits for something long (reading a kept file), and
# begins its transaction after: each is a short transaction of its own, and changes nothing.
Glance = Annotated[Glances, Depends(_glance)]


async def reach(sessions: Sessions, actor: str) -> None:
    """Return if the database answers; raise what its driver raises if it does not."""
    async with sessions.begin(actor) as session:
        await session.execute(text("SELECT 1"))
