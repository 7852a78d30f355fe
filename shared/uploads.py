"""Request bodies have a bound, held before anything reads them; uploaded files are read once."""

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import MEDIA_TYPE, Problem
from shared.wording import Text, language_of

MEBIBYTE = 1024 * 1024
# A bank's closing batch of some ten thousand lines fits; a spreadsheet needs a limit of its own.
BODY_LIMIT = 10 * MEBIBYTE


class BodyTooLarge(Problem):
    """The request's body is larger than this path takes."""

    status = 413
    title = Text("请求内容过大", "The request body is too large")

    def __init__(self, limit: int) -> None:
        """Take how many bytes there may be."""
        most = f"{limit // MEBIBYTE} MB" if limit >= MEBIBYTE else f"{limit} B"
        super().__init__(
            Text(
                f"最多 {most}；请分成几份再上传，表格可删去图片和无关的工作表",
                f"At most {most}; send it in parts, or a table without pictures and other sheets",
            ),
            limit=limit,
        )


class _Exceeded(Exception):
    pass


class BodyLimit:
    """ASGI middleware: answers 413 by Content-Length, or as soon as too many bytes have come.

    `limits` maps regular expressions of whole paths to bytes; the first that matches counts.
    """

    def __init__(
        self, app: ASGIApp, limits: Mapping[str, int] | None = None, default: int = BODY_LIMIT
    ) -> None:
        """Take the app, the limits of certain paths, and that of all others, in bytes."""
        self.app, self.default = app, default
        self.limits = [(re.compile(path), size) for path, size in (limits or {}).items()]

    def limit_of(self, path: str) -> int:
        """Give how many bytes a path takes."""
        return next((size for known, size in self.limits if known.fullmatch(path)), self.default)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a bounded body."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await _refuse(scope, send, limit)
            return
        bounded = _Bounded(receive, send, limit)
        with contextlib.suppress(_Exceeded):
            await self.app(scope, bounded.receive, bounded.send)
        if bounded.exceeded and not bounded.started:
            await _refuse(scope, send, limit)


class _Bounded:
    """One request's receive and send, counted."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._left = receive, send, limit
        self.exceeded = self.started = False

    async def receive(self) -> Message:
        if self.exceeded:
            raise _Exceeded
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                self.exceeded = True
                raise _Exceeded
        return message

    async def send(self, message: Message) -> None:
        # Whoever read the body made an answer of its own out of our exception; ours replaces it.
        if self.exceeded and not self.started:
            return
        self.started = True
        await self._send(message)


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    language = language_of(Headers(scope=scope).get("accept-language"))
    body = json.dumps(BodyTooLarge(limit=limit).document(language), ensure_ascii=False).encode()
    headers = MutableHeaders(raw=[])
    headers["content-type"], headers["content-language"] = MEDIA_TYPE, language
    headers["content-length"] = str(len(body))
    # What is left of the body will not be read, so the connection is of no more use.
    headers["connection"] = "close"
    await send({"type": "http.response.start", "status": 413, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its name without folders, its bytes, their digest.

    What it is, `files.recognise` tells by the bytes.
    """

    name: str
    content: bytes
    sha256: str


async def read_upload(file: UploadFile, *, limit: int = BODY_LIMIT) -> Upload:
    """Read an uploaded file, at most `limit` bytes; raise BodyTooLarge where it is longer."""
    content = await file.read(limit + 1)
    if len(content) > limit:
        raise BodyTooLarge(limit=limit)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    name = PurePosixPath(PureWindowsPath(file.filename or "").name).name
    return Upload(name, content, digest)
