"""Robots of chat groups: each against a real local server of its platform."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.alerts import handlers, jobs, queries
from services.alerts.adapters import calls, channels, codes, wecom
from services.alerts.models import Recipient, Robot
from services.alerts.rules.deliveries import (
    Answer,
    Channel,
    DeliveryState,
    EndpointState,
    Parcel,
    Verdict,
)
from shared import clock
from shared.db import Session, Sessions, new_id
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR, OPENED_AT
from tests.alerts.platforms import DingTalk, Feishu, Platform, WeCom, running

SECRETS = {
    Channel.WECOM: "",
    Channel.DINGTALK: "SEC000000000000000000000000",
    Channel.FEISHU: "fs-secret-0",
}
MADE = {Channel.WECOM: WeCom, Channel.DINGTALK: DingTalk, Channel.FEISHU: Feishu}
A, R, G = Verdict.AGAIN, Verdict.REFUSED, Verdict.GONE
# What each page lists, and what it means to us: again (after seconds), refused, or gone.
ERRORS: dict[Channel, dict[int, tuple[str, Verdict, float | None]]] = {
    Channel.WECOM: {
        -1: ("busy", A, None), 45009: ("too_fast", A, 60), 45033: ("too_fast", A, 60),
        40008: ("malformed", R, None), 40035: ("malformed", R, None),
        40058: ("malformed", R, None), 44004: ("malformed", R, None),
        45002: ("too_long", R, None), 93000: ("gone", G, None), 93004: ("gone", G, None),
        93008: ("gone", G, None), 99999: ("other", A, None),
    },
    Channel.DINGTALK: {
        -1: ("busy", A, None), 130101: ("too_fast", A, 600), 410100: ("too_fast", A, 600),
        310000: ("unverified", R, None), 400013: ("gone", G, None), 400101: ("gone", G, None),
        400102: ("gone", G, None), 400106: ("gone", G, None), 400105: ("malformed", R, None),
        430101: ("unsuitable", R, None), 430102: ("unsuitable", R, None),
        430103: ("unsuitable", R, None), 430104: ("unsuitable", R, None),
        99999: ("other", A, None),
    },
    Channel.FEISHU: {
        11232: ("too_fast", A, 60), 9499: ("malformed", R, None), 19001: ("gone", G, None),
        19021: ("unverified", R, None), 19022: ("unverified", R, None),
        19024: ("unverified", R, None), 99999: ("other", A, None),
    },
}  # fmt: skip
EVERY = pytest.mark.parametrize("kind", MADE)


@pytest.fixture
async def platform(kind: Channel, _loopback_is_open: None) -> AsyncIterator[Platform]:
    async with running(MADE[kind](secret=SECRETS[kind])) as one:
        yield one


def parcel(kind: Channel, platform: Platform, body: str = "第一行\n第二行", **more: Any) -> Parcel:
    fields: dict[str, Any] = {
        "delivery_id": new_id(), "lane": "x", "channel": kind, "address": platform.url,
        "body": body, "message_id": new_id(), "told_at": clock.now(), "subject": "【橙】预警",
        "secrets": (platform.secret,) if platform.secret else (),
    }  # fmt: skip
    return Parcel(**fields | more)


async def send(what: Parcel) -> Answer:
    async with calls.client() as client:
        return await channels.SENDERS[what.channel].send(client, what)


@EVERY
async def test_a_post_is_signed_as_its_platform_asks_and_shown(
    kind: Channel, platform: Platform
) -> None:
    got = await send(parcel(kind, platform))
    assert (got.status, got.error, got.verdict) == (200, None, Verdict.DELIVERED)
    (shown,) = platform.shown
    assert "【橙】预警" in str(shown)
    assert "第二行" in str(shown)


@EVERY
async def test_each_documented_error_is_again_refused_or_gone(
    kind: Channel, platform: Platform
) -> None:
    platform.errors.extend(ERRORS[kind])
    got = {code: await send(parcel(kind, platform)) for code in ERRORS[kind]}
    said = {code: (one.error, one.verdict, one.retry_after) for code, one in got.items()}
    assert said == ERRORS[kind]
    assert platform.shown == []


@EVERY
async def test_a_text_beyond_the_limit_is_cut_and_not_lost(
    kind: Channel, platform: Platform
) -> None:
    for body in ("薪" * 30_000, '"\\' * 30_000, "a\n" * 20_000):
        assert (await send(parcel(kind, platform, body))).verdict is Verdict.DELIVERED
    assert "…" in str(platform.shown[0])


@EVERY
async def test_one_message_more_than_the_platform_takes_is_put_off(
    kind: Channel, platform: Platform
) -> None:
    platform.taken = platform.most - 1
    assert (await send(parcel(kind, platform))).verdict is Verdict.DELIVERED
    late = await send(parcel(kind, platform))
    assert (late.error, late.verdict) == ("too_fast", Verdict.AGAIN)
    assert late.retry_after


@pytest.mark.parametrize("kind", [Channel.DINGTALK, Channel.FEISHU])
async def test_another_secret_is_refused(kind: Channel, platform: Platform) -> None:
    got = await send(parcel(kind, platform, secrets=("another-secret",)))
    assert (got.error, got.verdict) == ("unverified", Verdict.REFUSED)


@EVERY
async def test_the_self_test_shows_nothing_to_the_group(kind: Channel, platform: Platform) -> None:
    async with calls.client() as client:
        got = await channels.PROVIDERS[kind].check(client, platform.url)
    assert (got.error, platform.gets, platform.shown) == (None, 1, [])


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"errcode": null}'])
def test_a_body_that_says_nothing_is_no_success(body: str) -> None:
    said = codes.read(Answer(200, body), "errcode", wecom.CODES, {0: Verdict.DELIVERED})
    assert (said.error, said.verdict) == ("unreadable", Verdict.AGAIN)


# ---- told through robots ---------------------------------------------------------------------


async def a_group(session: Session, kind: Channel, platform: Platform, role: str) -> Recipient:
    """Enter a chat group of the developer's, told by a robot."""
    robot = Robot(
        id=new_id(), area_code=COUNTY, kind=kind, title="根治欠薪工作群", address=platform.url,
        secret=platform.secret or None, free_at=None, state=EndpointState.ACTIVE,
        state_reason=None, version=1, created_at=OPENED_AT, created_by="t", changed_at=OPENED_AT,
    )  # fmt: skip
    session.add(robot)
    await session.flush()  # The recipient points to it.
    return await factories.recipient(
        session, role, org_id=factories.DEVELOPER, robot_id=robot.id, robot_kind=kind
    )


