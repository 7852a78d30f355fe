"""Pure decisions of registry, by noun."""

from services.registry.rules import (
    areas,
    calendars,
    chain,
    codes,
    completeness,
    contracts,
    imports,
    keys,
    life,
    organisations,
    parties,
    persons,
    projects,
    reporting,
    sightings,
    supplements,
)

__all__ = [
    "areas",
    "calendars",
    "chain",
    "codes",
    "completeness",
    "contracts",
    "imports",
    "keys",
    "life",
    "organisations",
    "parties",
    "persons",
    "projects",
    "reporting",
    "sightings",
    "supplements",
]
