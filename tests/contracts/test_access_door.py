"""The door under attack: false tokens, odd headers, bodies that must not be read, odd paths."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import jwt
import pytest
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from shared import clock
from shared.auth import own_key
from shared.config import Runtime
from shared.uploads import BODY_LIMIT
from tests.contracts.access import table
from tests.contracts.access.table import PUBLIC
from tests.contracts.conftest import Process
from tests.contracts.test_access import of, somewhere
from tests.fixtures.service import Token
from tests.waiting import until

LIST = "/registry/v1/projects"


def encoded(part: object) -> str:
    said = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


class Forge:
    """Makes tokens with the house's own key, and without it."""

    def __init__(self, runtime: Runtime) -> None:
        self.key = own_key(runtime)
        self.claims: dict[str, Any] = {
            "iss": "xinqing",
            "aud": "xinqing",
            "sub": "tester",
            "exp": int((clock.wall() + timedelta(hours=1)).timestamp()),
            "roles": ["operator"],
            "areas": ["0"],
        }

    def token(self, key: object = None, algorithm: str = "ES256", **changes: Any) -> str:
        """Sign claims as they are said, however wrong; None leaves a claim out."""
        said = {name: value for name, value in (self.claims | changes).items() if value is not None}
        return jwt.api_jws.encode(json.dumps(said).encode(), key or self.key, algorithm)

    def under(self, header: object) -> str:
        """Put a right token's claims and signature under another header."""
        _, claims, signature = self.token().split(".")
        return f"{encoded(header)}.{claims}.{signature}"

    def payload(self, said: bytes) -> str:
        return jwt.api_jws.encode(said, self.key, "ES256")


def false_tokens(forge: Forge) -> Iterator[str]:
    """Give tokens that are none, each for a reason of its own."""
    public = forge.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    other = ec.generate_private_key(ec.SECP256R1())
    own = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(other.public_key()))
    head, claims, signature = forge.token().split(".")
    secret = base64.b64encode(public).decode()
    yield from (
        f"{encoded({'alg': 'none'})}.{claims}.",
        f"{encoded({'alg': 'None'})}.{claims}.{signature}",
        forge.token(other),
        # A key that comes with the token is nobody's.
        jwt.encode(forge.claims, other, "ES256", {"jwk": own, "jku": "http://127.0.0.1/keys"}),
        forge.token(secret, "HS256"),
        forge.token(ec.generate_private_key(ec.SECP384R1()), "ES384"),
        f"{head}.{encoded(forge.claims | {'sub': 'root'})}.{signature}",
        f"{head}.{claims}",
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature}.{signature}",
        f"{head}..{signature}",
    )
    for header in ([], 5, None, {"alg": ["ES256"]}, {"alg": "ES256", "kid": 5}, {"alg": "es256"},
                   {"alg": "ES256", "crit": ["x"], "x": 1}, {"alg": "ES256", "b64": False},
                   b"{", b"\xff\xfe", b"[" * 30_000, b'{"a":' * 8000,
                   b'{"alg":"ES256","x":' + b"9" * 5000 + b"}"):  # fmt: skip
        yield forge.under(header)
    yield from (forge.payload(said) for said in (b"[]", b"5", b"null", b"{", b"[" * 30_000))
    yield from ("a", ".", "..", "..." * 20_000, "a" * 60_000, f"{head}.{'A' * 60_000}.{signature}")
    yield from ("xq_", "xq_\0", "xq_é", "XQ_" + "a" * 43, "xq_" + "a" * 60_000, "xq_' OR 1=1 --")


def false_claims(forge: Forge) -> Iterator[str]:
    """Give tokens of the right key that say what no token may say."""
    past = forge.claims["exp"] - 7200
    yield from (forge.token(exp=exp) for exp in (past, None, "tomorrow", [1], float("nan"), 1e400))
    yield from (forge.token(aud=aud) for aud in ("other", ["other"], None, 5, ""))
    yield from (forge.token(iss=iss) for iss in ("other", ["xinqing"], None, 5))
    yield from (forge.token(nbf=nbf) for nbf in (past + 9000, [1], float("inf")))
    for sub in (None, 5, "", "a\0b", "a\nb", "\ud800", "x" * 256, "key:00000000-0000-7000"):
        yield forge.token(sub=sub)
    yield from (forge.token(areas=areas) for areas in ("0", {"0": 1}, 5, True))
    yield from (forge.token(roles=roles) for roles in ("operator", {"operator": 1}, 5, True))
    yield from (forge.token(org=org) for org in ("x", "\0", [1], {"id": 1}, 5, True))


