"""Every select of payroll, by noun."""

from services.payroll.queries import (
    accounts,
    allocations,
    batches,
    conditions,
    feeds,
    lines,
    money,
    obligations,
    policies,
    projects,
    reserves,
    sources,
    standings,
    statement_files,
    statement_lines,
    transfers,
)

__all__ = [
    "accounts",
    "allocations",
    "batches",
    "conditions",
    "feeds",
    "lines",
    "money",
    "obligations",
    "policies",
    "projects",
    "reserves",
    "sources",
    "standings",
    "statement_files",
    "statement_lines",
    "transfers",
]
