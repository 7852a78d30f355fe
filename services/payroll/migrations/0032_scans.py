"""What a virus scanner can say of a kept file."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    named = op.f("ck_contract_papers_scan")
    op.drop_constraint(named, "contract_papers", type_="check")
    op.create_check_constraint(
        named, "contract_papers", "scan IN ('not_scanned', 'clean', 'infected')"
    )
