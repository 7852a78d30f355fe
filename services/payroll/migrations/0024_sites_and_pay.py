"""Whom a site counts as there, and what makes a payroll implausible."""

import re
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

NATION_S: list[tuple[str, dict[str, object], str]] = [
    (
        "site_watch",
        {"days": 7},
        "ours, not law: whoever was seen within a week is on the site",
    ),
    (
        "implausible_pay",
        {
            "per_month": "50000.00",
            "per_year": "300000.00",
            "cards": 3,
            "same_workers": 10,
            "same_share": "0.80",
            "months": 3,
        },
        "amounts: practice of Guizhou; cards, same amounts and months looked at are ours, not law",
    ),
]


def upgrade() -> None:
    name = op.f("ck_policies_policykind")
    # Added to the kinds that are there.
    there = op.get_bind().execute(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    kinds = [*re.findall(r"'([a-z_]+)'", there.scalar_one()), *(kind for kind, *_ in NATION_S)]
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        *(sa.column(one, sa.Text()) for one in ("area_code", "kind", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    for kind, values, basis in NATION_S:
        row = {
            "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{kind}:1"),
            "area_code": "0",
            "kind": kind,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "values": values,
            "basis": basis,
            "certainty": "C",
            "created_at": datetime(2023, 1, 1, tzinfo=UTC),
            "created_by": "migration:sites_and_pay",
        }
        op.bulk_insert(policies, [row])
