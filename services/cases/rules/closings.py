"""Closing by hand (人工销号): where the proof is a document, and who looks at it. Pure.

No law says how a platform closes its items; which documents an area takes is policy, a row with
its basis. Money is proved by the bank's lines alone, whatever a row says.
"""

from enum import StrEnum

from services.cases.rules.items import MEASURED, TOLD_WHEN_WRONG, WatchKind


class ClosingState(StrEnum):
    """What became of a closing by hand."""

    ASKED = "asked"
    """A second person has to look at the documents."""
    CLOSED = "closed"
    REFUSED = "refused"
    REOPENED = "reopened"


def takes_documents(kind: WatchKind) -> bool:
    """Say whether a kind can be closed by documents at all: what data tell, data close."""
    return kind not in TOLD_WHEN_WRONG | MEASURED | {WatchKind.FEED_SILENT}
