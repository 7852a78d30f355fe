"""The HTTP door of cases, by noun."""

from services.cases.routes import (
    answers,
    delay,
    evidence,
    exports,
    extensions,
    funding,
    items,
    leads,
    orders,
    policies,
    proposals,
    shadows,
    why,
)
from services.cases.routes.router import router

__all__ = [
    "answers",
    "delay",
    "evidence",
    "exports",
    "extensions",
    "funding",
    "items",
    "leads",
    "orders",
    "policies",
    "proposals",
    "router",
    "shadows",
    "why",
]
