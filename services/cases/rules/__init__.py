"""Pure decisions of cases, by noun."""

from services.cases.rules import (
    aftercare,
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
    "aftercare",
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
