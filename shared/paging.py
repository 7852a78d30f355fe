"""Lists by keyset and cursor, and the sync pages that provincial systems pull; no offsets."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    Uuid,
    cast,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from shared import clock, cursors
from shared.db import Plumbing, Session, Synced
from shared.history import AS_OF, Past
from shared.moves import Left, SyncMove
from shared.problems import Problem
from shared.wording import Text

T = TypeVar("T")

# A transaction lives 60 s at most (db.engine), so what was written before a `changed_after` and
# committed after it was written no longer ago than this.
LATE_COMMIT = timedelta(seconds=60)


class CursorUnreadable(Problem):
    """The cursor is not one that this list gave."""

    status = 422
    title = Text("游标无效，请从头读取", "This cursor was not given by this list; start anew")


class SyncAnew(Problem):
    """The data were restored since the cursor was given, so what it counts by is gone."""

    status = 410
    title = Text("数据已恢复重建，请重新全量同步", "The data were restored; sync anew")


class SyncEpoch(Plumbing):
    """What a restore of this database is told by: cursors of another epoch are refused."""

    __tablename__ = "sync_epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[UUID]
    restored_at: Mapped[datetime | None]
    """When it was told its past again, if it was restored; what is missing from before is lost."""


class Page(BaseModel, Generic[T]):
    """The body of a list: `response_model=Page[ProjectOut]`."""

    model_config = ConfigDict(from_attributes=True)

    items: list[T]
    next: str | None = None
    """The cursor of what follows; null at the end of a list. A sync (begun by `changed_after`)
    has no end: its `next` is never null, an empty page says that there is no more for now."""
    left: list[UUID] = []
    """Only in a sync: ids of rows that are no longer in the caller's areas, told once each."""


class Found(Generic[T]):
    """A page of rows, as `Page` shapes it; no dataclass, which FastAPI would take apart."""

    def __init__(
        self,
        items: Sequence[T],
        following: str | None,
        left: Sequence[UUID] = (),
        *,
        more: bool = False,
    ) -> None:
        """Take the rows, the cursor of what follows, and the ids of rows out of sight.

        `more`: another page would not be empty, as far as is known now.
        """
        self.items, self.next, self.left = list(items), following, list(left)
        self.more = more


async def _cursor(
    cursor: Annotated[str | None, Query(max_length=1000, description="`next` of a page")] = None,
) -> str | None:
    return cursor


async def _limit(limit: Annotated[int, Query(ge=1, le=200)] = 50) -> int:
    return limit


async def _changed_after(
    changed_after: Annotated[
        clock.Instant | None, Query(description="Begin a sync: what changed after this instant")
    ] = None,
) -> datetime | None:
    return changed_after


# A route takes them by annotation alone: `cursor: paging.Cursor, limit: paging.Limit`.
Cursor = Annotated[str | None, Depends(_cursor)]
Limit = Annotated[int, Depends(_limit)]
ChangedAfter = Annotated[datetime | None, Depends(_changed_after)]


def _write(kind: str, values: Sequence[object]) -> str:
    raw = json.dumps([kind, to_jsonable_python(list(values))], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, list[Any]]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        kind, values = json.loads(raw)
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise CursorUnreadable from error
    if not isinstance(kind, str) or not isinstance(values, list):
        raise CursorUnreadable
    return kind, values


def _columns(by: Sequence[Any]) -> list[ColumnElement[Any]]:
    columns = [
        column.__clause_element__() if isinstance(column, InstrumentedAttribute) else column
        for column in by
    ]
    for each in columns:
        if getattr(each, "nullable", False):
            raise TypeError(f"a list cannot be ordered by {each}, which may be null")
    return columns


async def page(
    session: Session,
    statement: Select[T],
    *,
    by: Sequence[Any],
    cursor: str | None = None,
    limit: int = 50,
    descending: bool = False,
) -> Found[T]:
    """Give one page of a `select(Model)` in the order of `by`.

    `by` are columns that are never null and together unique (end with the id); an index on them
    serves the page. Raises CursorUnreadable where the cursor is of another list or order.
    """
    columns = _columns(by)
    kind = ",".join(str(each) for each in columns) + (" desc" if descending else "")
    if cursor is not None:
        said, values = _read(cursor)
        if said != kind or len(values) != len(columns):
            raise CursorUnreadable
        try:
            place = list(map(cursors.value, columns, values))
        except ValueError as error:
            raise CursorUnreadable from error
        after = tuple_(*place, types=[each.type for each in columns])
        here = tuple_(*columns)
        statement = statement.where(here < after if descending else here > after)
    order = [each.desc() if descending else each.asc() for each in columns]
    several = len(statement.column_descriptions) > 1
    found = (
        await session.execute(
            statement.add_columns(*columns).order_by(None).order_by(*order).limit(limit + 1)
        )
    ).all()
    rows, more = found[:limit], len(found) > limit
    items: list[Any] = [row if several else row[0] for row in rows]
    following = _write(kind, rows[-1][-len(columns) :]) if more else None
    return Found(items, following, more=more)


