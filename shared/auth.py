"""Who calls and what they may do: OIDC tokens, API keys, one table of roles; deny by default."""

import asyncio
import contextlib
import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import Depends, Request, params
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from shared import clock
from shared.areas import Scope, is_area_code
from shared.config import Runtime
from shared.db import Plumbing, Session, Sessions
from shared.problems import Problem, Unavailable
from shared.roles import KNOWN_ROLES, LIMITED_TO_OWN, permissions_of
from shared.wording import Text

log = structlog.get_logger()

OWN_ISSUER = "xinqing"
KEY_PREFIX = "xq_"
# How a machine is called; no token may bear such a name, for what asks for persons looks here.
_MACHINE = "key:"
# What OpenID Connect allows a subject.
LONGEST_SUBJECT = 255
# Seconds for which an issuer's keys are kept, and after which an unknown key id asks again.
KEPT_FOR, ASKED_AFTER = 3600, 10
TAKEN = 1000
"""Tokens that were found good, of which is known that they were."""


class Unauthenticated(Problem):
    """No token, or one that is not taken."""

    status = 401
    title = Text("请先登录或提供有效令牌", "A valid token is needed")

    def __init__(self) -> None:
        """Say by which scheme to come again (RFC 9110)."""
        super().__init__(headers={"www-authenticate": "Bearer"})


class Forbidden(Problem):
    """The caller's roles do not allow this."""

    status = 403
    title = Text("您的角色无权进行此操作", "Your roles do not allow this")


class ApiKey(Plumbing):
    """A machine's key: only its hash is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("uq_api_keys_hash", "key_hash", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_hash: Mapped[str]
    name: Mapped[str]
    org_id: Mapped[UUID | None]
    areas: Mapped[list[str]]
    roles: Mapped[list[str]]
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a person by token or a machine by API key."""

    subject: str
    roles: frozenset[str]
    areas: frozenset[str]
    org: UUID | None = None

    @property
    def actor(self) -> str:
        """Give what audit and logs call it: an id, never a name."""
        return self.subject

    @property
    def is_machine(self) -> bool:
        """Say whether an API key is calling: what a person decides, no machine does."""
        return self.subject.startswith(_MACHINE)

    @property
    def permissions(self) -> frozenset[str]:
        """Give what its roles allow, together."""
        return permissions_of(self.roles)

    @property
    def scope(self) -> Scope:
        """Give the rows it may see: its areas, and only its own if no role sees others'."""
        if not self.roles <= LIMITED_TO_OWN:
            return Scope(self.areas)
        # A limited role that names no organisation has nothing of its own to see.
        return Scope(self.areas, self.org) if self.org else Scope(frozenset(), None)


