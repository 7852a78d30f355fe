"""Mails that come back after a mail server had taken them (RFC 3464)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from services.alerts import handlers, jobs
from services.alerts.adapters import bounces
from services.alerts.models import Bounce, Delivery, Recipient
from services.alerts.rules.bounces import BOUNCED, COME_WITHIN, Action, Fate, Report, clears, words
from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.service import service
from services.alerts.settings import settings
from shared import sandbox, timers
from shared.db import Sessions
from tests.alerts import dsn, factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import DEVELOPER, OPENED_AT
from tests.fixtures.service import Time, kept_files

PATH = "/alerts/v1/bounces"
MAIL = "office@example.org"
# Who operates the platform hands in mails too, and alone sees what came.
operator = pytest.mark.caller("operator", subject="mailbox")
Send = Callable[[], Awaitable[EmailMessage]]


@pytest.fixture
async def send(sessions: Sessions, mailbox: Mailbox, time: Time) -> Send:
    """Give a way to send the developer a mail of a new item, which the mail server takes."""
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(session, "developer", org_id=DEVELOPER, mail=MAIL)
        await factories.recipient(session, "operator", area_code="0", channels=["inbox"])

    async def sent() -> EmailMessage:
        async with sessions.begin("test") as session:
            await handlers.on_watch_item_opened(session, factories.opened(level="red"))
        assert await jobs.send_deliveries(sessions) == 1
        return mailbox.mails[-1]

    return sent


async def hand_in(client: AsyncClient, raw: bytes) -> Response:
    return await client.post(PATH, content=raw, headers={"content-type": "message/rfc822"})


async def mail_of(sessions: Sessions) -> Delivery:
    """Give the newest mail."""
    async with sessions.begin("test") as session:
        return (await looking.deliveries(session, channel=Channel.MAIL))[-1]


async def failing(sessions: Sessions) -> dict[str, Any]:
    """Give what is known against the developer's ways."""
    async with sessions.begin("test") as session:
        who = await session.scalar(select(Recipient).where(Recipient.mail.is_not(None)))
        assert who
        return {way: said["reason"] for way, said in who.failing.items()}


async def operators_heard(sessions: Sessions) -> list[str]:
    async with sessions.begin("test") as session:
        return [one.kind for one in await looking.alerts(session) if one.watch_item_id is None]


@operator
async def test_a_mail_that_comes_back_for_good_marks_the_address_and_the_ladder_goes_on(
    sessions: Sessions, client: AsyncClient, send: Send, time: Time
) -> None:
    raw = dsn.report(await send())
    assert (await mail_of(sessions)).state is DeliveryState.DELIVERED
    answer = await hand_in(client, raw)
    assert answer.status_code == 201, answer.text
    came, mail = answer.json(), await mail_of(sessions)
    assert (came["state"], came["action"], came["status"]) == ("bounced", "failed", "5.1.1")
    assert (came["delivery_id"], came["digest"]) == (str(mail.id), sha256(raw).hexdigest())
    assert (came["received_from"], MAIL in answer.text) == ("mailbox", False)
    assert came["said"] == "smtp; 550 5.1.1 <[address]>: no such user"
    assert mail.state is DeliveryState.BOUNCED
    assert (mail.bounce_status, mail.bounced_at, mail.delivered_at) == ("5.1.1", OPENED_AT, None)
    assert await failing(sessions) == {"mail": BOUNCED}
    assert await operators_heard(sessions) == [], "of addresses they hear in the morning"
    # The same once more is the same; another report of the mail is noted.
    assert (await hand_in(client, raw)).json() == came
    again = (await hand_in(client, raw + b"\r\n")).json()
    assert (again["state"], again["delivery_id"]) == ("noted", str(mail.id))
    listed = (await client.get(PATH, params={"state": "bounced"})).json()["items"]
    assert listed == [came]
    # Nobody has answered, so the next rung tells others, as it would of any mail that is refused.
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="transfer_missed")
        before, [timer] = (
            await looking.told(session, alert.id),
            await looking.armed(session, alert.id),
        )
    time.move_to(timer.due_at)
    assert await timers.run_due(sessions, service.timers) == 1
    async with sessions.begin("test") as session:
        assert len(await looking.told(session, alert.id)) > len(before)


@operator
async def test_a_server_that_takes_mails_for_a_bad_address_does_not_make_it_good(
    sessions: Sessions, client: AsyncClient, send: Send, time: Time
) -> None:
    assert (await hand_in(client, dsn.report(await send()))).status_code == 201
    await send()
    assert await failing(sessions) == {"mail": BOUNCED}
    time.move_to(OPENED_AT + COME_WITHIN + timedelta(seconds=1))
    await send()
    assert await failing(sessions) == {}


