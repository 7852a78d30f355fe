"""A synced list as lines of JSON: page by page in constant memory, to be resumed at any page.

An export is a sync (`shared.paging`) told in one answer: first its beginning, then rows and ids of
rows that left, after each page the cursor from which it goes on, at last its end. An answer without
an end was cut off; whoever kept the last cursor loses nothing and asks on from there, now or at the
next export, which then tells only what changed.

Asked `as_of` a day that is over, it tells what the list said at its end (`shared.history`), the
same however often it is asked; with `since`, only what changed or left since the end of that day.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared import clock, paging
from shared.db import Session, Sessions
from shared.history import PastUnknown
from shared.paging import CursorUnreadable, Found, SyncAnew
from shared.problems import Problem
from shared.wording import Text

MEDIA_TYPE = "application/x-ndjson"
# Rows of a page: enough that a page's transaction costs little beside its rows.
PAGE = 500
# Whoever names neither a cursor nor an instant begins before everything.
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)


class Ask(Protocol):
    """How a page is read: a list's query, given already what the caller filters and may see."""

    async def __call__(
        self, session: Session, /, *, cursor: str | None, changed_after: datetime | None, limit: int
    ) -> Found[Any]:
        """Give the page behind a cursor, or the first one after an instant."""


class AskedTwice(Problem):
    """A day of the past, and beside it another place to begin."""

    status = 422
    title = Text("参数相互矛盾", "These parameters contradict each other")


PROBLEMS = (CursorUnreadable, SyncAnew, PastUnknown, AskedTwice)
"""What any export may answer instead of a stream."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where an export begins: at a cursor, after an instant, or as of a day; else at the start."""

    cursor: str | None
    changed_after: datetime | None
    as_of: date | None = None
    since: date | None = None

    def first(self) -> tuple[str | None, datetime | None]:
        """Give cursor and instant of the first page; raises AskedTwice, PastUnknown."""
        if self.as_of is None:
            if self.since:
                raise AskedTwice(Text("since 须与 as_of 同用", "since goes with as_of"))
            return self.cursor, None if self.cursor else self.changed_after or BEGINNING
        if self.cursor or self.changed_after:
            words = "as_of 不能与 cursor 或 changed_after 同用；续传时只给 cursor"
            raise AskedTwice(Text(words, "as_of goes alone; to go on, give the cursor only"))
        return paging.as_of(self.as_of, self.since), None


async def _start(
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    as_of: Annotated[
        clock.Day | None, Query(description="What the list said at the end of this day (Beijing)")
    ] = None,
    since: Annotated[
        clock.Day | None,
        Query(description="Only with `as_of`: what changed or left since the end of this day"),
    ] = None,
) -> Start:
    return Start(cursor, changed_after, as_of, since)


# A route takes it by annotation alone: `start: exports.Asked`.
Asked = Annotated[Start, Depends(_start)]


class Lines(StreamingResponse):
    """An export as it goes over the wire, `application/x-ndjson`."""

    media_type = MEDIA_TYPE


@dataclass(frozen=True, slots=True)
class Export:
    """A list as it is told to one caller; each page in a short transaction of its own."""

    sessions: Sessions
    actor: str
    name: str
    ask: Ask
    out: type[BaseModel]
    start: Start

    def _said(self) -> dict[str, str]:
        """Say of what instant it is, and of what day; `since` if it tells of changes."""
        day = self.start.as_of
        at = clock.day_end(day) if day else clock.now()
        said = {"list": self.name, "as_of": at.isoformat(), "day": str(day or clock.day_of(at))}
        return said | ({"since": str(self.start.since)} if self.start.since else {})

    async def page(self, cursor: str | None, since: datetime | None = None) -> "_Page":
        """Read a page and make its lines."""
        async with self.sessions.begin(self.actor) as session:
            return _Page(
                await self.ask(session, cursor=cursor, changed_after=since, limit=PAGE), self.out
            )

    async def told(self, page: "_Page") -> AsyncIterator[bytes]:
        """Give the lines from the first page on; nothing is open while the caller reads them."""
        said = self._said()
        yield f"{_line(kind='begin', **said)}\n".encode()
        rows = left = 0
        while True:
            yield page.content.encode()
            rows, left = rows + page.rows, left + page.left
            if not page.more:
                break
            page = await self.page(page.next)
        yield f"{_line(kind='end', rows=rows, left=left, next=page.next, **said)}\n".encode()


class _Page:
    """A page that is lines already, and where the next one begins."""

    def __init__(self, found: Found[Any], out: type[BaseModel]) -> None:
        """Shape the rows while their transaction is open."""
        shaped = [out.model_validate(row, from_attributes=True) for row in found.items]
        rows = [f'{{"kind":"row","row":{row.model_dump_json()}}}' for row in shaped]
        left = [_line(kind="left", id=str(row_id)) for row_id in found.left]
        self.rows, self.left = len(rows), len(left)
        self.next, self.more = found.next, found.more
        self.content = "\n".join([*rows, *left, _line(kind="cursor", next=found.next), ""])


async def lines(
    request: Request,
    ask: Ask,
    out: type[BaseModel],
    *,
    name: str,
    start: Start,
) -> Lines:
    """Answer with all that a caller may see of a list, or with what changed since a cursor.

    The first page is read before the answer begins, so that a cursor that is none (or one from
    before a restore) is a problem document and no broken stream.
    """
    actor = request.state.caller.actor
    export = Export(request.app.state.sessions, actor, name, ask, out, start)
    first = await export.page(*start.first())
    return Lines(export.told(first))


def _line(**said: object) -> str:
    return json.dumps(said, separators=(",", ":"))
