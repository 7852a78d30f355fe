"""Pure decisions of cases, by noun."""

from services.cases.rules import delay, history, items, ladder, policies

__all__ = ["delay", "history", "items", "ladder", "policies"]
