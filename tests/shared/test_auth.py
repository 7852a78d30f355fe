"""Who calls: tokens of an issuer, by its keys alone; own tokens; machines' keys; roles."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from shared import auth, clock
from shared.app import service_app
from shared.areas import Scope
from shared.auth import ApiKey, Caller, Keys, own_key
from shared.config import Runtime
from shared.db import Sessions, new_id
from shared.roles import KNOWN_ROLES, LIMITED_TO_OWN, PERMISSIONS
from shared.service import Service
from tests.fixtures.service import Token
from tests.waiting import until

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
KINDS: dict[type[Any], Any] = {
    rsa.RSAPrivateKey: RSAAlgorithm,
    ec.EllipticCurvePrivateKey: ECAlgorithm,
    ed25519.Ed25519PrivateKey: OKPAlgorithm,
}
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = rsa.generate_private_key(65537, 2048)
LIST = "/house/v1/stones"


class Issuer:
    """An OIDC issuer: a real HTTP server that gives its document and its keys."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.broken = False
        self.hold = threading.Event()
        self.hold.set()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.hold.wait(10)
                issuer.asked += self.path == "/keys"
                about = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                said = {"keys": issuer.keys} if self.path == "/keys" else about
                self.send_response(500 if issuer.broken else 200)
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def offer(self, key: Key, kid: str, **more: str) -> None:
        algorithm: Any = next(shown for kind, shown in KINDS.items() if isinstance(key, kind))
        shown = algorithm.to_jwk(key.public_key(), as_dict=True)
        self.keys.append(shown | {"kid": kid, "use": "sig"} | more)

    def token(self, key: Key = RSA, algorithm: str = "RS256", kid: str = "r", **claims: Any) -> str:
        said: dict[str, Any] = {
            "iss": self.url,
            "aud": "xinqing",
            "sub": "u1",
            "exp": clock.wall() + timedelta(hours=1),
            "roles": ["inspector"],
            "areas": ["42"],
        }
        kept = {name: value for name, value in (said | claims).items() if value is not None}
        return jwt.encode(kept, key, algorithm, {"kid": kid})


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    made.offer(RSA, "r", alg="RS256")
    made.offer(EC, "e")
    made.offer(ED, "d")
    yield made
    made.close()


@pytest.fixture
def keys(issuer: Issuer, tmp_path: Path) -> Keys:
    """Give keys that are the issuer's; the app under test takes these tokens only."""
    return Keys(Runtime(oidc_issuer=issuer.url, data_dir=tmp_path, kafka_brokers=None))


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def status(client: AsyncClient, token: str) -> int:
    return (await client.get(LIST, headers=bearer(token))).status_code


async def test_tokens_of_the_issuer_are_taken(keys: Keys, issuer: Issuer) -> None:
    for key, algorithm, kid in ((RSA, "RS256", "r"), (EC, "ES256", "e"), (ED, "EdDSA", "d")):
        claims = await keys.claims(issuer.token(key, algorithm, kid))
        assert claims["sub"] == "u1"
    assert issuer.asked == 1, "the keys are kept"


def confused(issuer: Issuer) -> str:
    """Sign by HMAC with the issuer's public key as the secret, which is no secret."""
    public = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    body = issuer.token().split(".")[1]
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"r"}').rstrip(b"=").decode()
    mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned(issuer: Issuer) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"r"}').rstrip(b"=").decode()
    return f"{head}.{issuer.token().split('.')[1]}."


def bad_tokens(issuer: Issuer) -> dict[str, str]:
    now = clock.wall()
    good = issuer.token()
    return {
        "signed by another key": issuer.token(OTHER),
        "signed by another algorithm": issuer.token(RSA, "RS512"),
        "a public key used as a secret": confused(issuer),
        "not signed": unsigned(issuer),
        "key and algorithm of two kinds": issuer.token(RSA, "RS256", "e"),
        "an unknown key": issuer.token(kid="unknown"),
        "expired": issuer.token(exp=now - timedelta(minutes=1)),
        "without an end": issuer.token(exp=None),
        "without a subject": issuer.token(sub=None),
        "not yet valid": issuer.token(nbf=now + timedelta(minutes=5)),
        "for another audience": issuer.token(aud="other"),
        "for no audience": issuer.token(aud=None),
        "of another issuer": issuer.token(iss="https://elsewhere.example"),
        "of nobody": issuer.token(iss=None),
        "cut": good[:-4],
        "changed": good.replace(".", ".e", 1),
        "no token": "abc",
        "dots": "..",
        "an organisation that is none": issuer.token(org="not an id"),
        "roles that are no list": issuer.token(roles="inspector"),
    }


