"""What subscribers are promised: signatures, their pace and order, patience, and once more."""

import asyncio
import base64
import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from services.alerts import actions, handlers, jobs, queries
from services.alerts.adapters import calls, webhook
from services.alerts.models import Delivery, Endpoint, Message
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import (
    Answer,
    Channel,
    DeliveryState,
    EndpointState,
    Parcel,
    Payload,
)
from services.alerts.rules.endpoints import Health, Patience, failed, is_hopeless, pace, warnings
from services.alerts.schemas.catalogue import EVENTS, event_types
from services.alerts.schemas.endpoints import EventType, WebhookBody
from services.alerts.settings import settings
from shared import clock
from shared.db import Session, Sessions, new_id
from shared.events.cases import WatchItemOpened
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, OPENED_AT
from tests.alerts.postbox import Post, Postbox, answer

V1 = "/alerts/v1"
ENDPOINTS = f"{V1}/endpoints"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WALL = datetime(2026, 1, 1, tzinfo=UTC)
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="anna")


async def push(session: Session, *events: WatchItemOpened) -> None:
    for event in events:
        await handlers.on_watch_item_opened(session, event)
    await session.flush()  # What was queued is due from its flush on.


async def claimed(session: Session, now: datetime | None = None) -> list[Parcel]:
    await session.flush()  # Rows that were put off must be seen by the claim.
    found = await actions.deliveries.claim_deliveries(session, now or clock.wall(), {})
    return [one for one in found if one.channel is Channel.WEBHOOK]


async def record(
    session: Session, parcels: list[Parcel], status: int, wall: datetime | None = None
) -> None:
    outcomes = [(parcel, Answer(status)) for parcel in parcels]
    at = wall or clock.wall()
    await actions.deliveries.record_attempts(session, outcomes, now=OPENED_AT, wall=at, roll=0.5)


async def due(session: Session, wall: datetime) -> int:
    """Count what could be claimed: while it is not none, the service does not rest."""
    await session.flush()  # Rows that were put off must be seen by the count.
    return await session.scalar(queries.deliveries.DUE, {"wall": wall}) or 0


@pytest.fixture
async def county(session: Session) -> None:
    await factories.areas(session)


# ---- signatures ------------------------------------------------------------------------------


