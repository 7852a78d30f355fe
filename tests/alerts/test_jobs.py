"""The clock door, committing for real; each job is run twice, the sender against real servers."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update

from services.alerts import actions, handlers, jobs
from services.alerts.models import Alert, Attempt, Delivery, Endpoint, Notice, Recipient
from services.alerts.rules.deliveries import (
    KEPT_OF_AN_ANSWER,
    Channel,
    DeliveryState,
    EndpointState,
)
from services.alerts.rules.notices import AlertState, Entry, Reason
from services.alerts.schemas.alerts import AcknowledgementIn
from shared import clock, telemetry, timers
from shared.auth import Caller
from shared.db import AuditRow, Sessions
from shared.events.platform import ItemWithoutTimer
from shared.service import Service
from shared.timers import Timer
from tests.alerts import factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import COUNTY, OPENED_AT
from tests.alerts.postbox import Post, Postbox, answer
from tests.fixtures.service import Published, Time, nightly

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))


async def a_yellow_alert(sessions: Sessions) -> tuple[UUID, dict[str, UUID]]:
    """Raise an alert of a county in which every role is held; give its id and the holders."""
    async with sessions.begin("test") as session:
        await factories.areas(session)
        people = await factories.everybody(session)
        await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
        alert = await looking.alert(session)
    return alert.id, people


async def queue(sessions: Sessions, *urls: str, events: int = 1) -> list[UUID]:
    """Subscribe addresses to a county and let events of it come; give the endpoints' ids."""
    async with sessions.begin("test") as session:
        await factories.areas(session)
        made = [await factories.endpoint(session, url=url) for url in urls]
        for _ in range(events):
            await handlers.on_watch_item_opened(session, factories.opened())
    return [endpoint.id for endpoint in made]


async def states(sessions: Sessions) -> list[tuple[DeliveryState, int]]:
    """Give state and attempts of each webhook delivery."""
    async with sessions.begin("test") as session:
        found = await session.execute(
            select(Delivery.state, Delivery.made_attempts)
            .where(Delivery.endpoint_id.is_not(None))
            .order_by(Delivery.id)
        )
        return [(state, attempts) for state, attempts in found]


# ---- timers ----------------------------------------------------------------------------------


async def test_a_rung_fires_once_at_its_instant(
    sessions: Sessions, service: Service, time: Time
) -> None:
    alert_id, people = await a_yellow_alert(sessions)
    time.move_to(clock.at(date(2023, 4, 26), 12, 59))
    assert await timers.run_due(sessions, service.timers) == 0
    time.move_to(clock.at(date(2023, 4, 26), 13))
    assert await timers.run_due(sessions, service.timers) == 1
    assert await timers.run_due(sessions, service.timers) == 0
    async with sessions.begin("test") as session:
        told = await looking.told(session, alert_id)
        (timer,) = await looking.armed(session, alert_id)
    assert told.count((Reason.ESCALATED, people["developer"])) == 1
    assert timer.due_at == clock.at(date(2023, 4, 27), 9)


async def test_rungs_of_one_instant_tell_each_its_own_people_and_are_one_change_each(
    sessions: Sessions, service: Service, time: Time
) -> None:
    units = [factories.DEVELOPER, uuid4(), uuid4()]
    async with sessions.begin("test") as session:
        await factories.areas(session)
        for unit in units:
            await factories.recipient(session, "developer", org_id=unit)
        for unit in units:
            card = factories.card(developer_id=unit)
            event = factories.opened(level="yellow", project=card, unit_id=unit)
            await handlers.on_watch_item_opened(session, event)
    time.move_to(clock.at(date(2023, 4, 26), 13))
    assert await timers.run_due(sessions, service.timers) == len(units)
    async with sessions.begin("test") as session:
        found = await session.execute(
            select(Alert.developer_id, Alert.step, Recipient.org_id)
            .join(Notice, Notice.alert_id == Alert.id)
            .join(Recipient, Recipient.id == Notice.recipient_id)
            .where(Notice.reason == Reason.ESCALATED)
        )
        told = sorted(tuple(each) for each in found)
        changed = select(AuditRow.row_id, AuditRow.actor, AuditRow.after).where(
            AuditRow.table_name == "alerts", AuditRow.action == "update"
        )
        changes = (await session.execute(changed)).all()
    assert told == sorted((unit, 1, unit) for unit in units)
    assert len({row_id for row_id, *_ in changes}) == len(changes) == len(units)
    assert [(actor, after) for _, actor, after in changes] == [
        ("timer:escalation", {"step": 1}),
    ] * len(units)


