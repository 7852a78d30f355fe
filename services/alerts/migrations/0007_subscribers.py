"""What subscribers may ask for, how their endpoints fare, and the order of a project's messages."""

from datetime import date, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import new_id

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)
ENDPOINTS: list[tuple[str, Any, str | None]] = [
    ("projects", postgresql.JSONB(), "[]"),
    ("former_secret", sa.LargeBinary(), None),
    ("former_until", INSTANT, None),
    ("per_minute", sa.Integer(), None),
    ("free_at", INSTANT, None),
    ("ordered", sa.Boolean(), "false"),
    ("failures", sa.Integer(), "0"),
    ("failing_since", INSTANT, None),
    ("resting_until", INSTANT, None),
    ("warned", sa.Integer(), "0"),
]


def upgrade() -> None:
    # Who subscribed before reads whole events, and goes on doing so.
    payload = sa.Enum(
        "thin", "full", name="payload", native_enum=False, create_constraint=True, length=40
    )
    for name, kind, default in [*ENDPOINTS, ("payload", payload, "full")]:
        _add("endpoints", name, kind, default)
    for table in ("messages", "deliveries"):
        _add(table, "project_id", sa.Uuid(), None)
        _add(table, "sequence", sa.Integer(), None)
    _add("messages", "organisations", postgresql.JSONB(), "[]")
    op.create_index("ix_messages_occurred_at", "messages", ["occurred_at", "id"], unique=False)
    op.create_index(
        "ix_deliveries_sequence",
        "deliveries",
        ["endpoint_id", "project_id", "sequence"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting' AND sequence IS NOT NULL"),
    )
    op.create_table(
        "project_sequences",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_project_sequences")),
    )
    _seed()


def _add(table: str, name: str, kind: Any, default: str | None) -> None:  # noqa: ANN401  a type
    required = default is not None
    op.add_column(table, sa.Column(name, kind, nullable=not required, server_default=default))
    if required:
        op.alter_column(table, name, server_default=None)


def _seed() -> None:
    """Whoever subscribed hears of it beside the operators when its endpoint fails."""
    json = postgresql.JSONB()
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("id", sa.Uuid()), sa.column("area_code"), sa.column("code"),
        sa.column("version"), sa.column("valid_from", sa.Date()), sa.column("enabled"),
        sa.column("priority"), sa.column("kinds", json), sa.column("levels", json),
        sa.column("investment_types", json), sa.column("receivers", json),
        sa.column("on_steps", json), sa.column("steps", json), sa.column("opens", sa.Time()),
        sa.column("closes", sa.Time()), sa.column("source"), sa.column("certainty"),
        sa.column("created_at", sa.DateTime(timezone=True)), sa.column("created_by"),
    ]  # fmt: skip
    steps = [
        {"wait": 4, "unit": "wh", "receivers": [], "again": True, "repeats": False},
        {"wait": 1, "unit": "wd", "receivers": [], "again": True, "repeats": True},
    ]
    op.bulk_insert(
        sa.table("routes", *columns),
        [
            {
                "id": new_id(), "area_code": "0", "code": "subscriber", "version": 1,
                "valid_from": date(2020, 5, 1), "enabled": True, "priority": 5,
                "kinds": ["endpoint_failing", "endpoint_disabled"], "levels": [],
                "investment_types": [], "receivers": ["assignee", "operator"], "on_steps": {},
                "steps": steps, "opens": time(9), "closes": time(17, 30),
                "source": "platform default, not law: whoever subscribed, and the operators",
                "certainty": "C", "created_at": clock.wall(), "created_by": "migration:0007",
            }
        ],
    )  # fmt: skip