def verify_v1a(public: str, post: Post) -> None:
    """Check a signature by the text of the specification, with nothing of ours."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    said = b".".join(
        (
            post.headers["webhook-id"].encode(),
            post.headers["webhook-timestamp"].encode(),
            post.body,
        )
    )
    version, _, signature = post.headers["webhook-signature"].partition(",")
    assert version == "v1a"
    key.verify(base64.b64decode(signature), said)


def parcel(url: str, *secrets: str) -> Parcel:
    return Parcel(
        delivery_id=new_id(), lane="x", channel=Channel.WEBHOOK, address=url, body='{"a":"预警"}',
        message_id=new_id(), told_at=OPENED_AT, secrets=secrets,
    )  # fmt: skip


async def test_our_key_s_signature_is_verified_by_its_public_half(postbox: Postbox) -> None:
    mine, other = webhook.new_key(), webhook.new_key()
    async with calls.client() as client:
        await webhook.send(client, parcel(postbox.url, mine))
    (post,) = postbox.posts
    public, others = webhook.public_key(mine), webhook.public_key(other)
    assert public
    assert others
    verify_v1a(public, post)
    with pytest.raises(InvalidSignature):
        verify_v1a(others, post)


async def test_during_a_rotation_the_official_library_takes_either_secret(
    postbox: Postbox,
) -> None:
    new, former, other = (webhook.new_secret() for _ in range(3))
    async with calls.client() as client:
        await webhook.send(client, parcel(postbox.url, new, former))
    (post,) = postbox.posts
    for secret in (new, former):
        assert Webhook(secret).verify(post.body, post.headers) == {"a": "预警"}
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(post.body, post.headers)


@office
@pytest.mark.parametrize("scheme", ["v1", "v1a"])
async def test_a_secret_is_renewed_with_a_grace(
    client: AsyncClient, session: Session, county: None, scheme: str
) -> None:
    asked = {
        "url": "https://93.184.216.34/hook", "areas": [COUNTY], "scheme": scheme,
        "types": ["cases.watch_item_opened.v1"],
    }  # fmt: skip
    made = (await client.post(ENDPOINTS, json=asked)).json()
    row = await session.get_one(Endpoint, UUID(made["id"]))
    first = row.secret
    answer = await client.post(f"{ENDPOINTS}/{made['id']}/rotate", json={"grace_hours": 48})
    renewed = answer.json()
    shown = "secret" if scheme == "v1" else "public_key"
    assert (made[shown] != renewed[shown], renewed["version"]) == (True, 2)
    assert (made["secret"] is None) == (scheme == "v1a")
    await session.refresh(row)
    assert row.secret != first
    soon, late = clock.wall() + 47 * HOUR, clock.wall() + 49 * HOUR
    assert (row.secrets_at(soon), row.secrets_at(late)) == ((row.secret, first), (row.secret,))
    told = await client.post(f"{ENDPOINTS}/{made['id']}/rotate", json={"grace_hours": 169})
    assert told.status_code == 422


# ---- what is pushed --------------------------------------------------------------------------


async def test_thin_messages_name_a_thing_and_say_where_it_is(
    session: Session, county: None
) -> None:
    await factories.endpoint(session, payload=Payload.THIN)
    await factories.endpoint(session, payload=Payload.FULL)
    event = factories.opened()
    await push(session, event)
    bodies = sorted((json.loads(one.body) for one in await claimed(session)), key=len)
    thin, full = sorted(bodies, key=lambda body: len(body["data"]))
    assert full["data"]["lacking"] == "1200.50"
    assert thin | {"data": None} == full | {"data": None}
    assert thin["data"].items() <= full["data"].items()
    assert "lacking" not in thin["data"]
    assert "project" not in thin["data"]
    assert thin["dataref"] == f"/cases/v1/watch-items/{event.watch_item_id}"
    assert WebhookBody.model_validate(thin).subject == event.project_id


async def test_messages_of_a_project_are_numbered_in_their_order(
    session: Session, county: None
) -> None:
    await factories.endpoint(session)
    one, other = factories.card(), factories.card()
    events = [factories.opened(project=card) for card in (one, one, other, one)]
    await push(session, *events, events[0])
    rows = (await session.scalars(select(Message))).all()
    numbers = {row.id: (row.sequence, json.loads(row.body)["sequence"]) for row in rows}
    assert [numbers[event.id] for event in events] == [
        (1, "0000000001"), (2, "0000000002"), (1, "0000000001"), (3, "0000000003"),
    ]  # fmt: skip


async def test_an_endpoint_of_some_projects_is_sent_those(session: Session, county: None) -> None:
    mine, other = factories.card(), factories.card()
    await factories.endpoint(session, projects=[str(mine.project_id)])
    await push(session, factories.opened(project=mine), factories.opened(project=other))
    (sent,) = await claimed(session)
    assert json.loads(sent.body)["subject"] == str(mine.project_id)


def test_the_catalogue_holds_what_can_be_asked_for() -> None:
    shown = event_types()
    assert {one.name for one in shown} == set(get_args(EventType)) == EVENTS.keys()
    for one in shown:
        plumbing: dict[str, Any] = {"id": str(new_id()), "occurred_at": "2023-05-25T16:00:00Z"}
        EVENTS[one.name].model_validate(one.sample["data"] | plumbing)
        WebhookBody.model_validate(one.sample)
        WebhookBody.model_validate(one.thin_sample)
        assert one.sample["dataref"]
        assert one.thin_sample["data"].items() <= one.sample["data"].items()


@office
async def test_the_catalogue_is_shown(client: AsyncClient) -> None:
    shown = (await client.get(f"{V1}/event-types")).json()
    opened = next(one for one in shown if one["name"] == "cases.watch_item_opened.v1")
    assert opened["zh"] == "关注事项产生"
    assert opened["data_schema"]["properties"]["lacking"]


async def test_a_type_that_ends_says_so_in_its_headers(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = catalogue.Listed(
        "x.old.v1", catalogue.CATALOGUE[catalogue.TEST].meaning, None,
        catalogue.Ending(date(2026, 1, 1), date(2026, 7, 1), "x.old.v2"),
    )  # fmt: skip
    monkeypatch.setattr(catalogue, "CATALOGUE", {"x.old.v1": listed})
    sent = parcel(postbox.url, webhook.new_secret())
    async with calls.client() as client:
        for name in ("x.old.v1", "x.new.v1"):
            fields = {each: getattr(sent, each) for each in sent.__slots__}
            await webhook.send(client, Parcel(**fields | {"type": name}))
    old, new = (post.headers for post in postbox.posts)
    assert old["deprecation"] == "@1767225600"
    assert old["sunset"] == "Wed, 01 Jul 2026 00:00:00 GMT"
    assert not {"deprecation", "sunset"} & new.keys()


# ---- pace and order --------------------------------------------------------------------------


@given(
    per_minute=some.integers(1, 1000),
    looks=some.lists(some.tuples(some.integers(0, 90_000), some.integers(0, 20)), max_size=30),
)
def test_no_minute_holds_more_than_its_pace(per_minute: int, looks: list[tuple[int, int]]) -> None:
    """Whoever looks, however often: of each minute at most its number, and what a second holds."""
    now, free_at, gone = WALL, None, []
    for wait, wanted in looks:
        now += timedelta(milliseconds=wait)
        allowed, free_at = pace(free_at, per_minute, now, wanted)
        assert 0 <= allowed <= wanted
        gone += [now] * allowed
    most = per_minute + max(1, per_minute // 60)
    for at in gone:
        assert sum(at <= other < at + MINUTE for other in gone) <= most


@given(per_minute=some.integers(1, 1000), wanted=some.integers(1, 5))
def test_whoever_waits_long_enough_goes(per_minute: int, wanted: int) -> None:
    _, free_at = pace(None, per_minute, WALL, 10_000)
    allowed, _ = pace(free_at, per_minute, WALL + 5 * MINUTE, wanted)
    assert allowed >= 1


async def test_an_endpoint_is_sent_no_more_than_it_takes(session: Session, county: None) -> None:
    await factories.endpoint(session, per_minute=2)
    await push(session, *(factories.opened() for _ in range(4)))
    wall = clock.wall()
    sent = [len(await claimed(session, wall + n * 10 * SECOND)) for n in range(12)]
    assert sum(sent) == 4
    assert [n for n, count in enumerate(sent) if count] == [0, 3, 6, 9]


async def test_who_keeps_the_order_is_sent_the_next_when_the_last_has_come(
    session: Session, county: None
) -> None:
    await factories.endpoint(session, ordered=True)
    one, other = factories.card(), factories.card()
    first, second = factories.opened(project=one), factories.opened(project=one)
    beside = factories.opened(project=other)
    await push(session, first, second, beside)
    wall = clock.wall()
    sent = await claimed(session, wall)
    assert {parcel.message_id for parcel in sent} == {first.id, beside.id}
    await record(session, [each for each in sent if each.message_id == first.id], 500, wall)
    await record(session, [each for each in sent if each.message_id == beside.id], 204, wall)
    assert [await due(session, wall + n * SECOND) for n in (4, 6)] == [0, 1]
    (again,) = await claimed(session, wall + 6 * SECOND)
    assert again.message_id == first.id
    assert await claimed(session, wall + 7 * SECOND) == []
    await record(session, [again], 204, wall + 7 * SECOND)
    (last,) = await claimed(session, wall + 8 * SECOND)
    assert last.message_id == second.id


# ---- patience --------------------------------------------------------------------------------

PATIENCE = Patience(5, 30, 600, 432_000, 43_200)


def test_each_rest_is_twice_the_last_up_to_the_longest() -> None:
    health, rests = Health(), []
    for _ in range(12):
        health = failed(health, WALL, 1, PATIENCE)
        rests.append((health.resting_until or WALL) - WALL)
    seconds = [0, 0, 0, 0, 30, 60, 120, 240, 480, 600, 600, 600]
    assert [rest.total_seconds() for rest in rests] == seconds
    assert failed(Health(10_000), WALL, 1, PATIENCE).resting_until == WALL + 10 * MINUTE


def test_warnings_come_once_for_each_span_and_hope_ends_after_days() -> None:
    after = settings().endpoint_warn_after
    health = failed(Health(), WALL, 1, PATIENCE)
    counts = {hours: warnings(health, WALL + hours * HOUR, after) for hours in (0, 1, 23, 24, 72)}
    assert counts == {0: 0, 1: 1, 23: 1, 24: 2, 72: 3}
    ends = [is_hopeless(health, WALL + hours * HOUR, PATIENCE) for hours in (119, 120)]
    assert ends == [False, True]
    assert warnings(Health(), WALL, after) == 0


async def test_an_endpoint_that_fails_rests_and_one_success_forgets_it(
    session: Session, county: None
) -> None:
    endpoint = await factories.endpoint(session)
    await push(session, *(factories.opened() for _ in range(8)))
    wall = clock.wall()
    await record(session, await claimed(session, wall), 500, wall)
    assert (endpoint.failures, endpoint.failing_since) == (4, wall)
    (one,) = await claimed(session, wall)  # One at a time, since it fails.
    await record(session, [one], 500, wall)
    assert (endpoint.failures, endpoint.resting_until) == (5, wall + 30 * SECOND)
    assert await claimed(session, wall + 29 * SECOND) == []
    assert [await due(session, wall + n * SECOND) for n in (29, 31)] == [0, 8]
    (probe,) = await claimed(session, wall + 31 * SECOND)
    await record(session, [probe], 204, wall + 31 * SECOND)
    assert (endpoint.failures, endpoint.failing_since, endpoint.resting_until) == (0, None, None)
    assert len(await claimed(session, wall + 32 * SECOND)) == 4


async def test_people_are_warned_and_days_later_the_endpoint_is_disabled(
    session: Session, county: None
) -> None:
    org = new_id()
    own = await factories.recipient(session, "bank", org_id=org)
    operator = await factories.recipient(session, "operator", area_code="0")
    endpoint = await factories.endpoint(session, org_id=org, types=["cases.case_proposed.v1"])
    wall = clock.wall()
    endpoint.fare(failed(Health(), wall, 1, PATIENCE))
    found = []
    for hours in (0, 1, 2, 24, 25, 72, 100):
        await session.flush()
        at = OPENED_AT + hours * HOUR
        found.append(await actions.endpoints.warn_of_failing(session, at, wall + hours * HOUR))
    assert found == [0, 1, 0, 1, 0, 1, 0]
    await session.flush()
    alerts = await looking.alerts(session, kind="endpoint_failing")
    assert [one.details["hours"] for one in alerts] == [1, 24, 72]
    told = {who for one in alerts for _, who in await looking.told(session, one.id)}
    assert told == {own.id, operator.id}
    faring = {endpoint.id: [False]}
    for days, state in ((4, EndpointState.ACTIVE), (5, EndpointState.DISABLED)):
        at = wall + days * 24 * HOUR
        await actions.endpoints.note_health(session, faring, now=OPENED_AT, wall=at)
        assert endpoint.state is state
    assert endpoint.state_reason == "failing"


async def test_warnings_are_looked_for_each_minute(sessions: Sessions) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        endpoint = await factories.endpoint(session)
        endpoint.fare(failed(Health(), clock.wall() - HOUR, 1, PATIENCE))
    assert [await jobs.warn_of_failing_endpoints(sessions) for _ in range(2)] == [1, 0]


# ---- once more -------------------------------------------------------------------------------


@office
async def test_an_endpoint_is_tried(client: AsyncClient, session: Session, county: None) -> None:
    endpoint = await factories.endpoint(session, resting_until=clock.wall() + HOUR, failures=9)
    made = await client.post(f"{ENDPOINTS}/{endpoint.id}/test")
    assert (made.status_code, made.json()["type"]) == (201, "alerts.endpoint_test.v1")
    (sent,) = await claimed(session)
    said = WebhookBody.model_validate_json(sent.body)
    assert said.data == {"endpoint_id": str(endpoint.id), "area_code": COUNTY}


@office
async def test_a_delivery_is_sent_once_more_under_its_id(
    client: AsyncClient, session: Session, county: None
) -> None:
    endpoint = await factories.endpoint(session)
    await push(session, factories.opened())
    (sent,) = await claimed(session)
    await record(session, [sent], 204)
    endpoint.resting_until = clock.wall() + HOUR
    assert await claimed(session) == []
    answer = await client.post(f"{V1}/deliveries/{sent.delivery_id}/resend")
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    (again,) = await claimed(session)
    assert again.message_id == sent.message_id


@office
async def test_a_time_is_sent_again_at_a_rate_and_only_what_is_asked_for(
    client: AsyncClient, session: Session, county: None
) -> None:
    mine, other = factories.card(), factories.card()
    endpoint = await factories.endpoint(session, projects=[str(mine.project_id)])
    events = [factories.opened(project=card) for card in (mine, other, mine, mine)]
    await push(session, *events)
    await record(session, await claimed(session), 204)
    asked = {"since": OPENED_AT.isoformat(), "until": (OPENED_AT + HOUR).isoformat()}
    before = {"since": (OPENED_AT - HOUR).isoformat(), "until": OPENED_AT.isoformat()}
    url = f"{ENDPOINTS}/{endpoint.id}/replay"
    said = (await client.post(url, json=asked | {"per_minute": 6})).json()
    assert said["messages"] == 3
    none = await client.post(url, json=before)
    assert (none.status_code, none.json()["messages"], none.json()["last_at"]) == (201, 0, None)
    statement = select(Delivery).where(Delivery.state == DeliveryState.WAITING)
    rows = (await session.scalars(statement.order_by(Delivery.next_at))).all()
    assert [row.message_id for row in rows] == sorted(
        event.id for event in events if event.project_id == mine.project_id
    )
    gaps = [(b.next_at - a.next_at).total_seconds() for a, b in pairwise(rows)]
    assert gaps == [10, 10]
    assert datetime.fromisoformat(said["last_at"]) == rows[-1].next_at
    assert [row.sequence for row in rows] == [1, 2, 3]


@office
@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2023-05-01T00:00:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
        {"since": "2023-05-02T00:00:00Z", "until": "2023-05-01T00:00:00Z"},
        {"since": "2023-05-01T00:00:00Z", "per_minute": 0},
    ],
)
async def test_no_time_at_all_is_refused(
    client: AsyncClient, session: Session, county: None, asked: dict[str, Any]
) -> None:
    endpoint = await factories.endpoint(session)
    answer = await client.post(f"{ENDPOINTS}/{endpoint.id}/replay", json=asked)
    assert answer.status_code == 422


@office
async def test_a_disabled_endpoint_is_sent_nothing(
    client: AsyncClient, session: Session, county: None
) -> None:
    endpoint = await factories.endpoint(session)
    await push(session, factories.opened())
    (sent,) = await claimed(session)
    endpoint.disable("by its owner")
    await session.flush()
    for url, body in (
        (f"{ENDPOINTS}/{endpoint.id}/test", {}),
        (f"{ENDPOINTS}/{endpoint.id}/replay", {"since": OPENED_AT.isoformat()}),
        (f"{V1}/deliveries/{sent.delivery_id}/resend", {}),
    ):
        answer = await client.post(url, json=body)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (
            409, "endpoint-off",
        ), url  # fmt: skip


async def _all_came(sessions: Sessions) -> bool:
    async with sessions.begin("test") as session:
        states = await session.scalars(
            select(Delivery.state).where(Delivery.endpoint_id.is_not(None))
        )
        return set(states) == {DeliveryState.DELIVERED}


async def test_a_message_in_order_reaches_the_postbox_after_failures(
    sessions: Sessions, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over real HTTP: whatever fails first, each project's messages come in their order."""
    monkeypatch.setenv("ALERTS_RETRY_AFTER", "[0, 0.05, 0.05, 0.05]")
    settings.cache_clear()

    async def every_other(_: Post) -> bytes:
        return answer(500 if len(postbox.posts) % 2 else 204)

    postbox.reply = every_other
    card = factories.card()
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.endpoint(session, url=postbox.url, ordered=True)
        for _ in range(4):
            await handlers.on_watch_item_opened(session, factories.opened(project=card))
    try:
        async with asyncio.timeout(20):
            while not await _all_came(sessions):
                await jobs.send_deliveries(sessions)
    finally:
        settings.cache_clear()
    numbers = [json.loads(post.body)["sequence"] for post in postbox.posts]
    assert sorted(set(numbers)) == list(dict.fromkeys(numbers))
    assert len(set(numbers)) == 4
