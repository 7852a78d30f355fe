"""Every router's routes: who may call is checked before the body is read, repeats are answered."""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import LargeBinary, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column
from starlette.datastructures import UploadFile

from shared import auth, clock
from shared.db import Plumbing, Session, Sessions, new_id
from shared.problems import Problem, answer
from shared.roles import ALL_PERMISSIONS
from shared.wording import Text

HEADER = "idempotency-key"
LIVES = timedelta(days=7)
# How long a second request waits for the first one with the same key.
PATIENCE = "5s"
WRITES = {"POST", "PUT", "PATCH"}


class KeyReused(Problem):
    """The key came before with another request."""

    status = 422
    title = Text("该幂等键已用于另一请求", "This idempotency key came with another request")


class KeyBusy(Problem):
    """The first request with this key is still being worked on."""

    status = 409
    title = Text("相同请求正在处理，请稍后重试", "The same request is under way; try again later")


class KeyMalformed(Problem):
    """The key is empty or longer than 200 characters."""

    status = 400
    title = Text("幂等键应为 1–200 个字符", "An idempotency key has 1 to 200 characters")


class IdempotencyKey(Plumbing):
    """A request that was made with a key, and its answer, written with the work itself."""

    __tablename__ = "idempotency_keys"

    id: Mapped[UUID] = mapped_column(index=True)
    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


async def _request_hash(request: Request) -> str:
    """Give the digest of method, path, query and body (of a form: its parts, as parsed).

    The caller's areas and organisation belong to it: whoever moved on since gets no answer that
    was made for another scope.
    """
    caller: auth.Caller = request.state.caller
    asked = f"{request.method} {request.url.path}?{request.url.query}"
    digest = hashlib.sha256(f"{asked} {sorted(caller.areas)} {caller.org}\n".encode())
    if request.headers.get("content-type", "").startswith(("multipart/", "application/x-www")):
        for name, part in (await request.form()).multi_items():
            digest.update(name.encode())
            if isinstance(part, UploadFile):
                digest.update(str(part.filename).encode() + await part.read())
                await part.seek(0)
            else:
                digest.update(part.encode())
    else:
        digest.update(await request.body())
    return digest.hexdigest()


async def _begin(session: Session, caller: str, key: str, request_hash: str) -> Response | None:
    """Claim a key in this transaction, or give the answer that it was given before.

    A second request waits on the first one's row, 5 s at most.
    """
    await session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    try:
        claimed = await session.scalar(
            insert(IdempotencyKey)
            .values(
                id=new_id(),
                caller=caller,
                key=key,
                request_hash=request_hash,
                created_at=clock.wall(),
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.id)
        )
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            raise KeyBusy(headers={"retry-after": "5"}) from error
        raise
    await session.execute(text("SET LOCAL lock_timeout = 0"))
    if claimed:
        return None
    row = (
        await session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key)
        )
    ).one()
    if row.request_hash != request_hash:
        raise KeyReused
    if row.status is None:
        # The first answer held a secret that is shown once, so there is nothing to repeat.
        raise KeyReused(
            Text("首次答复含一次性密文，不再重复", "The first answer held a secret shown once")
        )
    return Response(row.body, row.status, {"idempotency-replayed": "true"}, row.media_type)


class _Replay(Exception):
    def __init__(self, response: Response) -> None:
        self.response = response


async def repeat(request: Request, session: Session) -> None:
    """Called when a write's transaction begins: claims the key, or ends with the stored answer."""
    key = request.headers.get(HEADER)
    if key is None or request.method not in WRITES:
        return
    if not 0 < len(key) <= 200:  # noqa: PLR2004  as KeyMalformed says
        raise KeyMalformed
    caller = request.state.caller.actor
    stored = await _begin(session, caller, key, await _request_hash(request))
    if stored is not None:
        raise _Replay(stored)
    request.state.idempotency = (caller, key)


class Route(APIRoute):
    """A route that names who may call it, and repeats its answer for an Idempotency-Key."""

    secret = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Refuse a route without exactly one known permission: deny by default."""
        super().__init__(path, endpoint, **options)
        asked = [
            dependency.dependency.permission
            for dependency in self.dependencies
            if isinstance(dependency.dependency, auth.May)
        ]
        if len(asked) != 1 or asked[0] not in ALL_PERMISSIONS:
            raise TypeError(f"{path} must name one permission that a role holds: {asked}")
        self.permission = asked[0]
        if self.permission == "public":
            self.openapi_extra = {**(self.openapi_extra or {}), "security": []}
        self.secret = bool((self.openapi_extra or {}).get("x-shows-secret"))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler: authenticate first, store the answer last."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            await auth.check(request, self.permission)
            request.state.on_begin = repeat
            try:
                response = await handler(request)
            except _Replay as replay:
                return replay.response
            except Problem as problem:
                # What a problem keeps is committed, so its answer is the one to repeat.
                if problem.keeps:
                    await self._store(request, answer(request, problem))
                raise
            await self._store(request, response)
            return response

        return handle

    async def _store(self, request: Request, response: Response) -> None:
        """Write the answer beside the work, in the transaction that is still open."""
        claimed = getattr(request.state, "idempotency", None)
        if claimed and not self.secret:
            await request.state.session.execute(
                update(IdempotencyKey)
                .where(IdempotencyKey.caller == claimed[0], IdempotencyKey.key == claimed[1])
                .values(
                    status=response.status_code,
                    body=bytes(response.body),
                    media_type=response.media_type,
                )
            )


def describe(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document that every write takes an Idempotency-Key."""
    told = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same request with the same key again gets the first answer (7 days)",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }
    for methods in document["paths"].values():
        for method, operation in methods.items():
            if method.upper() in WRITES:
                operation.setdefault("parameters", []).append(told)


def router(name: str) -> APIRouter:
    """Make a service's router; every route on it says who may call (`may(…)`)."""
    return APIRouter(route_class=Route, tags=[name])


async def forget(sessions: Sessions) -> int:
    """Delete keys older than seven days; give how many."""
    async with sessions.begin("poll:forget_keys") as session:
        old = (
            select(IdempotencyKey.id)
            .where(IdempotencyKey.created_at < clock.wall() - LIVES)
            .limit(1000)
        )
        gone = await session.execute(
            delete(IdempotencyKey).where(IdempotencyKey.id.in_(old)).returning(IdempotencyKey.id)
        )
        return len(gone.all())
