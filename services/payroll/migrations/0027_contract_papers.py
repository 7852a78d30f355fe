"""Papers of labour contracts, by version."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

KINDS = (
    "pdf", "ofd", "png", "jpeg", "webp", "heic", "mp4", "xlsx", "xls", "docx", "csv", "html",
    "xml", "encrypted", "unknown",
)  # fmt: skip


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "contract_papers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("kind", _one_of("filekind", *KINDS), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("scan", _one_of("scan", "not_scanned"), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["labour_contracts.id"],
            name=op.f("fk_contract_papers_contract_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_papers")),
    )
    op.create_index(
        "uq_contract_papers_version", "contract_papers", ["contract_id", "version"], unique=True
    )
    op.create_index("ix_contract_papers_project", "contract_papers", ["project_id"])
