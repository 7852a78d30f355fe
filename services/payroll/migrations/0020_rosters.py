"""Rosters of projects: people, crews, spells, contracts, cards; and what the nation decides."""

from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

KINDS = (
    "sub_ledgers",
    "closing_notice",
    "payroll_purpose",
    "cover_window",
    "transfers_due",
    "forecast",
    "reminders",
    "contractor_report",
    "treasury_feed",
    "contractor_feed",
    "gate_vendor_feed",
    "sheet_checks",
    "minimum_wage",
    "worker_age",
    "registration_gate",
    "payee_hold",
)
_NATION_S: list[tuple[str, dict[str, object], str, str]] = [
    (
        "worker_age",
        {
            "refuse_under": 16,
            "warn_under": 18,
            "warn_from_male": 60,
            "warn_from_female": 50,
            "refuse_from_male": None,
            "refuse_from_female": None,
        },
        "劳动法 art. 15 (under 16), art. 64 (under 18); from 60 and 50 years: practice of cities",
        "B",
    ),
    (
        "registration_gate",
        {"mode": "warn", "ahead_days": 31},
        "724号 art. 28: contract and registration before entry; that it warns is ours, not law",
        "A",
    ),
    ("payee_hold", {"hours": 72}, "ours, not law: time to notice a card that was swapped", "C"),
]


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "id_type",
            sa.Enum(
                "01",
                "02",
                "03",
                "04",
                "05",
                "06",
                "07",
                "08",
                "09",
                "10",
                "11",
                "12",
                "13",
                "14",
                "15",
                "16",
                "17",
                name="idtype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id_number", sa.LargeBinary(), nullable=False),
        sa.Column("id_index", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.Text(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_index("ix_workers_name", "workers", ["name_index"], unique=False)
    op.create_index(
        "ix_workers_phone",
        "workers",
        ["phone_index"],
        unique=False,
        postgresql_where=sa.text("phone_index IS NOT NULL"),
    )
    op.create_index("uq_workers_number", "workers", ["id_index", "id_type"], unique=True)
    op.create_table(
        "crews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("leader_entry_id", sa.Uuid(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_crews_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crews")),
    )
    op.create_index("uq_crews_name", "crews", ["project_id", "employer_id", "name"], unique=True)
    op.create_index("uq_crews_number", "crews", ["project_id", "number"], unique=True)
    op.create_table(
        "labour_contracts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "labour_contract",
                "labour_agreement",
                name="contractform",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "period_type",
            sa.Enum(
                "0", "1", name="periodtype", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column(
            "unit",
            sa.Enum(
                "80",
                "81",
                "82",
                "hour",
                "day",
                "month",
                "piece",
                name="payunit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("unit_price", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "end_on IS NULL OR end_on >= start_on", name=op.f("ck_labour_contracts_term")
        ),
        sa.CheckConstraint(
            "unit_price IS NULL OR unit_price > 0", name=op.f("ck_labour_contracts_unit_price")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_labour_contracts_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
            name=op.f("fk_labour_contracts_worker_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labour_contracts")),
    )
    op.create_index(
        "ix_labour_contracts_order", "labour_contracts", ["project_id", "id"], unique=False
    )
    op.create_index(
        "ix_labour_contracts_worker", "labour_contracts", ["project_id", "worker_id"], unique=False
    )
    op.create_index(
        "uq_labour_contracts_start",
        "labour_contracts",
        ["project_id", "employer_id", "worker_id", "start_on"],
        unique=True,
    )
    op.create_table(
        "payee_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("card_no", sa.LargeBinary(), nullable=False),
        sa.Column("card_index", sa.Text(), nullable=False),
        sa.Column("bank_code", sa.Text(), nullable=True),
        sa.Column("bank_name", sa.Text(), nullable=True),
        sa.Column("holder_index", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("usable_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_payee_accounts_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
            name=op.f("fk_payee_accounts_worker_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_accounts")),
    )
    op.create_index("ix_payee_accounts_card", "payee_accounts", ["card_index"], unique=False)
    op.create_index("ix_payee_accounts_holder", "payee_accounts", ["holder_index"], unique=False)
    op.create_index("ix_payee_accounts_order", "payee_accounts", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_payee_accounts_worker",
        "payee_accounts",
        ["project_id", "worker_id", "usable_from"],
        unique=False,
    )
    op.create_index(
        "uq_payee_accounts_newest",
        "payee_accounts",
        ["project_id", "worker_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.create_table(
        "roster_lists",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "checked",
                "refused",
                "imported",
                name="liststate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_roster_lists_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_lists")),
    )
    op.create_index(
        "uq_roster_lists_digest",
        "roster_lists",
        ["project_id", "employer_id", "digest"],
        unique=True,
    )
    op.create_table(
        "roster_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid(), nullable=False),
        sa.Column("crew_id", sa.Uuid(), nullable=True),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "10", "20", name="workerrole", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("trade", sa.Text(), nullable=True),
        sa.Column("is_leader", sa.Boolean(), nullable=False),
        sa.Column("name_index", sa.Text(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("leave_reason", sa.Text(), nullable=True),
        sa.Column("insured", sa.Boolean(), nullable=True),
        sa.Column("injury_insured", sa.Boolean(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "left_on IS NULL OR left_on >= entered_on", name=op.f("ck_roster_entries_spell")
        ),
        sa.ForeignKeyConstraint(
            ["crew_id"],
            ["crews.id"],
            name=op.f("fk_roster_entries_crew_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_roster_entries_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
            name=op.f("fk_roster_entries_worker_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entries")),
    )
    op.create_index("ix_roster_entries_crew", "roster_entries", ["crew_id"], unique=False)
    op.create_index("ix_roster_entries_order", "roster_entries", ["project_id", "id"], unique=False)
    op.create_index(
        "ix_roster_entries_project", "roster_entries", ["project_id", "worker_id"], unique=False
    )
    op.create_index("ix_roster_entries_worker", "roster_entries", ["worker_id"], unique=False)
    op.create_index(
        "uq_roster_entries_open",
        "roster_entries",
        ["project_id", "employer_id", "worker_id"],
        unique=True,
        postgresql_where=sa.text("left_on IS NULL"),
    )
    op.create_table(
        "insurance_words",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("insured", sa.Boolean(), nullable=True),
        sa.Column("injury_insured", sa.Boolean(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["roster_entries.id"],
            name=op.f("fk_insurance_words_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurance_words")),
    )
    op.create_index(
        "ix_insurance_words_entry", "insurance_words", ["entry_id", "from_on", "id"], unique=False
    )
    op.create_table(
        "roster_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "two_places",
                "two_employers",
                "name_differs",
                "card_shared",
                "holder_differs",
                name="rosterfindingkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("other_project_id", sa.Uuid(), nullable=True),
        sa.Column("other_entry_id", sa.Uuid(), nullable=True),
        sa.Column("other_worker_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["roster_entries.id"],
            name=op.f("fk_roster_findings_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_entry_id"],
            ["roster_entries.id"],
            name=op.f("fk_roster_findings_other_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_project_id"],
            ["projects.id"],
            name=op.f("fk_roster_findings_other_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_worker_id"],
            ["workers.id"],
            name=op.f("fk_roster_findings_other_worker_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_roster_findings_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
            name=op.f("fk_roster_findings_worker_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_findings")),
    )
    op.create_index("ix_roster_findings_worker", "roster_findings", ["worker_id"], unique=False)
    op.create_index("ix_roster_findings_order", "roster_findings", ["found_at", "id"], unique=False)
    op.create_index(
        "ix_roster_findings_other", "roster_findings", ["other_worker_id"], unique=False
    )
    op.create_index(
        "uq_roster_findings_open",
        "roster_findings",
        ["kind", "entry_id", "other_entry_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "site_movements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "in", "out", name="movement", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["roster_entries.id"],
            name=op.f("fk_site_movements_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_movements")),
    )
    op.create_index("ix_site_movements_entry", "site_movements", ["entry_id", "id"], unique=False)
    _decide()


def _decide() -> None:
    name = op.f("ck_policies_policykind")
    op.drop_constraint(name, "policies", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_check_constraint(name, "policies", f"kind IN ({listed})")
    policies = sa.table(
        "policies",
        sa.column("id", sa.Uuid()),
        sa.column("area_code", sa.Text()),
        sa.column("kind", sa.Text()),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("values", postgresql.JSONB()),
        sa.column("basis", sa.Text()),
        sa.column("certainty", sa.Text()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    )
    rows = [
        {
            "id": uuid5(NAMESPACE_OID, f"payroll:policies:0:{kind}:1"),
            "area_code": "0",
            "kind": kind,
            "version": 1,
            "valid_from": date(2020, 5, 1),
            "values": values,
            "basis": basis,
            "certainty": certainty,
            "created_at": datetime(2023, 1, 1, tzinfo=UTC),
            "created_by": "migration:0020",
        }
        for kind, values, basis, certainty in _NATION_S
    ]
    op.bulk_insert(policies, rows)