# The reading side of `db.Synced`: below the horizon every transaction has ended, so nothing can
# appear there later. A transaction that reads what it wrote itself (in tests) sees that too.
_HORIZON = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_OWN = cast(cast(func.pg_current_xact_id_if_assigned(), String), BigInteger)
_LAST_ID = UUID(int=2**128 - 1)
_SYNC = "sync"


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of the order (changed_xid, id) that a page may serve."""

    horizon: int
    start: tuple[int, UUID] | None
    since: datetime | None
    limit: int

    async def rows(
        self,
        session: Session,
        statement: Select[T],
        model: type[Synced],
        row_id: ColumnElement[UUID],
    ) -> list[tuple[T, int, UUID]]:
        """Give the first rows of it, one more than the limit, each with its place."""
        xid = model.changed_xid
        statement = statement.where((xid < self.horizon) | (xid == _OWN))
        if self.start:
            place = tuple_(*self.start, types=[BigInteger(), Uuid()])
            statement = statement.where(tuple_(xid, row_id) > place)
        elif self.since:
            statement = statement.where(model.changed_at > self.since)
        found = await session.execute(
            statement.add_columns(xid, row_id)
            .order_by(None)
            .order_by(xid, row_id)
            .limit(self.limit + 1)
        )
        return [(row[0], row[1], row[2]) for row in found]


async def sync(
    session: Session,
    statement: Select[T],
    *,
    model: type[Synced],
    cursor: str | None = None,
    changed_after: datetime | None = None,
    limit: int = 50,
    by: Sequence[Any] = (),
    left: Left | None = None,
) -> Found[T]:
    """Give a page of a synced resource: of a sync if one is begun or resumed, else of the list.

    A sync is begun by `changed_after` and resumed by its cursor for ever; it goes by
    (changed_xid, id) and may tell a row again, but never omits one. The list goes by `by`, or by
    id. `model` is the `db.Synced` class that the statement selects. Raises CursorUnreadable, and
    SyncAnew for a cursor from before a restore.
    """
    entity: Any = model
    if cursor is not None and _read(cursor)[0] == AS_OF:
        return await _as_of(session, statement, model, _read(cursor)[1], limit)
    if changed_after is None and (cursor is None or _read(cursor)[0] != _SYNC):
        return await page(session, statement, by=by or (entity.id,), cursor=cursor, limit=limit)
    horizon: int = (await session.execute(_HORIZON)).scalar_one()
    epoch = await _epoch(session)
    start = _position(cursor, epoch) if cursor is not None else None
    since = None if start or changed_after is None else changed_after - LATE_COMMIT
    window = _Window(horizon, start, since, limit)
    rows = await window.rows(session, statement, model, entity.id)
    gone = await _gone(session, window, model, left) if left else []
    keys = sorted({(xid, row_id) for _, xid, row_id in (*rows, *gone)})
    served = set(keys[:limit])
    # What a page that is not full looked at reaches up to the horizon.
    last = keys[limit - 1] if len(keys) > limit else max([(horizon - 1, _LAST_ID), *keys])
    return Found(
        [item for item, *key in rows if tuple(key) in served],
        _write(_SYNC, (epoch, *last)),
        sorted({row_id for _, xid, row_id in gone if (xid, row_id) in served}),
        more=len(keys) > limit,
    )


def as_of(day: date, since: date | None = None) -> str:
    """Give the cursor with which a list begins as it was at the end of a day that is over.

    With an earlier day `since`: only what changed or left between the ends of the two. Raises
    PastUnknown where the day is not over.
    """
    past = Past(day, since)
    past.check(clock.now())
    return _write(AS_OF, past.values)


async def _as_of(
    session: Session, statement: Select[T], model: type[Synced], values: list[Any], limit: int
) -> Found[T]:
    try:
        past = Past.of(values)
    except (ValueError, TypeError, AttributeError) as error:
        raise CursorUnreadable from error
    rows, left, following, more = await past.page(session, statement, model, limit)
    return Found(rows, _write(AS_OF, following.values), left, more=more)


async def _gone(
    session: Session, window: _Window, model: type[Synced], left: Left
) -> list[tuple[SyncMove, int, UUID]]:
    entity: Any = model
    seen = select(entity.id).where(entity.id == SyncMove.row_id, left.still).exists()
    moves = select(SyncMove).where(SyncMove.table_name == entity.__tablename__, left.was, ~seen)
    return await window.rows(session, moves, SyncMove, SyncMove.row_id.expression)


def _position(cursor: str, epoch: UUID) -> tuple[int, UUID]:
    kind, values = _read(cursor)
    try:
        said, xid, row_id = values
        if kind != _SYNC or not 0 <= int(xid) <= cursors.BIGGEST:
            raise CursorUnreadable
        if UUID(said) != epoch:
            raise SyncAnew
        return int(xid), UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise CursorUnreadable from error


async def _epoch(session: Session) -> UUID:
    return await session.scalar(select(SyncEpoch.epoch).where(SyncEpoch.id == 1)) or UUID(int=0)


async def restored_at(session: Session) -> datetime | None:
    """Give the instant at which a restored database was told its past again."""
    return await session.scalar(select(SyncEpoch.restored_at).where(SyncEpoch.id == 1))


async def begin_anew(session: Session, *models: type[Synced]) -> None:
    """After a restore: refuse cursors given before, give rows this server's ids.

    A dump restored into another server keeps transaction ids that this one has not reached; such
    rows of `models` would wait below no horizon, so they count as changed now.
    """
    new = insert(SyncEpoch).values(id=1, epoch=uuid4())
    anew = new.on_conflict_do_update(index_elements=["id"], set_={"epoch": new.excluded.epoch})
    await session.execute(anew)
    here: Any = text("(pg_current_xact_id()::text::bigint)")
    synced: tuple[type[Synced], ...] = (SyncMove, *models)
    for model in synced:
        await session.execute(
            update(model)
            .where(model.changed_xid >= here)
            .values(changed_xid=here, changed_at=model.changed_at)
            .execution_options(synchronize_session=False)
        )


async def count(session: Session, statement: Select[Any]) -> int:
    """Give how many rows a `select` has, for `GET …/counts`."""
    inner = statement.order_by(None).subquery()
    return (await session.execute(select(func.count()).select_from(inner))).scalar_one()
