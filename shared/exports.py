"""A synced list as lines of JSON: page by page in constant memory, to be resumed at any page.

An export is a sync (`shared.paging`) told in one answer: first its beginning, then rows and ids of
rows that left, after each page the cursor from which it goes on, at last its end. An answer without
an end was cut off; whoever kept the last cursor loses nothing and asks on from there, now or at the
next export, which then tells only what changed.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from shared import clock
from shared.db import Session, Sessions
from shared.paging import Found

MEDIA_TYPE = "application/x-ndjson"
# Rows of a page: enough that a page's transaction costs little beside its rows.
PAGE = 500
# Whoever names neither a cursor nor an instant begins before everything.
BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)

Ask = Callable[[Session, str | None, datetime | None, int], Awaitable[Found[Any]]]
"""How a page is read: `(session, cursor, changed_after, limit)`, as lists' queries take them."""


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

    async def page(self, cursor: str | None, since: datetime | None = None) -> "_Page":
        """Read a page and make its lines."""
        async with self.sessions.begin(self.actor) as session:
            return _Page(await self.ask(session, cursor, since, PAGE), self.out)

    async def told(self, page: "_Page") -> AsyncIterator[bytes]:
        """Give the lines from the first page on; nothing is open while the caller reads them."""
        began = clock.now()
        said = {"list": self.name, "as_of": began.isoformat(), "day": str(clock.day_of(began))}
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
    cursor: str | None,
    changed_after: datetime | None,
) -> Lines:
    """Answer with all that a caller may see of a list, or with what changed since a cursor.

    The first page is read before the answer begins, so that a cursor that is none (or one from
    before a restore) is a problem document and no broken stream.
    """
    actor = request.state.caller.actor
    export = Export(request.app.state.sessions, actor, name, ask, out)
    first = await export.page(cursor, None if cursor else changed_after or BEGINNING)
    return Lines(export.told(first))


def _line(**said: object) -> str:
    return json.dumps(said, separators=(",", ":"))
