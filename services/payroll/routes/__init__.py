"""The HTTP door of payroll, by noun."""

from services.payroll.routes import (
    account_lists,
    accounts,
    allocations,
    dues,
    exports,
    feeds,
    life,
    lines,
    notices,
    obligations,
    payment_lists,
    payments,
    policies,
    reserves,
    sources,
    standings,
    statement_files,
)
from services.payroll.routes.router import router

__all__ = [
    "account_lists",
    "accounts",
    "allocations",
    "dues",
    "exports",
    "feeds",
    "life",
    "lines",
    "notices",
    "obligations",
    "payment_lists",
    "payments",
    "policies",
    "reserves",
    "router",
    "sources",
    "standings",
    "statement_files",
]
