"""Developers tell of contractors who owe: a channel of its own."""

from alembic import op

revision = "0043"
down_revision = "0042"

CHANNELS = (
    "desk", "hotline_12345", "hotline_12333", "national_platform", "province_platform", "petition",
    "qr_form", "patrol", "email", "other_body", "union", "village", "upper_level", "developer",
    "watch_item",
)  # fmt: skip


def upgrade() -> None:
    listed = ", ".join(f"'{code}'" for code in CHANNELS)
    for table in ("arrears_cases", "case_reports"):
        named = op.f(f"ck_{table}_channel")
        op.drop_constraint(named, table, type_="check")
        op.create_check_constraint(named, table, f"channel IN ({listed})")
