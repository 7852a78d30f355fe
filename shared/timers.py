"""A time limit is a row: armed with what it is about, claimed when due, handled once."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    Index,
    Select,
    and_,
    bindparam,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.dml import ReturningUpdate

from shared import asking, clock, remembered, sets, telemetry
from shared.changes import TIMERS, Unwritten
from shared.db import Plumbing, Session, Sessions, new_id, same_id
from shared.events.platform import ItemWithoutTimer
from shared.outbox import publish

log = structlog.get_logger()

CLAIM = 50
# A batch that has taken this many seconds is committed: a transaction lives 60 s at most.
ENOUGH = 20.0
# A timer that failed is tried again after growing pauses of the machine's time.
RETRY_AFTER = (timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10))

ARMED, FIRED, DISARMED = "armed", "fired", "disarmed"


class Timer(Plumbing):
    """One time limit of one subject."""

    __tablename__ = TIMERS
    __table_args__ = (
        Index(
            "uq_timers_armed",
            "kind",
            "subject_id",
            "step",
            unique=True,
            postgresql_where=text("state = 'armed'"),
        ),
        Index("ix_timers_due", "due_at", postgresql_where=text("state = 'armed'")),
        Index("ix_timers_subject", "subject_id", "kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    step: Mapped[str] = mapped_column(default="")
    """Which of several limits of this kind; empty where there is one."""
    entered_at: Mapped[datetime]
    """When the state was entered whose limit this is."""
    due_at: Mapped[datetime]
    policy_version: Mapped[int | None]
    calendar_version: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=ARMED)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    told_late: Mapped[bool] = mapped_column(default=False)
    fired_at: Mapped[datetime | None]


IS_ARMED: ColumnElement[bool] = Timer.state == asking.code(ARMED)

OnDue = Callable[[Session, Timer], Awaitable[None]]
Around = Callable[[Session, Sequence[Timer]], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class InSets:
    """How limits of a kind are handled, and what is read and written for several at once.

    `around` is entered with those of a batch before the first, and left behind the last.
    """

    on_due: OnDue
    around: Around

    async def __call__(self, session: Session, timer: Timer) -> None:
        """Handle one of them."""
        await self.on_due(session, timer)


class Held(Exception):
    """Somebody changes just now what a limit is about, and its handler must not wait for him."""


def arm(
    session: Session,
    kind: str,
    subject_id: UUID,
    due_at: datetime,
    *,
    entered_at: datetime,
    step: str = "",
    policy_version: int | None = None,
    calendar_version: str | None = None,
) -> None:
    """Arm a limit of a subject; a second armed one of the same kind and step is refused."""
    armed = {
        "id": new_id(),
        "kind": str(kind),
        "subject_id": subject_id,
        "step": step,
        "entered_at": entered_at,
        "due_at": due_at,
        "policy_version": policy_version,
        "calendar_version": calendar_version,
    }
    Unwritten.of(session, Timer.__table__).tell(armed)


def _disarming(*which: ColumnElement[bool]) -> ReturningUpdate[Any]:
    free = select(Timer.id).where(IS_ARMED, *which)
    statement = update(Timer).where(Timer.id.in_(free.with_for_update(skip_locked=True)))
    return statement.values(state=DISARMED).returning(Timer.id)


# Asked in the driver's own way: nearly every change of state disarms something.
_DISARM = """
    UPDATE timers SET state = 'disarmed' WHERE id IN (
        SELECT id FROM timers
        WHERE state = 'armed' AND subject_id = $1 AND ($2::text[] IS NULL OR kind = ANY($2))
        FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


_FIRE = "UPDATE timers SET state = 'fired', fired_at = $2 WHERE id = $1"


async def disarm(session: Session, subject_id: UUID, *kinds: str) -> int:
    """Disarm a subject's limits (of some kinds, or all); give how many were armed.

    One that is claimed just now is left to its handler, which finds the subject's new state: to
    wait for it here would be a deadlock, since it waits for the subject that we hold.
    """
    gone = await asking.rows(session, _DISARM, subject_id, list(kinds) or None)
    return _note(session, [row[0] for row in gone])


async def _disarm(session: Session, statement: ReturningUpdate[Any]) -> int:
    return _note(session, (await session.scalars(statement)).all())


def _note(session: Session, gone: Collection[UUID]) -> int:
    """Note what is disarmed, for the batch to which it may belong; give how many it were."""
    session.info.setdefault(DISARMED, set()).update(gone)
    return len(gone)


async def hold_all(session: Session, subject_ids: Collection[UUID] | Select[Any]) -> None:
    """Keep all armed limits of some subjects from being claimed, until the transaction ends.

    One that is claimed just now is waited for: whoever claimed it waits for subjects, some of
    ours perhaps, in the order in which they fell due. So the caller may hold none of them yet.
    """
    theirs = select(Timer.id).where(Timer.subject_id.in_(subject_ids), IS_ARMED)
    held = theirs.order_by(Timer.due_at, Timer.id).with_for_update().subquery()
    await session.execute(select(func.count()).select_from(held))


async def move_all(
    session: Session, kind: str, moved: Mapping[UUID, tuple[datetime, str | None]]
) -> set[UUID]:
    """Let the armed limits of a kind fall due at other instants, by another calendar version.

    By subject, each of which has one, which the caller holds (`hold_all`); gives those that have
    none. One statement moves all.
    """
    became = sets.unnested(
        "became",
        {
            "subject_id": (Timer.subject_id.type, [*moved]),
            "due_at": (Timer.due_at.type, [due_at for due_at, _ in moved.values()]),
            "version": (Timer.calendar_version.type, [version for _, version in moved.values()]),
        },
    )
    ours = (Timer.subject_id == became.c.subject_id, Timer.kind == kind, IS_ARMED)
    news = {"due_at": became.c.due_at, "calendar_version": became.c.version}
    afresh = {"attempts": 0, "retry_at": None, "told_late": False}
    statement = update(Timer).where(*ours).values(**news, **afresh).returning(Timer.subject_id)
    written = await session.scalars(statement, execution_options={"synchronize_session": False})
    return moved.keys() - set(written)


async def disarm_all(session: Session, subject_ids: Collection[UUID]) -> None:
    """Disarm all limits of some subjects in one statement, but for those claimed just now."""
    await _disarm(session, _disarming(Timer.subject_id.in_(subject_ids)))


async def disarm_one(session: Session, timer: Timer) -> None:
    """Disarm one limit, unless it is claimed just now: then its handler finds what is new."""
    await _disarm(session, _disarming(Timer.id == timer.id))


async def fire_due(
    session: Session, subject_ids: Collection[UUID], until: datetime, on_due: OnDue
) -> None:
    """Handle the limits of some subjects that fell due by an instant, as their turn would.

    One that is claimed just now is waited for and then is no longer due, so the caller may hold
    none of the subjects yet. What a handler raises is raised here.
    """
    if not subject_ids:
        return
    asked = {"subjects": list(subject_ids), "until": until}
    due = await asking.seldom(session, Timer, _OVERDUE, asked)
    if not due:
        return
    actor = session.info["actor"]
    for timer in due:
        await _handle(session, timer, on_due)
    await session.flush()  # What they did is told as theirs.
    session.info["actor"] = actor


_OVERDUE = (
    select(Timer.id)
    .where(
        asking.one_of(Timer.subject_id, "subjects"),
        IS_ARMED,
        Timer.due_at <= bindparam("until"),
    )
    .order_by(Timer.due_at, Timer.id)
    .with_for_update()
)


async def armed(session: Session, subject_id: UUID, *kinds: str) -> list[Timer]:
    """Give a subject's armed limits, the nearest first."""
    statement = select(Timer).where(Timer.subject_id == subject_id, IS_ARMED)
    if kinds:
        statement = statement.where(Timer.kind.in_(kinds))
    return list((await session.scalars(statement.order_by(Timer.due_at, Timer.id))).all())


NEXT_DUE = select(func.min(Timer.due_at)).where(IS_ARMED)
"""The nearest instant at which a limit falls due."""


async def pause(session: Session, most: float) -> float:
    """Give the seconds until a limit falls due that is not due yet, at most so many."""
    now = clock.now()
    coming = await session.scalar(NEXT_DUE.where(Timer.due_at > now))
    return min(most, (coming - now).total_seconds()) if coming else most


async def run_due(sessions: Sessions, handlers: Mapping[str, OnDue]) -> int:
    """Claim what is due and handle it, fifty in one transaction; give how many.

    A handler dates what it does by `timer.due_at`. Where one fails, all are rolled back and
    handled once more, a savepoint each: it is put off alone, and tried again later.
    """
    try:
        async with sessions.begin() as session:
            remembered.begin(session)
            began, done = time.monotonic(), 0
            claimed = await _claim(session)
            async with _around(session, claimed, handlers):
                for timer in claimed:
                    if time.monotonic() - began > ENOUGH:
                        break
                    await _handle(session, timer, handlers[timer.kind])
                    done += 1
    except Exception:  # noqa: BLE001  whatever it raises, the others must be handled
        return await _run_guarded(sessions, handlers)
    return done


@asynccontextmanager
async def _around(
    session: Session, claimed: Sequence[Timer], handlers: Mapping[str, OnDue]
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for kind in dict.fromkeys(timer.kind for timer in claimed):
            if isinstance(handler := handlers[kind], InSets):
                of_kind = [timer for timer in claimed if timer.kind == kind]
                await stack.enter_async_context(handler.around(session, of_kind))
        yield


async def _run_guarded(sessions: Sessions, handlers: Mapping[str, OnDue]) -> int:
    """Handle what is due, a savepoint each; give how many were handled or put off."""
    trying: UUID | None = None
    done = 0
    try:
        async with sessions.begin() as session:
            began = time.monotonic()
            for timer_id, timer in [(timer.id, timer) for timer in await _claim(session)]:
                if time.monotonic() - began > ENOUGH:
                    break
                trying = timer_id
                await _fire(session, timer, handlers)
                done += 1
            trying = None
    except Exception as error:
        if trying is None:
            raise
        # It took the connection with it (by lasting too long, say), and the whole batch: without
        # a pause for this one the next batch would end the same way.
        async with sessions.begin() as session:
            await _put_off(session, trying, error)
        return 1
    return done


_IS_DUE = and_(
    IS_ARMED,
    Timer.due_at <= bindparam("now"),
    Timer.retry_at.is_(None) | (Timer.retry_at <= bindparam("wall")),
)
ANY_DUE = select(Timer.id).where(_IS_DUE).exists()
"""Whether a limit is to be handled at `now` of the domain and `wall` of the machine."""
_DUE = (
    select(Timer)
    .where(_IS_DUE)
    .order_by(Timer.due_at, Timer.id)
    .limit(CLAIM)
    .with_for_update(skip_locked=True)
)


async def _claim(session: Session) -> Sequence[Timer]:
    return (await session.scalars(_DUE, {"now": clock.now(), "wall": clock.wall()})).all()


async def _put_off(session: Session, timer_id: UUID, error: Exception) -> None:
    """Count a failure and pause before the next try."""
    attempts = await session.scalar(select(Timer.attempts).where(Timer.id == timer_id)) or 0
    pause = RETRY_AFTER[min(attempts, len(RETRY_AFTER) - 1)]
    await session.execute(
        update(Timer)
        .where(Timer.id == timer_id)
        .values(attempts=attempts + 1, retry_at=clock.wall() + pause)
    )
    log.error("timer_failed", timer_id=str(timer_id), exc_info=error)


async def _fire(session: Session, timer: Timer, handlers: Mapping[str, OnDue]) -> None:
    timer_id = timer.id
    try:
        async with session.begin_nested():
            await _handle(session, timer, handlers[timer.kind])
    except Held:
        again = {"retry_at": clock.wall() + timedelta(seconds=1)}
        await session.execute(update(Timer).where(Timer.id == timer_id).values(again))
    except Exception as error:  # noqa: BLE001  one bad timer must not hold up the others
        await _put_off(session, timer_id, error)


async def _handle(session: Session, timer: Timer, on_due: OnDue) -> None:
    """Handle a limit, and measure how late that was."""
    # An earlier one of this transaction may have handled or disarmed it. What one that was rolled
    # back did to it is not known here: if it was disarmed only there, it is claimed again.
    if inspect(timer).expired_attributes:
        await session.refresh(timer)
    if timer.state != ARMED or timer.id in session.info.get(DISARMED, ()):
        return
    kind, due_at = timer.kind, timer.due_at
    if session.info["actor"] != (actor := f"timer:{kind}"):
        await session.flush()  # What another did is told as his.
        session.info["actor"] = actor
    # Before the handler, which may arm the next limit of this kind. What the last one wrote can
    # wait for what this one writes.
    with session.no_autoflush:
        await asking.rows(session, _FIRE, timer.id, fired_at := clock.now())
    set_committed_value(timer, "state", FIRED)
    set_committed_value(timer, "fired_at", fired_at)
    await on_due(session, timer)
    lateness = max(0.0, (clock.now() - due_at).total_seconds())
    telemetry.TIMER_LATENESS.labels(session.info["service"], kind).observe(lateness)


def tell_untimed(session: Session, kind: str, subject_id: UUID, today: date) -> None:
    """Tell operators, once a day, of something open that no armed timer will wake anybody about."""
    event = ItemWithoutTimer(
        service=session.info["service"],
        kind=kind,
        subject_id=subject_id,
        id=same_id(clock.day_end(today), subject_id, "without_timer"),
    )
    publish(session, event)
