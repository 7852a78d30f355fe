"""Expected feeds: who has to be heard of by when; a silence is told once, and ends when heard of.

A row for each feed, with a timer at the next instant that its area's rhythm gives. What is heard
of in time moves on to the instant after; what is not is silent from then on.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Index, Select, func, or_, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from shared import asking, clock, known, timers, workdays
from shared.areas import Scope
from shared.db import Session, same_id
from shared.timers import Timer
from shared.workdays import Calendar

TIMER = "expected_feed"
HEARD, NOT_EXPECTED = "feed_arrived", "no_longer_expected"
"""The proof, in a word, that a silence is over."""
# Who calls all day long is written down so often at most; a window's first sign always is.
_SELDOM = timedelta(hours=1)
_BY_WHEN = func.hashtextextended("expectations", 0)
_DAY, _TICK, _HORIZON = timedelta(days=1), datetime.resolution, 800


class FeedKind(StrEnum):
    """Who is expected; banks have expectations of their own, a day each, in payroll."""

    TREASURY = "treasury"
    PROVINCIAL_CLIENT = "provincial_client"
    CONTRACTOR = "contractor"
    GATE_VENDOR = "gate_vendor"


class Every(StrEnum):
    """How often something is expected."""

    DAY = "day"
    WORKDAY = "workday"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, on which working day of a week or month (its last where it has fewer), by when.

    No law says how often these feeds come: areas' rows do. `by` is the Beijing time of day.
    """

    version: int
    every: Every
    by: str
    workday: int = 1
    grace_minutes: int = 0

    def falls_on(self, day: date, calendar: Calendar) -> bool:
        """Say whether something is expected on a day."""
        worked = calendar.is_workday(day)
        if self.every is Every.DAY or not worked or self.every is Every.WORKDAY:
            return worked or self.every is Every.DAY
        weekly = self.every is Every.WEEK
        begins = day - day.weekday() * _DAY if weekly else day.replace(day=1)
        ends = begins + 7 * _DAY if weekly else workdays.months_after(begins, 1)
        nth = min(self.workday, calendar.workdays_between(begins - _DAY, ends - _DAY))
        return calendar.workdays_between(begins - _DAY, day) == nth

    def due_at(self, day: date) -> datetime:
        """Give the last instant that is in time on a day."""
        hour, minute = map(int, self.by.split(":"))
        return clock.at(day, hour, minute) + timedelta(minutes=self.grace_minutes)


RhythmOn: TypeAlias = Callable[[date], Rhythm | None]
"""Gives the rhythm in force on a day; None: no row holds yet."""


def next_due(after: datetime, on: RhythmOn, calendar: Calendar) -> tuple[datetime, int]:
    """Give the first due instant after another, each day by its row; LookupError without any."""
    first = clock.day_of(after) - _DAY  # Its grace may reach into the next day, no further.
    for day in (first + ahead * _DAY for ahead in range(_HORIZON)):
        rhythm = on(day)
        if rhythm and rhythm.falls_on(day, calendar) and (at := rhythm.due_at(day)) > after:
            return at, rhythm.version
    raise LookupError(f"no row says how often this is expected after {after}")


class ExpectationState(StrEnum):
    """Whether a feed is waited for, was not heard of in time, or is expected no longer."""

    AWAITED = "awaited"
    SILENT = "silent"
    ENDED = "ended"


