"""Every select of cases, and the rows that are locked for changing, by noun."""

from services.cases.queries import delay, items, persons, policies, proposals, rows

__all__ = ["delay", "items", "persons", "policies", "proposals", "rows"]
