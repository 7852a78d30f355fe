"""What cases does, by noun."""

from services.cases.actions import (
    answers,
    conditions,
    delay,
    evidence,
    extensions,
    funding,
    items,
    leads,
    levels,
    order_course,
    orders,
    persons,
    policies,
    proposals,
    reversals,
    tellings,
)

__all__ = [
    "answers",
    "conditions",
    "delay",
    "evidence",
    "extensions",
    "funding",
    "items",
    "leads",
    "levels",
    "order_course",
    "orders",
    "persons",
    "policies",
    "proposals",
    "reversals",
    "tellings",
]
