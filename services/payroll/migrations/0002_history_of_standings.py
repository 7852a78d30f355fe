"""How projects stood on a day of the past: former cards, and since when the rest is known.

Rows that are there already are dated by what tells of them: the inbox keeps the news of projects
and contracts, lines say when they came, the audit when an account was entered.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

DATED = (
    # Cards that came before the present one of a project.
    """
    INSERT INTO project_states (project_id, told_at, card)
    SELECT DISTINCT ON (project.id, told.occurred_at) project.id, told.occurred_at, told.card
    FROM (
        SELECT occurred_at, position, convert_from(body, 'UTF8')::jsonb -> 'project' AS card
        FROM inbox
        WHERE state = 'handled' AND type IN (
            'registry.project_registered.v1',
            'registry.project_changed.v1',
            'registry.works_contract_signed.v1'
        )
    ) AS told
    JOIN projects AS project ON project.id = (told.card ->> 'project_id')::uuid
    WHERE told.occurred_at < project.told_at
    ORDER BY project.id, told.occurred_at, told.position DESC
    """,
    # Without news of a contract the day of its signing stands in.
    """
    UPDATE obligations SET due_since = contract.since
    FROM (
        SELECT kept.id, coalesce(
            min(told.occurred_at), kept.signed_on::timestamp AT TIME ZONE 'Asia/Shanghai'
        ) AS since
        FROM works_contracts AS kept
        LEFT JOIN (
            SELECT occurred_at, convert_from(body, 'UTF8')::jsonb ->> 'works_contract_id' AS id
            FROM inbox
            WHERE state = 'handled' AND type = 'registry.works_contract_signed.v1'
        ) AS told ON told.id = kept.id::text
        GROUP BY kept.id
    ) AS contract
    WHERE obligations.works_contract_id = contract.id
    """,
    # Where a scenario moved the clock, only what the row says itself is of its time.
    """
    UPDATE wage_accounts SET registered_at = least(changed_at, entered.at)
    FROM (
        SELECT account.id, min(audit.at) AS at
        FROM wage_accounts AS account
        LEFT JOIN audit ON audit.table_name = 'wage_accounts'
            AND audit.action = 'insert' AND audit.row_id = account.id::text
        GROUP BY account.id
    ) AS entered
    WHERE wage_accounts.id = entered.id
    """,
    """
    UPDATE credits SET counted_at = greatest(
        line.received_at, account.registered_at, owed.due_since
    )
    FROM bank_lines AS line, obligations AS owed
    LEFT JOIN wage_accounts AS account ON account.id = owed.account_id
    WHERE line.account_index = credits.account_index AND line.id = credits.line_id
        AND owed.id = credits.obligation_id
    """,
)


def upgrade() -> None:
    op.create_table(
        "project_states",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_states_project_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("project_id", "told_at", name=op.f("pk_project_states")),
    )
    op.create_table(
        "credit_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("credited_on", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grown", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_id"],
            ["credits.id"],
            name=op.f("fk_credit_changes_credit_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id"],
            ["obligations.id"],
            name=op.f("fk_credit_changes_obligation_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_changes")),
    )
    op.create_index(
        "ix_credit_changes_obligation",
        "credit_changes",
        ["obligation_id", "changed_at"],
        unique=False,
    )
    op.create_index(
        "ix_bank_feeds_there",
        "bank_feeds",
        [
            "source_id",
            sa.literal_column(
                "COALESCE(LEAST(closed_at, waived_at), 'infinity'::timestamp with time zone)"
            ),
            "day",
        ],
        unique=False,
        if_not_exists=True,  # A large one is made before, by hand and without shutting out anybody.
    )
    op.add_column(
        "credits",
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.add_column(
        "obligations",
        sa.Column(
            "due_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "replans",
        sa.Column(
            "told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
    )
    op.add_column(
        "wage_accounts",
        sa.Column(
            "registered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    for statement in DATED:
        op.execute(statement)
    # What is checked at the end of a transaction would stand in the way of a later migration.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
