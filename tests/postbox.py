"""A subscriber in the test's own process: takes webhooks, verifies them, remembers each arrival."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from standardwebhooks import Webhook

from services.demo.stage import Client

TYPES = (
    "cases.watch_item_opened.v1",
    "cases.watch_item_raised.v1",
    "cases.watch_item_closed.v1",
    "cases.watch_item_step_reached.v1",
    "cases.case_proposed.v1",
    "cases.arrears_case_opened.v1",
)


class Postbox:
    """What came, by `webhook-id`; `refused` are those whose signature was wrong."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.arrivals: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.refused = 0
        self.secret = ""
        self.answers = asyncio.Event()
        """Cleared: what comes is taken, and its sender waits for an answer."""
        self.answers.set()

    async def subscribe(self, client: Client, area: str, *types: str) -> None:
        """Make an endpoint at alerts, of all types or of some."""
        body = {
            "url": self.address, "types": list(types or TYPES), "areas": [area], "payload": "full",
        }  # fmt: skip
        made = await client.call(
            "POST", "/alerts/v1/endpoints", role="wage_office", area=area, body=body
        )
        self.secret = made["secret"]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Give the status to answer with."""
        try:
            Webhook(self.secret).verify(body, headers)
        except Exception:  # noqa: BLE001  whatever is wrong, it is refused and counted
            self.refused += 1
            return 400
        self.arrivals[headers["webhook-id"]].append(json.loads(body))
        return 204

    @property
    def doubled(self) -> list[str]:
        """Give the ids under which two different bodies came: that must never be."""
        return [name for name, came in self.arrivals.items() if any(c != came[0] for c in came)]


Box = TypeVar("Box", bound=Postbox)


@asynccontextmanager
async def postbox(kind: type[Box] = Postbox) -> AsyncIterator[Box]:  # type: ignore[assignment]
    """Listen on loopback while the block runs."""
    box = kind("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status = box.take(headers, body)
            await box.answers.wait()
            answer = f"HTTP/1.1 {status} OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            writer.write(answer.encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # The sender was killed while it sent.
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        box.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield box
