"""An export tells all of a list, and may be resumed after every page."""

import json
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import exports, paging
from shared.db import Sessions, new_id
from tests.shared.house import Stone

PATH = "/house/v1/exports/stones"
pytestmark = pytest.mark.caller("provincial_system")


async def lay(sessions: Sessions, count: int, **changes: Any) -> list[UUID]:
    rows = [Stone(**({"id": new_id(), "area_code": "42"} | changes)) for _ in range(count)]
    async with sessions.begin() as session:
        session.add_all(rows)
    return [row.id for row in rows]


async def told(client: AsyncClient, **asked: str) -> list[dict[str, Any]]:
    answer = await client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == exports.MEDIA_TYPE
    return [json.loads(line) for line in answer.text.splitlines()]


def ids(lines: list[dict[str, Any]]) -> list[UUID]:
    return [UUID(line["row"]["id"]) for line in lines if line["kind"] == "row"]


def cursors(lines: list[dict[str, Any]]) -> list[str]:
    return [line["next"] for line in lines if line["kind"] == "cursor"]


async def test_an_export_tells_every_row_once_and_then_its_end(
    sessions: Sessions, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 4)
    laid = await lay(sessions, 10)
    lines = await told(client)
    assert [line["kind"] for line in lines] == [
        "begin", *["row"] * 4, "cursor", *["row"] * 4, "cursor", *["row"] * 2, "cursor", "end",
    ]  # fmt: skip
    assert ids(lines) == sorted(laid)
    assert (lines[-1]["rows"], lines[-1]["left"]) == (10, 0)
    assert lines[-1]["as_of"] == lines[0]["as_of"]
    assert lines[-1]["next"] == cursors(lines)[-1]


async def test_an_export_goes_on_after_any_page(
    sessions: Sessions, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    await lay(sessions, 11)
    whole = await told(client)
    for page, cursor in enumerate(cursors(whole), 1):
        assert ids(await told(client, cursor=cursor)) == ids(whole)[3 * page :]


async def test_the_next_export_tells_what_changed_and_what_left(
    sessions: Sessions, client: AsyncClient
) -> None:
    changes, leaves, _ = await lay(sessions, 3)
    first = await told(client)
    async with sessions.begin() as session:
        (await session.get_one(Stone, changes)).colour = "green"
        (await session.get_one(Stone, leaves)).area_code = "hidden"
    second = await told(client, cursor=first[-1]["next"])
    assert ids(second) == [changes]
    assert [line["id"] for line in second if line["kind"] == "left"] == [str(leaves)]
    assert (second[-1]["rows"], second[-1]["left"]) == (1, 1)


async def test_a_page_of_which_one_row_left_twice_is_not_the_last(
    sessions: Sessions, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    [leaves] = await lay(sessions, 1)
    first = await told(client)
    for area in ("43", "hidden"):
        async with sessions.begin() as session:
            (await session.get_one(Stone, leaves)).area_code = area
    laid = await lay(sessions, 1)
    monkeypatch.setattr(exports, "PAGE", 2)
    second = await told(client, cursor=first[-1]["next"])
    assert ids(second) == laid
    assert second[-1]["kind"] == "end"


async def test_what_is_not_committed_comes_with_the_next_export(
    sessions: Sessions, client: AsyncClient
) -> None:
    async with sessions.begin() as slow:
        slow.add(Stone(id=(late := new_id()), area_code="42"))
        await slow.flush()  # Its transaction has its place in the order from here on.
        early = await lay(sessions, 2)
        first = await told(client)
        assert ids(first) == []
    second = await told(client, cursor=first[-1]["next"])
    assert sorted(ids(second)) == sorted([late, *early])


async def test_an_export_begins_after_an_instant(sessions: Sessions, client: AsyncClient) -> None:
    await lay(sessions, 1)
    assert ids(await told(client, changed_after="2099-01-01T00:00:00Z")) == []


async def test_a_cursor_that_is_none_is_a_problem_and_no_stream(
    sessions: Sessions, client: AsyncClient
) -> None:
    answer = await client.get(PATH, params={"cursor": "x"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-unreadable")
    [line, *_] = [line for line in await told(client) if line["kind"] == "cursor"]
    async with sessions.begin() as session:
        await paging.begin_anew(session, Stone)
    answer = await client.get(PATH, params={"cursor": line["next"]})
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/sync-anew")
