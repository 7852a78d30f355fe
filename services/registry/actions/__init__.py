"""The verbs of registry, by noun."""

from services.registry.actions import (
    areas,
    calendars,
    contracts,
    keys,
    organisations,
    persons,
    projects,
)

__all__ = ["areas", "calendars", "contracts", "keys", "organisations", "persons", "projects"]
