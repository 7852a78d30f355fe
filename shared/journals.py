"""What was said beside what was heard: the outbox of one service and the inbox of another."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import TextClause, text, update
from sqlalchemy.dialects.postgresql import insert

from shared import clock, db
from shared.db import Sessions
from shared.inbox import SKIPPED, InboxRow
from shared.service import Service

BATCH = 2000
LOST = "lost"
_KEPT = ("id", "type", "key", "occurred_at", "traceparent", "body")

Row: TypeAlias = Mapping[str, Any]
"""A word as a journal holds it."""


@dataclass(frozen=True, slots=True)
class Books:
    """A service and its database."""

    service: Service
    sessions: Sessions

    @property
    def name(self) -> str:
        """Give the service's name."""
        return self.service.name

    @property
    def topic(self) -> str:
        """Give the topic of the service's own words."""
        return f"{self.name}.events"

    @property
    def heeds(self) -> set[str]:
        """Give the types that it handles."""
        return {kind.type for kind in self.service.handles}


@dataclass(slots=True)
class Gap:
    """Events that one side holds and the other does not."""

    number: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    types: Counter[str] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        """Count one."""
        at = row["occurred_at"]
        self.number += 1
        self.types[row["type"]] += 1
        self.oldest = min(self.oldest or at, at)
        self.newest = max(self.newest or at, at)

    def words(self) -> str:
        """Say how many, since when, of which types."""
        if not self.oldest:
            return "nothing"
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.types.items()))
        oldest = self.oldest.astimezone(clock.BEIJING).isoformat(timespec="minutes")
        return f"{self.number} events, the oldest of {oldest}: {kinds}"


# What was not sent yet is on its way by itself.
_SAID = text("""
    SELECT id, type, key, occurred_at, created_at AS known_at, traceparent, body, position AS place
    FROM outbox WHERE position > :after AND sent_at IS NOT NULL AND type = ANY(:types)
    ORDER BY position LIMIT :batch
""")
_HEARD = text("""
    SELECT id, type, key, occurred_at, received_at AS known_at, traceparent, body, id AS place
    FROM inbox WHERE id > :after AND topic = :topic AND type = ANY(:types)
    AND (error IS NULL OR error NOT LIKE 'EnvelopeUnreadable%') ORDER BY id LIMIT :batch
""")
_LAST_SAID = text("SELECT coalesce(max(position), 0) - :newest FROM outbox")
_LAST_HEARD = text("SELECT id FROM inbox ORDER BY id DESC OFFSET :newest LIMIT 1")
_FIRST = UUID(int=0)
# The range of the ids stands beside them, so that partitions are pruned.
_AMONG = "WHERE id = ANY(:ids) AND id >= :least AND id <= :most"
_IN_OUTBOX = text(f"SELECT id FROM outbox {_AMONG}")  # noqa: S608  built of constants
_IN_INBOX = text(f"SELECT id FROM inbox {_AMONG}")  # noqa: S608
_HEARD_BACK = text(f"SELECT id FROM inbox {_AMONG} AND topic = :topic")  # noqa: S608
_SETTLED = text(f"SELECT id FROM inbox {_AMONG} AND topic = :topic AND state = :state")  # noqa: S608


async def _among(
    sessions: Sessions, statement: TextClause, ids: Collection[UUID], **values: object
) -> set[UUID]:
    if not ids:
        return set()
    async with sessions.begin("journals") as session:
        asked = {**values, "ids": list(ids), "least": min(ids), "most": max(ids)}
        return set((await session.scalars(statement, asked)).all())


async def heard(listener: Books, ids: Collection[UUID]) -> set[UUID]:
    """Give those of some ids that a service has in its inbox, handled or not."""
    return await _among(listener.sessions, _IN_INBOX, ids)


async def said(speaker: Books, ids: Collection[UUID]) -> set[UUID]:
    """Give those of some ids that a service holds as its own words, or was told to do without."""
    there = await _among(speaker.sessions, _IN_OUTBOX, ids)
    rest = set(ids) - there
    return there | await _among(
        speaker.sessions, _SETTLED, rest, topic=speaker.topic, state=SKIPPED
    )