async def states(sessions: Sessions) -> set[DeliveryState]:
    async with sessions.begin("test") as session:
        found = await looking.deliveries(session)
        return {each.state for each in found if each.robot_id}


@EVERY
async def test_a_group_is_told_by_its_robot(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await a_group(session, kind, platform, "developer")
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    (shown,) = platform.shown
    said = str(shown)
    assert "【蓝】预警：人工费用未拨付或拨付不足 金凤路安置小区（2023-03）" in said
    assert "应到日 2023-04-25，尚欠 1200.50 元。" in said
    assert await states(sessions) == {DeliveryState.DELIVERED}


@pytest.mark.parametrize("kind", [Channel.DINGTALK])
async def test_a_robot_that_is_gone_is_switched_off_and_told_of(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    platform.errors.append(400106)
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        await factories.recipient(session, "operator", area_code="0")
        for _ in range(2):
            await handlers.on_watch_item_opened(session, factories.opened())
    while await jobs.send_deliveries(sessions):
        pass
    assert (await states(sessions), platform.shown) == ({DeliveryState.STOPPED}, [])
    async with sessions.begin("test") as session:
        robot = await session.get_one(Robot, group.robot_id)
        assert (robot.state, robot.state_reason) == (EndpointState.DISABLED, "gone")
        told = await looking.alert(session, kind="robot_gone")
        assert told.details == {"kind": "dingtalk", "title": "根治欠薪工作群"}
        again = await session.get_one(Recipient, group.id)
        assert again.failing["dingtalk"]["reason"] == "gone"


@pytest.mark.parametrize("kind", [Channel.DINGTALK])
async def test_nothing_waits_for_a_robot_that_is_off(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        (await session.get_one(Robot, group.robot_id)).disable("by its owner")
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 0
    assert (await states(sessions), platform.shown) == ({DeliveryState.STOPPED}, [])


@pytest.mark.parametrize("kind", [Channel.DINGTALK])
async def test_who_sends_waits_for_nobody_who_changes_a_robot(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        await handlers.on_watch_item_opened(session, factories.opened())
    assert group.robot_id
    async with sessions.begin("test") as session:
        assert await queries.robots.locked_robots(session, {group.robot_id})
        assert await jobs.send_deliveries(sessions) == 0
    assert await jobs.send_deliveries(sessions) == 1
    assert len(platform.shown) == 1


@pytest.mark.parametrize("kind", [Channel.DINGTALK])
async def test_operators_hear_of_words_that_a_platform_refuses(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    platform.errors.append(430104)
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    assert await states(sessions) == {DeliveryState.REFUSED}
    async with sessions.begin("test") as session:
        told = await looking.alert(session, kind="delivery_exhausted")
        assert (told.details["channel"], told.details["attempts"]) == ("dingtalk", 1)
        assert (await session.get_one(Recipient, group.id)).failing == {}


@pytest.mark.parametrize("kind", [Channel.DINGTALK])
async def test_what_was_too_much_holds_the_whole_robot(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    platform.errors.append(410100)
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        await handlers.on_watch_item_opened(session, factories.opened())
    before = clock.wall()
    assert await jobs.send_deliveries(sessions) == 1
    assert await states(sessions) == {DeliveryState.WAITING}
    async with sessions.begin("test") as session:
        robot = await session.get_one(Robot, group.robot_id)
        assert robot.free_at
        assert robot.free_at >= before + timedelta(minutes=10)
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 0


@pytest.mark.parametrize("kind", [Channel.FEISHU])
async def test_a_wrong_secret_is_seen_on_the_recipient_until_it_is_right(
    kind: Channel, platform: Platform, sessions: Sessions
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        group = await a_group(session, kind, platform, "developer")
        (await session.get_one(Robot, group.robot_id)).secret = "another-secret"
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    assert await states(sessions) == {DeliveryState.REFUSED}
    async with sessions.begin("test") as session:
        seen = await session.get_one(Recipient, group.id)
        assert seen.failing["feishu"]["reason"] == "unverified"
        robot = await session.get_one(Robot, group.robot_id)
        robot.secret, robot.free_at = platform.secret, None
        await handlers.on_watch_item_opened(session, factories.opened())
    assert await jobs.send_deliveries(sessions) == 1
    async with sessions.begin("test") as session:
        assert (await session.get_one(Recipient, group.id)).failing == {}


# ---- by HTTP ---------------------------------------------------------------------------------

OFFICE = pytest.mark.caller("wage_office", areas=(COUNTY,))
ROBOTS = "/alerts/v1/robots"


def body(kind: Channel, platform: Platform, **changes: Any) -> dict[str, Any]:
    secret = {"secret": platform.secret} if platform.secret else {}
    return {"area_code": COUNTY, "kind": kind.value, "title": "工作群", "address": platform.url,
            **secret, **changes}  # fmt: skip


@OFFICE
@EVERY
async def test_a_robot_is_added_and_its_address_never_shown(
    kind: Channel, platform: Platform, session: Session, client: httpx.AsyncClient
) -> None:
    await factories.areas(session)
    made = await client.post(ROBOTS, json=body(kind, platform))
    assert made.status_code == 201, made.text
    robot = made.json()
    assert platform.url not in made.text
    assert (robot["kind"], robot["signed"]) == (kind.value, bool(platform.secret))
    person = {"title": "工作群", "roles": ["wage_office"], "area_code": COUNTY}
    group = await client.post("/alerts/v1/recipients", json=person | {"robot_id": robot["id"]})
    assert group.status_code == 201, group.text
    assert (group.json()["robot_kind"], group.json()["failing"]) == (kind.value, {})
    listed = await client.get(ROBOTS, params={"kind": kind.value})
    assert [each["id"] for each in listed.json()["items"]] == [robot["id"]]
    patch = {"version": 1, "state": "disabled"}
    changed = await client.patch(f"{ROBOTS}/{robot['id']}", json=patch)
    assert (changed.json()["state"], changed.json()["version"]) == ("disabled", 2)
    stale = await client.patch(f"{ROBOTS}/{robot['id']}", json=patch)
    assert stale.status_code == 409


@OFFICE
@pytest.mark.parametrize("kind", [Channel.WECOM])
async def test_what_is_no_robot_of_the_platform_is_refused(
    kind: Channel, platform: Platform, session: Session, client: httpx.AsyncClient
) -> None:
    await factories.areas(session)
    sent = body(kind, platform)
    for changes, status in (
        ({"address": platform.url.replace("key=", "k=")}, 422),
        ({"kind": "feishu"}, 422),
        ({"kind": "mail"}, 422),
        ({"secret": "a-secret-of-none"}, 422),
        ({"area_code": NEIGHBOUR}, 404),
        ({"address": "http://10.0.0.1/cgi-bin/webhook/send?key=1"}, 422),
    ):
        got = await client.post(ROBOTS, json=sent | changes)
        assert got.status_code == status, (changes, got.text)
    person = {"title": "工作群", "roles": ["wage_office"], "area_code": COUNTY}
    unknown = await client.post("/alerts/v1/recipients", json=person | {"robot_id": str(new_id())})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/robot-unknown")
