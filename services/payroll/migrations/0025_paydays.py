"""Months of projects with their pay days, what contracts say of them, and the nation's pay day."""

import re
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"

NEW = "pay_day"


def upgrade() -> None:
    for table in ("works_contracts", "supplements"):
        op.add_column(table, sa.Column("pay_cycle", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("pay_day", sa.Integer(), nullable=True))
    period = sa.Column("period", sa.Text(), server_default="", nullable=False)
    op.add_column("conditions", period)
    _create_months()
    _create_paydays()
    _seed()
    # What is there already is looked at once.
    op.execute(
        """
        INSERT INTO pay_months (id, project_id, period)
        SELECT gen_random_uuid(), project_id, period
        FROM (SELECT DISTINCT project_id, period FROM sheets
              WHERE status NOT IN ('archived', 'refused')) AS said
        """
    )


def _of(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name],
        [f"{other}.id"],
        name=op.f(f"fk_{table}_{name}"),
        initially="DEFERRED",
        deferrable=True,
    )


def _create_months() -> None:
    op.create_table(
        "pay_months",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("touched", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.Column("on_roster", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on_sheet", sa.Integer(), server_default="0", nullable=False),
        sa.Column("on_sheet_total", sa.Numeric(14, 2), server_default="0", nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        _of("pay_months", "project_id", "projects"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_months")),
    )
    op.create_index("uq_pay_months_period", "pay_months", ["project_id", "period"], unique=True)
    op.create_index("ix_pay_months_order", "pay_months", ["period", "id"])
    op.create_index(
        "ix_pay_months_touched", "pay_months", ["id"], postgresql_where=sa.text("touched")
    )


def _create_paydays() -> None:
    because = sa.Enum(
        "attendance",
        "roster",
        name="because",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "paydays",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("because", because, nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=True),
        sa.Column("policy_area", sa.Text(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        _of("paydays", "month_id", "pay_months"),
        _of("paydays", "project_id", "projects"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paydays")),
    )
    op.create_index("uq_paydays_employer", "paydays", ["month_id", "employer_id"], unique=True)
    op.create_index("ix_paydays_project_id", "paydays", ["project_id"])
    op.create_index(
        "ix_paydays_due", "paydays", ["due_on"], postgresql_where=sa.text("judged_on IS NULL")
    )


def _seed() -> None:
    """Let the nation name a pay day; its kind stands beside those that are there."""
    name = op.f("ck_policies_policykind")
    here = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    op.drop_constraint(name, "policies", type_="check")
    kinds = [*re.findall(r"'([^']+)'", f"{here}"), NEW]
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    policies = sa.table(
        "policies",
        *(
            sa.column(each, kind)
            for each, kind in (
                ("id", sa.Uuid()),
                ("area_code", sa.Text()),
                ("kind", sa.Text()),
                ("version", sa.Integer()),
                ("valid_from", sa.Date()),
                ("values", postgresql.JSONB()),
                ("basis", sa.Text()),
                ("certainty", sa.Text()),
                ("created_at", sa.DateTime(timezone=True)),
                ("created_by", sa.Text()),
            )
        ),
    )
    row = {
        "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{NEW}:1"),
        "area_code": "0",
        "kind": NEW,
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "values": {"day": 25, "month": "next"},
        "basis": "平台默认（非法定数值）：施工合同未约定工资支付日期的，按次月25日；"
        "724号第13、14条：工资支付日期由书面约定或规章制度规定，可约定在当期或次期",
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": f"migration:{revision}",
    }
    op.bulk_insert(policies, [row])
