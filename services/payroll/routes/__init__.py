"""The HTTP door of payroll, by noun."""

from services.payroll.routes import (
    accounts,
    allocations,
    exports,
    feeds,
    lines,
    obligations,
    sources,
    standings,
)
from services.payroll.routes.router import router

__all__ = [
    "accounts",
    "allocations",
    "exports",
    "feeds",
    "lines",
    "obligations",
    "router",
    "sources",
    "standings",
]
