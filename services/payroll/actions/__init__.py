"""The verbs of payroll, by noun."""

from services.payroll.actions import (
    accounts,
    batches,
    feeds,
    lines,
    money,
    obligations,
    projects,
    sources,
    transfers,
    waivers,
)

__all__ = [
    "accounts",
    "batches",
    "feeds",
    "lines",
    "money",
    "obligations",
    "projects",
    "sources",
    "transfers",
    "waivers",
]
