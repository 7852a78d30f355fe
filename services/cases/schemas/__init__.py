"""Bodies of cases' interface, by noun."""

from services.cases.schemas import answers, delay, evidence, items, orders, policies, proposals

__all__ = ["answers", "delay", "evidence", "items", "orders", "policies", "proposals"]
