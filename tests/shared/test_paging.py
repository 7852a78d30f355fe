"""Lists go by keyset; a sync never omits a row, however late its transaction commits."""

import base64
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from shared import clock, paging
from shared.db import Session, Sessions, new_id
from shared.moves import Left, SyncMove
from tests.fixtures.database import heard
from tests.shared.house import Stone

EVER = clock.wall() - timedelta(days=1)


def stone(**changes: Any) -> Stone:
    return Stone(**({"id": new_id(), "area_code": "42"} | changes))


async def lay(sessions: Sessions, **changes: Any) -> UUID:
    made = stone(**changes)
    async with sessions.begin() as session:
        session.add(made)
    return made.id


async def synced(
    sessions: Sessions, cursor: str | None = None, limit: int = 50, **more: Any
) -> paging.Found[Stone]:
    async with sessions.begin() as session:
        return await paging.sync(
            session,
            select(Stone),
            model=Stone,
            cursor=cursor,
            changed_after=EVER,
            limit=limit,
            **more,
        )


async def test_pages_give_every_row_once_in_order(session: Session) -> None:
    for number in range(23):
        session.add(stone(colour="abc"[number % 3], weight=number))
    await session.flush()  # The statement below must see them.
    for descending in (False, True):
        seen: list[tuple[str, UUID]] = []
        cursor = None
        while True:
            found = await paging.page(
                session,
                select(Stone),
                by=(Stone.colour, Stone.id),
                cursor=cursor,
                limit=5,
                descending=descending,
            )
            seen += [(row.colour, row.id) for row in found.items]
            if (cursor := found.next) is None:
                break
        assert len(seen) == 23
        assert seen == sorted(seen, reverse=descending)
    assert await paging.count(session, select(Stone).order_by(Stone.id)) == 23


async def test_a_full_last_page_ends_the_list(session: Session) -> None:
    for _ in range(10):
        session.add(stone())
    await session.flush()  # The statement below must see them.
    found = await paging.page(session, select(Stone), by=(Stone.id,), limit=10)
    assert len(found.items) == 10
    assert found.next is None


async def test_a_list_is_not_ordered_by_what_may_be_null(session: Session) -> None:
    with pytest.raises(TypeError, match="may be null"):
        await paging.page(session, select(Stone), by=(Stone.owner, Stone.id))


def cursor_of(*said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


KIND = "stones.colour,stones.id"
WRONG = [
    "",
    "%",
    "a",
    "aaaa",
    "中",
    cursor_of(),
    cursor_of(KIND),
    cursor_of(KIND, ["a"]),
    cursor_of(KIND, ["a", "b"]),
    cursor_of(KIND, ["\0", str(UUID(int=1))]),
    cursor_of(KIND, [1, str(UUID(int=1))]),
    cursor_of("stones.weight", [2**63]),
    cursor_of("sync", []),
    cursor_of("sync", [1, 2, 3]),
    cursor_of("sync", [str(UUID(int=0)), -1, str(UUID(int=1))]),
    cursor_of("sync", [str(UUID(int=0)), 2**63, str(UUID(int=1))]),
    cursor_of("sync", [str(UUID(int=0)), {}, str(UUID(int=1))]),
    cursor_of("sync", [str(UUID(int=0)), "1e9", str(UUID(int=1))]),
    cursor_of("sync", [str(UUID(int=0)), float("inf"), str(UUID(int=1))]),
    cursor_of("sync", [str(UUID(int=0)), float("nan"), str(UUID(int=1))]),
    cursor_of(KIND, ["\ud800", str(UUID(int=1))]),
    "W" * 900,
]


@pytest.mark.caller("operator")
@pytest.mark.parametrize("cursor", WRONG)
async def test_a_bad_cursor_is_the_callers_mistake(client: AsyncClient, cursor: str) -> None:
    answer = await client.get("/house/v1/stones", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/cursor-unreadable"


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode())))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        kind, values = paging._read(text)  # noqa: SLF001  what a caller's text meets first
    except paging.CursorUnreadable:
        return
    assert isinstance(kind, str)
    assert isinstance(values, list)


@pytest.mark.caller("operator")
async def test_a_route_shapes_pages_and_bounds_the_limit(
    client: AsyncClient, session: Session
) -> None:
    for _ in range(3):
        session.add(stone())
    await session.flush()  # The app must see them.
    first = (await client.get("/house/v1/stones", params={"limit": 2})).json()
    assert [set(item) for item in first["items"]] == [{"id", "area_code", "colour"}] * 2
    last = (await client.get("/house/v1/stones", params={"cursor": first["next"]})).json()
    assert len(last["items"]) == 1
    assert last["next"] is None
    for limit in (0, 201, "x"):
        answer = await client.get("/house/v1/stones", params={"limit": limit})
        assert answer.status_code == 422


