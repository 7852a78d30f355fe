"""Channels: one protocol, their self-tests, and ways that lead nowhere any more."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from services.alerts import handlers, jobs
from services.alerts.adapters import channels
from services.alerts.models import ProviderCheck, Recipient, Robot
from services.alerts.rules.deliveries import ROBOTS, Channel, DeliveryState, EndpointState
from services.alerts.rules.ways import Fare
from services.alerts.settings import settings
from shared import clock, telemetry
from shared.db import Sessions, new_id
from tests.alerts import factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import COUNTY, OPENED_AT
from tests.alerts.gateway import Gateway
from tests.alerts.platforms import DingTalk, Feishu, Platform, WeCom, running


def test_every_channel_but_the_inbox_is_sent_by_the_one_protocol() -> None:
    assert set(channels.SENDERS) == set(Channel) - {Channel.INBOX}
    assert set(channels.PROVIDERS) == set(channels.SENDERS) - {Channel.WEBHOOK}


def test_a_self_test_is_due_at_the_start_daily_and_hourly_while_it_fails() -> None:
    now = OPENED_AT
    began, hour = now - timedelta(days=3), timedelta(hours=1)

    def due(ago: timedelta, error: str | None = None) -> bool:
        return Fare(Channel.MAIL, now - ago, error).is_due(now, began)

    assert Fare(Channel.MAIL).is_due(now, began)
    assert (due(23 * hour), due(24 * hour)) == (False, True)
    assert (due(hour / 2, "connect"), due(hour, "connect")) == (False, True)
    assert Fare(Channel.MAIL, began - hour).is_due(began, began)


@pytest.fixture
async def platforms(_loopback_is_open: None) -> AsyncIterator[dict[Channel, Platform]]:
    kinds = dict(zip(ROBOTS, (WeCom(), DingTalk(), Feishu()), strict=True))
    async with AsyncExitStack() as stack:
        yield {kind: await stack.enter_async_context(running(one)) for kind, one in kinds.items()}


def up() -> dict[str, float]:
    return {
        sample.labels["channel"]: sample.value
        for metric in telemetry.CHANNEL_UP.collect()
        for sample in metric.samples
    }


@pytest.mark.caller("operator")
async def test_each_provider_is_tested_at_the_start_and_shown_to_operators(
    sessions: Sessions,
    client: httpx.AsyncClient,
    mailbox: Mailbox,
    sms: Gateway,
    platforms: dict[Channel, Platform],
) -> None:
    assert (await client.get("/alerts/v1/channels")).json()[0]["checked_at"] is None
    async with sessions.begin("test") as session:
        session.add_all(
            Robot(
                id=new_id(), area_code=COUNTY, kind=kind, title="群", address=one.url,
                secret=None, free_at=None, state=EndpointState.ACTIVE, state_reason=None,
                version=1, created_at=OPENED_AT, created_by="t", changed_at=OPENED_AT,
            )
            for kind, one in platforms.items()
        )  # fmt: skip
    assert await jobs.check_channels(sessions) == 5
    assert await jobs.check_channels(sessions) == 0
    assert (sms.asked, mailbox.mails, sms.sent) == (1, [], {})
    assert [(one.gets, one.shown) for one in platforms.values()] == [(1, [])] * 3
    shown = (await client.get("/alerts/v1/channels")).json()
    assert {each["channel"]: each["error"] for each in shown} == dict.fromkeys(
        ("mail", "sms", "wecom", "dingtalk", "feishu")
    )
    assert up() == dict.fromkeys(("mail", "sms", "wecom", "dingtalk", "feishu"), 1.0)
    # The next process asks again as it begins.
    async with sessions.begin("test") as session:
        check = await session.get_one(ProviderCheck, Channel.SMS)
        check.checked_at = jobs.began() - timedelta(seconds=1)
    assert await jobs.check_channels(sessions) == 1


async def test_operators_hear_by_another_channel_of_one_that_fails(
    sessions: Sessions, mailbox: Mailbox, sms: Gateway
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(
            session, "operator", area_code="0", mail="ops@example.org", phone="13900001111",
            channels=["inbox", "mail", "sms"],
        )  # fmt: skip
    sms.codes.append("balance_empty")
    assert await jobs.check_channels(sessions) == 2
    while await jobs.send_deliveries(sessions):
        pass
    (mail,) = mailbox.mails
    assert "通知渠道自检失败" in str(mail["Subject"])
    assert sms.sent == {}
    assert up() == {"mail": 1.0, "sms": 0.0}
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="channel_failing")
        assert alert.details == {"channel": "sms", "error": "balance_empty"}
        ways = {one.channel for one in await looking.deliveries(session)}
        assert ways == {Channel.INBOX, Channel.MAIL}
        check = await session.get_one(ProviderCheck, Channel.SMS)
        since, check.checked_at = check.failing_since, clock.wall() - timedelta(hours=1)
        assert since
    assert await jobs.check_channels(sessions) == 1
    async with sessions.begin("test") as session:
        check = await session.get_one(ProviderCheck, Channel.SMS)
        assert (check.error, check.failing_since) == (None, None)
    assert up() == {"mail": 1.0, "sms": 1.0}


async def test_a_mail_server_that_is_away_fails_its_self_test(
    sessions: Sessions, mailbox: Mailbox, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mailbox.url
    monkeypatch.setenv("ALERTS_SMTP_URL", f"smtp://127.0.0.1:{silent_port}")
    settings.cache_clear()
    assert await jobs.check_channels(sessions) == 1
    async with sessions.begin("test") as session:
        check = await session.get_one(ProviderCheck, Channel.MAIL)
        assert check.error == "connect"
        alert = await looking.alert(session, kind="channel_failing")
        assert alert.details["channel"] == "mail"


async def test_a_mail_refused_for_good_is_not_tried_again_and_marks_the_way(
    sessions: Sessions, mailbox: Mailbox
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(
            session, "developer", org_id=factories.DEVELOPER, mail="full@example.org"
        )
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    assert await jobs.send_deliveries(sessions) == 0
    async with sessions.begin("test") as session:
        (mail,) = await looking.deliveries(session, channel=Channel.MAIL)
        assert mail.state is DeliveryState.REFUSED
        person = await session.scalar(select(Recipient).where(Recipient.mail.is_not(None)))
        assert person
        assert person.failing["mail"]["reason"] == "recipient"
        person.mail = "office@example.org"
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    async with sessions.begin("test") as session:
        again = await session.get_one(Recipient, person.id)
        assert again.failing == {}
    assert len(mailbox.mails) == 1
