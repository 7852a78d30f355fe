"""Bundles: a digest, a group, a flood in one message; nothing is lost and nothing comes twice."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import delete, select

from services.alerts import actions, handlers, queries
from services.alerts.models import Bundle, BundleTerms, Carried, Delivery, Notice, Recipient
from services.alerts.rules import bundles, notices
from services.alerts.rules.bundles import BundleKind, Digest
from services.alerts.rules.deliveries import Answer, Channel, DeliveryState, Parcel, Verdict
from services.alerts.schemas.bundles import BundleTermsIn
from services.alerts.schemas.routes import RouteIn
from services.alerts.schemas.signs import SignIn
from services.alerts.settings import settings
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session, Sessions, new_id
from shared.events.alerts import NoticesDelivered
from shared.service import Service
from shared.timers import Timer
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR, OPENED_AT
from tests.fixtures.service import Published
from tests.fixtures.service import Time as Moved

V1 = "/alerts/v1"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
# Wednesday morning after the items of Tuesday midnight.
MORNING = clock.at(date(2023, 4, 26), 9, 5)
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="anna")


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name a mail server, so that mails are written; none is sent here."""
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    settings.cache_clear()


async def developer(session: Session, **changes: Any) -> Recipient:
    """Let the county be known, and whom a missed transfer reaches first."""
    await factories.areas(session)
    about = {"org_id": factories.DEVELOPER, "mail": "unit@example.org"}
    return await factories.recipient(session, "developer", **about | changes)


async def tell(session: Session, count: int = 1, **changes: Any) -> None:
    """Open items; the developer hears of each."""
    for _ in range(count):
        event = factories.opened(**{"watch_item_id": new_id()} | changes)
        await handlers.on_watch_item_opened(session, event)


async def terms(session: Session, **changes: Any) -> None:
    """Give the county terms of its own."""
    said = {
        "area_code": COUNTY, "valid_from": date(2023, 1, 1), "digest_levels": ["blue", "yellow"],
        "digest_at": time(9, 5), "flood_count": 3, "flood_minutes": 10, "source": "测试",
    }  # fmt: skip
    wanted = BundleTermsIn.model_validate(said | changes)
    await actions.bundles.enter_terms(session, OFFICE, wanted, OPENED_AT)


async def mails(session: Session) -> list[Delivery]:
    return await looking.deliveries(session, channel=Channel.MAIL)


async def leave(session: Session, until: datetime) -> list[datetime]:
    """Let bundles that are due by an instant leave; give when they did."""
    await session.flush()  # What was opened must be seen.
    due = select(Timer).where(
        Timer.kind == bundles.BUNDLE, Timer.state == timers.ARMED, Timer.due_at <= until
    )
    found = list(await session.scalars(due.order_by(Timer.due_at, Timer.id)))
    for timer in found:
        await actions.bundles.send_bundle(session, timer.subject_id, timer.due_at)
        await timers.disarm_one(session, timer)
    await session.flush()  # As above.
    return [timer.due_at for timer in found]


async def parcels(session: Session) -> list[Parcel]:
    await session.flush()  # The claim reads what is written.
    found = await actions.deliveries.claim_deliveries(session, clock.wall(), {})
    return [each for each in found if each.channel is Channel.MAIL]


# ---- the digest --------------------------------------------------------------------------------


async def test_the_lower_levels_come_in_one_mail_in_the_morning(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session, 2)
    await tell(session, level="yellow")
    assert await mails(session) == []
    assert await leave(session, MORNING - MINUTE) == []
    assert await leave(session, MORNING) == [MORNING]
    (mail,) = await mails(session)
    assert (mail.created_at, mail.type) == (MORNING, "digest")
    (parcel,) = await parcels(session)
    missed = notices.KINDS["transfer_missed"].zh
    assert "3" in parcel.subject
    assert f"黄 {missed}：1 条" in parcel.body
    assert f"蓝 {missed}：2 条" in parcel.body
    assert parcel.body.count("金凤路安置小区") == 3
    assert "我的通知" in parcel.body


