"""Instructions for banks, and what banks say of payments; what came back may wait for its card."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"

KINDS = (
    "pdf", "ofd", "png", "jpeg", "webp", "heic", "mp4", "xlsx", "xls", "docx", "csv", "html", "xml",
    "encrypted", "unknown",
)  # fmt: skip
STATES = ("checked", "refused", "imported")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    name = op.f("ck_disbursement_lines_hold")
    op.drop_constraint(name, "disbursement_lines", type_="check")
    op.create_check_constraint(name, "disbursement_lines", "status <> 'held' OR hold IS NOT NULL")
    _create_instructions()
    _create_result_batches()


def _codes(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _of_batch(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["disbursement_id"],
        ["disbursements.id"],
        name=op.f(f"fk_{table}_disbursement_id"),
        initially="DEFERRED",
        deferrable=True,
    )


def _create_instructions() -> None:
    op.create_table(
        "instructions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("disbursement_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", _codes("filekind", *KINDS), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        _of_batch("instructions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructions")),
    )
    op.create_index(
        "uq_instructions_round", "instructions", ["disbursement_id", "round", "kind"], unique=True
    )


def _create_result_batches() -> None:
    op.create_table(
        "result_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("disbursement_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("received_from", sa.Text(), nullable=False),
        sa.Column("state", _codes("liststate", *STATES), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        _of_batch("result_batches"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_batches")),
    )
    op.create_index(
        "uq_result_batches_digest", "result_batches", ["disbursement_id", "digest"], unique=True
    )
