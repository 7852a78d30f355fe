"""Freezes that lie ahead are told on their first day: a limit for those entered before."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        INSERT INTO timers
            (id, kind, subject_id, step, entered_at, due_at, state, attempts, told_late)
        SELECT gen_random_uuid(), 'freeze', id, '', entered_at,
            from_on::timestamp AT TIME ZONE 'Asia/Shanghai', 'armed', 0, false
        FROM account_freezes
        WHERE from_on::timestamp AT TIME ZONE 'Asia/Shanghai' > now()
        """
    )