async def test_what_arrived_is_told_of_each_item_be_it_alone_or_in_a_digest(
    session: Session, published: Published
) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session, 2)
    await tell(session, level="orange")
    # In the inbox it is at once.
    inbox = await published(session, NoticesDelivered)
    assert [[one.channel for one in event.notices] for event in inbox] == [["inbox"]] * 3
    assert {event.notices[0].delivered_at for event in inbox} == {OPENED_AT}
    await leave(session, MORNING)
    found = await parcels(session)
    arrived = [(parcel, Answer(verdict=Verdict.DELIVERED)) for parcel in found]
    for _ in range(2):
        await actions.deliveries.record_attempts(
            session, arrived, now=MORNING, wall=clock.wall(), roll=0.5
        )
    mailed = (await published(session, NoticesDelivered))[3:]
    assert {event.watch_item_id for event in mailed} == {event.watch_item_id for event in inbox}
    notes = [one for event in mailed for one in event.notices]
    assert len(notes) == 3, "the same outcome tells it once"
    assert {(one.channel, one.delivered_at, one.attempts) for one in notes} == {
        ("mail", MORNING, 1)
    }  # fmt: skip
    assert len({one.delivery_id for one in notes}) == 2


async def test_what_is_above_the_level_is_told_at_once(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session, level="orange")
    (mail,) = await mails(session)
    assert (mail.created_at, mail.bundle_id) == (OPENED_AT, None)


async def test_who_asks_for_no_digest_is_told_at_once(session: Session) -> None:
    await developer(session)
    await tell(session)
    assert [mail.created_at for mail in await mails(session)] == [OPENED_AT]


async def test_what_is_major_is_told_past_any_digest(session: Session, time: Moved) -> None:
    time.move_to(OPENED_AT)
    await factories.areas(session)
    about = {"mail": "office@example.org", "digest": Digest.MORNING}
    await factories.recipient(session, "wage_office", **about)
    await terms(session, digest_levels=["major", "blue"], flood_count=1)
    seen = {"area_code": COUNTY, "persons": 30, "seen_at": OPENED_AT, "what": "聚集"}
    for _ in range(2):
        await actions.signs.report_sign(session, OFFICE, SignIn.model_validate(seen), OPENED_AT)
    assert [mail.bundle_id for mail in await mails(session)] == [None, None]


async def test_a_digest_of_one_reads_as_that_one(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session)
    await leave(session, MORNING)
    (parcel,) = await parcels(session)
    assert "金凤路安置小区" in parcel.subject


async def test_after_a_friday_s_evening_the_morning_is_monday_s(session: Session) -> None:
    await factories.areas(session)
    calendar = await known.calendar(session, COUNTY)
    friday = clock.at(date(2023, 4, 21), 18)
    # Sunday 23 April 2023 is worked (a make-up day).
    assert bundles.morning(friday, time(9, 5), calendar) == clock.at(date(2023, 4, 23), 9, 5)
    holiday = clock.at(date(2023, 4, 28), 18)
    assert bundles.morning(holiday, time(9, 5), calendar) == clock.at(date(2023, 5, 4), 9, 5)
    early = clock.at(date(2023, 4, 26), 9)
    assert bundles.morning(early, time(9, 5), calendar) == MORNING
    assert bundles.morning(MORNING, time(9, 5), calendar) == MORNING + 24 * HOUR


# ---- groups ------------------------------------------------------------------------------------


async def grouping(session: Session, **changes: Any) -> None:
    rung = {"wait": 4, "unit": "wh", "receivers": ["developer"], "repeats": True}
    said = {
        "area_code": COUNTY, "code": "grouped", "valid_from": "2023-01-01", "priority": 1,
        "receivers": ["developer"], "steps": [rung], "source": "测试", "group_by": ["kind"],
        "group_wait_minutes": 5,
    }  # fmt: skip
    wanted = RouteIn.model_validate(said | changes)
    await actions.routes.enter_route(session, OFFICE, wanted, OPENED_AT)


