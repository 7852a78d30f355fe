"""A subscriber in a process of its own: takes webhooks, verifies signatures, tells what it got.

It prints its port, reads its secret from the first line of its standard input, and answers
`GET /received` with what came, each message once with its number of arrivals.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import typer
from standardwebhooks import Webhook, WebhookVerificationError

LIMIT = 1_000_000


class _Inbox:
    def __init__(self) -> None:
        self.secret = ""
        self.ready = Event()
        self.messages: dict[str, dict[str, Any]] = {}
        self.refused = 0

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        self.ready.wait(30)
        try:
            event = Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return False
        known = self.messages.setdefault(headers["webhook-id"], {"event": event, "arrivals": 0})
        known["arrivals"] += 1
        return True


def _handler(inbox: _Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            taken = size <= LIMIT and inbox.take(
                self.rfile.read(size), {k.lower(): v for k, v in self.headers.items()}
            )
            self._say(204 if taken else 400, b"")

        def do_GET(self) -> None:
            told = {"messages": list(inbox.messages.values()), "refused": inbox.refused}
            self._say(200, json.dumps(told).encode())

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the standard output is the port's."""

    return Handler


def main() -> None:
    """Serve on a free port of loopback until the standard input ends."""
    inbox = _Inbox()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(inbox))
    Thread(target=server.serve_forever, daemon=True).start()
    typer.echo(server.server_port)
    inbox.secret = sys.stdin.readline().strip()
    inbox.ready.set()
    sys.stdin.read()


if __name__ == "__main__":
    main()
