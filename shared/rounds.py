"""What is looked after in turn: one look finds what would find something, and only that is done."""

import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Select, select

from shared import clock, jobs, telemetry, timers
from shared.db import Sessions
from shared.jobs import Polled, Work
from shared.service import Service

log = structlog.get_logger()

# What failed in a round is left out of the next ones for so many seconds, doubled each time.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0

Look = Callable[[], Awaitable[Collection[str]]]


def waiting(poll: Polled, sessions: Sessions) -> Callable[[], Awaitable[bool]]:
    """Make the look at whether a poll would find anything."""
    statement: Select[Any] | None = None if poll.waits is None else select(poll.waits)

    async def waits() -> bool:
        return statement is None or await sessions.finds(statement, {"wall": clock.wall()})

    return waits


class Looks:
    """Looks at what the clock moves of a service: jobs, timers, and each poll by its name.

    It is one statement without a transaction of its own, for it is made at least each second.
    """

    def __init__(
        self, service: Service, sessions: Sessions, also: Mapping[str, Select[Any]] | None = None
    ) -> None:
        """Take the service; `also` is asked beside, and `look` tells it."""
        self._service, self.sessions = service, sessions
        self._always = {poll.name for poll in service.polls if poll.waits is None}
        parts: dict[str, Any] = {
            "timers": timers.ANY_DUE,
            **{poll.name: poll.waits for poll in service.polls if poll.waits is not None},
        }
        self._names = (*parts,)
        beside = {
            "last": jobs.last_of([job.name for job in service.jobs]),
            "pausing": jobs.PAUSING,
            **(also or {}),
        }
        parts |= {name: part.scalar_subquery() for name, part in beside.items()}
        self._statement: Select[Any] = select(*(part.label(name) for name, part in parts.items()))
        self._seen: tuple[int, Seen] | None = None

    async def wanted(self) -> Collection[str]:
        """Look, and name what would find something."""
        return (await self.look()).wanted

    def last(self) -> "Seen | None":
        """Give what the last look saw if nothing was committed since, as far as that is known."""
        if self.sessions.alone and self._seen and self._seen[0] == self.sessions.changes:
            return self._seen[1]
        return None

    async def look(self) -> "Seen":
        """Look, and tell all of it."""
        now, changes = await self.sessions.now(), self.sessions.changes
        asked = {"now": now, "today": clock.day_of(now), "wall": clock.wall()}
        told = dict(await self.sessions.ask(self._statement, asked) or {})
        last, pausing = jobs.read_last(told.pop("last")), told.pop("pausing") or ()
        wanted = {name for name in self._names if told.pop(name)} | self._always
        if jobs.any_due(self._service.jobs, last, pausing, now):
            wanted.add("jobs")
        seen = Seen(now, wanted, last, told)
        self._seen = (changes, seen)
        return seen


class Seen(NamedTuple):
    """What a look saw: when, what would find something, each job's newest day, what was asked."""

    now: datetime
    wanted: Collection[str]
    last: Mapping[str, date]
    told: Mapping[str, Any]


class Rounds:
    """Does several things in turn, each on its own: one that fails holds up no other."""

    def __init__(self, service: str, works: Mapping[str, Work], look: Look | None = None) -> None:
        """Take whose they are, and the things by name; each tells how much it found to do.

        `look` names those that would find something, so that the others need not look.
        """
        self._service, self._works, self._look = service, works, look
        self._pauses: dict[str, tuple[float, float]] = {}

    async def run(self, *, at_once: bool = False) -> int:
        """Go round until nothing finds anything; give how much was done.

        A failure is logged and counted. `at_once` (somebody waits for it) heeds no pause, and
        raises the first failure when all the others are done.
        """
        now, done, failures = time.monotonic(), 0, []
        left = {
            name: work
            for name, work in self._works.items()
            if at_once or self._pauses.get(name, (now, 0))[0] <= now
        }
        turns = deque(await self._wanted(left))
        while turns:
            name = turns.popleft()
            try:
                found = await left[name]()
                self._pauses.pop(name, None)
            except Exception as error:  # noqa: BLE001  whatever it raises, the others must run
                del left[name]
                failures.append(error)
                self._failed(name, error)
                continue
            done += found
            # What one finds may give another something to do, or itself.
            if found:
                turns += [each for each in await self._wanted(left) if each not in turns]
        if failures and at_once:
            raise failures[0]
        return done

    async def _wanted(self, left: Iterable[str]) -> list[str]:
        if self._look is None:
            return list(left)
        wanted = await self._look()
        return [name for name in left if name in wanted]

    def _failed(self, name: str, error: Exception) -> None:
        _, last = self._pauses.get(name, (0.0, 0.0))
        pause = min(last * 2, LONGEST_PAUSE) if last else FIRST_PAUSE
        self._pauses[name] = (time.monotonic() + pause, pause)
        telemetry.LOOP_FAILURES.labels(f"{self._service}.{name}").inc()
        log.error("work_failed", service=self._service, work=name, exc_info=error)