async def test_a_route_s_notices_wait_for_each_other(session: Session) -> None:
    await developer(session)
    await grouping(session)
    await tell(session, 3)
    await tell(session, kind="cover_low")
    assert await mails(session) == []
    await leave(session, OPENED_AT + 5 * MINUTE)
    found = {mail.bundle_id for mail in await mails(session)}
    rows = [await session.get_one(Bundle, each) for each in found if each]
    assert sorted((row.group_key, row.total) for row in rows) == [
        ("kind=cover_low", 1), ("kind=transfer_missed", 3),
    ]  # fmt: skip


async def test_by_project_each_project_has_its_message(session: Session) -> None:
    await developer(session)
    await grouping(session, group_by=["project"])
    project = factories.card()
    await tell(session, 2, project=project)
    await tell(session)
    await leave(session, OPENED_AT + 5 * MINUTE)
    rows = await session.scalars(select(Bundle))
    assert sorted(row.total for row in rows) == [1, 2]


async def test_red_waits_for_nobody(session: Session) -> None:
    await developer(session)
    await grouping(session)
    await tell(session, level="red")
    assert [mail.bundle_id for mail in await mails(session)] == [None]


async def test_what_comes_after_the_wait_waits_anew(session: Session) -> None:
    await developer(session)
    await grouping(session)
    await tell(session)
    later = OPENED_AT + 5 * MINUTE
    await handlers.on_watch_item_opened(
        session, factories.opened(watch_item_id=new_id()).model_copy(update={"occurred_at": later})
    )
    assert await leave(session, later + 5 * MINUTE) == [later, later + 5 * MINUTE]
    assert len(await mails(session)) == 2


# ---- floods ------------------------------------------------------------------------------------


async def test_a_flood_is_folded_into_one_summary_and_all_stays_in_the_inbox(
    session: Session,
) -> None:
    await developer(session)
    await terms(session)
    await tell(session, 8)
    await tell(session, level="red")
    assert len(await mails(session)) == 4, "three, and the red one"
    assert await leave(session, OPENED_AT + 10 * MINUTE) == [OPENED_AT + 10 * MINUTE]
    summary = [mail for mail in await mails(session) if mail.bundle_id]
    assert [(mail.created_at, mail.type) for mail in summary] == [
        (OPENED_AT + 10 * MINUTE, "flood")
    ]
    assert len(await looking.deliveries(session, channel=Channel.INBOX)) == 9
    (bundle,) = list(await session.scalars(select(Bundle)))
    assert bundle.counts == [{"kind": "transfer_missed", "label": "蓝", "count": 5}]


async def test_after_the_flood_all_go_by_themselves_again(session: Session) -> None:
    await developer(session)
    await terms(session)
    await tell(session, 5)
    later = OPENED_AT + 11 * MINUTE
    event = factories.opened(watch_item_id=new_id()).model_copy(update={"occurred_at": later})
    await handlers.on_watch_item_opened(session, event)
    own = [mail.created_at for mail in await mails(session) if mail.bundle_id is None]
    assert own == [OPENED_AT] * 3 + [later]


async def test_a_long_summary_names_the_first_and_says_how_many_more(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session, bundles.SHOWN + 4)
    await leave(session, MORNING)
    (parcel,) = await parcels(session)
    assert "另有 4 条" in parcel.body
    assert parcel.body.count("金凤路安置小区") == bundles.SHOWN


# ---- none lost, none twice ---------------------------------------------------------------------