def new_key() -> tuple[str, str]:
    """Make an API key; give it (to be shown once) and its hash (to be kept)."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, hash_of(key)


def hash_of(key: str) -> str:
    """Give the hash under which a key is kept; it has 256 random bits, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """The public keys of the issuer, fetched by JWKS and kept for a while; or our own pair."""

    def __init__(self, runtime: Runtime) -> None:
        """Take the settings; the own key pair is made where neither it nor an issuer is there."""
        self.runtime = runtime
        self._jwks: dict[str, Any] = {}
        self._stale_at = self._ask_again_at = 0.0
        self._away = False
        self._asking: asyncio.Task[None] | None = None
        self._taken: dict[str, dict[str, Any]] = {}
        self._own: ec.EllipticCurvePrivateKey | None = None
        if not runtime.oidc_issuer:
            self._own = own_key(runtime)

    async def claims(self, token: str) -> dict[str, Any]:
        """Give a token's claims if it is signed by the issuer, for us, and in time.

        One that was found good is so until it ends, or the issuer tells of its keys again: to
        verify it takes longer than all else about a small request.
        """
        fresh = self._own or time.monotonic() < self._stale_at
        known = self._taken.get(token) if fresh else None
        if known is None or int(known["exp"]) <= time.time():
            known = await self._verified(token)
            if len(self._taken) >= TAKEN:
                self._taken.clear()
            self._taken[token] = known
        return dict(known)

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            if self._own:
                return jwt.decode(
                    token,
                    self._own.public_key(),
                    ["ES256"],
                    audience=self.runtime.oidc_audience,
                    issuer=OWN_ISSUER,
                    options={"require": ["exp", "sub"]},
                )
            header = jwt.get_unverified_header(token)
            key = await self._issuer_key(str(header.get("kid", "")))
            return jwt.decode(
                token,
                key,
                [key.algorithm_name],
                leeway=30,
                audience=self.runtime.oidc_audience,
                issuer=self.runtime.oidc_issuer,
                options={"require": ["exp", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated from error

    async def _issuer_key(self, kid: str) -> jwt.PyJWK:
        """Give a key of the issuer; an unknown one is a reason to look again, but not at once.

        A known key waits for no stranger: it serves on while the issuer is asked, or is away.
        Raises Unavailable for another one then.
        """
        now = time.monotonic()
        if (kid not in self._jwks or now >= self._stale_at) and now >= self._ask_again_at:
            self._ask_again_at = now + ASKED_AFTER
            self._asking = asyncio.create_task(self._ask())
        if kid not in self._jwks and self._asking:
            await asyncio.shield(self._asking)
        if kid in self._jwks:
            return jwt.PyJWK(self._jwks[kid])
        if self._away:
            raise Unavailable(headers={"retry-after": str(ASKED_AFTER)})
        raise Unauthenticated

    async def _ask(self) -> None:
        self._away = not await self._fetch()
        if not self._away:
            self._stale_at = time.monotonic() + KEPT_FOR

    async def _fetch(self) -> bool:
        """Fetch the issuer's keys; False where it is away or talks nonsense.

        The issuer is named by the operator, not by a caller.
        """
        issuer = str(self.runtime.oidc_issuer).rstrip("/")
        try:
            async with (
                asyncio.timeout(ASKED_AFTER),
                httpx.AsyncClient(timeout=5, trust_env=False) as client,
            ):
                about = await client.get(f"{issuer}/.well-known/openid-configuration")
                found = await client.get(about.raise_for_status().json()["jwks_uri"])
                keys = found.raise_for_status().json()["keys"]
            self._taken.clear()  # The key of one may be gone.
            self._jwks = {
                key.get("kid", ""): key
                for key in keys
                if key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"
            }
        except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("issuer_away", issuer=issuer, reason=type(error).__name__)
            return False
        return True


def own_key(runtime: Runtime) -> ec.EllipticCurvePrivateKey:
    """Read the own key pair, made at first use, readable by its owner only."""
    path: Path = runtime.token_key or runtime.data_dir / "token.pem"
    if not path.exists():
        _make_key(path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} does not hold an elliptic-curve key")
    return key


def _make_key(path: Path) -> None:
    """Make a key pair under a name of its own, then give it its name: whole, and only once."""
    made = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    new.touch(mode=0o600)
    new.write_bytes(made)
    # Another process may have been faster; then its key counts.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()


def make_token(
    runtime: Runtime,
    *,
    subject: str,
    roles: Iterable[str],
    areas: Iterable[str],
    org: UUID | None = None,
    hours: float = 12,
) -> str:
    """Sign a token with the own key (embedded mode, demo, tests)."""
    claims = {
        "iss": OWN_ISSUER,
        "aud": runtime.oidc_audience,
        "sub": subject,
        "exp": clock.wall() + timedelta(hours=hours),
        "iat": clock.wall(),
        "roles": sorted(roles),
        "areas": sorted(areas),
    }
    if org:
        claims["org"] = str(org)
    return jwt.encode(claims, own_key(runtime), "ES256")


def _caller(subject: str, claims: dict[str, Any]) -> Caller:
    """Read claims; roles that the table does not know, and areas that are none, give nothing."""
    if not subject.isprintable() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Unauthenticated
    try:
        org = UUID(str(claims["org"])) if claims.get("org") else None
    except ValueError as error:
        raise Unauthenticated from error
    roles, areas = claims.get("roles") or (), claims.get("areas") or ()
    if not isinstance(roles, (list, tuple)) or not isinstance(areas, (list, tuple)):
        raise Unauthenticated
    inside = frozenset(code for code in map(str, areas) if is_area_code(code))
    return Caller(subject, frozenset(map(str, roles)) & KNOWN_ROLES, inside, org)


async def authenticate(request: Request) -> Caller:
    """Say who calls, by `Authorization: Bearer <token or API key>`; raise Unauthenticated."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated
    if token.startswith(KEY_PREFIX):
        return await _machine(request.app.state.sessions, token)
    claims = await request.app.state.keys.claims(token.strip())
    subject = str(claims["sub"])
    if subject.startswith(_MACHINE):
        raise Unauthenticated
    return _caller(subject, claims)


async def _machine(sessions: Sessions, key: str) -> Caller:
    async with sessions.begin("auth") as session:
        row = await find_key(session, hash_of(key))
    if row is None or row.revoked_at or (row.valid_until and row.valid_until <= clock.wall()):
        raise Unauthenticated
    claims = {"org": row.org_id, "roles": row.roles, "areas": row.areas}
    return _caller(f"{_MACHINE}{row.id}", claims)


async def find_key(session: Session, key_hash: str) -> ApiKey | None:
    """Give the key of a hash, or None."""
    return (await session.scalars(select(ApiKey).where(ApiKey.key_hash == key_hash))).one_or_none()


@dataclass(frozen=True)
class May:
    """The permission that a route asks for; read by the route class before the body is."""

    permission: str

    async def __call__(self) -> None:
        """Do nothing: the check is made by `check`, before FastAPI reads the body."""


def may(permission: str) -> params.Depends:
    """Say who may call a route: `dependencies=[may("payroll:send_feed")]`."""
    asked: params.Depends = Depends(May(permission))
    return asked


async def check(request: Request, permission: str) -> None:
    """Let a caller in whose roles hold the permission; `public` lets anybody in."""
    if permission == "public":
        request.state.caller = Caller("anonymous", frozenset(), frozenset())
        return
    caller = await authenticate(request)
    request.state.caller = caller
    if permission not in caller.permissions:
        raise Forbidden(permission=permission)


def describe(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document how a caller says who it is."""
    document["components"]["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token of the OIDC issuer, or an API key",
        }
    }
    document["security"] = [{"bearer": []}]


async def _who(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_who)]
