"""Sessions: one transaction a door, committed before the answer; audited; 503 without database."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared import clock, db, migrations, problems
from shared.app import service_app
from shared.auth import Keys
from shared.db import (
    ScenarioClock,
    Sessions,
    new_id,
    record,
    same_id,
)
from shared.embedded import Server
from shared.locks import Keeper
from shared.outbox import publish
from shared.partitions import keep_partitions
from shared.service import Service
from tests.fixtures.database import connected
from tests.fixtures.service import Token
from tests.shared import house
from tests.shared.house import Grain, Stone, StoneKept, StoneLaid, StoneRefused
from tests.shared.kept import audited, stones


async def test_a_change_is_audited_with_who_and_what(sessions: Sessions) -> None:
    stone_id = new_id()
    async with sessions.begin("mason") as session:
        session.add(
            Stone(
                id=stone_id,
                area_code="42",
                owner="王五",
                grain=Grain.FINE,
                price=Decimal("12.50"),
                laid_on=date(2026, 3, 2),
                notes={"b": 1, "a": [None]},
            )
        )
    async with sessions.begin("clerk") as session:
        stone = await session.get_one(Stone, stone_id)
        stone.colour, stone.owner, stone.price = "red", "赵六", Decimal("12.50")
    made, changed = await audited(sessions)
    assert (made.actor, made.action, made.table_name) == ("mason", "insert", "stones")
    assert made.row_id == str(stone_id)
    assert made.before is None
    assert made.after is not None
    assert {name: made.after[name] for name in ("grain", "price", "laid_on", "owner", "notes")} == {
        "grain": "fine",
        "price": "12.50",
        "laid_on": "2026-03-02",
        "owner": "[sealed]",
        "notes": {"a": [None], "b": 1},
    }
    assert (changed.actor, changed.action) == ("clerk", "update")
    assert changed.before == {"colour": "grey", "owner": "[sealed]"}
    assert changed.after == {"colour": "red", "owner": "[sealed]"}


async def test_a_sealed_value_is_nowhere_in_clear(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Stone(id=new_id(), area_code="42", owner="欧阳修"))
    async with connected(sessions.url) as other:
        for table in ("stones", "audit"):
            rows = await other.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608  our own names
            assert rows
            assert all("欧阳修" not in row[0] for row in rows)
    async with sessions.begin() as session:
        assert await session.scalar(select(Stone.owner)) == "欧阳修"


async def test_a_value_that_no_column_holds_is_a_bug_not_an_absence(sessions: Sessions) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with sessions.begin() as session:
            await session.execute(select(Stone.id).where(Stone.weight == 2**40))
    assert not problems.is_away(failed.value)


async def test_of_two_that_wait_for_each_other_one_is_asked_to_come_again(
    sessions: Sessions,
) -> None:
    one, two = new_id(), new_id()
    async with sessions.begin() as session:
        session.add_all(Stone(id=each, area_code="42") for each in (one, two))
    both = asyncio.Barrier(2)

    async def change(first: UUID, second: UUID) -> None:
        async with sessions.begin() as session:
            await session.get_one(Stone, first, with_for_update=True)
            await both.wait()
            await session.get_one(Stone, second, with_for_update=True)

    ends = await asyncio.gather(change(one, two), change(two, one), return_exceptions=True)
    (failed,) = [end for end in ends if end]
    assert isinstance(failed, DBAPIError)
    assert problems.is_away(failed)


async def test_a_failure_does_not_say_what_was_to_be_written(sessions: Sessions) -> None:
    with pytest.raises(IntegrityError) as failed:
        async with sessions.begin() as session:
            await session.execute(
                text("INSERT INTO stones (id, colour) VALUES (:id, :colour)"),
                {"id": new_id(), "colour": "secret"},
            )
    assert "secret" not in str(failed.value).partition("DETAIL:")[0], "the log cuts the rest"


async def test_what_is_rolled_back_is_not_audited(sessions: Sessions) -> None:
    async def fail(error: Exception) -> None:
        async with sessions.begin() as session:
            session.add(Stone(id=new_id(), area_code="42"))
            raise error

    for error in (RuntimeError(), StoneRefused()):
        with pytest.raises(type(error)):
            await fail(error)
    assert await audited(sessions) == []
    with pytest.raises(StoneKept):
        await fail(StoneKept())
    assert len(await audited(sessions)) == 1
    assert await stones(sessions) == 1


async def test_a_reading_is_recorded_by_hand(sessions: Sessions) -> None:
    async with sessions.begin("inspector") as session:
        record(session, "reveal", "stones", "1", after={"purpose": "check"})
    (row,) = await audited(sessions)
    assert (row.actor, row.action, row.after) == ("inspector", "reveal", {"purpose": "check"})


def test_of_the_same_follows_the_same_id() -> None:
    at = clock.at(date(2023, 5, 26), 10)
    made = same_id(at, "item", 7)
    assert made == same_id(at.astimezone(clock.BEIJING), "item", 7)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == int(at.timestamp() * 1000)
    others = [
        same_id(at, "item", 8),
        same_id(at, "item7"),
        same_id(at + timedelta(days=1), "item", 7),
    ]
    assert len({made, *others}) == 4
    assert same_id(at - timedelta(days=1), "item", 7) < made < same_id(at + timedelta(days=1), "a")
    old = [same_id(clock.at(date(1950, 1, 18)), "item", 7), same_id(clock.at(date.min), "item", 8)]
    assert old[0] != old[1]
    assert {(one.version, one.int >> 80) for one in old} == {(7, 0)}


async def test_ids_are_ordered_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}


async def test_a_task_is_done_alone_and_the_connection_kept_for_the_next(
    sessions: Sessions,
) -> None:
    keeper, elsewhere = Keeper(sessions.url), Keeper(sessions.url)
    async with keeper.alone("a") as mine, keeper.alone("a") as other:
        assert mine is not None
        assert other is None
        async with elsewhere.alone("a") as held, elsewhere.alone("b") as another:
            assert held is None
            assert another is not None
        pid = await mine.fetchval("SELECT pg_backend_pid()")
    async with elsewhere.alone("a") as free:
        assert free is not None
    async with keeper.alone("a") as again:
        assert again is not None
        assert await again.fetchval("SELECT pg_backend_pid()") == pid
    with pytest.raises(RuntimeError):
        async with keeper.alone("a"):
            raise RuntimeError
    # What failed took its connection with it, and the lock goes with that.
    async with keeper.alone("a") as anew:
        assert anew is not None
        assert await anew.fetchval("SELECT pg_backend_pid()") != pid
    keeper.close()
    elsewhere.close()


async def test_a_transaction_is_ended_when_it_lasts_too_long(sessions: Sessions) -> None:
    one = Sessions(db.engine(sessions.url, pool_size=1), url=sessions.url, service="house")

    async def last() -> None:
        async with one.begin() as session:
            await session.execute(text("SELECT pg_sleep(5)"))

    async with one.begin() as session:
        assert await session.scalar(text("SHOW transaction_timeout")) == "1min"
        # The pool has one connection, so that the next transaction is held to this.
        await session.execute(text("SET transaction_timeout = '50ms'"))
    with pytest.raises(DBAPIError):
        await last()
    async with one.begin() as session:
        assert await session.scalar(text("SHOW transaction_timeout")) == "1min"
    await one.close()


async def test_a_scenarios_clock_is_read_with_each_transaction(sessions: Sessions) -> None:
    instant = datetime(2026, 3, 2, 1, tzinfo=UTC)
    async with sessions.begin() as session:
        session.add(ScenarioClock(id=1, now=instant))
    sessions.scenario = True

    async def door() -> datetime:
        async with sessions.begin():
            return clock.now()

    assert await asyncio.create_task(door()) == instant
    assert clock.now() != instant, "only the task that opened the door follows it"


async def test_whoever_moves_a_scenarios_clock_alone_asks_once_and_never_runs_back(
    sessions: Sessions,
) -> None:
    alone = Sessions(sessions.bind, url=sessions.url, service="house", scenario=True, alone=True)
    instant = datetime(2026, 3, 2, 1, tzinfo=UTC)

    async def door(opened: Sessions) -> datetime:
        async with opened.begin():
            return clock.now()

    async def heard(opened: Sessions) -> datetime:
        return await asyncio.create_task(door(opened))

    assert await heard(alone) > instant, "no scenario has begun: the machine's time"
    async with sessions.begin() as session:
        session.add(ScenarioClock(id=1, now=instant))
    assert await heard(alone) == instant
    alone.moved(instant + timedelta(days=1))
    assert await heard(alone) == instant + timedelta(days=1)
    alone.moved(instant)  # What was read before the move may be noted after it.
    assert await heard(alone) == instant + timedelta(days=1)

    beside = Sessions(sessions.bind, url=sessions.url, service="house", scenario=True)
    beside.moved(instant + timedelta(days=1))
    assert await heard(beside) == instant, "others may have moved it since: the row is asked"


async def test_a_commit_that_published_wakes_the_relay(sessions: Sessions) -> None:
    woken: list[int] = []
    sessions.wake.append(lambda: woken.append(1))
    await stones(sessions)
    assert woken == []
    async with sessions.begin() as session:
        publish(session, StoneLaid(wall="a", number=1))
    assert woken == [1]

    async def keep() -> None:
        async with sessions.begin() as session:
            publish(session, StoneLaid(wall="a", number=1))
            raise StoneKept

    with pytest.raises(StoneKept):
        await keep()
    assert woken == [1, 1]


async def test_partitions_are_made_ahead(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await keep_partitions(sessions) == 0
    ahead = clock.wall().replace(year=clock.wall().year + 2)
    monkeypatch.setattr(clock, "wall", lambda: ahead)
    assert await keep_partitions(sessions) == 4 * 3
    assert await keep_partitions(sessions) == 0


@pytest.mark.caller("operator", "wage_office")
async def test_the_answer_is_given_after_the_commit(
    client: AsyncClient, sessions: Sessions
) -> None:
    async with connected(sessions.url) as other:
        await other.execute("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'at commit' USING ERRCODE = 'unique_violation'; END $$;
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON stones DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse();
        """)
    with pytest.raises(IntegrityError, match="at commit"):
        await client.post("/house/v1/stones", json={})
    assert await stones(sessions) == 0