async def test_a_sync_waits_for_a_transaction_that_is_still_open(sessions: Sessions) -> None:
    early = await lay(sessions)
    async with sessions.begin() as slow:
        late = stone()
        slow.add(late)
        await slow.flush()  # Its transaction id is given out here, before the next one's.
        after = await lay(sessions)
        first = await synced(sessions)
        assert [row.id for row in first.items] == [early]
    rest = await synced(sessions, first.next)
    assert [row.id for row in rest.items] == [late.id, after]
    assert (await synced(sessions, rest.next)).items == []


async def test_a_sync_tells_a_changed_row_again_and_nothing_else(sessions: Sessions) -> None:
    ids = [await lay(sessions) for _ in range(5)]
    seen: list[UUID] = []
    cursor = None
    while found := await synced(sessions, cursor, limit=2):
        seen += [row.id for row in found.items]
        cursor = found.next
        if not found.items:
            break
    assert seen == ids
    async with sessions.begin() as session:
        (await session.get_one(Stone, ids[1])).colour = "red"
    found = await synced(sessions, cursor)
    assert [(row.id, row.colour) for row in found.items] == [(ids[1], "red")]


async def test_rows_of_one_transaction_are_split_over_pages(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add_all(stone() for _ in range(7))
    seen: set[UUID] = set()
    cursor = None
    for size in (3, 3, 1, 0):
        found = await synced(sessions, cursor, limit=3)
        assert len(found.items) == size
        seen |= {row.id for row in found.items}
        cursor = found.next
    assert len(seen) == 7


async def test_a_sync_begins_after_an_instant(sessions: Sessions) -> None:
    old = await lay(sessions)
    async with sessions.begin() as session:
        (await session.get_one(Stone, old)).changed_at = clock.wall() - timedelta(hours=1)
    new = await lay(sessions)
    async with sessions.begin() as session:
        found = await paging.sync(
            session, select(Stone), model=Stone, changed_after=clock.wall() - timedelta(minutes=2)
        )
    assert [row.id for row in found.items] == [new]
    assert found.next


@pytest.mark.caller("operator")
@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_sync_from_the_ends_of_time_is_a_finding(client: AsyncClient, instant: str) -> None:
    answer = await client.get("/house/v1/stones", params={"changed_after": instant})
    (finding,) = answer.json()["errors"]
    assert (answer.status_code, finding["place"]) == (422, "query.changed_after")


async def test_a_restore_makes_old_cursors_void(sessions: Sessions) -> None:
    kept = await lay(sessions)
    found = await synced(sessions)
    async with sessions.begin() as session:
        # A dump restored elsewhere brings transaction ids that this server has not reached.
        (await session.get_one(Stone, kept)).changed_xid = 2**40
    async with sessions.begin() as session:
        await paging.begin_anew(session, Stone)
    with pytest.raises(paging.SyncAnew):
        await synced(sessions, found.next)
    assert [row.id for row in (await synced(sessions)).items] == [kept]


async def test_rows_that_left_the_areas_are_told_once(sessions: Sessions) -> None:
    moved, stays, comes_back = [await lay(sessions, area_code="42") for _ in range(3)]
    left = Left(SyncMove.area_code == "42", Stone.area_code == "42")
    here = select(Stone).where(Stone.area_code == "42")

    async def pull(cursor: str | None) -> paging.Found[Stone]:
        async with sessions.begin() as session:
            return await paging.sync(
                session, here, model=Stone, cursor=cursor, changed_after=EVER, left=left
            )

    first = await pull(None)
    assert {row.id for row in first.items} == {moved, stays, comes_back}
    for row_id, area in ((moved, "43"), (comes_back, "43"), (comes_back, "42")):
        async with sessions.begin() as session:
            (await session.get_one(Stone, row_id)).area_code = area
    second = await pull(first.next)
    assert second.left == [moved]
    assert [row.id for row in second.items] == [comes_back]
    third = await pull(second.next)
    assert (third.items, third.left) == ([], [])


async def test_a_page_of_a_sync_reads_no_more_than_its_rows(sessions: Sessions) -> None:
    """Thousands of rows of one transaction stand at one place of the order by transactions."""
    async with sessions.begin() as session:
        session.add_all(stone() for _ in range(3000))
    async with sessions.begin() as session:
        await session.execute(text("ANALYZE stones"))
    first = await synced(sessions)
    with heard(sessions) as said:
        await synced(sessions, first.next)
    [(words, values)] = [each for each in said if "FROM stones" in each[0]]
    async with sessions.begin() as session:
        connection = await session.connection()
        plan = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {words}", values)
        lines = "\n".join(row[0] for row in plan)
    assert "Index Scan using ix_stones_sync" in lines
    assert "Sort" not in lines
    assert re.search(r"ix_stones_sync on stones.*rows=51\b", lines), lines
