"""Rows in sets: one statement says what a flush would say row by row, the audit included."""

import hashlib
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic_core import to_jsonable_python
from sqlalchemy import select, text

from shared import sets
from shared.db import Session, Sessions, new_id
from tests.fixtures.database import connected, heard
from tests.shared.house import Grain, Stone
from tests.shared.kept import audited, stones


def lines(number: int) -> list[dict[str, Any]]:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return [
        {
            "id": new_id(),
            "area_code": "42",
            "colour": "grey",
            "weight": weight,
            "owner": f"业主{weight}",
            "grain": Grain.COARSE,
            "price": Decimal("0.10") * weight,
            "laid_on": None,
            "notes": {"n": weight},
            "changed_at": now,
        }
        for weight in range(number)
    ]


async def test_lines_are_copied_and_audited_once(sessions: Sessions) -> None:
    rows = lines(1000)
    async with sessions.begin("bank") as session:
        await sets.copy(session, Stone, rows)
        await sets.copy(session, Stone, [])
    async with sessions.begin() as session:
        found = (await session.scalars(select(Stone).order_by(Stone.weight))).all()
    assert [(one.id, one.owner, one.price, one.grain, one.notes) for one in found] == [
        (row["id"], row["owner"], row["price"], row["grain"], row["notes"]) for row in rows
    ]
    (said,) = await audited(sessions)
    assert (said.actor, said.action, said.table_name) == ("bank", "copy", "stones")
    assert said.after is not None
    assert said.after["rows"] == 1000
    # What is sealed is not in what the digest is made of.
    shown = to_jsonable_python([{**row, "owner": "[sealed]"} for row in rows])
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    assert said.after["sha256"] == digest