async def test_a_broken_promise_fires_once_at_midnight(
    sessions: Sessions, service: Service, time: Time
) -> None:
    alert_id, _ = await a_yellow_alert(sessions)
    promise = AcknowledgementIn(promised_on=date(2023, 4, 26))
    now = clock.at(date(2023, 4, 26), 10)
    async with sessions.begin("test") as session:
        await actions.alerts.acknowledge(session, OFFICE, alert_id, promise, now)
    time.move_to(clock.day_end(date(2023, 4, 26)))
    assert await timers.run_due(sessions, service.timers) == 1
    assert await timers.run_due(sessions, service.timers) == 0
    async with sessions.begin("test") as session:
        alert = await session.get_one(Alert, alert_id)
        entries = [entry for entry, _ in await looking.entries(session, alert_id)]
    assert alert.state is AlertState.SENT
    assert entries.count(Entry.PROMISE_LAPSED) == 1


async def test_an_alert_that_lost_its_timer_is_found_each_night(
    sessions: Sessions, published: Published
) -> None:
    alert_id, _ = await a_yellow_alert(sessions)
    await nightly(sessions, "find_alerts_without_timer", date(2023, 4, 27))
    assert await published(None, ItemWithoutTimer) == []
    async with sessions.begin("test") as session:
        await session.execute(update(Timer).values(state="disarmed"))
    for day in (28, 29):
        await nightly(sessions, "find_alerts_without_timer", date(2023, 4, day))
    found = await published(None, ItemWithoutTimer)
    assert [(event.kind, event.subject_id) for event in found] == [("alert", alert_id)] * 2


# ---- sending ---------------------------------------------------------------------------------


