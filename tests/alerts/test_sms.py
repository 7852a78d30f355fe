"""SMS: against a real local gateway, and what it reports."""

import time
from datetime import date, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from services.alerts import actions, handlers, jobs
from services.alerts.adapters import calls, channels
from services.alerts.models import Attempt, Delivery, Notice, Recipient
from services.alerts.rules.deliveries import Answer, Channel, DeliveryState, Parcel, Verdict
from services.alerts.settings import Settings, settings
from shared import clock
from shared.db import Sessions, new_id
from tests.alerts import factories, gateway, looking
from tests.alerts.gateway import SIGN, Gateway, report
from tests.fixtures.service import nightly

NUMBER = "13900001111"
A, R = Verdict.AGAIN, Verdict.REFUSED
CODES = {
    "busy": ("busy", A, None), "too_fast": ("too_fast", A, 60),
    "signature_invalid": ("unverified", A, None), "timestamp_expired": ("unverified", A, None),
    "access_key_unknown": ("unverified", A, None), "balance_empty": ("balance_empty", A, None),
    "sign_unregistered": ("unregistered", A, None),
    "template_unregistered": ("unregistered", A, None),
    "parameters_refused": ("malformed", R, None), "content_refused": ("unsuitable", R, None),
    "number_unknown": ("number_unknown", R, None), "blacklisted": ("blacklisted", R, None),
    "a_code_of_tomorrow": ("other", A, None),
}  # fmt: skip


def parcel(body: str = f"【{SIGN}】预警", **more: object) -> Parcel:
    values = dict.fromkeys(gateway.REGISTERED["XQ_ALERT"], "值")
    fields: dict[str, object] = {
        "delivery_id": new_id(), "lane": "sms", "channel": Channel.SMS, "address": NUMBER,
        "body": body, "message_id": new_id(), "told_at": clock.now(), "template": "XQ_ALERT",
        "parameters": values, "parts": 1,
    }  # fmt: skip
    return Parcel(**fields | more)  # type: ignore[arg-type]  # a table of keyword arguments


async def send(what: Parcel) -> Answer:
    async with calls.client() as client:
        return await channels.SENDERS[Channel.SMS].send(client, what)


async def test_the_gateway_finds_each_request_signed_and_each_once(sms: Gateway) -> None:
    for _ in range(2):
        got = await send(parcel())
        assert (got.status, got.error, got.verdict) == (200, None, Verdict.ACCEPTED)
    assert len(sms.sent) == 2


async def test_each_documented_code_is_again_or_refused(sms: Gateway) -> None:
    sms.codes.extend(CODES)
    got = {code: await send(parcel()) for code in CODES}
    assert {code: (one.error, one.verdict, one.retry_after) for code, one in got.items()} == CODES
    assert sms.sent == {}


async def test_a_wrong_secret_is_found_by_the_gateway(
    sms: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS_SMS_SECRET", "another")
    settings.cache_clear()
    assert (await send(parcel())).error == "unverified"
    assert sms.sent == {}


async def test_the_self_test_sends_nothing(sms: Gateway) -> None:
    async with calls.client() as client:
        got = await channels.PROVIDERS[Channel.SMS].check(client, "")
    assert (got.error, got.verdict, sms.asked, sms.sent) == (None, Verdict.DELIVERED, 1, {})


def test_a_gateway_without_a_secret_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="ALERTS_SMS_SECRET"):
        Settings.model_validate({"sms_url": "https://sms.example.org/"})


# ---- told by SMS -----------------------------------------------------------------------------


async def told(
    sessions: Sessions, *, name: str = "金凤路安置小区", number: str = "+86 139-0000-1111"
) -> UUID:
    """Tell a developer by SMS of an item; give the delivery's id."""
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(
            session, "developer", org_id=factories.DEVELOPER, phone=number,
            channels=["inbox", "sms"],
        )  # fmt: skip
        event = factories.opened(project=factories.card(name=name))
        await handlers.on_watch_item_opened(session, event)
        await factories.recipient(session, "operator", area_code="0", channels=["inbox"])
    while await jobs.send_deliveries(sessions):
        pass
    async with sessions.begin("test") as session:
        (one,) = await looking.deliveries(session, channel=Channel.SMS)
        return one.id


