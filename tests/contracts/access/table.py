"""The table of `docs/access.md` as values, and the routes of a process as it really has them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

PAGE = Path(__file__).parents[3] / "docs/access.md"
PUBLIC = "public"
# What a route may say of rows of another area.
ELSEWHERE = {"403 or 404", "404", "not shown", "refused", "–"}


@dataclass(frozen=True, slots=True)
class Route:
    """A line of the table."""

    method: str
    path: str
    permission: str
    rows: str
    elsewhere: str

    @property
    def door(self) -> tuple[str, str, str]:
        return self.method, self.path, self.permission

    @property
    def name(self) -> str:
        """Give the route as the table writes it."""
        return f"{self.method} {self.path}"

    @property
    def service(self) -> str:
        """Give the service it belongs to; nothing for the process's own."""
        first, _, rest = self.path.lstrip("/").partition("/")
        return first if rest else ""

    @property
    def parties(self) -> frozenset[str] | None:
        """Give by whom a limited role's organisation must take part; None: it need not."""
        _, colon, named = self.rows.partition(": ")
        return frozenset(named.split(", ")) if colon else None

    @property
    def writes(self) -> bool:
        """Say whether the route must leave the database as it was where it refuses."""
        return self.method != "GET" and self.elsewhere in {"404", "403 or 404", "refused"}


def _lines(first: str) -> Iterator[list[str]]:
    """Give the cells of all lines of the page whose first cell has a form, without backticks."""
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and re.fullmatch(first, cells[0]):
            yield [cell.replace("`", "") for cell in cells]


@cache
def routes() -> Sequence[Route]:
    """Give every line that tells of a route."""
    found = []
    for name, permission, rows, elsewhere in _lines(r"`[A-Z]+ /\S*`"):
        method, path = name.split()
        found.append(Route(method, path, permission, rows, elsewhere))
    return found


@cache
def holders() -> Mapping[str, frozenset[str]]:
    """Give the roles that hold each permission."""
    return {
        permission: frozenset(roles.split(", "))
        for permission, roles in _lines(r"`[a-z]+:[a-z_]+`")
    }


@cache
def sees() -> Mapping[str, str]:
    """Give what each role sees: `its areas` or `its own`."""
    return {role: what for role, _, what in _lines(r"`[a-z_]+`")}


def doors(app: FastAPI, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Give method, path and permission of everything that an app and its mounts answer.

    What names no permission counts as public: the table must say so, or the test fails.
    """
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            assert isinstance(route.app, FastAPI), f"{prefix}{route.path} hides its routes"
            yield from doors(route.app, f"{prefix}{route.path}")
            continue
        path, methods = getattr(route, "path", None), getattr(route, "methods", None)
        assert path, f"{prefix} has a route of unknown kind: {route!r}"
        assert methods, f"{prefix}{path} answers any method"
        for method in methods - {"HEAD"}:
            yield method, f"{prefix}{path}", getattr(route, "permission", PUBLIC)


@cache
def fields() -> Sequence[tuple[str, str, str, str]]:
    """Give every masked field: service, schema, field, and its mask."""
    return [
        (service, schema, name, mask.removeprefix("mask "))
        for mask, service, schema, name, _ in _lines(r"mask `\w+`")
    ]


@cache
def by_role() -> Mapping[str, frozenset[str]]:
    """Give the fields of a route's answer that not every role that may call it is shown."""
    found: dict[str, set[str]] = {}
    for name, route, _ in _lines(r"field `\w+`"):
        found.setdefault(route, set()).add(name.removeprefix("field "))
    return {route: frozenset(names) for route, names in found.items()}
