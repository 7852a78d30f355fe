"""What happens to an item whose proof was taken back, or whose miss was none."""

from alembic import op

revision = "0009"
down_revision = "0008"

HAPPENINGS = (
    "opened",
    "raised",
    "lowered",
    "step_reached",
    "part_received",
    "acknowledged",
    "answered",
    "answer_overdue",
    "verifying",
    "reopened",
    "finding_added",
    "assigned",
    "recomputed",
    "retold",
    "muted",
    "resumed",
    "without_timer",
    "case_proposed",
    "case_refused",
    "case_withdrawn",
    "case_opened",
    "evidence_added",
    "extension_asked",
    "extension_granted",
    "extension_refused",
    "order_moved",
    "funding_moved",
    "reversed",
    "annulled",
    "bank_notice",
    "contractor_report",
    "closed",
)


def upgrade() -> None:
    name = op.f("ck_watch_item_entries_happening")
    op.drop_constraint(name, "watch_item_entries", type_="check")
    listed = ", ".join(f"'{value}'" for value in HAPPENINGS)
    op.create_check_constraint(name, "watch_item_entries", f"what IN ({listed})")