async def carried_by(session: Session) -> Counter[tuple[UUID, Channel]]:
    """Count by notice and channel the deliveries that carry it."""
    counted: Counter[tuple[UUID, Channel]] = Counter()
    for delivery in await looking.deliveries(session):
        if delivery.bundle_id is None and delivery.notice_id:
            counted[delivery.notice_id, delivery.channel] += 1
        elif delivery.bundle_id:
            rows = select(Carried).where(Carried.bundle_id == delivery.bundle_id)
            for row in await session.scalars(rows):
                assert row.channel is delivery.channel
                counted[row.notice_id, row.channel] += 1
    return counted


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_told_is_carried_once_by_each_way(session: Session, seed: int) -> None:
    """Random people, routes, terms and floods; in the end each way of each notice was used once."""
    luck = Random(seed)
    people = [
        await developer(session, digest=luck.choice(list(Digest))),
        *[
            await factories.recipient(
                session, "developer", org_id=factories.DEVELOPER,
                mail=luck.choice([None, f"{n}@example.org"]), digest=luck.choice(list(Digest)),
            )
            for n in range(3)
        ],
    ]  # fmt: skip
    await terms(session, flood_count=luck.randint(1, 5), flood_minutes=luck.randint(1, 30))
    if luck.random() < 0.5:
        await grouping(session, group_by=luck.sample(["project", "area", "kind"], 2))
    now, projects = OPENED_AT, [factories.card() for _ in range(3)]
    for _ in range(25):
        event = factories.opened(
            watch_item_id=new_id(), level=luck.choice(["blue", "yellow", "orange", "red"]),
            project=luck.choice(projects), kind=luck.choice(["transfer_missed", "cover_low"]),
        ).model_copy(update={"occurred_at": now})  # fmt: skip
        await handlers.on_watch_item_opened(session, event)
        now += luck.choice([timedelta(), MINUTE, 7 * MINUTE, 5 * HOUR])
        await leave(session, now)
    await leave(session, now + 72 * HOUR)
    told = list(await session.scalars(select(Notice)))
    by_id = {person.id: person for person in people}
    wanted = Counter(
        (notice.id, way)
        for notice in told
        if notice.recipient_id in by_id
        for way in actions.notices.ways(by_id[notice.recipient_id])
    )
    assert len(wanted) > 25
    assert await carried_by(session) == wanted
    assert await queries.invariants.unsaid(session) == []
    assert await queries.invariants.sent_twice(session) == []


async def test_many_at_once_open_one_bundle(
    sessions: Sessions, service: Service, time: Moved
) -> None:
    """At midnight many items open in one instant, each in a transaction of its own."""
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await developer(session, digest=Digest.MORNING)

    async def one() -> None:
        async with sessions.begin("test") as session:
            await tell(session)

    await asyncio.gather(*(one() for _ in range(6)))
    time.move_to(MORNING)
    while await timers.run_due(sessions, service.timers):
        pass
    async with sessions.begin("test") as session:
        carrying = [mail for mail in await mails(session) if mail.created_at == MORNING]
        assert len(carrying) == 1
        assert sum((await carried_by(session)).values()) == 2 * len(
            list(await session.scalars(select(Notice)))
        ) - len(await _waiting(session))


async def _waiting(session: Session) -> list[Carried]:
    """Give what bundles that are open still carry."""
    found = await session.scalars(
        select(Carried)
        .join(Bundle, Bundle.id == Carried.bundle_id)
        .where(Bundle.sealed_at.is_(None))
    )
    return list(found)


async def test_a_bundle_that_leaves_no_more_is_named_by_the_invariant(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session)
    (bundle,) = list(await session.scalars(select(Bundle)))
    assert await queries.invariants.unsaid(session) == []
    await timers.disarm(session, bundle.id, bundles.BUNDLE)
    assert [each.id for each in await queries.invariants.unsaid(session)] == [bundle.id]
    await leave(session, MORNING)
    await actions.bundles.send_bundle(session, bundle.id, MORNING)
    await session.flush()  # The invariant reads what is written.
    assert await queries.invariants.unsaid(session) == []
    await session.execute(delete(Delivery).where(Delivery.bundle_id == bundle.id))
    assert [each.id for each in await queries.invariants.unsaid(session)] == [bundle.id]


async def test_a_notice_that_goes_both_ways_is_named_by_the_invariant(session: Session) -> None:
    await developer(session, digest=Digest.MORNING)
    await tell(session)
    (row,) = list(await session.scalars(select(Carried)))
    session.add(
        Delivery(
            id=new_id(), key="spoilt", lane="mail", channel=Channel.MAIL, type="raised",
            area_code=COUNTY, notice_id=row.notice_id, state=DeliveryState.WAITING,
            created_at=OPENED_AT,
        )
    )  # fmt: skip
    await session.flush()  # As above.
    assert [each.id for each in await queries.invariants.sent_twice(session)] == [row.notice_id]


