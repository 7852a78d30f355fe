"""A subscriber on loopback: a real HTTP server that keeps what it is sent and answers as told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

TLS_HELLO = b"\x16"
Reply = Callable[["Post"], Awaitable[bytes]]


@dataclass(frozen=True)
class Post:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> Any:  # noqa: ANN401  JSON of any shape
        """Check the signature with the subscriber's own library; give the body, read."""
        return Webhook(secret).verify(self.body, self.headers)


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Give the bytes of an HTTP answer; `retry_after="3"` becomes a header."""
    lines = [f"HTTP/1.1 {status} x", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def accept(_: Post) -> bytes:
    """Answer as most subscribers do."""
    return answer(204)


@dataclass
class Postbox:
    """The server: where it listens, how it answers, what came."""

    url: str = ""
    reply: Reply = accept
    posts: list[Post] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests and answer them until the client goes."""
        try:
            while post := await self._read(reader):
                self.posts.append(post)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                try:
                    writer.write(await self.reply(post))
                    await writer.drain()
                finally:
                    self.under_way -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Post | None:
        head = await reader.read(1)
        if head == TLS_HELLO:
            return None  # We speak plainly; the other side finds out.
        head += await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().strip().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Post(first.split()[1], headers, body)


@asynccontextmanager
async def listening() -> AsyncIterator[Postbox]:
    """Run a postbox on a free port of loopback."""
    box = Postbox()
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(box.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    box.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield box
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
