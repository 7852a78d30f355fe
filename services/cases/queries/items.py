"""Watch items and their timelines: for reading, and locked for changing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import selectinload

from services.cases.errors import WatchItemUnknown
from services.cases.models import Closing, Extension, WatchItem, WatchItemEntry
from services.cases.queries import persons, rows
from services.cases.rules.history import Miss
from services.cases.rules.items import CloseReason, ItemState, TimerKind, WatchKind
from services.cases.schemas.items import WatchItemFilter
from shared import asking, clock, known, paging, remembered
from shared.areas import Scope
from shared.db import Session
from shared.moves import Left, SyncMove
from shared.paging import Found
from shared.timers import IS_ARMED, Timer

_OPEN = WatchItem.state != asking.code(ItemState.CLOSED)
_MISSED = WatchItem.kind == WatchKind.TRANSFER_MISSED
# What turned out to be no miss counts for nothing.
_WAS_ONE = WatchItem.close_reason.is_distinct_from(CloseReason.NOT_MISSED.value)
# What is closed has no due time any more; in a queue it comes last.
_NEVER = literal(datetime(9999, 1, 1, tzinfo=clock.BEIJING), DateTime(timezone=True))


_Asked = TypeVar("_Asked", Closing, Extension)


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How many items stand on a level in a state."""

    level: str
    state: ItemState
    count: int


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many open items of a kind stand on a level in an area."""

    kind: str
    level: str
    area_code: str
    count: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items there are, in all, standing still, and by level and state."""

    total: int
    muted: int
    items: list[LevelCount]


@dataclass(frozen=True, slots=True)
class CountedMiss(Miss):
    """A miss that counts with others of its project, and its item."""

    watch_item_id: UUID
    state: ItemState


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(
        WatchItem.area_code, scope,
        WatchItem.unit_id, WatchItem.developer_id, WatchItem.contractor_id,
    )  # fmt: skip


def _within(area_code: str) -> ColumnElement[bool]:
    """An area and all below it; itself also while registry has not told of it."""
    inside = known.in_scope(WatchItem.area_code, Scope(frozenset({area_code})))
    return or_(inside, WatchItem.area_code == area_code)


def _filtered(statement: Select[Any], filters: WatchItemFilter, scope: Scope) -> Select[Any]:
    statement = statement.where(_visible(scope))
    for column in ("kind", "level", "state", "project_id", "unit_id", "period"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(WatchItem, column) == wanted)
    if filters.area_code is not None:
        statement = statement.where(_within(filters.area_code))
    if filters.muted is not None:
        still = WatchItem.muted_by.is_not(None)
        statement = statement.where(still if filters.muted else ~still)
    if filters.without_person:
        statement = statement.where(WatchItem.person_id.is_(None))
    return statement


def _order(filters: WatchItemFilter) -> tuple[Any, ...]:
    """A unit's queue begins with what no person holds, then goes by due time."""
    if filters.unit_id is None:
        return (WatchItem.id,)
    held = case((WatchItem.person_id.is_(None), 0), else_=1)
    return held, func.coalesce(WatchItem.due_at, _NEVER), WatchItem.id


