"""What is asked all the time: by names, over a lost connection, and only what is written out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import String, bindparam, func, literal, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from shared.asking import Asker, _built, rows
from shared.db import Sessions
from shared.inbox import InboxKey
from shared.problems import is_away
from shared.timers import ARMED, IS_ARMED, Timer
from tests.fixtures.database import connected
from tests.waiting import until

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
async def asker(sessions: Sessions) -> AsyncIterator[Asker]:
    one = Asker(sessions.url)
    yield one
    one.close()


async def test_a_row_comes_by_the_names_of_its_columns(asker: Asker) -> None:
    told = func.json_build_object("day", "2026-03-02")
    statement = select(
        bindparam("at", type_=InboxKey.retry_at.type).label("at"),
        literal(value=True).label("is_due"),
        told.label("told"),
    )
    assert await asker.row(statement, {"at": AT}) == {
        "at": AT,
        "is_due": True,
        "told": {"day": "2026-03-02"},
    }


async def test_no_row_is_none(asker: Asker) -> None:
    assert await asker.row(select(InboxKey.key).where(InboxKey.topic == "none"), {}) is None


async def test_a_connection_that_was_ended_is_opened_again(
    asker: Asker, sessions: Sessions
) -> None:
    pid = text("SELECT pg_backend_pid() AS pid")
    first = await asker.row(pid, {})
    assert first
    async with sessions.begin() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), first)
    kept = asker._kept  # noqa: SLF001  nobody else has it
    assert kept
    await until(kept.is_closed)
    again = await asker.row(pid, {})
    assert again
    assert again["pid"] != first["pid"]


async def test_what_is_asked_for_any_values_finds_the_rows_of_a_state_by_their_index(
    sessions: Sessions,
) -> None:
    """Both ways to ask: as it is written for the driver, and as SQLAlchemy writes it."""
    due = select(Timer.id).where(Timer.state == ARMED, Timer.due_at <= bindparam("now"))
    written = str(_built(due))
    assert "'armed'" in written
    spelt = select(Timer.id).where(IS_ARMED, Timer.due_at <= bindparam("now"))
    async with connected(sessions.url) as connection:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute("SET enable_seqscan = off")
        for statement in (written, str(spelt.compile(dialect=postgresql.asyncpg.dialect()))):
            plan = await connection.fetch(f"EXPLAIN {statement}", AT)
            assert "ix_timers_due" in "".join(line[0] for line in plan)


async def test_what_is_handed_over_by_name_is_not_written_into_the_statement(
    asker: Asker,
) -> None:
    said = select(bindparam("words", "nothing", type_=String).label("said"))
    assert await asker.row(said, {"words": "it's said"}) == {"said": "it's said"}
    fixed = select(literal("it's fixed").label("said"), literal(7).label("days"))
    assert await asker.row(fixed, {}) == {"said": "it's fixed", "days": 7}


async def test_a_list_of_values_is_refused(asker: Asker) -> None:
    listed = select(InboxKey.key).where(InboxKey.key.in_([str(uuid4()), "b"]))
    with pytest.raises(TypeError, match="without lists"):
        await asker.row(listed, {})


async def test_what_is_written_in_an_undone_savepoint_is_undone_and_the_rest_is_not(
    sessions: Sessions,
) -> None:
    arm = "INSERT INTO inbox_keys (topic, key) VALUES ('asked', $1) RETURNING key"
    async with sessions.begin() as session:
        await rows(session, arm, "before")
        undone = await session.begin_nested()
        await rows(session, arm, "within")
        await rows(session, arm, "within as well")
        await undone.rollback()
        async with session.begin_nested():
            await rows(session, arm, "in another")
        await rows(session, arm, "behind")
    async with sessions.begin() as session:
        kept = await rows(session, "SELECT key FROM inbox_keys ORDER BY key")
    assert [row[0] for row in kept] == ["before", "behind", "in another"]


async def test_a_statement_of_the_driver_may_be_the_first_of_a_transaction_and_of_the_next(
    sessions: Sessions,
) -> None:
    ours = "SELECT pg_current_xact_id()::text, pg_backend_pid()"
    async with sessions.begin() as session:
        [first] = await rows(session, ours)
        [again] = await rows(session, ours)
        assert tuple(first) == tuple(again)
        await session.commit()
        [later] = await rows(session, ours)
        assert later[0] != first[0]


async def test_a_transaction_whose_connection_went_tells_that_the_database_is_away(
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        [(pid,)] = await rows(session, "SELECT pg_backend_pid()")
        await session.commit()

        async def ended_within() -> None:
            async with sessions.begin() as other:
                [(its,)] = await rows(other, "SELECT pg_backend_pid()")
                assert its == pid  # The one last used is used next.
                await session.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
                await rows(other, "SELECT 1")

        with pytest.raises(DBAPIError) as away:
            await ended_within()
    assert is_away(away.value)
