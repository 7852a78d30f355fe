"""Cards as bank lines name them, and under what names a bank books a whole batch of wages."""

import re
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"

NEW = "lump_payees"


def upgrade() -> None:
    op.add_column("payee_accounts", sa.Column("debit_index", sa.Text(), nullable=True))
    op.create_index("ix_payee_accounts_debit", "payee_accounts", ["project_id", "debit_index"])
    name = op.f("ck_policies_policykind")
    here = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    op.drop_constraint(name, "policies", type_="check")
    kinds = [*re.findall(r"'([^']+)'", f"{here}"), NEW]
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    texts = ("area_code", "kind", "basis", "certainty", "created_by")
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        *(sa.column(one, sa.Text()) for one in texts),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    row = {
        "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{NEW}:1"),
        "area_code": "0",
        "kind": NEW,
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "values": {"words": ["代发"]},
        "basis": "平台默认（非法定）：银行常以代发专户、代发过渡户之名一笔记整批工资",
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": "migration:payment_conditions",
    }
    op.bulk_insert(policies, [row])
