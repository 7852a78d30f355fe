"""Keep what rows said at the end of each day, and let pages of a sync sort nothing."""

from shared.migrations import plumbing

revision = "0006"
down_revision = "0005"

KEPT = ("alerts",)


def upgrade() -> None:
    plumbing.keep_versions(KEPT, KEPT)
