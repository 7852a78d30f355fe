"""Every select of cases, and the rows that are locked for changing, by noun."""

from services.cases.queries import (
    delay,
    evidence,
    items,
    orders,
    persons,
    policies,
    proposals,
    rows,
)

__all__ = ["delay", "evidence", "items", "orders", "persons", "policies", "proposals", "rows"]
