"""Bodies of cases' interface, by noun."""

from services.cases.schemas import answers, items, policies, proposals

__all__ = ["answers", "items", "policies", "proposals"]
