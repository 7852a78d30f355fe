"""Strangers, each against a real local server: a webhook receiver and a mail server."""

import asyncio
from base64 import b64decode, b64encode
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx
import pytest

from services.alerts.adapters import bounces, calls, smtp, webhook
from services.alerts.errors import TargetRefused
from services.alerts.rules.deliveries import (
    KEPT_OF_AN_ANSWER,
    Answer,
    Channel,
    Parcel,
    Verdict,
    verdict,
)
from services.alerts.settings import Settings, settings
from shared import clock
from shared.db import new_id
from tests.alerts.conftest import Mailbox
from tests.alerts.platforms import mac
from tests.alerts.postbox import Post, Postbox, answer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def parcel(address: str, body: str = '{"a": "预警"}', **changes: object) -> Parcel:
    fields: dict[str, object] = {
        "delivery_id": new_id(), "lane": "x", "channel": Channel.WEBHOOK, "address": address,
        "body": body, "message_id": new_id(), "secrets": (SECRET,), "told_at": clock.now(),
    }  # fmt: skip
    return Parcel(**fields | changes)  # type: ignore[arg-type]  # a table of keyword arguments


async def post(what: Parcel) -> Answer:
    async with calls.client() as client:
        return await webhook.send(client, what)


# ---- webhooks --------------------------------------------------------------------------------


async def test_a_subscriber_verifies_our_signature_with_the_official_library(
    postbox: Postbox,
) -> None:
    sent = parcel(postbox.url)
    got = await post(sent)
    assert (got.status, got.error) == (204, None)
    (came,) = postbox.posts
    assert came.verified(SECRET) == {"a": "预警"}
    assert UUID(came.headers["webhook-id"]) == sent.message_id
    assert came.headers["content-type"] == "application/cloudevents+json"
    age = clock.wall().timestamp() - int(came.headers["webhook-timestamp"])
    assert -1 <= age < 60


async def test_each_answer_that_the_specification_names_is_again_or_gone(
    postbox: Postbox,
) -> None:
    """The server checks the signature by code of its own, and gives each answer once."""
    statuses = [301, 302, 307, 400, 401, 403, 404, 408, 410, 413, 429, 500, 502, 503, 504]
    left = deque(statuses)

    async def once(post: Post) -> bytes:
        said = post.headers
        signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + post.body
        right = b64encode(mac(b64decode(SECRET.removeprefix("whsec_")), signed)).decode()
        if said["webhook-signature"] != f"v1,{right}":
            return answer(499)
        status = left.popleft()
        return answer(status, retry_after="7") if status in {429, 503} else answer(status)

    postbox.reply = once
    got = [await post(parcel(postbox.url)) for _ in statuses]
    assert [one.status for one in got] == statuses
    meant = {one.status: verdict(Channel.WEBHOOK, one) for one in got}
    assert meant == dict.fromkeys(statuses, Verdict.AGAIN) | {410: Verdict.GONE}
    assert {one.status for one in got if one.retry_after == 7} == {429, 503}