def test_only_silence_for_as_long_as_a_report_may_take_clears_an_address() -> None:
    last = OPENED_AT.isoformat()
    assert clears("recipient", last, OPENED_AT)
    assert clears(None, None, OPENED_AT)
    assert clears(BOUNCED, None, OPENED_AT), "what was noted before this was kept"
    assert not clears(BOUNCED, last, OPENED_AT + COME_WITHIN)
    assert clears(BOUNCED, last, OPENED_AT + COME_WITHIN + timedelta(seconds=1))


@operator
@pytest.mark.parametrize(
    ("action", "status", "state", "marked", "heard"),
    [
        ("failed", "5.2.2", "bounced", True, False),
        ("failed", "5.4.4", "bounced", True, False),
        # What it holds, and who may send it, is not the address's fault.
        ("failed", "5.7.1", "bounced", False, True),
        ("failed", "5.6.0", "bounced", False, True),
        # Given up after days of trying: it did not arrive, and the next one may.
        ("failed", "4.4.7", "bounced", False, True),
        ("delayed", "4.2.2", "noted", False, False),
        ("relayed", "2.0.0", "noted", False, False),
    ],
)
async def test_what_follows_is_by_action_and_status(
    sessions: Sessions, client: AsyncClient, send: Send,
    *, action: str, status: str, state: str, marked: bool, heard: bool,
) -> None:  # fmt: skip
    answer = await hand_in(client, dsn.report(await send(), action, status))
    assert (answer.status_code, answer.json()["state"]) == (201, state)
    mail = await mail_of(sessions)
    assert mail.state == ("bounced" if state == "bounced" else "delivered")
    assert await failing(sessions) == ({"mail": BOUNCED} if marked else {})
    assert await operators_heard(sessions) == (["delivery_exhausted"] if heard else [])


def test_one_of_several_receivers_behind_an_address_has_got_it() -> None:
    lost, got = Fate(Action.FAILED, "5.1.1"), Fate(Action.RELAYED, "2.0.0")
    late = Fate(Action.DELAYED, "4.0.0")
    assert Report([late, lost], []).fate == lost
    assert Report([lost, got, late], []).fate == got


@operator
async def test_a_mail_is_known_by_the_address_that_it_comes_back_to(
    client: AsyncClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, send: Send
) -> None:
    monkeypatch.setenv("ALERTS_BOUNCE_TO", "bounces@xinqing.example")
    settings.cache_clear()
    sent = await send()
    back_to = mailbox.senders[-1]
    assert back_to.startswith("bounces+")
    # Some servers give nothing back, and some write addresses in capitals.
    raw = dsn.report(sent, to=back_to.upper(), returned="")
    assert (await hand_in(client, raw)).json()["state"] == "bounced"


@pytest.mark.caller("mail_system")
async def test_a_mail_system_hands_in_and_sees_nothing_else(
    client: AsyncClient, send: Send
) -> None:
    assert (await hand_in(client, dsn.report(await send()))).json()["state"] == "bounced"
    for path in (PATH, "/alerts/v1/deliveries", "/alerts/v1/recipients", "/alerts/v1/alerts"):
        assert (await client.get(path)).status_code == 403, path


@operator
async def test_headers_alone_name_a_mail_too(client: AsyncClient, send: Send) -> None:
    raw = dsn.report(await send(), returned="text/rfc822-headers")
    assert (await hand_in(client, raw)).json()["state"] == "bounced"


@operator
async def test_a_report_says_nothing_of_an_address_that_was_entered_since(
    sessions: Sessions, client: AsyncClient, send: Send
) -> None:
    raw = dsn.report(await send())
    async with sessions.begin("test") as session:
        who = await session.scalar(select(Recipient).where(Recipient.mail.is_not(None)))
        assert who
        who.mail = "other@example.org"
    assert (await hand_in(client, raw)).json()["state"] == "bounced"
    assert (await mail_of(sessions)).state is DeliveryState.BOUNCED
    assert await failing(sessions) == {}


@operator
async def test_what_is_forged_is_kept_and_changes_nothing(
    sessions: Sessions, client: AsyncClient, send: Send
) -> None:
    sent = await send()
    mail = await mail_of(sessions)
    right = bounces.token(mail.id, MAIL)
    forged = [
        f"<{mail.id}@localhost>", "<x@localhost>", f"<{bounces.token(uuid4(), MAIL)}@localhost>",
        f"<{right[:-2]}{'a' if right[-2] != 'a' else 'b'}{right[-1]}@localhost>",
        f"<{right}a@localhost>",
    ]  # fmt: skip
    ids = []
    for name in forged:
        del sent["Message-ID"]
        sent["Message-ID"] = name
        raw = dsn.report(sent)
        answer = await hand_in(client, raw)
        assert answer.status_code == 404, name
        assert answer.json()["type"] == "/problems/bounce-unmatched"
        ids.append(answer.json()["bounce_id"])
        # Handed in again it is the same row.
        assert (await hand_in(client, raw)).json()["bounce_id"] == ids[-1]
    assert (await mail_of(sessions)).state is DeliveryState.DELIVERED
    assert await failing(sessions) == {}
    listed = (await client.get(PATH, params={"state": "unmatched"})).json()["items"]
    assert sorted(one["id"] for one in listed) == sorted(ids)
    assert {one["delivery_id"] for one in listed} == {None}


