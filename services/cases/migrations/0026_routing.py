"""Routing of arrears cases: an area's table, hand-overs, and the copy to the inspectorate."""

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"

ACTS = (
    "sign", "contact", "hand_over", "ask_supplement", "take_supplement", "accept", "refuse",
    "suspend", "resume", "extend", "finish", "decide", "mediate", "refer", "transfer", "take_back",
    "propose_end", "confirm_end", "return_end", "reopen", "take_copy",
)  # fmt: skip
CLOCKS = (
    "sign", "contact", "acceptance", "supplement", "statutory", "local", "suspension", "decision",
    "payment", "check", "referral", "police", "copy",
)  # fmt: skip
LEVELS = ("nation", "province", "city", "county", "town")
# Every check that names codes which have more now.
CHECKS = (
    ("case_steps", "act", "act", ACTS),
    ("clock_terms", "clockkind", "kind", CLOCKS),
    ("case_clocks", "clockkind", "kind", CLOCKS),
)
COPY = {
    "id": UUID("01868000-0000-7000-8000-000000002112"), "area_code": "0", "kind": "copy",
    "version": 1, "valid_from": date(2020, 5, 1), "unit": "wd", "length": 1, "more": 0,
    "basis": "平台约定（非法定数值）：抄报劳动保障监察机构后签收", "certainty": "C",
}  # fmt: skip
ROUTING = {
    "id": UUID("01868000-0000-7000-8000-000000002600"), "area_code": "0", "version": 1,
    "valid_from": date(2020, 5, 1), "routes": [], "bounces": 3,
    "basis": "平台约定（非法定数值）：未列分流表的由首问单位办理；第三次转送由共同上级指定",
    "certainty": "C",
}  # fmt: skip


def upgrade() -> None:
    for table, name, column, codes in CHECKS:
        listed = ", ".join(f"'{code}'" for code in codes)
        named = op.f(f"ck_{table}_{name}")
        op.drop_constraint(named, table, type_="check")
        op.create_check_constraint(named, table, f"{column} IN ({listed})")
    _tables()
    _columns()
    _seeds()


def _tables() -> None:
    certainty = sa.Enum(
        "A", "B", "C", name="certainty", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        "routing_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("routes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("otherwise_id", sa.Uuid(), nullable=True),
        sa.Column("superior_id", sa.Uuid(), nullable=True),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("inspectorate_id", sa.Uuid(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("certainty", certainty, nullable=False),
        sa.CheckConstraint("version > 0 AND bounces > 1", name=op.f("ck_routing_terms_numbers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_terms")),
    )
    op.create_index(
        "uq_routing_terms_version", "routing_terms", ["area_code", "version"], unique=True
    )


def _columns() -> None:
    levels = sa.Enum(
        *LEVELS, name="governmentlevel", native_enum=False, create_constraint=True, length=40
    )
    added: list[sa.Column[Any]] = [
        sa.Column("employer_kind", sa.Text(), nullable=True),
        sa.Column("level", levels, nullable=True),
        sa.Column("hand_overs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("copied_to_id", sa.Uuid(), nullable=True),
        sa.Column("copied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copy_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copy_taken_by", sa.Text(), nullable=True),
    ]
    for column in added:
        op.add_column("arrears_cases", column)


def _seeds() -> None:
    texts = ("area_code", "kind", "unit", "basis", "certainty")
    numbers = ("version", "length", "more", "bounces")
    types: dict[str, Any] = dict.fromkeys(texts, sa.Text()) | dict.fromkeys(numbers, sa.Integer())
    types |= {"id": sa.Uuid(), "valid_from": sa.Date(), "routes": postgresql.JSONB()}
    for table, row in (("clock_terms", COPY), ("routing_terms", ROUTING)):
        named = [sa.column(name, types[name]) for name in row]
        op.bulk_insert(sa.table(table, *named), [row])