async def test_the_signature_goes_by_the_machines_clock(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move(datetime(2023, 4, 25, tzinfo=UTC))
    try:
        await post(parcel(postbox.url))
    finally:
        clock.move(None)
    assert postbox.posts[0].verified(SECRET)  # which refuses what is older than five minutes


def test_each_secret_is_new_and_long_enough() -> None:
    one, other = webhook.new_secret(), webhook.new_secret()
    assert one.startswith("whsec_")
    assert one != other
    assert len(webhook.base64.b64decode(one.removeprefix("whsec_"))) == 32


async def test_a_redirect_is_not_followed(postbox: Postbox) -> None:
    async def elsewhere(_: Post) -> bytes:
        return answer(302, location=f"{postbox.url}/other")

    postbox.reply = elsewhere
    assert (await post(parcel(postbox.url))).status == 302
    assert len(postbox.posts) == 1


async def test_only_the_beginning_of_an_endless_answer_is_read(postbox: Postbox) -> None:
    async def endless(_: Post) -> bytes:
        return b"HTTP/1.1 500 x\r\n\r\n" + b"x" * 1_000_000

    postbox.reply = endless
    got = await post(parcel(postbox.url))
    assert (got.status, len(got.body)) == (500, KEPT_OF_AN_ANSWER)


@pytest.mark.usefixtures("quick")
async def test_a_subscriber_that_says_nothing_is_left_after_a_while(postbox: Postbox) -> None:
    async def never(_: Post) -> bytes:
        await asyncio.Event().wait()
        return b""

    postbox.reply = never
    got = await post(parcel(postbox.url))
    assert (got.status, got.error) == (None, "timeout")
    assert got.took >= timedelta(seconds=0.9)


@pytest.mark.usefixtures("quick")
async def test_an_answer_cut_after_its_status_counts(postbox: Postbox) -> None:
    async def cut(_: Post) -> bytes:
        return b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\nhalf"

    postbox.reply = cut
    got = await post(parcel(postbox.url))
    assert (got.status, got.error) == (200, None)


async def test_a_compressed_answer_counts_by_its_status(postbox: Postbox) -> None:
    async def packed(_: Post) -> bytes:
        return answer(200, b"\x1f\x8b", content_encoding="gzip")

    postbox.reply = packed
    got = await post(parcel(postbox.url))
    assert (got.status, got.body, got.error) == (200, "", None)


@pytest.mark.usefixtures("_loopback_is_open")
async def test_nobody_listening_is_said_as_a_code(silent_port: int) -> None:
    got = await post(parcel(f"http://127.0.0.1:{silent_port}/"))
    assert (got.status, got.error) == (None, "connect")


async def test_plain_text_where_tls_was_meant_is_said_as_a_code(postbox: Postbox) -> None:
    got = await post(parcel(postbox.url.replace("http:", "https:")))
    assert got.error == "tls"


async def test_an_address_that_the_policy_does_not_name_gets_no_packet(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGRESS_ALLOW", "")
    assert (await post(parcel(postbox.url))).error == "refused"
    assert postbox.posts == []
    with pytest.raises(TargetRefused):
        await calls.check_target(postbox.url)


NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(said: str, seconds: float | None) -> None:
    assert calls.retry_after(httpx.Headers({"retry-after": said}), NOW) == seconds


# ---- mail ------------------------------------------------------------------------------------


async def mail(what: Parcel) -> Answer:
    async with calls.client() as client:
        return await smtp.send(client, what)


def letter(address: str) -> Parcel:
    return parcel(address, "正文\n第二行", channel=Channel.MAIL, secrets=(), subject="【橙】预警")


async def test_a_mail_arrives_with_subject_text_and_the_deliverys_id(mailbox: Mailbox) -> None:
    sent = letter("office@example.org")
    got = await mail(sent)
    assert (got.status, got.error) == (250, None)
    (came,) = mailbox.mails
    assert (came["Subject"], came["To"]) == ("【橙】预警", "office@example.org")
    assert came.get_content().splitlines() == ["正文", "第二行"]
    assert came["Message-ID"] == f"<{bounces.token(sent.delivery_id, sent.address)}@localhost>"
    assert mailbox.senders == ["xinqing@localhost"]


async def test_each_mail_comes_back_to_an_address_of_its_own(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_BOUNCE_TO", "bounces@xinqing.example")
    settings.cache_clear()
    one, other = letter("office@example.org"), letter("office@example.org")
    for sent in (one, other, one):
        assert (await mail(sent)).error is None
    first, second = [bounces.token(sent.delivery_id, sent.address) for sent in (one, other)]
    assert first != second
    back_to = [f"bounces+{token}@xinqing.example" for token in (first, second, first)]
    assert mailbox.senders == back_to
    # RFC 5321, 4.5.3.1.1: the part before the @ has 64 characters at most.
    assert len("n" * 19 + "+" + first) == 64
    assert {came["From"] for came in mailbox.mails} == {"xinqing@localhost"}


async def test_a_refused_recipient_is_a_status_and_a_reason(mailbox: Mailbox) -> None:
    got = await mail(letter("full@example.org"))
    assert (got.status, got.error) == (552, "recipient")
    assert mailbox.mails == []


async def test_each_refusal_of_a_mail_server_is_again_or_never(mailbox: Mailbox) -> None:
    to_rcpt = ("421", "450", "451", "452", "550", "551", "552", "553", "554")
    to_data = ("421", "451", "452", "550", "552", "554")
    mailbox.to_rcpt.extend(f"{code} said" for code in to_rcpt)
    got = [await mail(letter("office@example.org")) for _ in to_rcpt]
    mailbox.to_data.extend(f"{code} said" for code in to_data)
    got += [await mail(letter("office@example.org")) for _ in to_data]
    assert [str(one.status) for one in got] == [*to_rcpt, *to_data]
    assert {one.error for one in got[:9]} == {"recipient"}
    assert {one.error for one in got[9:]} == {"smtp"}
    never = [verdict(Channel.MAIL, one) is Verdict.REFUSED for one in got]
    assert never == [code >= "500" for code in (*to_rcpt, *to_data)]
    assert mailbox.mails == []


async def test_a_password_is_never_said_without_tls(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_SMTP_URL", mailbox.url.replace("smtp://", "smtp://me:secret@"))
    settings.cache_clear()
    got = await mail(letter("office@example.org"))
    assert got.error == "connect"
    assert mailbox.mails == []


@pytest.mark.usefixtures("_loopback_is_open")
async def test_a_mail_server_that_is_away_is_said_as_a_code(
    silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_SMTP_URL", f"smtp://127.0.0.1:{silent_port}")
    settings.cache_clear()
    assert (await mail(letter("office@example.org"))).error == "connect"


async def test_a_mail_server_that_the_policy_does_not_name_is_not_reached(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGRESS_ALLOW", "")
    assert (await mail(letter("office@example.org"))).error == "refused"


# ---- settings --------------------------------------------------------------------------------


def test_a_lease_that_may_end_before_the_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="ALERTS_SEND_LEASE"):
        Settings(send_timeout=15, send_lease=20)
