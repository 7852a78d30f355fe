"""Bodies of registry's interface, by noun."""

from services.registry.schemas import (
    areas,
    calendars,
    contracts,
    imports,
    keys,
    life,
    organisations,
    parties,
    persons,
    projects,
    reporting,
    subcontracts,
    territories,
)

__all__ = [
    "areas",
    "calendars",
    "contracts",
    "imports",
    "keys",
    "life",
    "organisations",
    "parties",
    "persons",
    "projects",
    "reporting",
    "subcontracts",
    "territories",
]
