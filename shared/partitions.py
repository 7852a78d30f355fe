"""Tables of plumbing that grow are partitioned by the month in their time-ordered id."""

from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy import text

from shared import clock
from shared.db import Sessions

# Tables that grow with events and changes, one partition for each month of their ids' time.
PARTITIONED = ("outbox", "inbox", "audit")
MONTHS_AHEAD = 3

# A trigger for rows holds in every partition, one for TRUNCATE only where it was made.
GUARD_AUDIT = """
    DO $$ DECLARE part regclass; BEGIN
        FOR part IN
            SELECT inhrelid FROM pg_inherits WHERE inhparent = CAST('audit' AS regclass)
            AND NOT EXISTS (
                SELECT FROM pg_trigger WHERE tgrelid = inhrelid AND tgname = 'not_emptied'
            )
        LOOP
            EXECUTE format('CREATE TRIGGER not_emptied BEFORE TRUNCATE ON %s '
                'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
        END LOOP;
    END $$
"""


def _first_id(day: date) -> UUID:
    """Give the least version 7 id of a month: its milliseconds, then zeros."""
    instant = datetime(day.year, day.month, 1, tzinfo=UTC)
    return UUID(int=int(instant.timestamp() * 1000) << 80)


def partition_statements(today: date) -> list[str]:
    """Give the statements that make this month's partitions and those of the months ahead."""
    statements = []
    months = [(today.year * 12 + today.month - 1 + ahead) for ahead in range(MONTHS_AHEAD + 2)]
    days = [date(month // 12, month % 12 + 1, 1) for month in months]
    for table in PARTITIONED:
        for day, following in pairwise(days):
            statements.append(
                f"CREATE TABLE IF NOT EXISTS {table}_{day:%Y_%m} PARTITION OF {table} "
                f"FOR VALUES FROM ('{_first_id(day)}') TO ('{_first_id(following)}')"
            )
    return statements


async def keep_partitions(sessions: Sessions) -> int:
    """Make the partitions of the months ahead, where they are missing; give how many.

    Those of the audit are guarded, too, however they came to be.
    """
    known = text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    async with sessions.begin("poll:keep_partitions") as session:
        there = set((await session.scalars(known)).all())
        wanted = partition_statements(clock.day_of(clock.wall()))
        missing = [statement for statement in wanted if statement.split()[5] not in there]
        for statement in missing:
            await session.execute(text(statement))
        await session.execute(text(GUARD_AUDIT))
    return len(missing)
