"""Deposits and guarantees: an area's numbers, contractors' records, uses and returns."""

from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import AGELESS, same_id

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "deposit_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("several_rate", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("floor_rate", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("cap", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("small_below", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("small_years", sa.Integer(), nullable=False),
        sa.Column("reduce_years", sa.Integer(), nullable=False),
        sa.Column("reduce_by", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("exempt_years", sa.Integer(), nullable=False),
        sa.Column("raise_years", sa.Integer(), nullable=False),
        sa.Column("raise_by", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("listed_raise_by", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column(
            "certainty",
            sa.Enum(
                "A",
                "B",
                "C",
                name="certainty",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_deposit_rules_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_rules")),
        sa.UniqueConstraint(
            "area_code", "version", name=op.f("uq_deposit_rules_area_code_version")
        ),
    )
    op.create_table(
        "wage_records",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
        sa.Column("clean_since", sa.Date(), nullable=True),
        sa.Column("arrears_on", sa.Date(), nullable=True),
        sa.Column("listed_until", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_wage_records_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wage_records")),
    )
    op.create_index(
        "ix_wage_records_organisation_id",
        "wage_records",
        ["organisation_id", "stated_on"],
        unique=False,
    )
    op.create_table(
        "deposit_assessments",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("rate", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "standard",
                "several_works",
                "small_works",
                "reduced",
                "exempt",
                "raised",
                "listed",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_deposit_assessments_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["deposit_rules.id"], name=op.f("fk_deposit_assessments_rule_id")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_deposit_assessments")),
    )
    op.create_table(
        "securities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "deposit",
                "payment_guarantee",
                name="securitypurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "form",
            sa.Enum(
                "cash",
                "bank_guarantee",
                "company_guarantee",
                "insurance",
                name="securityform",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("used", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "replaced",
                "returned",
                name="securitystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_securities_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_securities")),
        sa.UniqueConstraint(
            "project_id", "purpose", "number", name=op.f("uq_securities_project_id_purpose_number")
        ),
    )
    op.create_index(op.f("ix_securities_changed_xid"), "securities", ["changed_xid"], unique=False)
    op.create_index("ix_securities_project_id", "securities", ["project_id", "state"], unique=False)
    op.create_table(
        "deposit_returns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("security_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "notice",
                "review",
                "accepted",
                "refused",
                "refusal_told",
                "returned",
                name="returnstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("noticed_on", sa.Date(), nullable=False),
        sa.Column("notice_until", sa.Date(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("by", sa.Date(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("open_arrears", sa.Text(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["security_id"], ["securities.id"], name=op.f("fk_deposit_returns_security_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_returns")),
    )
    op.create_index(
        "ix_deposit_returns_project_id", "deposit_returns", ["project_id"], unique=False
    )
    op.create_index(
        "uq_deposit_returns_open",
        "deposit_returns",
        ["security_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'refusal_told' AND state <> 'returned'"),
    )
    op.create_table(
        "deposit_uses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("security_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "noticed",
                "paid",
                "replenished",
                name="usestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("pay_late", sa.Boolean(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("replenish_by", sa.Date(), nullable=True),
        sa.Column("replenish_late", sa.Boolean(), nullable=False),
        sa.Column("replenished_on", sa.Date(), nullable=True),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["security_id"], ["securities.id"], name=op.f("fk_deposit_uses_security_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit_uses")),
        sa.UniqueConstraint(
            "security_id", "decision", name=op.f("uq_deposit_uses_security_id_decision")
        ),
    )
    op.create_index("ix_deposit_uses_project_id", "deposit_uses", ["project_id"], unique=False)
    seed()


# 65号 gives a frame (1 to 3 %, not below 0.5 %, reductions and raises of half and more); the rates
# within it are ours until an area enters its own.
NATION = {
    "area_code": "0",
    "version": 1,
    "valid_from": date(2021, 11, 1),
    "rate": Decimal("2.00"),
    "several_rate": Decimal("1.50"),
    "floor_rate": Decimal("0.50"),
    "cap": None,
    "small_below": Decimal("3000000.00"),
    "small_years": 1,
    "reduce_years": 2,
    "reduce_by": Decimal("50.00"),
    "exempt_years": 3,
    "raise_years": 2,
    "raise_by": Decimal("50.00"),
    "listed_raise_by": Decimal("100.00"),
    "limits": {
        "bank_pays": {"length": 5, "unit": "wd"},
        "replenish": {"length": 10, "unit": "wd"},
        "notice": {"length": 30, "unit": "cd"},
        "review": {"length": 5, "unit": "wd"},
        "confirm": {"length": 3, "unit": "wd"},
        "tell_refusal": {"length": 3, "unit": "wd"},
    },
    "basis": "人社部发〔2021〕65号第十二、十三、十九、二十、二十二条（存储比例为本平台设定）",
    "certainty": "C",
}


def seed() -> None:
    """Insert the nation's numbers, with their basis and certainty."""
    kinds: dict[type, Any] = {
        str: sa.Text(),
        int: sa.Integer(),
        date: sa.Date(),
        Decimal: sa.Numeric(14, 2),
        dict: postgresql.JSONB(),
        type(None): sa.Numeric(14, 2),
    }
    row = NATION | {"created_by": "migration:0011"}
    columns: list[Any] = [sa.column(name, kinds[type(value)]) for name, value in row.items()]
    columns += [sa.column("id", sa.Uuid()), sa.column("created_at", sa.DateTime(timezone=True))]
    made = {"id": same_id(AGELESS, "deposit_rule", "0", 1), "created_at": clock.wall()}
    op.bulk_insert(sa.table("deposit_rules", *columns), [row | made])
