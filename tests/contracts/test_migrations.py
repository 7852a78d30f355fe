"""Each service's migrations make the tables that its models ask for, and what models cannot say."""

import asyncpg
import pytest

from shared import history, migrations
from tests.fixtures.database import Databases, load, names

TRIGGERS = """
    SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'keep_version' ORDER BY 1
"""
PAGE = """
    EXPLAIN SELECT * FROM {} WHERE (changed_xid < 99 OR changed_xid = 7)
    AND (changed_xid, id) > (1, '00000000-0000-0000-0000-000000000000')
    ORDER BY changed_xid, id LIMIT 500
"""


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
