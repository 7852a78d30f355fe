"""Every select of cases, and the rows that are locked for changing, by noun."""

from services.cases.queries import (
    delay,
    evidence,
    funding,
    items,
    leads,
    orders,
    persons,
    policies,
    proposals,
    rows,
)

__all__ = [
    "delay",
    "evidence",
    "funding",
    "items",
    "leads",
    "orders",
    "persons",
    "policies",
    "proposals",
    "rows",
]
