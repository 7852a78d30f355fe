"""Whom it is told that a contractor did not report a missed transfer in time.

The contractor's own people, who have to report, and the sector authority, to which they owe it
(724号 art. 27). Below red a step is told while nobody answers only where a route names it, so each
national route that a missed transfer may take is followed by a version that does. A nation's route
that somebody has put in the place of ours stays as it is, and so do the areas' own.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0008"
down_revision = "0007"

CODES = (
    "transfer_missed.blue", "blue", "yellow", "orange.government", "orange", "red.government",
    "red", "any",
)  # fmt: skip
RECEIVERS = ["contractor", "wage_officer", "sector_authority"]
SOURCE = "platform default, not law: who is told that the report of 724号 art. 27 is overdue"
REASONS = ("raised", "step", "report_overdue", "escalated", "promise_lapsed", "closed")


def upgrade() -> None:
    # A notice may say more; what it could say before stays.
    allowed = ", ".join(f"'{each}'" for each in REASONS)
    op.execute("ALTER TABLE notices DROP CONSTRAINT ck_notices_reason")
    op.execute(
        f"ALTER TABLE notices ADD CONSTRAINT ck_notices_reason CHECK (reason IN ({allowed}))"
    )
    json = postgresql.JSONB()
    routes = sa.table(
        "routes",
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("kinds", json), sa.column("levels", json),
        sa.column("investment_types", json), sa.column("receivers", json),
        sa.column("on_steps", json), sa.column("steps", json), sa.column("opens", sa.Time()),
        sa.column("closes", sa.Time()), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("created_by"),
    )  # fmt: skip
    newest = (
        sa.select(routes)
        .ext(postgresql.distinct_on(routes.c.code))
        .where(routes.c.area_code == "0", routes.c.code.in_(CODES))
        .order_by(routes.c.code, routes.c.version.desc())
    )
    ours = [
        row._asdict()
        for row in op.get_bind().execute(newest)
        if row.created_by.startswith("migration:")
    ]
    op.bulk_insert(
        routes,
        [
            row
            | {
                "id": new_id(), "version": row["version"] + 1, "source": SOURCE,
                "on_steps": row["on_steps"] | {"report_overdue": RECEIVERS},
                "created_at": clock.wall(), "created_by": "migration:0008",
            }
            for row in ours
        ],
    )  # fmt: skip
