"""What cases does, by noun."""

from services.cases.actions import answers, delay, items, levels, persons, policies, proposals

__all__ = ["answers", "delay", "items", "levels", "persons", "policies", "proposals"]
