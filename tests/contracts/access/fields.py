"""Field by field: what answers show of people, held against the table of `docs/access.md`."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from httpx import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.auth import Caller
from shared.pii import MASKS, Sealed
from tests.contracts import record
from tests.contracts.access import table
from tests.contracts.access.rows import Request
from tests.contracts.access.table import Route
from tests.fixtures.database import load

Path = tuple[str, ...]
# Shorter texts stand in others by chance.
LEAST = 3


class Shown(NamedTuple):
    """A line of the table of fields: a field of an answer, and the mask that it always has."""

    service: str
    schema: str
    field: str
    kind: str


@cache
def described(service: str) -> Mapping[str, Any]:
    return record.openapi(load(service))


def masked(service: str) -> Iterator[Shown]:
    """Give the fields of a service's answers that its OpenAPI document says are masked."""
    for schema, said in described(service)["components"]["schemas"].items():
        for name, one in said.get("properties", {}).items():
            kinds = {one.get("x-masked"), *(each.get("x-masked") for each in one.get("anyOf", ()))}
            for kind in kinds - {None}:
                yield Shown(service, schema, name, str(kind))


def _named(schema: Any) -> Iterator[str]:  # noqa: ANN401  a part of a JSON document
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rsplit("/", 1)[1]
        for part in schema.values():
            yield from _named(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _named(part)


@cache
def of_answer(service: str, route: Route) -> Mapping[str, str]:
    """Give the masked fields of a route's good answer, by name, with their masks."""
    document = described(service)
    operations = document["paths"].get(route.path.removeprefix(f"/{service}"), {})
    operation = operations.get(route.method.lower(), {"responses": {}})
    answers = [one for code, one in operation["responses"].items() if code.startswith("2")]
    known: set[str] = set()
    waiting = list(_named(answers))
    while waiting:
        if (name := waiting.pop()) not in known:
            known.add(name)
            waiting += _named(document["components"]["schemas"][name])
    return {one.field: one.kind for one in masked(service) if one.schema in known}


def leaves(said: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401  a JSON value
    """Give every value of an answer with the way to it; places in a list are one."""
    if isinstance(said, dict):
        for name, one in said.items():
            yield from leaves(one, (*path, name))
    elif isinstance(said, list):
        for one in said:
            yield from leaves(one, (*path, "[]"))
    else:
        yield path, said


async def clear(service: str, connection: AsyncConnection) -> frozenset[str]:
    """Give everything that is sealed in a service's rows, in the clear."""
    found: set[str] = set()
    for one in load(service).metadata.tables.values():
        columns = [each for each in one.columns if isinstance(each.type, Sealed)]
        if columns:
            for row in await connection.execute(select(*columns)):
                found |= {said for said in row if said and len(said) >= LEAST}
    return frozenset(found)


class Fields:
    """What the answers of a service showed, caller by caller."""

    def __init__(self, service: str, sealed: frozenset[str]) -> None:
        """Take whose answers they are, and what none of them may say."""
        self._service, self._sealed = service, sealed
        self._shown: set[str] = set()
        self._of_one: dict[str, dict[str, frozenset[str]]] = {}

    def look(self, route: Route, sent: Request, caller: Caller, answer: Response) -> None:
        """See that an answer says nothing clear, and keep what else it says."""
        who = f"{route.name} {caller}"
        if not route.path.endswith("/reveal"):
            own = {str(one) for said in sent.values() for _, one in leaves(said)}
            found = {one for one in self._sealed if one in answer.text} - own
            assert not found, f"{who}: {found}"
        if not answer.is_success or answer.headers.get("content-type") != "application/json":
            return
        fields, said = of_answer(self._service, route), answer.json()
        for path, value in leaves(said) if fields else ():
            if path[-1] in fields and isinstance(value, str) and value:
                mask = MASKS[fields[path[-1]]]  # type: ignore[index]  # the kinds of the document
                assert mask(value) == value, f"{who} {path}: not masked"
                self._shown.add(path[-1])
        # Of one thing alone: lists show a company other rows than an office.
        if route.method == "GET" and isinstance(said, dict) and "items" not in said:
            there = frozenset(name for name, value in said.items() if value is not None)
            roles = self._of_one.setdefault(route.name, {})
            roles[min(caller.roles)] = roles.get(min(caller.roles), frozenset()) | there

    def lacking(self) -> set[str]:
        """Give the masked fields that no row of the test showed to anybody."""
        return {one.field for one in masked(self._service)} - self._shown

    def by_role(self) -> dict[str, frozenset[str]]:
        """Give the fields of single things that some roles were shown and others not."""
        found = {}
        for name, roles in self._of_one.items():
            every = frozenset[str]().union(*roles.values())
            differing = every - frozenset.intersection(*roles.values())
            if differing:
                found[name] = differing
        return found


def expected(service: str) -> Mapping[str, frozenset[str]]:
    """Give what the page says that not every role is shown, of a service."""
    return {
        name: fields
        for name, fields in table.by_role().items()
        if name.split()[1].startswith(f"/{service}/")
    }