async def test_a_false_token_opens_nothing(process: Process, runtime: Runtime) -> None:
    forge = Forge(runtime)
    right = await process.http.get(LIST, headers={"authorization": f"Bearer {forge.token()}"})
    assert right.status_code == 200
    for false in (*false_tokens(forge), *false_claims(forge)):
        said = {"authorization": b"Bearer " + false.encode()}
        answer = await process.http.get(LIST, headers=said)
        assert answer.status_code == 401, false[:200]
        assert answer.json()["type"] == "/problems/unauthenticated"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"roles": ["root", "Operator", "operator ", ["operator"], None]}, 403),
        ({"roles": None}, 403),
        ({"areas": None}, 200),
        ({"areas": ["42\0", "\ud800", "%", "", None, ["0"], {"0": 1}, "00", "0 "]}, 200),
        ({"org": ""}, 200),
    ],
)
async def test_what_a_token_misnames_gives_nothing(
    process: Process, runtime: Runtime, claims: dict[str, Any], status: int
) -> None:
    """No role: 403. No area: the list is empty, whoever asks."""
    token = Forge(runtime).token(**claims)
    answer = await process.http.get(LIST, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == status
    assert answer.json().get("items", []) == []


async def test_only_one_spelling_of_the_header_counts(process: Process, runtime: Runtime) -> None:
    token = Forge(runtime).token()
    right = [f"Bearer {token}", f"bearer {token}", f"BEARER {token}", f"Bearer  {token} "]
    wrong = [
        token, f"Bearer:{token}", f"Bearer\t{token}", f" Bearer {token}", f'Bearer "{token}"',
        f"Bearer {token}, Bearer {token}", f"Bearer x {token}", f"Token {token}", f"JWT {token}",
        f"Bearer Bearer {token}", "Bearer", "Bearer ", "", "Bearer null", "Basic b3BlcmF0b3I6eA==",
    ]  # fmt: skip
    for header in (*right, *wrong):
        answer = await process.http.get(LIST, headers={"authorization": header})
        assert answer.status_code == (200 if header in right else 401), header.replace(token, "…")
    elsewhere = await process.http.get(
        LIST,
        params={"access_token": token, "authorization": f"Bearer {token}"},
        headers={"cookie": f"authorization=Bearer {token}", "x-authorization": f"Bearer {token}"},
    )
    assert elsewhere.status_code == 401


# ---- methods and bodies ----------------------------------------------------------------------


async def test_no_other_method_opens_a_door(process: Process, token: Token) -> None:
    """Neither by its own name nor in a header that other frameworks obey.

    405; or, where another route takes the last word for an id, what that one says to no id.
    """
    known: dict[str, set[str]] = {}
    for route in of():
        known.setdefault(somewhere(route), set()).add(route.method)
    for path, methods in known.items():
        for method in {"HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "POST", "PATCH"} - methods:
            answer = await process.http.request(method, path, headers=token("operator"))
            assert answer.status_code in {405, 403, 422}, f"{method} {path}"
        override = {"x-http-method-override": "GET", "x-method-override": "GET", "x-method": "GET"}
        answer = await process.http.request("DELETE", path, headers=token("operator") | override)
        assert answer.status_code == 405, path


async def test_nothing_of_a_body_is_read_before_the_caller_is_known(
    process: Process, token: Token
) -> None:
    """A body that cannot even be received does not matter to whoever may not enter."""

    async def receive() -> Any:  # noqa: ANN401  ASGI's message
        raise AssertionError("the body was asked for")

    for route in of():
        for headers, status in (({}, 401), (token("worker"), 403)):
            said = {"content-type": "application/json", "content-length": "1000"} | headers
            asked = asgi(route.method, somewhere(route), said)
            assert await answered(process.app, asked, receive) == status, route.name


def asgi(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": raw, "client": ("127.0.0.1", 1), "server": ("tests", 80),
    }  # fmt: skip


async def answered(app: FastAPI, scope: dict[str, Any], receive: Any) -> int:  # noqa: ANN401  as above
    statuses = []

    async def send(message: Any) -> None:  # noqa: ANN401  as above
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    (status,) = statuses
    return int(status)


# ---- on the wire -----------------------------------------------------------------------------


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """Serve an app by the house's own server on a free port, without its loops."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.fixture
async def port(process: Process) -> AsyncIterator[int]:
    async with served(process.app) as listening:
        yield listening


async def said(port: int, request: bytes) -> bytes:
    """Send bytes as they are, end nothing, and give what comes back until a status is there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    finally:
        writer.close()
        # The server may have hung up on what it did not want to read.
        with suppress(ConnectionError):
            await writer.wait_closed()


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


GIGABYTE = 1024**3
POST = b"POST /registry/v1/projects HTTP/1.1\r\nHost: tests\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (f"Content-Length: {GIGABYTE}", 413),
        (f"Content-Length: {GIGABYTE}\r\nExpect: 100-continue", 413),
        (f"Content-Length: {BODY_LIMIT}", 401),
        (f"Content-Length: {BODY_LIMIT}\r\nExpect: 100-continue", 401),
        ("Transfer-Encoding: chunked", 401),
        ("Transfer-Encoding: chunked\r\nExpect: 100-continue", 401),
    ],
)
async def test_a_huge_body_is_refused_before_its_first_byte(
    port: int, headers: str, status: int
) -> None:
    """The first thing that comes back is the refusal: no byte was sent, none was asked for."""
    answer = await said(port, POST + headers.encode() + b"\r\n\r\n")
    assert status_of(answer) == status