class Expected:
    """The columns of an expected feed; each service that expects has its own table."""

    __tablename__ = "expectations"

    @declared_attr.directive
    def __table_args__(cls) -> tuple[SchemaItem, ...]:  # noqa: N805  it is asked of the class
        standing: Any = {"unique": True, "postgresql_where": text("state <> 'ended'")}
        return (Index("uq_expectations_standing", "kind", "source", "area_code", **standing),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[FeedKind]
    source: Mapped[str]
    """Who is expected: an area's code, the id of a key or of an organisation."""
    area_code: Mapped[str]
    name: Mapped[str]
    unit_id: Mapped[UUID]
    """Who answers for its silence."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """The last day, on which it is still expected."""
    state: Mapped[ExpectationState]
    counted_from: Mapped[datetime]
    """What is heard after this instant is what is waited for now."""
    expected_by: Mapped[datetime | None]
    """The last instant in time; of a silent one that which passed; None: none lies ahead."""
    arrived_at: Mapped[datetime | None]
    """When it was heard of last, to the hour."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]

    @property
    def silent_since(self) -> datetime | None:
        """Give the instant that passed without a sign; None while it is not silent."""
        return self.expected_by if self.state is ExpectationState.SILENT else None

    @property
    def next_at(self) -> datetime | None:
        """Give the instant at which time changes it: its next limit, or the end of its last day."""
        if self.state is ExpectationState.AWAITED and self.expected_by:
            return self.expected_by
        lasts = self.state is not ExpectationState.ENDED and self.valid_to
        return clock.day_end(lasts) if lasts else None


RowT = TypeVar("RowT", bound=Expected)


@dataclass(frozen=True, slots=True)
class Watch(Generic[RowT]):
    """What a service that expects feeds brings: its table, its areas' rules, its words."""

    rows: type[RowT]
    rhythms: Callable[[Session, FeedKind, str], Awaitable[RhythmOn]]
    silent: Callable[[Session, RowT, datetime], Awaitable[None]]
    heard: Callable[[Session, RowT, datetime, datetime, str], Awaitable[None]]
    """They tell of a silence since an instant; and that it is over at another, by which proof."""


async def expect(
    session: Session, watch: Watch[RowT], now: datetime, **said: Any
) -> tuple[RowT, bool]:
    """Expect a feed from now, or from its first day, on; give it, and whether it is new.

    One that is expected already is given as it stands. What comes at the first instant counts.
    """
    same = {name: said[name] for name in ("kind", "source", "area_code")}
    await session.execute(select(func.pg_advisory_xact_lock_shared(_BY_WHEN)))
    await asking.wait_for(session, ":".join(["expectation", *same.values()]))
    found = await _locked(session, select(watch.rows).filter_by(**same))
    for row in found:
        if row.state is not ExpectationState.ENDED:
            return row, False
    begins = clock.at(said["valid_from"])
    # Entered again after a restore it is the one that others know.
    row_id = same_id(begins, "expectation", *same.values(), len(found))
    said |= {"counted_from": max(now, begins) - _TICK, "state": ExpectationState.AWAITED}
    table: Any = watch.rows
    made: RowT = table(id=row_id, **said)
    await await_next(session, watch, made)
    session.add(made)
    return made, True


async def hold(session: Session, watch: Watch[RowT], area_code: str) -> Sequence[RowT]:
    """Keep what is expected in an area and below from others, silent or not.

    To be called before that by which it is planned anew is read.

    Whoever expects something just now is waited for: he has read the rows that stood before, and
    what he enters is not there yet.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_BY_WHEN)))
    rows: Any = watch.rows
    within = known.in_scope(rows.area_code, Scope(frozenset({area_code})))
    standing = rows.state != ExpectationState.ENDED
    return await _locked(
        session, select(watch.rows).where(or_(within, rows.area_code == area_code), standing)
    )


async def replan(session: Session, watch: Watch[RowT], held: Sequence[RowT]) -> None:
    """Work out anew by when something is awaited; a silence stays what it is."""
    for row in held:
        if row.state is ExpectationState.AWAITED:
            await await_next(session, watch, row)


def untimed(expected: type[RowT]) -> Select[RowT]:
    """Select what waits for an instant that no armed timer will tell of."""
    rows: Any = expected
    armed = select(Timer.id).where(
        Timer.subject_id == rows.id, Timer.kind == TIMER, timers.IS_ARMED
    )
    awaited = or_(
        rows.state == ExpectationState.AWAITED,
        (rows.state == ExpectationState.SILENT) & rows.valid_to.is_not(None),
    )
    return select(expected).where(awaited, ~armed.exists())


async def without_timer(session: Session, expected: type[RowT]) -> Sequence[RowT]:
    """Give what waits for an instant that no armed timer will tell of."""
    rows: Any = expected
    return (await session.scalars(untimed(expected).order_by(rows.id))).all()


async def report_without_timer(session: Session, watch: Watch[RowT], today: date) -> None:
    """Tell operators of what would be silent for ever, and told by nobody."""
    for row in await without_timer(session, watch.rows):
        timers.tell_untimed(session, TIMER, row.id, today)


async def _locked(
    session: Session, statement: Select[RowT], *, skip: bool = False
) -> Sequence[RowT]:
    locked = statement.order_by(text("id")).with_for_update(skip_locked=skip)
    return (await session.scalars(locked.execution_options(populate_existing=True))).all()


async def await_next(
    session: Session, watch: Watch[RowT], row: RowT, heard_at: datetime | None = None
) -> None:
    """Wait for the next sign, if any before the last day is over: anew where days or rows moved."""
    on = await watch.rhythms(session, row.kind, row.area_code)
    calendar = await known.calendar(session, row.area_code)
    since, by = row.counted_from, row.expected_by
    if heard_at and (row.silent_since or heard_at > since):
        # A sign stands for the window in which it lies, up to the first limit from then on.
        since = by if by and heard_at <= by else next_due(heard_at - _TICK, on, calendar)[0]
    at, version = next_due(since + _TICK, on, calendar)
    before, over = row.next_at, row.valid_to and at > clock.day_end(row.valid_to)
    row.counted_from, row.state = since, ExpectationState.AWAITED
    row.expected_by = None if over else at
    row.arrived_at = max(filter(None, (row.arrived_at, heard_at)), default=None)
    if row.next_at != before or not await timers.armed(session, row.id, TIMER):
        await _arm(session, row, policy_version=version, calendar_version=calendar.version)


async def _arm(session: Session, row: Expected, **versions: Any) -> None:
    """Arm the next limit in place of what was armed; its step keeps it apart from one just due."""
    await timers.disarm(session, row.id, TIMER)
    if (at := row.next_at) is not None:
        entered_at, step = row.counted_from, at.isoformat()
        timers.arm(session, TIMER, row.id, at, entered_at=entered_at, step=step, **versions)


async def fall_due(session: Session, watch: Watch[RowT], timer: Timer) -> None:
    """Let a feed be silent that was not heard of in time, or end; timers.Held where it is locked.

    Whoever holds it may wait for what other limits of this transaction have changed.
    """
    one = select(watch.rows).where(watch.rows.id == timer.subject_id)
    for row in (found := await _locked(session, one, skip=True)):
        await _catch_up(session, watch, row, timer.due_at + _TICK)
    if not found:
        raise timers.Held


async def _catch_up(session: Session, watch: Watch[RowT], row: RowT, before: datetime) -> None:
    """Let pass what falls due before an instant, whether its timer has come to it or not."""
    while (at := row.next_at) is not None and at < before:
        if at == row.expected_by and row.silent_since is None:
            row.state = ExpectationState.SILENT
            await _arm(session, row)
            await watch.silent(session, row, at)
        else:
            await end(session, watch, row, at)


async def end(
    session: Session, watch: Watch[RowT], row: RowT, at: datetime, reason: str | None = None
) -> None:
    """Expect a locked feed no longer: its last day is over, or somebody says why; once."""
    if reason:
        await _catch_up(session, watch, row, at)
    if row.state is ExpectationState.ENDED:
        return
    since = row.silent_since
    row.state, row.ended_at, row.end_reason = ExpectationState.ENDED, at, reason
    await _arm(session, row)
    if since is not None:
        await watch.heard(session, row, since, max(at, since), NOT_EXPECTED)


async def arrive(
    session: Session, watch: Watch[RowT], kind: FeedKind, sources: Collection[str], now: datetime
) -> None:
    """Record that a feed was heard of, in the transaction of what arrives; a silence ends.

    To be called before anything else is locked: who waits for the row must hold nothing. It reads
    an index, and writes once a window and hour at most; a window's first sign was the awaited one.
    """
    rows = watch.rows
    silent, seldom = rows.state == ExpectationState.SILENT, rows.arrived_at <= now - _SELDOM
    news = (rows.state != ExpectationState.ENDED) & or_(silent, rows.counted_from < now, seldom)
    theirs = select(rows).where(rows.kind == kind, rows.source.in_(sources), news)
    for row in await _locked(session, theirs):
        await _catch_up(session, watch, row, now)
        if row.state is ExpectationState.ENDED:
            continue
        since = row.silent_since
        await await_next(session, watch, row, now)
        if since is not None:
            await watch.heard(session, row, since, max(now, since), HEARD)