async def test_bad_tokens_are_refused(client: AsyncClient, issuer: Issuer) -> None:
    for what, token in bad_tokens(issuer).items():
        answer = await client.get(LIST, headers=bearer(token))
        assert answer.status_code == 401, what
        assert answer.headers["www-authenticate"] == "Bearer", what
        assert answer.json()["type"] == "/problems/unauthenticated"
    assert await status(client, issuer.token()) == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dTpw", "Token x"])
async def test_without_a_bearer_token_nobody_is_known(client: AsyncClient, header: str) -> None:
    answer = await client.get(LIST, headers={"authorization": header} if header else {})
    assert answer.status_code == 401


async def test_the_issuers_clock_may_be_half_a_minute_off(keys: Keys, issuer: Issuer) -> None:
    now = clock.wall()
    await keys.claims(issuer.token(exp=now - timedelta(seconds=20)))
    await keys.claims(issuer.token(nbf=now + timedelta(seconds=20)))


async def test_a_new_key_is_fetched_but_not_at_every_guess(
    keys: Keys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.claims(issuer.token())
    issuer.offer(OTHER, "new")
    for _ in range(5):
        with pytest.raises(auth.Unauthenticated):
            await keys.claims(issuer.token(OTHER, kid="new"))
    assert issuer.asked == 1
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)
    await asyncio.gather(*(keys.claims(issuer.token(OTHER, kid="new")) for _ in range(5)))
    assert issuer.asked == 2


async def test_an_old_key_is_dropped_when_the_issuer_no_longer_has_it(
    keys: Keys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.claims(issuer.token())
    issuer.keys.clear()
    await keys.claims(issuer.token())
    monkeypatch.setattr(keys, "_stale_at", 0.0)
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)
    await keys.claims(issuer.token())

    async def dropped() -> bool:
        with contextlib.suppress(auth.Unauthenticated):
            await keys.claims(issuer.token())
            return False
        return True

    await until(dropped)


async def test_a_token_that_was_good_is_so_until_it_ends_or_its_key_is_gone(
    keys: Keys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token()
    first = await keys.claims(token)
    with monkeypatch.context() as other:
        # It is not verified again: that would fail.
        other.setattr(jwt, "decode", None)
        (await keys.claims(token)).clear()
        assert await keys.claims(token) == first
        keys._taken[token]["exp"] = 1  # noqa: SLF001  one that has ended
        with pytest.raises(TypeError):
            await keys.claims(token)
    issuer.keys.clear()
    monkeypatch.setattr(keys, "_stale_at", 0.0)
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)

    async def dropped() -> bool:
        with contextlib.suppress(auth.Unauthenticated):
            await keys.claims(token)
            return False
        return True

    await until(dropped)


async def test_a_known_key_does_not_wait_for_an_issuer_that_hangs(
    keys: Keys, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keys.claims(issuer.token())
    monkeypatch.setattr(keys, "_stale_at", 0.0)
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)
    issuer.hold.clear()
    for _ in range(3):
        await keys.claims(issuer.token())
    assert keys._asking is not None  # noqa: SLF001  it is still being asked
    assert not keys._asking.done()  # noqa: SLF001
    issuer.hold.set()
    await keys._asking  # noqa: SLF001
    assert issuer.asked == 2


async def test_known_keys_serve_on_while_the_issuer_is_away(
    keys: Keys, issuer: Issuer, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.broken = True
    answer = await client.get(LIST, headers=bearer(issuer.token()))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    issuer.broken = False
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)
    assert await status(client, issuer.token()) == 200
    issuer.broken = True
    monkeypatch.setattr(keys, "_stale_at", 0.0)
    monkeypatch.setattr(keys, "_ask_again_at", 0.0)
    assert await status(client, issuer.token()) == 200
    assert await status(client, issuer.token(OTHER, kid="new")) == 503


async def test_keys_that_are_not_for_signatures_are_not_taken(keys: Keys, issuer: Issuer) -> None:
    issuer.keys.clear()
    issuer.offer(RSA, "r", use="enc")
    issuer.keys.append({"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"})
    with pytest.raises(auth.Unauthenticated):
        await keys.claims(issuer.token())
    mac = jwt.encode(
        {"sub": "u", "aud": "xinqing", "iss": issuer.url, "exp": 9999999999},
        "secret-secret-secret-secret-secret",
        "HS256",
        {"kid": "secret"},
    )
    with pytest.raises(auth.Unauthenticated):
        await keys.claims(mac)


