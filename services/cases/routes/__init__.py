"""The HTTP door of cases, by noun."""

from services.cases.routes import (
    answers,
    closings,
    delay,
    evidence,
    expectations,
    exports,
    extensions,
    funding,
    items,
    leads,
    orders,
    policies,
    proposals,
    shadows,
    terms,
    why,
)
from services.cases.routes.router import router

__all__ = [
    "answers",
    "closings",
    "delay",
    "evidence",
    "expectations",
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
    "terms",
    "why",
]