@pytest.mark.caller("operator", "wage_office")
async def test_what_is_answered_is_committed(client: AsyncClient, sessions: Sessions) -> None:
    made = (await client.post("/house/v1/stones", json={})).json()
    async with connected(sessions.url) as other:
        found = await other.fetchval("SELECT id FROM stones")
    assert found == UUID(made["id"])
    (said,) = await audited(sessions)
    assert said.actor == "tester"


@pytest.fixture
async def fragile(
    tmp_path: Path, service: Service, keys: Keys, token: Token
) -> AsyncIterator[tuple[Server, AsyncClient]]:
    """Give an app on a server of its own, which the test may stop."""
    server = Server(tmp_path, fast=True)
    server.start()
    url = await migrations.ensure_database(server.url(), "house", own_role=True)
    await house.build(url)
    sessions = Sessions(
        db.engine(url, pool_size=2), url=url, service="house", publishes=service.publishes
    )
    root = FastAPI()
    root.mount("/house", service_app(service, sessions, keys))
    async with AsyncClient(
        transport=ASGITransport(root),
        base_url="http://tests",
        headers=token("operator", "wage_office"),
    ) as client:
        yield server, client
    await sessions.close()
    server.stop()


async def test_without_a_database_it_is_503_and_then_goes_on(
    fragile: tuple[Server, AsyncClient],
) -> None:
    server, client = fragile
    assert (await client.post("/house/v1/stones", json={})).status_code == 201
    server.stop()
    for path in ("/house/v1/stones", "/house/v1/secrets"):
        answer = await client.post(path, json={}, headers={"idempotency-key": path})
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
        assert answer.json()["type"] == "/problems/unavailable"
    key = await client.get("/house/v1/stones", headers={"authorization": "Bearer xq_abc"})
    assert key.status_code == 503
    server.start()
    again = await client.post(
        "/house/v1/stones", json={}, headers={"idempotency-key": "/house/v1/stones"}
    )
    assert again.status_code == 201
    listed = (await client.get("/house/v1/stones")).json()
    assert len(listed["items"]) == 2
    assert json.dumps(listed)


async def test_a_connection_that_dies_in_a_request_is_503(
    client: AsyncClient, sessions: Sessions, token: Token
) -> None:
    async with connected(sessions.url) as other:
        await other.execute("""
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
            CREATE TRIGGER dying BEFORE INSERT ON stones FOR EACH ROW EXECUTE FUNCTION die();
        """)
        answer = await client.post(
            "/house/v1/stones", json={}, headers=token("operator", "wage_office")
        )
        assert answer.status_code == 503
        await other.execute("DROP TRIGGER dying ON stones")
    answer = await client.post(
        "/house/v1/stones", json={}, headers=token("operator", "wage_office")
    )
    assert answer.status_code == 201
