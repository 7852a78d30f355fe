"""Every select of cases, and the rows that are locked for changing, by noun."""

from services.cases.queries import items, persons, policies, proposals, rows

__all__ = ["items", "persons", "policies", "proposals", "rows"]
