"""Pure decisions of cases, by noun."""

from services.cases.rules import history, items, ladder, policies

__all__ = ["history", "items", "ladder", "policies"]
