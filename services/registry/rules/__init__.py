"""Pure decisions of registry, by noun."""

from services.registry.rules import (
    areas,
    calendars,
    codes,
    contracts,
    keys,
    organisations,
    persons,
    projects,
)

__all__ = [
    "areas",
    "calendars",
    "codes",
    "contracts",
    "keys",
    "organisations",
    "persons",
    "projects",
]
