"""Keep what rows said at the end of each day, and let pages of a sync sort nothing."""

from shared.migrations import plumbing

revision = "0012"
down_revision = "0011"

KEPT = (
    "area_assignments",
    "assignments",
    "organisations",
    "project_parties",
    "projects",
    "requirements",
    "securities",
    "subcontracts",
    "suspensions",
    "unit_posts",
    "works_contracts",
)


def upgrade() -> None:
    plumbing.keep_versions(KEPT, KEPT)
