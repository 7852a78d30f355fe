"""Each operation meets bodies, queries and ids that nobody thought of: it answers as documented.

No answer is a failure of ours, every refusal is a problem document, every status is told in the
OpenAPI document, and what is answered has the form that is told there. Requests are drawn from
the document by schemathesis, and made of good ones of which a part is spoiled.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from random import Random
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from httpx import URL, ASGITransport, AsyncClient, Response
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from sqlalchemy import text

from shared.config import Runtime
from shared.problems import MEDIA_TYPE
from tests.contracts import record
from tests.contracts.access import table
from tests.contracts.conftest import Process
from tests.contracts.test_access_elsewhere import Hefeng, of_role, with_rows
from tests.fixtures.database import load, names
from tests.fixtures.service import Time

# What has broken doors elsewhere: NUL, other digits, the ends of time, numbers without end.
NASTY: list[Any] = [
    "\0", "a\0b", "\ud800", "𠮷👷\u202e", "x" * 5000, "", " ", "%", "'; --", "\r\n", "１２", "٣",
    "4２2828", "２０２３-０１", "0000-01", "0001-01-01", "9999-12-31", "2023-02-30",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2023-01-10T10:00:00",
    "24:00", "09:00+08:00", "NaN", "-Infinity", "1e400", "-0.00", "0.001", "1_000",
    -1, 0, 2**31, 2**63, 10**40, 1.5, float("nan"), float("inf"), 1e308, -0.0,
    None, True, [], {}, [[]], {"a": {}}, [None] * 300,
    "00000000-0000-0000-0000-000000000000", "http://[", "http://127.0.0.1:99999/",
]  # fmt: skip
STRANGE_IDS = ["x", "%00", "%D9%A3", "00000000-0000-0000-0000-000000000000", "-1", "%FF"]
# A mail is bytes like any other to whoever draws one.
schemathesis.serializer.alias("message/rfc822", "text/plain")
# How often a path names a row that is there.
KNOWN = 0.9
SERVER = 500


def _places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the way to every part of a body, the body itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, part in inner:
        yield from _places(part, (*path, key))


def spoiled(body: object, dice: Random) -> object:
    """Give a body with one to three of its parts replaced, taken away, or doubled."""
    made = {"body": deepcopy(body)}
    for _ in range(dice.randint(1, 3)):
        *way, last = dice.choice([("body", *path) for path in _places(made["body"])])
        parent: Any = made
        for key in way:
            parent = parent[key]
        what = dice.random()
        if what < 0.1 and isinstance(parent, list):
            parent.append(deepcopy(parent[last]))
        elif what < 0.2 and parent is not made:
            del parent[last]
        elif what < 0.3 and isinstance(parent, dict) and parent is not made:
            parent["colour"] = deepcopy(dice.choice(NASTY))
        else:
            parent[last] = deepcopy(dice.choice(NASTY))
    return made["body"]


def written(body: object) -> bytes:
    return json.dumps(body).encode()


def asked(query: list[tuple[str, str]]) -> bytes:
    """Write a query, half signs included."""
    return urlencode(query, errors="surrogatepass").encode()


@dataclass(frozen=True, slots=True)
class Sent:
    """What an operation is sent."""

    query: bytes = b""
    body: bytes | None = None
    media_type: str = "application/json"


@cache
def described(name: str) -> dict[str, Any]:
    return record.openapi(load(name))


def _draw(cases: st.SearchStrategy[Any], often: int, number: int) -> list[Any]:
    """Draw the same cases at every run, and others in each round."""
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=often,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def draw(case: Any) -> None:  # noqa: ANN401  its class is schemathesis' own affair
        found.append(case)

    draw()
    return found


@cache
def operations(name: str) -> Any:  # noqa: ANN401  as above
    return schemathesis.openapi.from_dict(described(name))


def drawn(name: str, path: str, method: str, often: int, number: int) -> list[Any]:
    """Draw cases from the document: some that fit it, some that do not."""
    operation = operations(name)[path][method]
    return [
        case
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for case in _draw(operation.as_strategy(generation_mode=mode), often, number)
    ]


def sent(case: Any) -> Sent:  # noqa: ANN401  its class is schemathesis' own affair
    """Give a drawn case as the client sends it."""
    query = [
        (name, str(value))
        for name, values in (case.query or {}).items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if case.body is NOT_SET:
        return Sent(asked(query))
    body = case.body if isinstance(case.body, bytes) else written(case.body)
    return Sent(asked(query), body, case.media_type)


class Door:
    """One operation of a service with its rows: what it is sent, and what it may answer."""

    def __init__(self, hefeng: Hefeng, route: table.Route) -> None:
        self.hefeng, self.route = hefeng, route
        self.path = route.path.removeprefix(f"/{hefeng.name}")
        self.method = route.method.lower()
        self.told = described(hefeng.name)["paths"][self.path][self.method]
        self.components = described(hefeng.name)["components"]
        self.good = [dict(one) for one in hefeng.rows.requests.get(route.name, ())]

    def requests(self, often: int, number: int, dice: Random) -> Iterator[Sent]:
        for case in drawn(self.hefeng.name, self.path, self.method, often, number):
            yield sent(case)
        bodies = [one["json"] for one in self.good if one.get("json") is not None]
        for _ in range(often * 3 if bodies else 0):
            yield Sent(body=written(spoiled(dice.choice(bodies), dice)))
        queries = [one["name"] for one in self.told.get("parameters", ()) if one["in"] == "query"]
        for _ in range(often if queries else 0):
            yield Sent(asked([(dice.choice(queries), str(dice.choice(NASTY)))]))

    def url(self, dice: Random) -> str:
        """Give the path, mostly with the ids of rows that are there."""
        rows = self.hefeng.rows
        known = {**rows.codes, **rows.ids} | self.hefeng.rows.own_ids.get(self.route.name, {})

        def put(match: re.Match[str]) -> str:
            return str(known[match[1]]) if dice.random() < KNOWN else dice.choice(STRANGE_IDS)

        return re.sub(r"\{(\w+)\}", put, self.route.path)

    def wrong(self, answer: Response) -> str:
        """Say what is wrong with an answer; nothing if it is as documented."""
        kind = answer.headers.get("content-type", "").partition(";")[0]
        told = self.told["responses"].get(str(answer.status_code))
        if told is None:
            return "the document does not tell of this status"
        if answer.is_error and kind != MEDIA_TYPE:
            return f"no problem document but {kind}"
        content = told.get("content", {}).get(kind, {})
        if "schema" not in content and "filename=" in answer.headers.get("content-disposition", ""):
            return ""  # A file has no schema.
        schema = content["schema"] | {"components": self.components}
        # An export is text, a document a line.
        said = answer.text if schema.get("type") == "string" else answer.json()
        found = Draft202012Validator(schema).iter_errors(said)
        return "; ".join(f"{list(each.path)}: {each.message[:200]}" for each in found)


@pytest.fixture(params=names())
async def hefeng(
    request: pytest.FixtureRequest, process: Process, runtime: Runtime, time: Time
) -> AsyncIterator[Hefeng]:
    """Give each service in turn, with its rows made."""
    made = await with_rows(request.param, process, runtime, time)
    # All requests share one transaction, which lives longer than any of the house may.
    await made.connection.execute(text("SET transaction_timeout = 0"))
    # A failure of ours is an answer, too: the other requests still go out.
    transport = ASGITransport(process.app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://tests") as http:
        yield replace(made, process=replace(process, http=http))


async def _round(hefeng: Hefeng, often: int, number: int) -> AsyncIterator[str]:
    """Send to each operation, so often of each kind; give what is wrong."""
    for route in table.routes():
        path = route.path.removeprefix(f"/{hefeng.name}")
        if route.service != hefeng.name or path not in described(hefeng.name)["paths"]:
            continue
        door, dice = Door(hefeng, route), Random(f"{route.name} {often} {number}")
        headers: dict[str, str] = {}
        if route.permission != table.PUBLIC:
            role = min(table.holders()[route.permission])
            headers = dict(hefeng.headers(of_role(hefeng, route, role, own=True)))
        for one in door.requests(often, number, dice):
            undone = await hefeng.connection.begin_nested()
            answer = await hefeng.process.http.request(
                route.method,
                URL(door.url(dice), query=one.query),
                content=one.body,
                headers=headers
                if one.body is None
                else {**headers, "content-type": one.media_type},
            )
            await undone.rollback()
            if answer.status_code >= SERVER or (found := door.wrong(answer)):
                found = answer.text if answer.status_code >= SERVER else found
                yield f"{route.name} {one} → {answer.status_code}: {found}"


@pytest.mark.parametrize(
    ("often", "seconds"), [(2, 0), pytest.param(100, 600, marks=pytest.mark.soak)]
)
async def test_whatever_is_sent_is_answered_as_documented(
    hefeng: Hefeng, often: int, seconds: float
) -> None:
    """The long form goes round until its ten minutes are over, a whole round at least."""
    until = monotonic() + seconds
    for number in count():
        wrong = [found async for found in _round(hefeng, often, number)]
        assert not wrong, "\n".join(wrong[:20])
        if monotonic() >= until:
            return