async def watch_items(
    session: Session,
    filters: WatchItemFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[WatchItem]:
    """Give a page of the items that a caller may see, or of their sync."""
    # A company's view goes by who takes part, of which a moved row's trace knows nothing.
    left = None
    if scope.org is None:
        left = Left(known.in_scope(SyncMove.area_code, scope), _visible(scope))
    return await paging.sync(
        session, _filtered(select(WatchItem), filters, scope), model=WatchItem, cursor=cursor,
        changed_after=changed_after, limit=limit, by=_order(filters), left=left,
    )  # fmt: skip


async def whole_watch_items(
    session: Session, filters: WatchItemFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[WatchItem]:
    """Give a page of the items that a caller may see, each with its timeline."""
    statement = _filtered(select(WatchItem), filters, scope)
    with_timelines = statement.options(selectinload(WatchItem.timeline))
    return await paging.page(
        session, with_timelines, by=_order(filters), cursor=cursor, limit=limit
    )


async def watch_item_counts(session: Session, filters: WatchItemFilter, scope: Scope) -> Counts:
    """Count by level and state, lowest level first."""
    columns: list[Any] = [
        WatchItem.level,
        WatchItem.state,
        func.count(),
        func.count(WatchItem.muted_by),
    ]
    statement = _filtered(select(*columns), filters, scope)
    found = await session.execute(
        statement.group_by(WatchItem.level, WatchItem.state).order_by(
            func.min(WatchItem.level_rank), WatchItem.level, WatchItem.state
        )
    )
    counts, muted = list[LevelCount](), 0
    for level, state, count, still in found.all():
        counts.append(LevelCount(level, state, count))
        muted += still
    return Counts(sum(one.count for one in counts), muted, counts)


def seen(statement: Select[WatchItem], scope: Scope) -> Select[WatchItem]:
    """Narrow items to those that a caller sees."""
    return statement.where(_visible(scope))


async def watch_item(session: Session, item_id: UUID, scope: Scope) -> WatchItem:
    """Give an item with its timeline, or raise WatchItemUnknown."""
    statement = select(WatchItem).where(WatchItem.id == item_id, _visible(scope))
    with_timeline = statement.options(selectinload(WatchItem.timeline))
    item = (await session.scalars(with_timeline)).one_or_none()
    if item is None:
        raise WatchItemUnknown
    return item


async def ids_in_scope(
    session: Session, item_ids: Collection[UUID], scope: Scope
) -> Sequence[UUID]:
    """Give which of some items a caller may see, none of them locked."""
    statement = select(WatchItem.id).where(WatchItem.id.in_(item_ids), _visible(scope))
    return (await session.scalars(statement)).all()


async def locked_watch_item(session: Session, item_id: UUID, scope: Scope) -> WatchItem:
    """Give an item for changing, or raise WatchItemUnknown."""
    statement = select(WatchItem).where(WatchItem.id == item_id, _visible(scope))
    item = await rows.locked_first(session, statement)
    if item is None:
        raise WatchItemUnknown
    return item


async def locked_beside_item(
    session: Session, model: type[_Asked], row_id: UUID, scope: Scope
) -> tuple[_Asked, WatchItem] | None:
    """Give what was asked of an item, and the item, for changing; None if there is no such row.

    Raises WatchItemUnknown where the caller does not see the item.
    """
    entity: Any = model
    statement = select(entity).where(entity.id == row_id)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        return None
    # The item first, as everybody else locks it.
    item = await locked_watch_item(session, found.watch_item_id, scope)
    locked = await rows.locked_first(session, statement)
    return None if locked is None else (locked, item)


async def find_watch_item(session: Session, item_id: UUID) -> WatchItem | None:
    """Give an item to write on its timeline, which needs no lock; or None."""
    return await session.get(WatchItem, item_id)


_BY_ID = select(WatchItem).where(WatchItem.id == bindparam("item_id"))
_OPEN_ABOUT = select(WatchItem).where(
    _OPEN, WatchItem.kind == bindparam("kind"), WatchItem.subject_id == bindparam("subject_id")
)


_ANY_OPEN = _OPEN_ABOUT.with_only_columns(WatchItem.id)


async def locked_find_watch_item(session: Session, item_id: UUID) -> WatchItem | None:
    """Give an item for changing, or None."""
    if held := remembered.locked(session, WatchItem.__tablename__).get(item_id):
        item: WatchItem = held
        return item
    return await rows.locked_by(session, _BY_ID, item_id=item_id)


async def new_watch_item(session: Session, **values: Any) -> WatchItem | None:
    """Write an item and give it; None if one of its key is open, or was opened by this news."""
    return await rows.written(session, WatchItem, **values)


async def locked_find_open_watch_item(
    session: Session, kind: WatchKind, subject_id: UUID
) -> WatchItem | None:
    """Give the open item about something, for changing, or None; most often there is none."""
    about = {"kind": kind, "subject_id": subject_id}
    if not await asking.told(session, _ANY_OPEN, about):
        return None
    return await rows.locked_by(session, _OPEN_ABOUT, kind=kind, subject_id=subject_id)


async def locked_open_misses(session: Session, project_id: UUID) -> list[WatchItem]:
    """Give a project's open `transfer_missed` items for changing."""
    statement = select(WatchItem).where(_OPEN, _MISSED, WatchItem.project_id == project_id)
    return await rows.locked_all(session, statement.order_by(WatchItem.id))


async def locked_open_watch_items_within(session: Session, area_code: str) -> list[WatchItem]:
    """Give all open items of an area and those below it, for changing."""
    statement = select(WatchItem).where(_OPEN, _within(area_code))
    return await rows.locked_all(session, statement.order_by(WatchItem.id))


async def locked_due_within(session: Session, area_code: str, at: datetime) -> list[WatchItem]:
    """Give the open items of an area and below whose next limit has come, for changing."""
    statement = select(WatchItem).where(_OPEN, _within(area_code), WatchItem.due_at <= at)
    return await rows.locked_all(session, statement.order_by(WatchItem.id))


_ATTENDED = and_(_OPEN, WatchItem.assigned_by.is_(None), WatchItem.project_id.is_not(None))


async def attended(
    session: Session, project_id: UUID | None = None
) -> Sequence[tuple[UUID, UUID, str, UUID | None]]:
    """Give the open items of projects, of one or of all: id, project, area and person.

    Those that somebody assigned by hand are left out.
    """
    statement = select(
        WatchItem.id, WatchItem.project_id, WatchItem.area_code, WatchItem.person_id
    ).where(_ATTENDED)
    if project_id is not None:
        statement = statement.where(WatchItem.project_id == project_id)
    found = await session.execute(statement.order_by(WatchItem.id))
    return [(row[0], row[1], row[2], row[3]) for row in found if row[1]]


ASSIGNMENT_WAITS = exists().where(_ATTENDED, ~persons.has_whom_it_should(WatchItem))
"""Whether an open item may have another person than who is in charge today."""


async def locked_unassigned_watch_items(
    session: Session, item_ids: Collection[UUID]
) -> list[WatchItem]:
    """Give items by their ids, unless they were closed or assigned by hand meanwhile."""
    statement = select(WatchItem).where(
        WatchItem.id.in_(item_ids), _OPEN, WatchItem.assigned_by.is_(None)
    )
    return await rows.locked_all(session, statement.order_by(WatchItem.id))


async def open_misses(session: Session, project_id: UUID) -> Sequence[WatchItem]:
    """Give a project's open `transfer_missed` items as they are now, the oldest due first."""
    statement = (
        select(WatchItem)
        .where(_OPEN, _MISSED, WatchItem.project_id == project_id)
        .order_by(WatchItem.due_on, WatchItem.period, WatchItem.id)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def misses(session: Session, project_id: UUID) -> list[Miss]:
    """Give every miss of a project, settled since or not."""
    found = await session.execute(
        select(
            WatchItem.works_contract_id,
            WatchItem.period,
            WatchItem.previous_period,
            WatchItem.due_on,
        ).where(_MISSED, _WAS_ONE, WatchItem.project_id == project_id)
    )
    return [
        Miss(contract_id, period, before, due_on)
        for contract_id, period, before, due_on in found.all()
        if contract_id is not None
    ]


async def counted_misses(
    session: Session, project_id: UUID, until: date, scope: Scope
) -> list[CountedMiss]:
    """Give a project's misses due by a day, settled since or not, as a caller sees them."""
    due = (WatchItem.project_id == project_id, WatchItem.due_on <= until)
    statement = select(WatchItem).where(_MISSED, _WAS_ONE, *due, _visible(scope))
    found = await session.scalars(statement.order_by(WatchItem.due_on, WatchItem.id))
    return [
        CountedMiss(
            one.works_contract_id,
            one.period,
            one.previous_period,
            one.due_on,
            watch_item_id=one.id,
            state=one.state,
        )
        for one in found
        if one.works_contract_id is not None
    ]


async def last_missed_at(session: Session, project_id: UUID) -> datetime | None:
    """Give the instant at which the last miss of a project was told."""
    return await session.scalar(
        select(func.max(WatchItem.opened_at)).where(
            _MISSED, _WAS_ONE, WatchItem.project_id == project_id
        )
    )


def _without_timer() -> Select[WatchItem]:
    armed = (
        select(Timer.id)
        .where(Timer.subject_id == WatchItem.id, Timer.kind == TimerKind.LEVEL, IS_ARMED)
        .exists()
    )
    # What is muted stands still on purpose: its finder wakes it.
    return select(WatchItem).where(_OPEN, WatchItem.muted_by.is_(None), ~armed)


WITHOUT_TIMER = _without_timer()


async def watch_items_without_timer(session: Session) -> Sequence[WatchItem]:
    """Give open items that no armed `level` timer will wake."""
    return (await session.scalars(WITHOUT_TIMER.order_by(WatchItem.id))).all()


async def entry_is_new(session: Session, **values: Any) -> bool:
    """Write a line that one cause leaves on a timeline; False if it stands there."""
    return await rows.insert_new(session, WatchItemEntry, **values)


async def open_counts(session: Session) -> Sequence[OpenCount]:
    """Count what is open everywhere, for the gauge that operations see."""
    place = (WatchItem.kind, WatchItem.level, WatchItem.area_code)
    real = WatchItem.kind != WatchKind.CANARY
    found = await session.execute(select(*place, func.count()).where(_OPEN, real).group_by(*place))
    return [OpenCount(kind.value, level, area, count) for kind, level, area, count in found]
