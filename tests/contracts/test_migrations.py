"""Each service's migrations make the tables that its models ask for, and what models cannot say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from sqlalchemy import Engine, event

from shared import history, migrations
from tests.fixtures.database import Databases, connected, load, names

TRIGGERS = """
    SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'keep_version' ORDER BY 1
"""
PAGE = """
    EXPLAIN SELECT * FROM {} WHERE (changed_xid < 99 OR changed_xid = 7)
    AND (changed_xid, id) > (1, '00000000-0000-0000-0000-000000000000')
    ORDER BY changed_xid, id LIMIT 500
"""
# What a replica of the version before does not write, because it does not know it.
ADDED = re.compile(r"ALTER TABLE (\w+) (?:ADD COLUMN (\w+)|ALTER COLUMN (\w+) SET NOT NULL)")
DEMANDED = """
    SELECT relname || '.' || attname FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        AND attnotnull AND NOT atthasdef AND attidentity = ''
"""


@contextmanager
def added() -> Iterator[set[str]]:
    """Give the columns that tables get meanwhile which were there before, or must be filled now."""
    found: set[str] = set()

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        for table, new, filled in ADDED.findall(statement):
            found.add(f"{table}.{new or filled}")

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.mark.parametrize("name", names())
async def test_an_older_release_writes_beside_a_newer_schema(
    name: str, databases: Databases
) -> None:
    """A column that came later is nullable or has a default (docs/operations/upgrade.md)."""
    url = await migrations.ensure_database(databases.superuser, f"grown_{name}", own_role=True)
    with added() as later:
        await migrations.upgrade(load(name), url)
    async with connected(url) as connection:
        demanded = {row[0] for row in await connection.fetch(DEMANDED)}
    assert sorted(later & demanded) == []
    assert later, "no migration was heard"


@pytest.mark.parametrize("name", names())
async def test_models_and_migrated_tables_agree(name: str, databases: Databases) -> None:
    assert await migrations.check(load(name), await databases.clone(name)) == []


@pytest.mark.parametrize("name", names())
async def test_synced_rows_keep_what_they_said_and_a_page_of_a_sync_sorts_nothing(
    name: str, databases: Databases
) -> None:
    metadata = load(name).metadata
    bare = await asyncpg.connect(await databases.clone(name))
    try:
        kept = [row[0] for row in await bare.fetch(TRIGGERS)]
        assert kept == [table.name for table in history.kept(metadata)]
        # Empty tables are read as a whole and sorted for less: where it can be had in order, it is.
        await bare.execute("SET enable_sort = off; SET enable_seqscan = off")
        for table in metadata.tables.values():
            if "changed_xid" in table.c:
                plan = "\n".join(row[0] for row in await bare.fetch(PAGE.format(table.name)))
                assert f"Index Scan using ix_{table.name}_sync" in plan, plan
                assert "Sort" not in plan
    finally:
        await bare.close()