async def _rows(
    sessions: Sessions, statement: TextClause, newest: int | None, **values: object
) -> AsyncIterator[Sequence[Row]]:
    """Give all rows of a journal, or the newest, in batches."""
    last, first = (_LAST_SAID, 0) if statement is _SAID else (_LAST_HEARD, _FIRST)
    after: int | UUID | None = None
    if newest is not None:
        async with sessions.begin("journals") as session:
            after = await session.scalar(last, {"newest": newest})
    after = first if after is None else after
    while True:
        async with sessions.begin("journals") as session:
            asked = {**values, "after": after, "batch": BATCH}
            rows = [dict(row) for row in (await session.execute(statement, asked)).mappings()]
        if not rows:
            return
        yield rows
        after = rows[-1]["place"]


def told(speaker: Books, listener: Books) -> list[str]:
    """Give the types that one says and the other handles."""
    return sorted(listener.heeds & {kind.type for kind in speaker.service.publishes})


async def unheard(speaker: Books, listener: Books, newest: int | None = None) -> AsyncIterator[Row]:
    """Give what a service sent and another, which handles it, does not hold, as it was sent.

    `newest`: only so many rows of the journal are looked at.
    """
    if not (types := told(speaker, listener)):
        return
    async for rows in _rows(speaker.sessions, _SAID, newest, types=types):
        ids = {row["id"] for row in rows}
        ids -= await heard(listener, ids)
        # Said again after a restore, it is not of the instant at which it was said first.
        ids -= await _among(speaker.sessions, _HEARD_BACK, ids, topic=speaker.topic)
        for row in rows:
            if row["id"] in ids:
                yield row


async def unheard_back(speaker: Books, listener: Books) -> AsyncIterator[Row]:
    """Give the same of words that a restored service had lost and heard back, in no order."""
    if not (types := told(speaker, listener)):
        return
    async for rows in _rows(speaker.sessions, _HEARD, None, types=types, topic=speaker.topic):
        there = await heard(listener, {row["id"] for row in rows})
        for row in rows:
            if row["id"] not in there:
                yield row


async def unsaid(speaker: Books, listener: Books, newest: int | None = None) -> AsyncIterator[Row]:
    """Give what a service heard from another that does not hold it (any more), in no order.

    Words of the platform itself do not tell by their topic who said them, and are left out.
    """
    types = sorted({kind.type for kind in speaker.service.publishes})
    async for rows in _rows(listener.sessions, _HEARD, newest, types=types, topic=speaker.topic):
        there = await said(speaker, {row["id"] for row in rows})
        for row in rows:
            if row["id"] not in there:
                yield row


async def gaps(
    every: Sequence[Books], newest: int | None = None
) -> dict[tuple[str, str, str], Gap]:
    """Compare each pair of services, both ways; give what is missing by (who, kind, beside whom).

    `unheard`: who lacks in his inbox what the other sent. `unsaid`: who lacks in his outbox what
    the other heard from him.
    """
    found: dict[tuple[str, str, str], Gap] = {}
    for one in every:
        for other in every:
            if one is other:
                continue
            compared = (
                ("unheard", unheard(other, one, newest)),
                ("unheard", unheard_back(other, one)),
                ("unsaid", unsaid(one, other, newest)),
            )
            for kind, rows in compared:
                async for row in rows:
                    found.setdefault((one.name, kind, other.name), Gap()).add(row)
    return found


async def note_lost(speaker: Books, others: Sequence[Books]) -> Gap:
    """Keep, as others heard them, the words that a service does not hold; give how many.

    They stand in its own inbox, under its own topic, until the same is said again or settled: so
    whoever learns the past from it later learns it as it was.
    """
    lost, noted = Gap(), set()
    for other in others:
        async for row in unsaid(speaker, other):
            if row["id"] in noted:
                continue
            noted.add(row["id"])
            lost.add(row)
            values = {name: row[name] for name in _KEPT}
            values |= {"topic": speaker.topic, "received_at": clock.wall(), "state": LOST}
            async with speaker.sessions.begin("operator:restored") as session:
                new = insert(InboxRow).values(replayed=True, attempts=0, **values)
                await session.execute(new.on_conflict_do_nothing())
    return lost


async def settle(speaker: Books, others: Sequence[Books], reason: str) -> int:
    """Do without the words that others heard and a service does not hold; audited; give how many.

    For what was entered anew in other words, or is of no use any more.
    """
    lost = await note_lost(speaker, others)
    for other in others:
        async for row in unsaid(speaker, other):
            async with speaker.sessions.begin("operator:settle") as session:
                await session.execute(
                    update(InboxRow)
                    .where(InboxRow.id == row["id"])
                    .values(state=SKIPPED, handled_at=clock.wall())
                )
                after = {"type": row["type"], "reason": reason, "heard_by": other.name}
                db.record(session, "settle", "inbox", row["id"], after=after)
    return lost.number
