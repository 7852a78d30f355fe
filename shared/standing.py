"""Whether a process's databases stand where the others do, or are older: restored from a backup."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import structlog

from shared import paging, telemetry
from shared.bus.base import Bus, BusAway, Message
from shared.journals import Books, Gap, Row, gaps, heard, said

log = structlog.get_logger()

# So many messages of each partition, and rows of each journal, are looked at: a restored database
# lacks the newest.
NEWEST, NEWEST_ROWS = 50, 5000
# Seconds between looks; what was found is believed for as long.
LOOK_EVERY = 300.0
# Seconds after which a database that was found older is looked at again.
AGAIN = 5.0


class Standing:
    """What was found of each database, and the gate that no loop passes into an older one.

    A service whose database is older than what others hold would fire limits of what is long
    settled, and hear today's news before yesterday's.
    """

    def __init__(self, bus: Bus, served: Sequence[Books]) -> None:
        """Take the bus and what this process serves; nothing is known before the first look."""
        self._bus, self._served = bus, served
        self._looking = asyncio.Lock()
        self._looked_at: float | None = None
        self.unknown = "not yet compared with what others hold"
        """Why nothing is known; empty once a look has compared."""
        self.words: Mapping[str, str] = {}
        """What is missing, by service; none where nothing is."""
        self.older: frozenset[str] = frozenset()
        """Those that must not run before they are brought to where the others stand."""

    def gated(self, loop: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Let a loop begin, and begin again, only while no database here is older."""

        async def begin() -> None:
            await self.sound()
            await loop()

        return begin

    async def sound(self) -> None:
        """Return once no database is found older, or the bus is away and nothing is known."""
        while True:
            async with self._looking:
                known = not self._is_stale(AGAIN if self.older else LOOK_EVERY)
                known = known or await self.look()
            if not self.older and (known or not await self._bus.ready()):
                return
            await asyncio.sleep(AGAIN if known else 1)

    async def run(self) -> None:
        """Look now and then; soon again where nothing is known yet."""
        while True:
            await self.sound()
            await asyncio.sleep(1 if self.unknown else LOOK_EVERY)

    def _is_stale(self, seconds: float) -> bool:
        now = asyncio.get_running_loop().time()
        return self._looked_at is None or now - self._looked_at >= seconds

    async def look(self) -> bool:
        """Compare with the bus, and with the other databases of this process; say if it could."""
        try:
            # Where sent is handled, the other databases tell all; else something is on its way.
            found = await gaps(self._served, NEWEST_ROWS) if self._bus.at_once else {}
            for one in self._served:
                found |= await self._beside_the_bus(one)
            older = {one.name for one in self._served if await _is_older(one, found)}
        except (BusAway, OSError) as away:
            log.warning("standing_unknown", reason=str(away))
            if self._looked_at is None:
                self.unknown = f"not compared with what others hold: {away}"
            return False
        self._looked_at, self.unknown = asyncio.get_running_loop().time(), ""
        words: dict[str, list[str]] = {}
        for (name, kind, other), gap in sorted(found.items()):
            words.setdefault(name, []).append(in_words(kind, other, gap))
        self.words = {name: "; ".join(said) for name, said in words.items()}
        if older - self.older:
            log.error("database_older", services=sorted(older), missing=dict(self.words))
        self.older = frozenset(older)
        for one in self._served:
            telemetry.DATABASE_OLDER.labels(one.name).set(one.name in older)
        return True

    async def _beside_the_bus(self, one: Books) -> dict[tuple[str, str, str], Gap]:
        """Compare a database with the newest messages that the bus holds."""
        handled = await self._bus.newest(one.service.topics, NEWEST, one.name)
        own = await self._bus.newest([one.topic], NEWEST)
        told = _rows(each for each in handled if each.headers.get("ce_type") in one.heeds)
        spoken = _rows(own)
        found = {
            (one.name, "unheard", "the bus"): _gap(told, await heard(one, told)),
            (one.name, "unsaid", "the bus"): _gap(spoken, await said(one, spoken)),
        }
        return {place: gap for place, gap in found.items() if gap.number}


def _rows(messages: Iterable[Message]) -> dict[UUID, Row]:
    """Read the envelopes; of one that cannot be read nothing can be said."""
    rows: dict[UUID, Row] = {}
    for each in messages:
        with suppress(KeyError, ValueError):
            at = datetime.fromisoformat(each.headers["ce_time"])
            row = {"type": each.headers["ce_type"], "occurred_at": at.astimezone(UTC)}
            rows[UUID(each.headers["ce_id"])] = row
    return rows


def _gap(rows: Mapping[UUID, Row], there: Collection[UUID]) -> Gap:
    gap = Gap()
    for event_id in rows.keys() - there:
        gap.add(rows[event_id])
    return gap


def in_words(kind: str, other: str, gap: Gap) -> str:
    """Say what is missing: of what was said to a service, or of what it said itself."""
    if kind == "unheard":
        return f"has not heard, from {other}: {gap.words()}"
    return f"does not hold any more, but {other} heard: {gap.words()}"


async def _is_older(one: Books, found: Mapping[tuple[str, str, str], Gap]) -> bool:
    """Say whether a database lacks what it had: more than was lost with the one before it.

    What was said before it was told its past again, and nobody tells any more, is lost.
    """
    async with one.sessions.begin("standing") as session:
        told_again = await paging.restored_at(session)
    missing = [gap.newest for (name, _, _), gap in found.items() if name == one.name and gap.newest]
    return any(told_again is None or newest > told_again for newest in missing)
