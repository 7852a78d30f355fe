"""Pure decisions of payroll: what is owed when, what money counts for it, whether a feed chains."""

from services.payroll.rules import (
    accounts,
    allocation,
    conditions,
    feeds,
    matching,
    notices,
    obligations,
    payments,
    periods,
    policies,
    purposes,
    reserves,
    standings,
    statement_files,
    statements,
)

__all__ = [
    "accounts",
    "allocation",
    "conditions",
    "feeds",
    "matching",
    "notices",
    "obligations",
    "payments",
    "periods",
    "policies",
    "purposes",
    "reserves",
    "standings",
    "statement_files",
    "statements",
]
