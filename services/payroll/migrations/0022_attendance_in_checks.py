"""Whose word of attendance counts first; and that attendance which nobody told is said."""

import re
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

NEW = "attendance_sources"
ADDED_CHECKS = {"attendance_unknown": {"severity": "hint"}}


def upgrade() -> None:
    name = op.f("ck_policies_policykind")
    # Added to the kinds that are there.
    there = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = [*re.findall(r"'([a-z_]+)'", there.scalar_one()), NEW]
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    _seed()


def _seed() -> None:
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    row = {
        "area_code": "0",
        "valid_from": date(2020, 5, 1),
        "certainty": "C",
        "created_at": datetime(2023, 1, 1, tzinfo=UTC),
        "created_by": "migration:attendance_in_checks",
    }
    latest = (
        op.get_bind()
        .execute(
            sa.select(policies.c.version, policies.c["values"].label("checks"), policies.c.basis)
            .where(policies.c.area_code == "0", policies.c.kind == "sheet_checks")
            .order_by(policies.c.version.desc())
            .limit(1)
        )
        .one()
    )
    rows = [
        row
        | {
            "kind": NEW,
            "version": 1,
            "values": {"order": ["gate_vendor", "contractor", "sheet"]},
            "basis": "ours, not law: what gates saw before what was written down",
        },
        row
        | {
            "kind": "sheet_checks",
            "version": latest.version + 1,
            "values": latest.checks | ADDED_CHECKS,
            "basis": latest.basis,
        },
    ]
    for one in rows:
        named = f"payroll:policies:0:{one['kind']}:{one['version']}"
        op.bulk_insert(policies, [one | {"id": uuid5(NAMESPACE_OID, named)}])
