"""Pure decisions of registry, by noun."""

from services.registry.rules import (
    areas,
    calendars,
    codes,
    completeness,
    contracts,
    keys,
    organisations,
    persons,
    projects,
    reporting,
    sightings,
)

__all__ = [
    "areas",
    "calendars",
    "codes",
    "completeness",
    "contracts",
    "keys",
    "organisations",
    "persons",
    "projects",
    "reporting",
    "sightings",
]