async def stands(sessions: Sessions, delivery_id: UUID) -> tuple[DeliveryState, str | None]:
    async with sessions.begin("test") as session:
        one = await session.get_one(Delivery, delivery_id)
        return one.state, one.report


async def failing(sessions: Sessions) -> dict[str, str]:
    async with sessions.begin("test") as session:
        (sms,) = await looking.deliveries(session, channel=Channel.SMS)
        notice = await session.get_one(Notice, sms.notice_id)
        person = await session.get_one(Recipient, notice.recipient_id)
        return {way: said["reason"] for way, said in person.failing.items()}


async def test_a_long_text_goes_as_parts_and_their_number_is_kept(
    sms: Gateway, sessions: Sessions
) -> None:
    name = "恩施州来凤县翔凤镇金凤路安置小区二期工程总承包施工第十七标段及配套道路给排水工程"
    delivery_id = await told(sessions, name=name)
    (given,) = sms.sent.values()
    assert given["to"] == "+8613900001111"
    assert len(given["parameters"]["project"]) == 35
    assert given["text"].startswith(f"【{SIGN}】预警（蓝）：人工费用未拨付或拨付不足 恩施州")
    assert given["parts"] == 2
    assert await stands(sessions, delivery_id) == (DeliveryState.SENT, None)
    async with sessions.begin("test") as session:
        attempt = (await session.scalars(select(Attempt))).one()
        assert (attempt.parts, attempt.status, attempt.error) == (2, 200, None)
        assert NUMBER not in attempt.answer


