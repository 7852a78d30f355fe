"""Bodies of cases' interface, by noun."""

from services.cases.schemas import answers, delay, items, policies, proposals

__all__ = ["answers", "delay", "items", "policies", "proposals"]
