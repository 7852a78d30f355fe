"""The HTTP door of registry, by noun."""

from services.registry.routes import (
    areas,
    calendars,
    contracts,
    exports,
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
from services.registry.routes.router import router

__all__ = [
    "areas",
    "calendars",
    "contracts",
    "exports",
    "imports",
    "keys",
    "life",
    "organisations",
    "parties",
    "persons",
    "projects",
    "reporting",
    "router",
    "subcontracts",
    "territories",
]
