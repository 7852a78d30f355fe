"""Pure decisions of cases, by noun."""

from services.cases.rules import delay, funding, history, items, ladder, leads, orders, policies

__all__ = ["delay", "funding", "history", "items", "ladder", "leads", "orders", "policies"]