async def test_when_all_have_answered_nobody_waits_for_more(
    sessions: Sessions, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GATHER", 3600)
    await queue(sessions, postbox.url, events=2)
    async with asyncio.timeout(30):
        assert await jobs.send_deliveries(sessions) == 2
    assert await states(sessions) == [(DeliveryState.DELIVERED, 1)] * 2


async def test_a_missed_transfer_reaches_the_webhook(sessions: Sessions, postbox: Postbox) -> None:
    (endpoint_id,) = await queue(sessions, postbox.url)
    assert await jobs.send_deliveries(sessions) == 1
    assert await jobs.send_deliveries(sessions) == 0
    (post,) = postbox.posts
    async with sessions.begin("test") as session:
        endpoint = await session.get_one(Endpoint, endpoint_id)
        delivery = await session.scalar(select(Delivery).where(Delivery.lane == str(endpoint.id)))
    assert delivery is not None
    said = post.verified(endpoint.secret)
    assert said["id"] == post.headers["webhook-id"] == str(delivery.message_id)
    assert (said["type"], said["data"]["level"]) == ("cases.watch_item_opened.v1", "blue")
    assert await states(sessions) == [(DeliveryState.DELIVERED, 1)]


async def test_a_mail_reaches_the_mailbox(sessions: Sessions, mailbox: Mailbox) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(
            session, "developer", org_id=factories.DEVELOPER, mail="a@example.org"
        )
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    assert await jobs.send_deliveries(sessions) == 0
    (mail,) = mailbox.mails
    assert mail["To"] == "a@example.org"
    assert "应到日 2023-04-25，尚欠 1200.50 元。" in mail.get_content()


async def test_what_a_mail_server_says_in_another_encoding_is_recorded(
    sessions: Sessions, mailbox: Mailbox
) -> None:
    """Words that are no text of ours must not keep the outcome of a whole batch from its rows."""
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.recipient(
            session, "developer", org_id=factories.DEVELOPER, mail="a@example.org"
        )
        await handlers.on_watch_item_opened(session, factories.opened())
    mailbox.to_rcpt.append(b"550 " + "用户不存在".encode("gb18030") + b"\0" + b"." * 8000)
    assert await jobs.send_deliveries(sessions) == 1
    async with sessions.begin("test") as session:
        [mail] = await looking.deliveries(session, channel=Channel.MAIL)
        attempt = await session.scalar(select(Attempt).where(Attempt.delivery_id == mail.id))
        assert attempt
    assert (mail.state, attempt.status) == (DeliveryState.REFUSED, 550)
    assert 1000 < len(attempt.answer) <= KEPT_OF_AN_ANSWER


async def test_a_contractor_s_mail_says_for_whom_it_waits(
    sessions: Sessions, mailbox: Mailbox
) -> None:
    """The developer, who is waited for, reads nothing of waiting; nor does anybody once it ends."""
    item = factories.opened(level="orange", waiting_for="developer")
    async with sessions.begin("test") as session:
        await factories.areas(session)
        for role, unit in (
            ("developer", factories.DEVELOPER),
            ("contractor", factories.CONTRACTOR),
        ):
            await factories.recipient(session, role, org_id=unit, mail=f"{role}@example.org")
        await handlers.on_watch_item_opened(session, item)
        alert = await looking.alert(session)
        assert alert.waiting
        assert "时限暂停计算" in alert.waiting.zh
    while await jobs.send_deliveries(sessions):
        pass
    waits = "等待建设单位拨付人工费用，贵单位相应环节时限暂停计算。"
    said = {mail["To"]: waits in mail.get_content() for mail in mailbox.mails}
    assert said == {"developer@example.org": False, "contractor@example.org": True}
    async with sessions.begin("test") as session:
        closed = factories.closed(item, OPENED_AT + timedelta(days=1))
        await handlers.on_watch_item_closed(session, closed)
    while await jobs.send_deliveries(sessions):
        pass
    after = [waits in mail.get_content() for mail in mailbox.mails[2:]]
    assert after
    assert not any(after)


@pytest.mark.usefixtures("quick")
async def test_a_failing_subscriber_gets_the_same_id_until_it_takes_it(
    sessions: Sessions, postbox: Postbox
) -> None:
    async def third_time(_: Post) -> bytes:
        return answer(204 if len(postbox.posts) == 3 else 500, b"not yet")

    postbox.reply = third_time
    await queue(sessions, postbox.url)
    assert await jobs.send_deliveries(sessions) == 3
    assert len({post.headers["webhook-id"] for post in postbox.posts}) == 1
    assert await states(sessions) == [(DeliveryState.DELIVERED, 3)]
    async with sessions.begin("test") as session:
        log = await session.execute(select(Attempt.status, Attempt.answer).order_by(Attempt.number))
        assert log.all() == [(500, "not yet"), (500, "not yet"), (204, "")]


@pytest.mark.usefixtures("quick")
async def test_a_subscriber_that_never_takes_it_is_given_up(
    sessions: Sessions, postbox: Postbox
) -> None:
    async def never(_: Post) -> bytes:
        return answer(500)

    postbox.reply = never
    await queue(sessions, postbox.url)
    assert await jobs.send_deliveries(sessions) == 3
    assert await jobs.send_deliveries(sessions) == 0
    assert await states(sessions) == [(DeliveryState.EXHAUSTED, 3)]
    async with sessions.begin("test") as session:
        await looking.alert(session, kind="delivery_exhausted")


async def test_gone_disables_the_endpoint(sessions: Sessions, postbox: Postbox) -> None:
    async def gone(_: Post) -> bytes:
        return answer(410)

    postbox.reply = gone
    (endpoint_id,) = await queue(sessions, postbox.url)
    await jobs.send_deliveries(sessions)
    async with sessions.begin("test") as session:
        endpoint = await session.get_one(Endpoint, endpoint_id)
    assert endpoint.state is EndpointState.DISABLED


@pytest.mark.usefixtures("quick")
async def test_a_silent_subscriber_holds_up_nobody_else(
    sessions: Sessions, postbox: Postbox
) -> None:
    async def by_path(post: Post) -> bytes:
        if post.path == "/silent":
            await asyncio.Event().wait()
        return answer(204)

    postbox.reply = by_path
    silent = postbox.url.replace("/hook", "/silent")
    await queue(sessions, silent, postbox.url, events=20)
    sending = asyncio.create_task(jobs.send_deliveries(sessions))
    async with asyncio.timeout(20):
        while sum(post.path == "/hook" for post in postbox.posts) < 20:
            assert not sending.done()
            await asyncio.sleep(0.01)
    # All of the healthy one's are out while the first ones to the silent one still wait.
    assert sum(post.path == "/silent" for post in postbox.posts) <= 8
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_no_more_than_its_share_is_under_way_to_one_endpoint(
    sessions: Sessions, postbox: Postbox
) -> None:
    async def slowly(_: Post) -> bytes:
        await asyncio.sleep(0.02)
        return answer(204)

    postbox.reply = slowly
    await queue(sessions, postbox.url, events=20)
    assert await jobs.send_deliveries(sessions) == 20
    assert postbox.most_under_way == 4


async def test_two_senders_send_each_delivery_once(sessions: Sessions, postbox: Postbox) -> None:
    await queue(sessions, postbox.url, events=20)
    made = await asyncio.gather(jobs.send_deliveries(sessions), jobs.send_deliveries(sessions))
    assert sum(made) == len(postbox.posts) == 20
    assert len({post.headers["webhook-id"] for post in postbox.posts}) == 20


async def test_no_transaction_is_open_while_a_subscriber_is_waited_for(
    sessions: Sessions, postbox: Postbox
) -> None:
    open_ones: list[int] = []

    async def look(_: Post) -> bytes:
        async with sessions.begin("test") as session:
            found = await session.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
                )
            )
            open_ones.append(int(found or 0))
        return answer(204)

    postbox.reply = look
    await queue(sessions, postbox.url)
    await jobs.send_deliveries(sessions)
    assert open_ones == [0]


