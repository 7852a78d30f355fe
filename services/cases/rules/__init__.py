"""Pure decisions of cases, by noun."""

from services.cases.rules import (
    conditions,
    delay,
    extensions,
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
    "extensions",
    "faults",
    "funding",
    "history",
    "items",
    "ladder",
    "leads",
    "orders",
    "policies",
]
