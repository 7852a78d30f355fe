"""Every select of cases, and the rows that are locked for changing, by noun."""

from services.cases.queries import (
    conditions,
    delay,
    evidence,
    extensions,
    funding,
    items,
    leads,
    orders,
    persons,
    policies,
    proposals,
    reversals,
    rows,
    shadows,
    tellings,
    why,
)

__all__ = [
    "conditions",
    "delay",
    "evidence",
    "extensions",
    "funding",
    "items",
    "leads",
    "orders",
    "persons",
    "policies",
    "proposals",
    "reversals",
    "rows",
    "shadows",
    "tellings",
    "why",
]
