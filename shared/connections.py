"""Connections to PostgreSQL that know the types of every database from the one opened first."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import asyncpg

# Below this number are the types that PostgreSQL brings along: the same in every database.
_OWN = 16384
_KNOWN: dict[frozenset[int], Sequence[Any]] = {}


class _Known(NamedTuple):
    """Stands for the statement that would have asked; it was not sent and displaced no other."""

    name: str = "known"


class Learned(asyncpg.Connection):  # type: ignore[misc]  # without types for mypy
    """A connection that asks for types (arrays, mostly) only if none of the process has done so.

    The driver asks on each connection, as it meets them, by a statement of some ten milliseconds.
    """

    async def _introspect_types(
        self,
        typeoids: Collection[int],
        timeout: float | None,  # noqa: ASYNC109  the driver's own
    ) -> tuple[Sequence[Any], Any]:
        wanted = frozenset(typeoids)
        if known := _KNOWN.get(wanted):
            return known, _Known()
        found: tuple[Sequence[Any], Any] = await super()._introspect_types(typeoids, timeout)
        if max(wanted) < _OWN:
            _KNOWN[wanted] = found[0]
        return found