async def test_copied_lines_belong_to_the_transaction(sessions: Sessions) -> None:
    async def fail() -> None:
        async with sessions.begin() as session:
            await sets.copy(session, Stone, lines(3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await stones(sessions) == 0
    assert await audited(sessions) == []


async def test_what_was_added_before_is_there_when_lines_are_copied(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        session.add(Stone(id=new_id(), area_code="42"))
        await sets.copy(session, Stone, lines(1))
        async with connected(sessions.url) as other:
            assert await other.fetchval("SELECT count(*) FROM stones") == 0
        raw = await session.execute(text("SELECT count(*) FROM stones"))
        assert raw.scalar_one() == 2


async def locked(session: Session) -> list[Stone]:
    rows = await session.scalars(select(Stone).order_by(Stone.weight).with_for_update())
    return list(rows)


def carve(stones: list[Stone]) -> None:
    """Change some columns of some rows, of each type, to a value and to none; leave the third."""
    stones[0].colour, stones[0].weight, stones[0].grain = "red", 100, Grain.FINE
    stones[1].owner, stones[1].price, stones[1].laid_on = "张三", Decimal("7.25"), date(2026, 5, 1)
    stones[1].notes = {"by": "mason"}
    stones[3].owner, stones[3].grain, stones[3].price, stones[3].notes = None, None, None, None


async def written(sessions: Sessions) -> tuple[list[Any], list[Any]]:
    """Give rows and audit rows, without what differs from one run to the next."""
    async with sessions.begin() as session:
        rows = (await session.scalars(select(Stone).order_by(Stone.area_code, Stone.weight))).all()
    own = ("colour", "weight", "owner", "grain", "price", "laid_on", "notes")
    said = [
        (one.actor, one.action, one.table_name, one.before, one.after)
        for one in await audited(sessions)
        if one.action == "update"
    ]
    return [[getattr(row, name) for name in own] for row in rows], sorted(said, key=str)


async def test_a_set_is_written_as_a_flush_writes_it(sessions: Sessions) -> None:
    told = []
    for together in (False, True):
        async with sessions.begin() as session:
            await session.execute(text("DELETE FROM stones"))
            await sets.copy(session, Stone, lines(4))
        async with sessions.begin("mason") as session:
            found = await locked(session)
            carve(found)
            if together:
                await sets.change(session, found)
        told.append(await written(sessions))
    (by_flush, said_by_flush), (as_set, said_in_all) = told
    assert as_set == by_flush
    assert len(said_by_flush) == 3
    assert said_in_all == sorted(said_by_flush * 2, key=str), "the audit keeps both"


async def test_a_set_is_one_statement_with_its_audit(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await sets.copy(session, Stone, lines(1000))
    with heard(sessions) as said:
        async with sessions.begin("mason") as session:
            found = await locked(session)
            for one in found:
                one.colour = "red"
            await sets.change(session, found)
            await sets.change(session, found)
    assert len([words for words, _ in said if not words.startswith("SELECT")]) == 1
    async with sessions.begin() as session:
        stood = await session.execute(select(Stone.changed_xid, Stone.colour).distinct())
        ((xid, colour),) = stood.all()
        assert colour == "red"
        assert xid < await session.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
    updates = [one for one in await audited(sessions) if one.action == "update"]
    assert len({one.row_id for one in updates}) == len(updates) == 1000
    assert {(one.before or {})["colour"] for one in updates} == {"grey"}


async def test_a_row_of_a_set_may_change_again(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await sets.copy(session, Stone, lines(2))
    async with sessions.begin() as session:
        found = await locked(session)
        found[0].colour = "red"
        await sets.change(session, found)
        found[0].colour, found[1].weight = "blue", 7
    async with sessions.begin() as session:
        assert [(one.colour, one.weight) for one in await locked(session)] == [
            ("blue", 0),
            ("grey", 7),
        ]
    said = [one.before for one in await audited(sessions) if one.action == "update"]
    assert {"colour": "red"} in said


async def test_what_a_savepoint_gave_up_is_read_anew(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await sets.copy(session, Stone, lines(1))

    async def fail(session: Session, found: list[Stone]) -> None:
        async with session.begin_nested():
            found[0].colour = "red"
            await sets.change(session, found)
            raise RuntimeError

    async with sessions.begin() as session:
        found = await locked(session)
        with pytest.raises(RuntimeError):
            await fail(session, found)
        await session.refresh(found[0])
        assert found[0].colour == "grey"
    assert [one.action for one in await audited(sessions)] == ["copy"]


async def test_a_row_that_is_not_there_fails_the_set(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await sets.copy(session, Stone, lines(2))

    async def change() -> None:
        async with sessions.begin() as session:
            found = await locked(session)
            await session.execute(text("DELETE FROM stones WHERE weight = 1"))
            for one in found:
                one.colour = "red"
            await sets.change(session, found)

    with pytest.raises(RuntimeError, match="stones"):
        await change()
    assert await stones(sessions) == 2


async def test_nothing_changed_is_nothing_said(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await sets.copy(session, Stone, lines(2))
    with heard(sessions) as said:
        async with sessions.begin() as session:
            await sets.change(session, [])
            await sets.change(session, await locked(session))
    assert all(words.startswith("SELECT") for words, _ in said)


async def test_rows_too_many_for_objects_are_written_at_once_and_audited_once(
    sessions: Sessions,
) -> None:
    rows = lines(3)
    async with sessions.begin() as session:
        await sets.copy(session, Stone, rows)
    news = [{"id": one["id"], "weight": 10 + one["weight"], "colour": "red"} for one in rows[:2]]
    async with sessions.begin("calendar") as session:
        await sets.rewrite(session, Stone, news)
        await sets.rewrite(session, Stone, [])
    async with sessions.begin() as session:
        found = (await session.scalars(select(Stone).order_by(Stone.id))).all()
    assert sorted((one.weight, one.colour) for one in found) == [
        (2, "grey"), (10, "red"), (11, "red"),
    ]  # fmt: skip
    changed = {one.id: one.changed_at for one in found}
    assert changed[rows[0]["id"]] > rows[0]["changed_at"]
    assert changed[rows[2]["id"]] == rows[2]["changed_at"]
    said = (await audited(sessions))[-1]
    assert (said.actor, said.action, said.table_name) == ("calendar", "rewrite", "stones")
    assert said.after is not None
    assert said.after["rows"] == 2
    with pytest.raises(RuntimeError, match="not there"):
        async with sessions.begin() as session:
            await sets.rewrite(session, Stone, [*news, {**news[0], "id": new_id()}])


async def test_rows_without_objects_have_the_same_columns_and_get_what_a_flush_would_fill_in(
    sessions: Sessions,
) -> None:
    known = {"id": new_id(), "area_code": "42"}
    async with sessions.begin() as session:
        with pytest.raises(ValueError, match="different columns"):
            await sets.add(session, Stone, [known, {**known, "id": new_id(), "colour": "red"}])
        await sets.add(session, Stone, [known])
    async with sessions.begin() as session:
        kept = await session.get_one(Stone, known["id"])
        assert kept.changed_at
        given = Stone(id=new_id(), area_code="42")
        session.add(given)
        await session.flush()
        assert (kept.colour, kept.weight) == (given.colour, given.weight)
