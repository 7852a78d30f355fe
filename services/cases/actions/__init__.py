"""What cases does, by noun."""

from services.cases.actions import (
    answers,
    delay,
    evidence,
    funding,
    items,
    leads,
    levels,
    order_course,
    orders,
    persons,
    policies,
    proposals,
)

__all__ = [
    "answers",
    "delay",
    "evidence",
    "funding",
    "items",
    "leads",
    "levels",
    "order_course",
    "orders",
    "persons",
    "policies",
    "proposals",
]
