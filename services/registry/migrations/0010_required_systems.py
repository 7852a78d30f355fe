"""Required systems by area, requirements of projects with evidence, exemptions and history."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared import clock
from shared.db import AGELESS, same_id

revision = "0010"
down_revision = "0009"


def kind(code: str, zh: str, en: str, *triggers: str, **rule: Any) -> dict[str, Any]:
    """Give a required system; without other words the contractor has it in place by the event."""
    usual = {"length": 0, "unit": "cd", "answerer": "contractor", "exempt_months": 12}
    said = {"code": code, "zh": zh, "en": en, "triggers": triggers, "condition": None}
    return said | usual | rule


ACCOUNT = kind(
    "wage_account", "农民工工资专用账户", "wage account", "contract", length=30,
    basis="人社部发〔2021〕53号第六条", certainty="A",
)  # fmt: skip
ROSTER = kind(
    "roster", "实名制管理", "real-name management", "start",
    basis="国务院令第724号第二十八条", certainty="A",
)  # fmt: skip
# The law asks for it month by month and names no first day: a month after the account is ours.
DISBURSEMENT = kind(
    "disbursement", "总包代发", "payment by the contractor", "account", "start", length=30,
    basis="国务院令第724号第三十一条（期限为本平台设定）", certainty="C",
)  # fmt: skip
DEPOSIT = kind(
    "deposit", "工资保证金", "wage deposit", "permit", "contract", length=20, unit="wd",
    condition="deposit_missing", basis="人社部发〔2021〕65号第九条", certainty="B",
)  # fmt: skip
NOTICE_BOARD = kind(
    "notice_board", "维权信息告示牌", "rights notice board", "start",
    condition="notice_board_missing", basis="国务院令第724号第三十四条", certainty="A",
)  # fmt: skip
LABOUR_CONTRACT = kind(
    "labour_contract", "劳动合同", "labour contracts", "start",
    basis="国务院令第724号第二十八条", certainty="A",
)  # fmt: skip
WAGE_OFFICER = kind(
    "wage_officer", "劳资专管员", "wage officer", "start",
    condition="wage_officer_missing", basis="国务院令第724号第二十八条", certainty="A",
)  # fmt: skip
PAYMENT_GUARANTEE = kind(
    "payment_guarantee", "工程款支付担保", "payment guarantee", "start", answerer="developer",
    condition="payment_guarantee_missing", basis="国务院令第724号第二十四条", certainty="A",
)  # fmt: skip
FIVE = [ACCOUNT, ROSTER, DISBURSEMENT, DEPOSIT, NOTICE_BOARD]
LISTS = [
    {
        "area_code": "0",
        "kinds": [LABOUR_CONTRACT, *FIVE, WAGE_OFFICER, PAYMENT_GUARANTEE],
        "basis": "国务院令第724号第二十四、二十八、三十九条",
        "certainty": "A",
    },
    {"area_code": "42", "kinds": FIVE, "basis": "湖北省“五项制度”", "certainty": "B"},
]


def upgrade() -> None:
    op.create_table(
        "project_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column(
            "investment_type",
            sa.Enum(
                "government",
                "state_firm",
                "ppp",
                "private",
                name="investmenttype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("developer_id", sa.Uuid(), nullable=False),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("sector_authority_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "001",
                "002",
                "003",
                "004",
                "005",
                name="projectstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("supervised_since", sa.Date(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_versions")),
        sa.UniqueConstraint(
            "project_id", "version", name=op.f("uq_project_versions_project_id_version")
        ),
    )
    op.create_table(
        "requirement_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
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
        sa.CheckConstraint("version > 0", name=op.f("ck_requirement_lists_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_lists")),
        sa.UniqueConstraint(
            "area_code", "version", name=op.f("uq_requirement_lists_area_code_version")
        ),
    )
    op.create_table(
        "requirement_states",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "not_required",
                "not_done",
                "done",
                "exempt",
                "overdue",
                name="requirementstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_states")),
    )
    op.create_index(
        "ix_requirement_states_requirement_id",
        "requirement_states",
        ["requirement_id", "at"],
        unique=False,
    )
    op.create_table(
        "requirements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "not_required",
                "not_done",
                "done",
                "exempt",
                "overdue",
                name="requirementstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "condition",
            sa.Enum(
                "no_systems",
                "deposit_missing",
                "guarantee_expiring",
                "deposit_not_replenished",
                "notice_board_missing",
                "wage_officer_missing",
                "payment_guarantee_missing",
                name="conditionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "answerer",
            sa.Enum(
                "contractor",
                "developer",
                name="answerer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("triggered_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("lapsed_on", sa.Date(), nullable=True),
        sa.Column("exempt_until", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "changed_xid",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text::bigint)"),
            nullable=False,
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["requirement_lists.id"], name=op.f("fk_requirements_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_requirements_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirements")),
        sa.UniqueConstraint("project_id", "kind", name=op.f("uq_requirements_project_id_kind")),
    )
    op.create_index(
        op.f("ix_requirements_changed_xid"), "requirements", ["changed_xid"], unique=False
    )
    op.create_index("ix_requirements_list_id", "requirements", ["list_id"], unique=False)
    op.create_index("ix_requirements_status", "requirements", ["status"], unique=False)
    op.create_table(
        "told_conditions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "no_systems",
                "deposit_missing",
                "guarantee_expiring",
                "deposit_not_replenished",
                "notice_board_missing",
                "wage_officer_missing",
                "payment_guarantee_missing",
                name="conditionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("muted_by", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_told_conditions_project_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told_conditions")),
    )
    op.create_index(
        "ix_told_conditions_project_id",
        "told_conditions",
        ["project_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_told_conditions_holds",
        "told_conditions",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "requirement_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("file_kind", sa.Text(), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("security_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_requirement_evidence_requirement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_evidence")),
    )
    op.create_index(
        "ix_requirement_evidence_requirement_id",
        "requirement_evidence",
        ["requirement_id"],
        unique=False,
    )
    op.create_index(
        "uq_requirement_evidence_standing",
        "requirement_evidence",
        ["requirement_id", "digest", "done_on"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "requirement_exemptions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "small_works",
                "no_arrears",
                "emergency_works",
                "ledger_supervision",
                "other",
                name="exemptiontype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_requirement_exemptions_requirement_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_exemptions")),
    )
    op.create_index(
        "ix_requirement_exemptions_project_id",
        "requirement_exemptions",
        ["project_id"],
        unique=False,
    )
    op.create_index(
        "uq_requirement_exemptions_open",
        "requirement_exemptions",
        ["requirement_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("projects", sa.Column("permitted_on", sa.Date(), nullable=True))
    keep_versions()
    seed()


def keep_versions() -> None:
    """Let what projects are like now be what they were since they were entered."""
    op.execute(
        """
        INSERT INTO project_versions (id, project_id, version, at, area_code, investment_type,
            developer_id, contractor_id, sector_authority_id, status, supervised_since, started_on)
        SELECT id, id, version, registered_at, area_code, investment_type,
            developer_id, contractor_id, sector_authority_id, status, supervised_since, started_on
        FROM projects
        """
    )


def seed() -> None:
    """Insert the nation's list and Hubei's, with their basis and certainty."""
    columns: list[Any] = [
        sa.column("id", sa.Uuid()),
        *(sa.column(name, sa.Text()) for name in ("area_code", "basis", "certainty")),
        sa.column("version", sa.Integer()),
        sa.column("valid_from", sa.Date()),
        sa.column("kinds", postgresql.JSONB()),
        sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.Text()),
    ]
    usual = {
        "version": 1,
        "valid_from": date(2020, 5, 1),
        "created_at": clock.wall(),
        "created_by": "migration:0010",
    }
    rows = [
        {"id": same_id(AGELESS, "requirement_list", each["area_code"], 1)} | usual | each
        for each in LISTS
    ]
    op.bulk_insert(sa.table("requirement_lists", *columns), rows)
