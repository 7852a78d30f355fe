"""Keep what rows said at the end of each day, and let pages of a sync sort nothing."""

from shared.migrations import plumbing

revision = "0012"
down_revision = "0011"

# Rows with sealed columns keep no versions: they must not live on in a second place.
KEPT = (
    "add_ons",
    "bank_feeds",
    "conditions",
    "funding_requests",
    "obligations",
)


def upgrade() -> None:
    plumbing.keep_versions(KEPT, (*KEPT, "wage_accounts"))