async def test_a_report_says_that_it_arrived_and_again_changes_nothing(
    sms: Gateway, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    delivery_id = await told(sessions)
    for taken in (1, 0):
        got = await report(client, (delivery_id, "delivered"), (new_id(), "delivered"))
        assert (got.status_code, got.json()) == (200, {"taken": taken}), got.text
    # What has ended is not ended again by another word of it.
    assert (await report(client, (delivery_id, "blacklisted"))).json() == {"taken": 0}
    assert await stands(sessions, delivery_id) == (DeliveryState.DELIVERED, "delivered")
    assert await failing(sessions) == {}
    assert sms.sent


async def test_each_refusal_is_seen_on_its_delivery_and_on_its_recipient(
    sms: Gateway, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    fates = [
        "number_unknown", "switched_off", "out_of_service", "blacklisted", "content_refused",
        "too_many", "expired", "undelivered",
    ]  # fmt: skip
    async with sessions.begin("test") as session:
        await factories.areas(session)
        for number, _ in enumerate(fates):
            await factories.recipient(
                session, "developer", org_id=factories.DEVELOPER, phone=f"1390000111{number}",
                channels=["inbox", "sms"], title=fates[number],
            )  # fmt: skip
        await handlers.on_watch_item_opened(session, factories.opened())
    while await jobs.send_deliveries(sessions):
        pass
    async with sessions.begin("test") as session:
        rows = await session.execute(
            select(Recipient.title, Delivery.id)
            .join(Notice, Notice.recipient_id == Recipient.id)
            .join(Delivery, Delivery.notice_id == Notice.id)
            .where(Delivery.channel == Channel.SMS)
        )
        sent = {row[0]: row[1] for row in rows}
    got = await report(client, *((sent[fate], fate) for fate in fates))
    assert got.json() == {"taken": 8}
    for fate in fates:
        assert await stands(sessions, sent[fate]) == (DeliveryState.REFUSED, fate)
    async with sessions.begin("test") as session:
        people = (await session.scalars(select(Recipient))).all()
        said = {each.title: {way: one["reason"] for way, one in each.failing.items()}
                for each in people}  # fmt: skip
    assert said == {fate: {"sms": fate} if fate in fates[:4] else {} for fate in fates}
    assert len(sms.sent) == 8


async def test_what_the_gateway_did_not_sign_just_now_is_refused(
    sms: Gateway, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    delivery_id = await told(sessions)
    fate = delivery_id, "blacklisted"
    body = b'{"reports": [{"id": "%s", "status": "delivered"}]}' % str(delivery_id).encode()
    refused = [
        await report(client, fate, at=int(time.time()) - 4000),
        await report(client, fate, at=int(time.time()) + 4000),
        await report(client, fate, headers={"x-timestamp": "now"}),
        await report(client, fate, headers={"x-signature": "0" * 64}),
        await report(client, fate, headers={"x-access-key": "other"}),
        await report(client, fate, headers={"x-nonce": "another"}),
        await report(client, fate, body=body),
        await client.post("/alerts/v1/sms/reports", content=body),
    ]
    assert {(got.status_code, got.json()["type"]) for got in refused} == {
        (401, "/problems/report-unsigned")
    }
    assert await stands(sessions, delivery_id) == (DeliveryState.SENT, None)
    assert await failing(sessions) == {}
    assert sms.sent


async def test_without_a_gateway_nobody_may_report(client: httpx.AsyncClient) -> None:
    assert (await report(client, (new_id(), "delivered"))).status_code == 401


async def test_a_report_may_come_before_its_sending_is_written_down(
    sms: Gateway, sessions: Sessions, client: httpx.AsyncClient
) -> None:
    sms.codes.append("busy")
    delivery_id = await told(sessions)
    assert await stands(sessions, delivery_id) == (DeliveryState.WAITING, None)
    assert (await report(client, (delivery_id, "delivered"))).json() == {"taken": 1}
    async with sessions.begin("test") as session:
        one = parcel(delivery_id=delivery_id)
        taken = Answer(200, verdict=Verdict.ACCEPTED)
        await actions.deliveries.record_attempts(
            session, [(one, taken)], now=clock.now(), wall=clock.wall(), roll=0.5
        )
    assert await stands(sessions, delivery_id) == (DeliveryState.DELIVERED, "delivered")


async def test_operators_hear_at_once_of_what_they_must_put_right(
    sms: Gateway, sessions: Sessions
) -> None:
    sms.codes.append("template_unregistered")
    delivery_id = await told(sessions)
    assert await stands(sessions, delivery_id) == (DeliveryState.WAITING, None)
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="channel_failing")
        assert alert.details == {"channel": "sms", "error": "unregistered"}
        assert (await looking.deliveries(session, channel=Channel.MAIL)) == []


async def test_what_is_never_reported_is_given_up_and_told_of(
    sms: Gateway, sessions: Sessions
) -> None:
    delivery_id = await told(sessions)
    assert await jobs.give_up_unreported(sessions) == 0
    async with sessions.begin("test") as session:
        (await session.get_one(Delivery, delivery_id)).next_at = clock.wall() - timedelta(hours=73)
    assert await jobs.give_up_unreported(sessions) == 1
    assert await jobs.give_up_unreported(sessions) == 0
    assert (await stands(sessions, delivery_id))[0] is DeliveryState.EXHAUSTED
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="delivery_exhausted")
        assert alert.details["channel"] == "sms"
    assert sms.sent


async def test_a_number_that_the_gateway_refuses_is_told_to_operators_each_morning(
    sms: Gateway, sessions: Sessions
) -> None:
    delivery_id = await told(sessions, number="12345")
    assert await stands(sessions, delivery_id) == (DeliveryState.REFUSED, None)
    assert await failing(sessions) == {"sms": "number_unknown"}
    for _ in range(2):
        await nightly(sessions, "report_failing_ways", date(2023, 4, 27))
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="way_failing")
        assert alert.details == {"by_sms": 1}
        assert len(await looking.told(session, alert.id)) == 1
        person = await session.scalar(select(Recipient).where(Recipient.phone.is_not(None)))
        assert person
        person.reached(Channel.SMS)
    await nightly(sessions, "report_failing_ways", date(2023, 4, 28))
    async with sessions.begin("test") as session:
        assert len(await looking.alerts(session, kind="way_failing")) == 1
    assert sms.sent == {}
