"""Pure decisions of payroll: what is owed when, what money counts for it, whether a feed chains."""

from services.payroll.rules import (
    allocation,
    feeds,
    matching,
    obligations,
    periods,
    purposes,
    standings,
    statements,
)

__all__ = [
    "allocation",
    "feeds",
    "matching",
    "obligations",
    "periods",
    "purposes",
    "standings",
    "statements",
]
