"""The verbs of payroll, by noun."""

from services.payroll.actions import (
    accounts,
    allocations,
    batches,
    feeds,
    lines,
    money,
    obligations,
    persons,
    projects,
    returns,
    settlement,
    sources,
    tellings,
    transfers,
    waivers,
)

__all__ = [
    "accounts",
    "allocations",
    "batches",
    "feeds",
    "lines",
    "money",
    "obligations",
    "persons",
    "projects",
    "returns",
    "settlement",
    "sources",
    "tellings",
    "transfers",
    "waivers",
]
