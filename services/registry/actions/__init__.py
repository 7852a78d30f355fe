"""The verbs of registry, by noun."""

from services.registry.actions import (
    areas,
    calendars,
    cards,
    comparison,
    contracts,
    duties,
    gaps,
    keys,
    life,
    organisations,
    persons,
    projects,
    reporting,
    sightings,
    territories,
    vacancies,
)

__all__ = [
    "areas",
    "calendars",
    "cards",
    "comparison",
    "contracts",
    "duties",
    "gaps",
    "keys",
    "life",
    "organisations",
    "persons",
    "projects",
    "reporting",
    "sightings",
    "territories",
    "vacancies",
]