# ---- the rules ---------------------------------------------------------------------------------

LEVELS = ["blue", "yellow", "orange", "red"]


@given(
    level=some.sampled_from(LEVELS), major=some.booleans(), grouped=some.booleans(),
    sent=some.integers(0, 6), count=some.integers(1, 6),
    never=some.lists(some.sampled_from(LEVELS), max_size=2),
)  # fmt: skip
def test_what_is_major_or_never_folded_goes_at_once_and_floods_are_folded(
    *, level: str, major: bool, grouped: bool, sent: int, count: int, never: list[str]
) -> None:
    alert = Told(level=level, major=major)
    held = BundleTerms(
        digest_levels=[], digest_at=time(9), flood_count=count, flood_minutes=10,
        never_folded=never,
    )  # fmt: skip
    group = {"by": ["kind"], "wait_minutes": 5} if grouped else None
    found = bundles.fold(alert, group, held, at=OPENED_AT, sent=sent, calendar=None)
    if major or level in never:
        assert found is None
    elif grouped:
        assert found
        assert (found.kind, found.due_at) == (BundleKind.GROUP, OPENED_AT + 5 * MINUTE)
    elif sent >= count:
        assert found
        assert (found.kind, found.due_at) == (BundleKind.FLOOD, OPENED_AT + 10 * MINUTE)
    else:
        assert found is None


class Told:
    """An alert, as bundling reads it."""

    kind, area_code, project_id = "transfer_missed", COUNTY, None

    def __init__(self, level: str, *, major: bool) -> None:
        self.level, self.major = level, major


# ---- over HTTP ---------------------------------------------------------------------------------


@office
async def test_inbox_and_alert_say_in_which_message_a_notice_goes(
    session: Session, client: AsyncClient, time: Moved
) -> None:
    time.move_to(OPENED_AT)
    await factories.areas(session)
    await factories.recipient(
        session, "wage_office", mail="office@example.org", subject="anna", digest=Digest.MORNING
    )
    await grouping(session, receivers=["wage_office"], group_wait_minutes=0)
    await tell(session)
    (told,) = (await client.get(f"{V1}/inbox")).json()["items"]
    (carried,) = told["carried"]
    assert (carried["channel"], carried["bundle"]["kind"]) == ("mail", "digest")
    assert carried["bundle"]["sealed_at"] is None
    (alert,) = (await client.get(f"{V1}/alerts/whole")).json()["items"]
    assert [notice["carried"] for notice in alert["notices"]] == [[carried]]


@office
async def test_terms_are_versions_and_what_is_wrong_is_said(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    said = {
        "area_code": COUNTY, "valid_from": "2023-01-01", "digest_levels": ["blue"],
        "digest_at": "08:30", "flood_count": 5, "flood_minutes": 10, "source": "县治欠办",
    }  # fmt: skip
    door = f"{V1}/bundle-terms"
    assert (await client.post(door, json=said)).json()["version"] == 1
    assert (await client.post(door, json=said)).json()["version"] == 2
    early = await client.post(door, json=said | {"valid_from": "2022-01-01"})
    assert early.json()["type"] == "/problems/version-not-later"
    bad = await client.post(door, json=said | {"flood_count": 0, "digest_at": "25:00"})
    assert {error["place"] for error in bad.json()["errors"]} == {
        "body.flood_count", "body.digest_at",
    }  # fmt: skip
    both = await client.post(door, json=said | {"digest_levels": ["red"]})
    assert both.json()["errors"][0]["code"] == "both"
    assert (await client.post(door, json=said | {"area_code": NEIGHBOUR})).status_code == 404
    listed = (await client.get(door, params={"area_code": COUNTY})).json()["items"]
    assert [each["version"] for each in listed] == [1, 2]
