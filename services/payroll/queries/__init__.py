"""Every select of payroll, by noun."""

from services.payroll.queries import (
    accounts,
    allocations,
    batches,
    feeds,
    lines,
    money,
    obligations,
    projects,
    sources,
    standings,
    transfers,
)

__all__ = [
    "accounts",
    "allocations",
    "batches",
    "feeds",
    "lines",
    "money",
    "obligations",
    "projects",
    "sources",
    "standings",
    "transfers",
]
