"""The platform's canary: its kind, and the one policy of its own place, which is no area."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0020"
down_revision = "0019"

KINDS = (
    "transfer_missed",
    "bank_feed_late",
    "account_not_opened",
    "account_not_filed",
    "agreement_missing",
    "deposit_missing",
    "guarantee_expiring",
    "deposit_not_replenished",
    "cover_low",
    "notice_board_missing",
    "wage_officer_missing",
    "payment_guarantee_missing",
    "no_systems",
    "reporting_gap",
    "nobody_in_charge",
    "watched_after_red",
    "deposit_statement_missing",
    "feed_silent",
    "canary",
)
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")


def upgrade() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    for table in TABLES:
        name = op.f(f"ck_{table}_watchkind")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"kind IN ({listed})")
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "mode", "unit")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        *(
            sa.column(name, postgresql.JSONB(none_as_null=True))
            for name in ("levels", "steps", "jumps", "answer_within", "proposal")
        ),
        *(sa.column(name, sa.Text()) for name in ("basis", "certainty", "created_by")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    ]
    opening = {"code": "blue", "level": "blue", "after": 0, "every": None, "at": "00:00"}
    # One that does not come back keeps a timer, as every open item does.
    repeat = {"code": "repeat", "level": None, "after": None, "every": 1, "at": "09:00"}
    policy = {
        "id": UUID("01868000-0000-7000-8000-000000000020"),
        "area_code": "canary",
        "kind": "canary",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "mode": "live",
        "unit": "cd",
        "levels": [{"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"}],
        "steps": [opening, repeat],
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "basis": "platform: how its own synthetic miss is opened; nobody is told by it",
        "certainty": "A",
        "created_at": clock.wall(),
        "created_by": "migration:0020",
    }
    op.bulk_insert(sa.table("policies", *columns), [policy])