async def test_a_wrong_role_is_refused_before_the_first_byte(port: int, token: Token) -> None:
    who = f"Authorization: {token('worker')['authorization']}\r\nContent-Length: {BODY_LIMIT}"
    assert status_of(await said(port, POST + who.encode() + b"\r\n\r\n")) == 403


PATHS = [
    "//registry/v1/projects", "/registry//v1/projects", "/registry/v1//projects",
    "/registry/v1/projects/", "/registry/v1/projects//", "/registry/v1/./projects",
    "/registry/v1/../v1/projects", "/registry/v1/public/../projects", "/docs/../v1/projects",
    "/registry/docs/../v1/projects", "/registry/docs/%2e%2e/v1/projects",
    "/registry/%2e%2e/registry/v1/projects", "/registry/v1/projects%2f", "/registry/v1%2fprojects",
    "/registry%2Fv1%2Fprojects", "/%72egistry/v1/projects", "/registry/v1/%70rojects",
    "/registry/v1/projects%00", "/registry/v1/projects%0a", "/registry/v1/projects;x=1",
    "/registry/v1/projects#x", "/registry/v1/projects%23", "/registry/v1/projects%3f",
    "/registry/v1/projects.json", "/REGISTRY/v1/projects", "/registry/V1/PROJECTS",
    "/registry/v1/projects/%2e%2e", "/registry/v1/projects/..%2f..%2fdocs", "\\registry\\v1",
    "/registry/openapi.json/../v1/projects", "http://tests/registry/v1/projects",
    "/registry/registry/v1/projects", "/payroll/registry/v1/projects", "/v1/projects", "*",
    "/registry/v1/projects?authorization=x", "/registry/v1/projects/counts/../",
]  # fmt: skip


async def test_no_spelling_of_a_path_goes_round_the_door(port: int) -> None:
    """Whatever is answered without a token is a refusal, or points back to the door."""
    tricks = ["X-Original-URL: /healthz", "X-Rewrite-URL: /healthz", "X-Forwarded-Prefix: /docs"]
    for path in PATHS:
        lines = [f"GET {path} HTTP/1.1", "Host: tests", *tricks, "Connection: close"]
        answer = await said(port, "\r\n".join([*lines, "", ""]).encode())
        assert status_of(answer) in {307, 400, 401, 404, 405}, path


async def test_odd_requests_open_nothing_and_break_nothing(port: int) -> None:
    for line in ("FOO {} HTTP/1.1", "get {} HTTP/1.1", "GET {} HTTP/1.0", "GET  {} HTTP/1.1"):
        request = f"{line.format(LIST)}\r\nHost: tests\r\nConnection: close\r\n\r\n"
        assert status_of(await said(port, request.encode())) in {400, 401, 405}, line
    long = b"GET /registry/v1/projects HTTP/1.1\r\nHost: tests\r\nAuthorization: Bearer "
    answer = await said(port, long + b"a" * 1_000_000 + b"\r\nConnection: close\r\n\r\n")
    assert status_of(answer) in {400, 401, 431}
    # What a refused request left unread is never taken for the next request.
    hidden = b"GET /healthz HTTP/1.1\r\nHost: tests\r\n\r\n"
    head = POST + f"Content-Length: {len(hidden)}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        head + hidden + b"GET /nowhere HTTP/1.1\r\nHost: tests\r\nConnection: close\r\n\r\n"
    )
    answers = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    assert b'"ok"' not in answers


async def test_unheard_of_methods_fill_no_metrics(process: Process) -> None:
    for number in range(50):
        await process.http.request(f"X{number}", LIST)
    assert "X49" not in (await process.http.get("/metrics")).text


def test_documents_and_the_public_door_are_public_beside_the_process_and_what_is_signed() -> None:
    public = {route.path for route in table.routes() if route.permission == PUBLIC}
    ends = ("/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc")
    assert {path for path in public if not path.endswith(ends)} == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/alerts/v1/sms/reports",
        "/payroll/v1/canary",
        # The public door (decision 0032): what whoever is owed wages can do without an account.
        "/cases/v1/public/boards/{code}",
        "/cases/v1/public/boards/{code}/site",
        "/cases/v1/public/boards/{code}/reports",
        "/cases/v1/public/mailbox",
        "/cases/v1/public/mailbox/messages",
        "/cases/v1/public/mailbox/files",
        "/cases/v1/public/mailbox/withdrawal",
        "/cases/v1/public/mailbox/retaliations",
        "/cases/v1/public/places/{area}",
    }
