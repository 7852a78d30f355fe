"""Every select of registry, by noun."""

from services.registry.queries import (
    areas,
    calendars,
    contracts,
    keys,
    organisations,
    persons,
    projects,
)

__all__ = ["areas", "calendars", "contracts", "keys", "organisations", "persons", "projects"]
