"""Mail by SMTP, to the server that the operator names, at a checked address."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from time import monotonic
from typing import TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from services.alerts.adapters import bounces
from services.alerts.adapters.calls import Client, policy
from services.alerts.rules.deliveries import KEPT_OF_AN_ANSWER, Answer, Parcel, Verdict
from services.alerts.settings import settings
from shared import clock, egress

SMTP_PORT, SMTPS_PORT = 25, 465
PERMANENT = 500
"""From this status on a refusal holds for good (RFC 5321, 4.2.1)."""

Ask: TypeAlias = Callable[[aiosmtplib.SMTP], Awaitable[Answer]]


async def send(_client: Client, parcel: Parcel) -> Answer:
    """Send one mail and give the server's answer, whatever happens."""

    async def post(session: aiosmtplib.SMTP) -> Answer:
        mail = _mail(parcel)
        _, said = await session.send_message(mail, sender=_back_to(parcel))
        return Answer(status=aiosmtplib.SMTPStatus.completed, body=said)

    return await _answer(post)


async def check(_client: Client, _address: str) -> Answer:
    """See whether the mail server lets us in; nothing is sent."""

    async def greet(session: aiosmtplib.SMTP) -> Answer:
        said = await session.noop()
        return Answer(status=said.code, body=said.message)

    return await _answer(greet)


async def _answer(ask: Ask) -> Answer:
    """Ask the mail server something; what it refuses for good is not tried again."""
    began = monotonic()
    answer = Answer(error="no_server")
    url = settings().smtp_url
    if url:
        try:
            async with asyncio.timeout(settings().send_timeout):
                answer = await _ask(urlsplit(url.get_secret_value()), ask)
        except aiosmtplib.SMTPAuthenticationError as refused:
            answer = Answer(status=refused.code, body=refused.message, error="unverified")
        except aiosmtplib.SMTPDataError as refused:
            # The mail itself is not taken, which says nothing of its receiver.
            answer = Answer(
                refused.code, refused.message, error="smtp", verdict=_never(refused.code)
            )
        except aiosmtplib.SMTPResponseException as refused:
            answer = Answer(status=refused.code, body=refused.message, error="smtp")
        except aiosmtplib.SMTPRecipientsRefused as refused:
            first = refused.recipients[0]
            answer = Answer(
                first.code, first.message, error="recipient", verdict=_never(first.code)
            )
        except TimeoutError:
            answer = Answer(error="timeout")
        except egress.EgressRefused:
            answer = Answer(error="refused")
        except (aiosmtplib.SMTPException, OSError):
            answer = Answer(error="connect")
    took = timedelta(seconds=monotonic() - began)
    return replace(answer, body=_readable(answer.body), took=took)


def _readable(said: str) -> str:
    """Give the beginning of a server's words; bytes that are no UTF-8 came as lone surrogates.

    Many servers speak GBK, and no database keeps such: a whole batch would stay unrecorded.
    """
    raw = said.encode("utf-8", "surrogateescape")[:KEPT_OF_AN_ANSWER]
    return raw.decode("utf-8", "replace")


def _never(code: int) -> Verdict | None:
    return Verdict.REFUSED if code >= PERMANENT else None


async def _ask(server: SplitResult, ask: Ask) -> Answer:
    tls, host = server.scheme == "smtps", server.hostname or ""
    connection = await _connect(host, server.port or (SMTPS_PORT if tls else SMTP_PORT), tls=tls)
    session = aiosmtplib.SMTP(
        hostname=host,
        sock=connection,
        use_tls=tls,
        # A password is given only behind TLS; without one TLS is used if the server offers it.
        start_tls=None if tls or not server.username else True,
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        local_hostname="xinqing",
        timeout=settings().send_timeout,
    )
    try:
        await session.connect()
        return await ask(session)
    finally:
        with suppress(aiosmtplib.SMTPException):
            session.close()


async def _connect(host: str, port: int, *, tls: bool) -> socket.socket:
    """Connect to an address of the server that the egress policy lets us reach."""
    failure = OSError(f"no address for {host}")
    for address in await egress.addresses(host, port, policy(), tls=tls):
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET  # noqa: PLR2004  IPv6
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setblocking(False)  # noqa: FBT003  the socket library's own signature
        try:
            await asyncio.get_running_loop().sock_connect(opened, (str(address), port))
        except OSError as error:
            opened.close()
            failure = error
        except BaseException:
            opened.close()
            raise
        else:
            return opened
    raise failure


def _back_to(parcel: Parcel) -> str | None:
    """Give the envelope's sender, to which a mail comes back: one for each mail, if we may."""
    name, at, host = settings().bounce_to.rpartition("@")
    return f"{name}+{bounces.token(parcel.delivery_id, parcel.address)}{at}{host}" if at else None


def _mail(parcel: Parcel) -> EmailMessage:
    """Write the mail; its id names the delivery, so that a mail sent twice can be told as one."""
    sender = settings().mail_from
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = parcel.address
    mail["Subject"] = parcel.subject.replace("\r", " ").replace("\n", " ")
    mail["Date"] = format_datetime(clock.wall())
    named = bounces.token(parcel.delivery_id, parcel.address)
    mail["Message-ID"] = f"<{named}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parcel.body)
    return mail
