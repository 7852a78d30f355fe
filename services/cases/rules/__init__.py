"""Pure decisions of cases, by noun."""

from services.cases.rules import (
    conditions,
    delay,
    faults,
    funding,
    history,
    items,
    ladder,
    leads,
    orders,
    policies,
)

__all__ = [
    "conditions",
    "delay",
    "faults",
    "funding",
    "history",
    "items",
    "ladder",
    "leads",
    "orders",
    "policies",
]
