"""Bodies of registry's interface, by noun."""

from services.registry.schemas import (
    areas,
    calendars,
    contracts,
    deposit_papers,
    deposits,
    imports,
    keys,
    life,
    organisations,
    parties,
    persons,
    projects,
    reporting,
    requirements,
    subcontracts,
    territories,
)

__all__ = [
    "areas",
    "calendars",
    "contracts",
    "deposit_papers",
    "deposits",
    "imports",
    "keys",
    "life",
    "organisations",
    "parties",
    "persons",
    "projects",
    "reporting",
    "requirements",
    "subcontracts",
    "territories",
]
