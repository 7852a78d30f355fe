"""Bodies of cases' interface, by noun."""

from services.cases.schemas import (
    answers,
    delay,
    evidence,
    extensions,
    funding,
    items,
    leads,
    orders,
    policies,
    proposals,
)

__all__ = [
    "answers",
    "delay",
    "evidence",
    "extensions",
    "funding",
    "items",
    "leads",
    "orders",
    "policies",
    "proposals",
]
