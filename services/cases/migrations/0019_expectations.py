"""Expected feeds that are silent: the kind and its ladder; those that cases expects; how often."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock

revision = "0019"
down_revision = "0018"

NEW = "feed_silent"
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
    NEW,
)
TABLES = ("policies", "watch_items", "conditions", "tellings", "shadow_steps", "closing_terms")
FEEDS = ("treasury", "provincial_client", "contractor", "gate_vendor")
STATES = ("awaited", "silent", "ended")

LEVELS = [
    {"code": "blue", "rank": 1, "colour": "#2f6fed", "label": "蓝"},
    {"code": "yellow", "rank": 2, "colour": "#f5c518", "label": "黄"},
    {"code": "orange", "rank": 3, "colour": "#f08a24", "label": "橙"},
    {"code": "red", "rank": 4, "colour": "#d4302f", "label": "红"},
]


def step(code: str, **said: Any) -> dict[str, Any]:
    """Give a rung that is called by its level, unless it has none."""
    level = None if code == "repeat" else code
    return {"code": code, "level": level, "after": None, "every": None, "at": "09:00"} | said


# Ours, not law: areas lay their own rows over it. The rungs of P25, of a bank's late feed.
DEFAULTS: list[dict[str, Any]] = [
    {
        "id": UUID("01868000-0000-7000-8000-000000000019"),
        "kind": NEW,
        "unit": "wd",
        "steps": [
            step("blue"),
            step("yellow", after=1),
            step("orange", after=3),
            step("red", after=5),
            step("repeat", every=1),
        ],
        "jumps": [],
        "answer_within": {},
        "proposal": None,
        "basis": "平台约定（非法定数值）：应报数据逾期未到，由报送方和平台运维处理，"
        "不归责于付款方，不建议立案",
        "certainty": "C",
    }
]


def upgrade() -> None:
    _kinds()
    _expectations()
    _terms()


def _kinds() -> None:
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
    shared = {
        "area_code": "0",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "mode": "live",
        "levels": LEVELS,
        "created_at": clock.wall(),
        "created_by": "migration:0019",
    }
    op.bulk_insert(sa.table("policies", *columns), [shared | one for one in DEFAULTS])


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _expectations() -> None:
    op.create_table(
        "expectations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", _codes("feedkind", *FEEDS), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "area_code", "name")),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("state", _codes("expectationstate", *STATES), nullable=False),
        sa.Column("counted_from", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("expected_by", "arrived_at", "ended_at")
        ),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expectations")),
    )
    op.create_index(
        "uq_expectations_standing",
        "expectations",
        ["kind", "source", "area_code"],
        unique=True,
        postgresql_where=sa.text("state <> 'ended'"),
    )


def _terms() -> None:
    every = ("day", "workday", "week", "month")
    made = op.create_table(
        "feed_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", _codes("feedkind", *FEEDS), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("every", _codes("every", *every), nullable=False),
        sa.Column("workday", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("grace_minutes", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", _codes("certainty", "A", "B", "C"), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_feed_terms_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_terms")),
    )
    op.create_index(
        "uq_feed_terms_version", "feed_terms", ["area_code", "kind", "version"], unique=True
    )
    row = {
        "id": UUID("01868000-0000-7000-8000-000000000401"),
        "area_code": "0",
        "kind": "provincial_client",
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "every": "workday",
        "workday": 1,
        "by": "09:00",
        "grace_minutes": 60,
        "basis": "平台约定（非法定）：上级监管系统每个工作日至少调用一次线索接口",
        "certainty": "C",
    }
    op.bulk_insert(made, [row])
