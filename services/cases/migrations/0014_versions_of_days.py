"""Keep what rows said at the end of each day, and let pages of a sync sort nothing."""

from shared.migrations import plumbing

revision = "0014"
down_revision = "0013"

# Rows with sealed columns keep no versions: they must not live on in a second place.
KEPT = (
    "arrears_cases",
    "case_proposals",
    "correction_orders",
    "funding_orders",
    "watch_items",
)


def upgrade() -> None:
    plumbing.keep_versions(KEPT, (*KEPT, "leads"))
