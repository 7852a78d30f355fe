"""Keep who holds a period's delay, and say of an item for whom others wait."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "pay_chains",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("works_contract_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("developer_id", sa.Uuid(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_chains")),
    )
    op.create_index(
        "ix_pay_chains_project", "pay_chains", ["project_id", "due_on", "id"], unique=False
    )
    op.create_table(
        "pay_stages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reached_on", sa.Date(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proof", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["chain_id"], ["pay_chains.id"], name=op.f("fk_pay_stages_chain_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_stages")),
    )
    op.create_index("uq_pay_stages_code", "pay_stages", ["chain_id", "code"], unique=True)
    op.add_column("watch_items", sa.Column("waiting_for", sa.Text(), nullable=True))
    # Of those that are open nobody has told that the developer paid, so everybody waits for him.
    # What was missed before has its chain too, and is settled by the proof that closed its item.
    op.execute(
        """
        INSERT INTO pay_chains (id, works_contract_id, project_id, area_code, developer_id,
            contractor_id, period, due_on, due_amount)
        SELECT DISTINCT ON (subject_id) subject_id, works_contract_id, project_id, area_code,
            developer_id, contractor_id, period, due_on, due_amount
        FROM watch_items
        WHERE kind = 'transfer_missed' AND works_contract_id IS NOT NULL
        ORDER BY subject_id, opened_at DESC
        """
    )
    op.execute(
        """
        INSERT INTO pay_stages (id, chain_id, code, reached_on, told_at, proof)
        SELECT DISTINCT ON (item.subject_id) gen_random_uuid(), item.subject_id, 'credited',
            (line.details ->> 'credited_on')::date, line.at,
            jsonb_build_object('bank_serials', line.details -> 'bank_serials')
        FROM watch_items item
        JOIN watch_item_entries line ON line.watch_item_id = item.id AND line.what = 'closed'
        WHERE item.kind = 'transfer_missed' AND item.works_contract_id IS NOT NULL
            AND line.details ? 'credited_on'
        ORDER BY item.subject_id, line.at DESC
        """
    )
    op.execute(
        """
        UPDATE watch_items SET waiting_for = 'developer'
        WHERE kind = 'transfer_missed' AND state <> 'closed'
        """
    )