async def test_what_was_sent_but_not_recorded_is_sent_again_with_the_same_id(
    sessions: Sessions, postbox: Postbox
) -> None:
    """As after a kill: the request went out, the process is gone, the lease runs out."""
    held = asyncio.Event()

    async def hold(_: Post) -> bytes:
        held.set()
        await asyncio.Event().wait()
        return b""

    postbox.reply = hold
    await queue(sessions, postbox.url)
    sending = asyncio.create_task(jobs.send_deliveries(sessions))
    await held.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert await jobs.send_deliveries(sessions) == 0  # its lease still runs
    async with sessions.begin("test") as session:
        ended = clock.wall() - timedelta(seconds=1)
        await session.execute(update(Delivery).values(leased_until=ended))

    async def accept(_: Post) -> bytes:
        return answer(204)

    postbox.reply = accept
    assert await jobs.send_deliveries(sessions) == 1
    first, second = (post.headers["webhook-id"] for post in postbox.posts)
    assert first == second


async def test_the_same_trouble_seen_by_two_at_once_is_one_alert(sessions: Sessions) -> None:
    about, day = uuid4(), clock.at(date(2023, 4, 26), 10)

    async def raise_it() -> None:
        async with sessions.begin("test") as session:
            await actions.alerts.raise_platform_alert(
                session, "endpoint_disabled", about, {}, at=day
            )
            await asyncio.sleep(0.05)

    await asyncio.gather(raise_it(), raise_it())
    async with sessions.begin("test") as session:
        alert = await looking.alert(session, kind="endpoint_disabled")
    assert alert.repeats == 1


# ---- measuring -------------------------------------------------------------------------------


async def test_what_is_due_and_what_is_accepted_is_measured(
    sessions: Sessions, postbox: Postbox
) -> None:
    def sample(name: str) -> float | None:
        labels = {"service": "alerts", "channel": "webhook"}
        return telemetry.REGISTRY.get_sample_value(f"xinqing_{name}", labels)

    before = sample("delivery_accepted_after_seconds_count") or 0
    await queue(sessions, postbox.url)
    await jobs.measure_deliveries(sessions)
    assert sample("deliveries_due") == 1
    await jobs.send_deliveries(sessions)
    await jobs.measure_deliveries(sessions)
    assert sample("deliveries_due") == 0
    assert sample("delivery_accepted_after_seconds_count") == before + 1