@operator
async def test_what_is_no_report_is_kept_and_refused(
    sessions: Sessions, client: AsyncClient, send: Send
) -> None:
    sent = await send()
    good = dsn.report(sent)
    none = [
        b"\0", b"hello", sent.as_bytes(), dsn.report(sent, kind="disposition-notification"),
        dsn.report(sent, action="lost"), dsn.report(sent, status="x"), good[: good.find(b"Final")],
        good.replace(b"message/delivery-status", b"text/plain"),
    ]  # fmt: skip
    for raw in none:
        answer = await hand_in(client, raw)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bounce-unreadable")
        async with sessions.begin("test") as session:
            row = await session.get_one(Bounce, UUID(answer.json()["bounce_id"]))
        kept, content = await kept_files().open(row.file_id)
        assert (content, kept.size) == (raw, row.file_size)
    assert (await mail_of(sessions)).state is DeliveryState.DELIVERED


@operator
async def test_hostile_mails_are_refused_within_bounds(client: AsyncClient, send: Send) -> None:
    good = dsn.report(await send())
    many = good.find(b"Final-Recipient")
    hostile = {
        "deep": dsn.nested(17_000),
        "long": b"To: " + b"a" * 900_000 + b"\r\n" + good,
        "parts": good[:400] + f"--{dsn.BOUNDARY}\r\n\r\n".encode() * 40_000,
        "words": b"To: " + b"=?utf-8?q?=ff?= " * 50_000 + b"\r\n" + good[60:],
        "nothing": bytes(1_000_000),
    }
    for name, raw in hostile.items():
        assert len(raw) < 1_048_576, name
        assert (await hand_in(client, raw)).status_code in {201, 404, 422}, name
    assert (await hand_in(client, good + bytes(1_048_576))).status_code == 413
    groups = b"Action: failed\r\nStatus: 5.1.1\r\n\r\n" * 2_000
    assert (await hand_in(client, good[:many] + groups + good[many:])).status_code == 201


@operator
async def test_words_that_no_database_keeps_do_not_keep_a_report_from_counting(
    client: AsyncClient, send: Send
) -> None:
    said = "smtp; 550 \0\x1b[31m5.1.1 of 13800138000 whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    answer = await hand_in(client, dsn.report(await send(), said=said))
    assert answer.status_code == 201, answer.text
    came = answer.json()
    assert (came["state"], came["said"]) == (
        "bounced", "smtp; 550 [31m5.1.1 of [number] [secret]",
    )  # fmt: skip


async def test_a_hundred_spoiled_reports_end_in_a_refusal_or_a_bounded_answer() -> None:
    mail = EmailMessage()
    mail["Message-ID"] = f"<{'a' * 44}@localhost>"
    mail.set_content("正文")
    good = dsn.report(mail, to=f"b+{'b' * 44}@localhost")
    mails = [good, *(dsn.spoiled(good, seed) for seed in range(100))]
    came = await sandbox.run(dsn.read_each, mails, memory_mb=128, seconds=20)
    assert came[0] == "1:2"
    assert len(came) == 101
    read = [one.split(":") for one in came if ":" in one]
    assert all(int(fates) <= 50 and int(tokens) <= 20 for fates, tokens in read)
    assert 10 < len(read) < 101, "some are read still, and some are not"


@operator
async def test_the_same_mail_handed_in_twice_at_once_is_one(
    sessions: Sessions, client: AsyncClient, send: Send
) -> None:
    raw = dsn.report(await send())
    one, other = await asyncio.gather(hand_in(client, raw), hand_in(client, raw))
    assert (one.status_code, other.status_code, one.json()) == (201, 201, other.json())
    async with sessions.begin("test") as session:
        assert len((await session.scalars(select(Bounce))).all()) == 1


@given(some.uuids(), some.emails(), some.integers(0, 43), some.sampled_from("abcdefgh2345"))
def test_nobody_else_names_a_mail(delivery_id: UUID, address: str, place: int, letter: str) -> None:
    token = bounces.token(delivery_id, address)
    found = bounces.named(["x", token])
    assert found
    assert (found.delivery_id, found.address) == (delivery_id, bounces.address_mark(address))
    forged = token[:place] + letter + token[place + 1 :]
    other = bounces.named([forged])
    assert other is None or other == found


@given(some.lists(some.emails(), max_size=5))
def test_no_address_is_left_in_what_others_said(addresses: list[str]) -> None:
    said = words([Fate(Action.FAILED, "5.1.1", f"550 <{one}> unknown") for one in addresses])
    assert "@" not in said
