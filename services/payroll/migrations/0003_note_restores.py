"""Let a database tell that it was restored."""

from shared.migrations import plumbing

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    plumbing.note_restores()
