"""The tables of plumbing as migrations make them: the same in every service's database."""

from datetime import date

import sqlalchemy as sa
from alembic import op

from shared import audit, idempotency, inbox, jobs, known, limits, outbox, paging, timers
from shared.db import Plumbing
from shared.partitions import PARTITIONED, partition_statements

MODULES = (audit, idempotency, inbox, jobs, known, limits, outbox, paging, timers)


def create_first(today: date | None = None) -> None:
    """Create every table of plumbing, its partitions, and the triggers that guard the audit."""
    bind = op.get_bind()
    Plumbing.metadata.create_all(bind)
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_rest PARTITION OF {table} DEFAULT")
    day = today or bind.scalar(sa.text("SELECT current_date"))
    for statement in partition_statements(day):
        op.execute(statement)
    for statement in audit.TRIGGERS:
        op.execute(statement)
