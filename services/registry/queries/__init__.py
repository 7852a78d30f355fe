"""Every select of registry, by noun."""

from services.registry.queries import (
    areas,
    calendars,
    completeness,
    contracts,
    duties,
    gaps,
    keys,
    life,
    organisations,
    parties,
    persons,
    projects,
    reports,
    sightings,
    subcontracts,
    territories,
)

__all__ = [
    "areas",
    "calendars",
    "completeness",
    "contracts",
    "duties",
    "gaps",
    "keys",
    "life",
    "organisations",
    "parties",
    "persons",
    "projects",
    "reports",
    "sightings",
    "subcontracts",
    "territories",
]
