"""Pure decisions of cases, by noun."""

from services.cases.rules import delay, history, items, ladder, orders, policies

__all__ = ["delay", "history", "items", "ladder", "orders", "policies"]
