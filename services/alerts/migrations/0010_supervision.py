"""Listed supervision is proposed on the third working day on which nobody answers for red."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0010"
down_revision = "0009"

ENTRIES = (
    "raised", "repeated", "step_reached", "told", "escalated", "dead_end", "acknowledged",
    "promise_lapsed", "plan_decided", "supervision_proposed", "superseded", "closed",
)  # fmt: skip
CODES = ("red.government", "red", "condition.red")
SOURCE = "platform default, not law: listed supervision after three working days of silence at red"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_timeline_entries_entry"), "timeline_entries", type_="check")
    told = ", ".join(f"'{entry}'" for entry in ENTRIES)
    op.create_check_constraint(
        op.f("ck_timeline_entries_entry"), "timeline_entries", f"entry IN ({told})"
    )
    connection = op.get_bind()
    routes = sa.Table(
        "routes", sa.MetaData(),
        sa.Column("steps", postgresql.JSONB()), sa.Column("opens", sa.Time()),
        sa.Column("closes", sa.Time()), autoload_with=connection,
    )  # fmt: skip
    newest = (
        sa.select(routes)
        .ext(postgresql.distinct_on(routes.c.code))
        .where(routes.c.area_code == "0", routes.c.code.in_(CODES))
        .order_by(routes.c.code, routes.c.version.desc())
    )
    followed = [
        row._asdict()
        | {
            "id": new_id(), "version": row.version + 1, "steps": _steps(row.steps),
            "source": SOURCE, "created_at": clock.wall(), "created_by": "migration:0010",
        }
        for row in connection.execute(newest)
        # A nation's route that somebody has put in the place of ours stays as it is.
        if row.created_by.startswith("migration:")
    ]  # fmt: skip
    op.bulk_insert(routes, followed)


def _steps(steps: list[dict[str, object]]) -> list[dict[str, object]]:
    """Put a rung of one working day, the third in a row, before the one that repeats."""
    *before, last = steps
    return [*before, last | {"repeats": False, "propose_supervision": True}, last]
