"""Calls of strangers over HTTP: to checked addresses only, an answer whatever happens."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic
from typing import TypeAlias

import httpx

from services.alerts.errors import TargetRefused
from services.alerts.rules.deliveries import KEPT_OF_AN_ANSWER, Answer
from services.alerts.settings import settings
from shared import clock, egress
from shared.config import Runtime

JSON = "application/json; charset=utf-8"
Client: TypeAlias = httpx.AsyncClient


def policy() -> egress.Policy:
    """Give what the operator lets us reach beyond public https."""
    return egress.Policy.parse(Runtime().egress_allow)


async def check_target(url: str) -> None:
    """Refuse an address that may not be reached, with the reason for people (TargetRefused)."""
    try:
        await egress.check_target(url, policy())
    except egress.EgressRefused as refused:
        raise TargetRefused(refused.reason) from None


def client() -> Client:
    """Make the client of one round of sending: checked addresses, no redirects, bounded time."""
    return egress.client(policy(), seconds=settings().send_timeout, context=_certificates())


@cache
def _certificates() -> ssl.SSLContext:
    """Read the public authorities' certificates once: it takes as long as many deliveries."""
    return httpx.create_ssl_context(trust_env=False)


async def call(
    client: Client, url: str, *, content: bytes, headers: Mapping[str, str], method: str = "POST"
) -> Answer:
    """Call a stranger and give the answer, whatever happens.

    Of the body only the beginning is read. A body that is cut or drips is no failure after a
    status: the other side has heard.
    """
    began = monotonic()
    try:
        async with client.stream(method, url, content=content, headers=dict(headers)) as response:
            body = await _beginning(response)
            return Answer(
                status=response.status_code,
                body=body.decode("utf-8", "replace"),
                retry_after=retry_after(response.headers, clock.wall()),
                took=timedelta(seconds=monotonic() - began),
            )
    except (httpx.HTTPError, httpx.InvalidURL, egress.EgressRefused, OSError) as error:
        return Answer(error=_code(error), took=timedelta(seconds=monotonic() - began))


async def _beginning(response: httpx.Response) -> bytes:
    read = b""
    try:
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) >= KEPT_OF_AN_ANSWER:
                break
    except (httpx.HTTPError, egress.EgressRefused):
        pass  # The status has come; what was said beside it is of no weight.
    return read[:KEPT_OF_AN_ANSWER]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read Retry-After, seconds or a date, as seconds from now; None if it says nothing usable.

    Feishu says it in a header of its own, in seconds.
    """
    said = headers.get("retry-after", headers.get("x-ogw-ratelimit-reset", "")).strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        instant = parsedate_to_datetime(said)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())


def _code(error: Exception) -> str:
    """Give a failure as a code: the words of libraries may hold addresses."""
    if isinstance(error, httpx.TimeoutException):
        return "timeout"
    if isinstance(error, egress.EgressRefused):
        return "refused"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "tls"
        seen = seen.__cause__ or seen.__context__
    return "connect" if isinstance(error, httpx.ConnectError | OSError) else "broken"
