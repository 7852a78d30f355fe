"""Strangers of alerts, as real local servers, and leave to reach them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.alerts.settings import settings
from tests.alerts import gateway
from tests.alerts.gateway import Gateway
from tests.alerts.postbox import Postbox, listening


@pytest.fixture
def _loopback_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the house reach what listens on loopback, on any port."""
    monkeypatch.setenv("EGRESS_ALLOW", "127.0.0.1/32:*")


@pytest.fixture
async def postbox(_loopback_is_open: None) -> AsyncIterator[Postbox]:
    """Give a subscriber that listens."""
    async with listening() as box:
        yield box


class Mailbox:
    """Keeps mails; an address that begins with `full` is refused; gives each error once, if asked.

    The server around it enforces what RFC 5321 asks of lines and sizes.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.senders: list[str] = []
        self.url = ""
        self.to_rcpt: deque[str | bytes] = deque()
        self.to_data: deque[str | bytes] = deque()

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self,
        server: object,
        session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str | bytes:
        """Refuse who is full."""
        if self.to_rcpt:
            return self.to_rcpt.popleft()
        if address.startswith("full"):
            return f"552 {address} mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  as above
        self, server: object, session: Session, envelope: Envelope
    ) -> str | bytes:
        """Keep a mail."""
        if self.to_data:
            return self.to_data.popleft()
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=default))
        self.senders.append(str(envelope.mail_from))
        return "250 OK"


@pytest.fixture
async def mailbox(
    _loopback_is_open: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Mailbox]:
    """Run a mail server and name it in the settings."""
    box, loop = Mailbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    box.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("ALERTS_SMTP_URL", box.url)
    settings.cache_clear()
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture
async def sms(_loopback_is_open: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    """Run a gateway and name it in the settings."""
    made = Gateway()
    async with listening() as box:
        box.reply = made.reply
        monkeypatch.setenv("ALERTS_SMS_URL", box.url.removesuffix("/hook") + gateway.PATH)
        monkeypatch.setenv("ALERTS_SMS_ACCESS_KEY", gateway.KEY)
        monkeypatch.setenv("ALERTS_SMS_SECRET", gateway.SECRET)
        monkeypatch.setenv("ALERTS_SMS_SIGN", gateway.SIGN)
        settings.cache_clear()
        yield made


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    """Let no test's settings outlive it."""
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for strangers, and let every retry be due at once."""
    monkeypatch.setenv("ALERTS_SEND_TIMEOUT", "1")
    monkeypatch.setenv("ALERTS_SEND_LEASE", "16")
    monkeypatch.setenv("ALERTS_RETRY_AFTER", "[0, 0, 0]")
    settings.cache_clear()


@pytest.fixture
async def silent_port() -> int:
    """Give a port of loopback on which nobody listens."""
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