async def test_unknown_roles_allow_nothing(client: AsyncClient, issuer: Issuer) -> None:
    assert await status(client, issuer.token(roles=["god", "admin"])) == 403
    assert await status(client, issuer.token(roles=None)) == 403
    assert await status(client, issuer.token(roles=["god", "inspector"])) == 200
    answer = await client.post("/house/v1/stones", headers=bearer(issuer.token()), json={})
    assert answer.status_code == 403
    assert answer.json()["permission"] == "registry:write_projects"


async def test_an_own_token_is_not_taken_beside_an_issuer(
    client: AsyncClient, token: Token
) -> None:
    answer = await client.get(LIST, headers=token("operator"))
    assert answer.status_code == 401


@pytest.fixture
async def own(service: Service, sessions: Sessions, runtime: Runtime) -> AsyncIterator[AsyncClient]:
    """Give a client of an app that takes its own tokens, and machines' keys."""
    root = FastAPI()
    root.mount("/house", service_app(service, sessions, Keys(runtime)))
    async with AsyncClient(transport=ASGITransport(root), base_url="http://tests") as made:
        yield made


async def test_own_tokens_end_and_name_their_audience(
    own: AsyncClient, token: Token, runtime: Runtime, tmp_path: Path
) -> None:
    assert (await own.get(LIST, headers=token("operator"))).status_code == 200
    asked: dict[str, Any] = {"subject": "u", "roles": ["operator"], "areas": ["0"]}
    expired = auth.make_token(runtime, **asked, hours=-1)
    elsewhere = auth.make_token(runtime.model_copy(update={"oidc_audience": "other"}), **asked)
    foreign = auth.make_token(Runtime(data_dir=tmp_path), **asked)
    for bad in (expired, elsewhere, foreign):
        assert await status(own, bad) == 401


async def issue(sessions: Sessions, **changes: Any) -> str:
    key, key_hash = auth.new_key()
    async with sessions.begin() as session:
        row = {
            "id": new_id(),
            "key_hash": key_hash,
            "name": "province",
            "areas": ["42"],
            "roles": ["provincial_system"],
        }
        session.add(ApiKey(**(row | changes)))
    return key


async def test_a_machines_key_is_taken_until_it_ends_or_is_revoked(
    own: AsyncClient, sessions: Sessions
) -> None:
    now = clock.wall()
    taken = {
        await issue(sessions): 200,
        await issue(sessions, valid_until=now + timedelta(minutes=1)): 200,
        await issue(sessions, valid_until=now - timedelta(seconds=1)): 401,
        await issue(sessions, revoked_at=now): 401,
        await issue(sessions, roles=["god"]): 403,
        "xq_" + "x" * 43: 401,
        "xq_": 401,
    }
    for key, expected in taken.items():
        assert await status(own, key) == expected


async def test_only_the_hash_of_a_key_is_kept(sessions: Sessions) -> None:
    key = await issue(sessions)
    async with sessions.begin() as session:
        row = await auth.find_key(session, auth.hash_of(key))
        assert row is not None
        assert key not in str(vars(row))
        assert await auth.find_key(session, key) is None


ORG = UUID("01890000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("roles", "org", "scope"),
    [
        ({"wage_office"}, None, Scope(frozenset({"42"}))),
        ({"wage_office"}, ORG, Scope(frozenset({"42"}))),
        ({"contractor"}, ORG, Scope(frozenset({"42"}), ORG)),
        ({"contractor", "bank"}, ORG, Scope(frozenset({"42"}), ORG)),
        ({"contractor", "inspector"}, ORG, Scope(frozenset({"42"}))),
        ({"contractor"}, None, Scope(frozenset())),
        (set(), None, Scope(frozenset())),
    ],
)
def test_who_is_limited_to_his_own_sees_nothing_else(
    roles: set[str], org: UUID | None, scope: Scope
) -> None:
    assert Caller("u", frozenset(roles), frozenset({"42"}), org).scope == scope


def test_a_co_inspector_adds_findings_and_decides_nothing() -> None:
    writes = {p for p in PERMISSIONS["co_inspector"] if not p.endswith(":read")}
    assert writes == {
        *("cases:add_evidence", "cases:add_finding", "registry:add_finding"),
        *("alerts:read_signs", "alerts:report_signs", "cases:read_cases"),
    }


def test_every_limited_role_is_in_the_table() -> None:
    assert LIMITED_TO_OWN <= KNOWN_ROLES


def test_the_own_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    runtime = Runtime(data_dir=tmp_path / "data")
    made: list[bytes] = []

    def make() -> None:
        key = own_key(runtime).public_key()
        made.append(
            key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    (path,) = (tmp_path / "data").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        RSA.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with pytest.raises(TypeError, match="elliptic"):
        own_key(Runtime(token_key=path))
