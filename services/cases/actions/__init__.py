"""What cases does, by noun: items and their levels, answers, persons, policies, proposals."""

from services.cases.actions import answers, items, levels, persons, policies, proposals

__all__ = ["answers", "items", "levels", "persons", "policies", "proposals"]
