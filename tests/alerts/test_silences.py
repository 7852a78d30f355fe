"""Silences: nothing is sent to persons, all stays to be seen, and nothing stays unsaid after it."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import delete

from services.alerts import actions, handlers, queries
from services.alerts.models import Alert, Delivery, Silence
from services.alerts.rules import silences
from services.alerts.rules.deliveries import Channel
from services.alerts.rules.notices import Entry, Reason
from services.alerts.rules.silences import SilenceState, Terms
from services.alerts.schemas.alerts import AcknowledgementIn
from services.alerts.schemas.signs import SignIn
from services.alerts.schemas.silences import SilenceEndIn, SilenceIn
from services.alerts.settings import settings
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, Sessions, new_id
from shared.service import Service
from tests import waiting
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR, OPENED_AT, TOWN
from tests.fixtures.service import Time, Token

V1 = "/alerts/v1"
HOUR = timedelta(hours=1)
ANNA = Caller("anna", frozenset({"wage_office"}), frozenset({COUNTY}))
BERT = Caller("bert", frozenset({"wage_office"}), frozenset({COUNTY}))
office = pytest.mark.caller("wage_office", areas=[COUNTY], subject="anna")


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name a mail server, so that mails are written; none is sent here."""
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    settings.cache_clear()


def asked(until_at: datetime, **changes: Any) -> SilenceIn:
    """Give the wish to silence yellow alerts of the county."""
    body = {"area_code": COUNTY, "levels": ["yellow"], "until_at": until_at, "reason": "系统联调"}
    return SilenceIn.model_validate(body | changes)


async def prepared(session: Session) -> UUID:
    """Let the county be known, and a developer that has a mail address."""
    await factories.areas(session)
    row = await factories.recipient(
        session, "developer", "wage_office", org_id=factories.DEVELOPER, mail="unit@example.org"
    )
    return row.id


async def mails(session: Session, alert_id: UUID) -> list[Delivery]:
    """Give what leaves the house of an alert for persons."""
    found = await looking.deliveries(session, channel=Channel.MAIL)
    return [each for each in found if each.key.startswith(str(alert_id))]


async def run(sessions: Sessions, service: Service, time: Time, until: datetime) -> None:
    """Let time pass, from one due instant to the next."""
    while True:
        async with sessions.begin("test") as session:
            due = await session.scalar(timers.NEXT_DUE)
        if due is None or due > until:
            break
        time.move_to(due)
        assert await timers.run_due(sessions, service.timers)
    time.move_to(until)


async def alert_of(sessions: Sessions, **changes: Any) -> UUID:
    async with sessions.begin("test") as session:
        await handlers.on_watch_item_opened(session, factories.opened(**changes))
        return (await looking.alert(session)).id


# ---- what it does, as the clock moves ----------------------------------------------------------


async def test_rungs_are_climbed_in_silence_and_told_again_at_its_end(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    until = clock.at(date(2023, 4, 28), 12)
    async with sessions.begin("test") as session:
        recipient_id = await prepared(session)
        row = await actions.silences.silence(session, ANNA, asked(until), OPENED_AT)
        assert row.state is SilenceState.ACTIVE
        silence_id = row.id
    alert_id = await alert_of(sessions, level="yellow")
    await run(sessions, service, time, until - HOUR)
    async with sessions.begin("test") as session:
        climbed = [said for entry, said in await looking.entries(session, alert_id)
                   if entry is Entry.ESCALATED]  # fmt: skip
        assert len(climbed) >= 2, "the ladder stops by no silence"
        notices = await looking.notices(session, alert_id)
        assert {each.silenced_by for each in notices} == {silence_id}
        assert await mails(session, alert_id) == []
        seen = await looking.deliveries(session, channel=Channel.INBOX)
        assert len(seen) == len(notices), "all of it is in the inbox"
    await run(sessions, service, time, until)
    async with sessions.begin("test") as session:
        told = [each for each in await looking.notices(session, alert_id)
                if each.reason is Reason.TOLD_AGAIN]  # fmt: skip
        assert recipient_id in {each.recipient_id for each in told}
        assert {(each.told_at, each.silenced_by) for each in told} == {(until, None)}
        assert [each.created_at for each in await mails(session, alert_id)] == [until]
        ended = [entry for entry, _ in await looking.entries(session, alert_id)
                 if entry is Entry.SILENCE_ENDED]  # fmt: skip
        assert len(ended) == 1
    await run(sessions, service, time, clock.at(date(2023, 5, 5), 12))
    async with sessions.begin("test") as session:
        assert len(await mails(session, alert_id)) > 1, "the next rung tells as usual"


async def test_what_was_answered_in_silence_is_not_told_again(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    until = OPENED_AT + 20 * HOUR
    async with sessions.begin("test") as session:
        await prepared(session)
        await actions.silences.silence(session, ANNA, asked(until), OPENED_AT)
    alert_id = await alert_of(sessions, level="yellow")
    async with sessions.begin("test") as session:
        answer = AcknowledgementIn()
        await actions.alerts.acknowledge(session, ANNA, alert_id, answer, OPENED_AT + HOUR)
    await run(sessions, service, time, until)
    async with sessions.begin("test") as session:
        reasons = {each.reason for each in await looking.notices(session, alert_id)}
        assert Reason.TOLD_AGAIN not in reasons


async def test_what_is_closed_at_the_instant_of_the_end_is_not_told_again(
    sessions: Sessions, service: Service, time: Time
) -> None:
    """Limits and news may come in one instant; whoever is first, the alert is over."""
    time.move_to(OPENED_AT)
    until = OPENED_AT + 20 * HOUR
    opened = factories.opened(level="yellow")
    async with sessions.begin("test") as session:
        await prepared(session)
        await actions.silences.silence(session, ANNA, asked(until), OPENED_AT)
        await handlers.on_watch_item_opened(session, opened)
        alert_id = (await looking.alert(session)).id
    time.move_to(until)
    await run(sessions, service, time, until - timedelta(seconds=1))
    async with sessions.begin("test") as session:
        await actions.silences.let_silence_end(session, (await looking.silence(session)).id, until)
    async with sessions.begin("test") as session:
        await handlers.on_watch_item_closed(session, factories.closed(opened, until))
    await run(sessions, service, time, until + HOUR)
    async with sessions.begin("test") as session:
        reasons = [each.reason for each in await looking.notices(session, alert_id)]
        assert reasons.count(Reason.TOLD_AGAIN) == reasons.count(Reason.CLOSED), (
            "what fell due before the news was told, and then that it is over"
        )


async def test_a_silence_that_is_over_early_lets_what_it_muted_be_told(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await prepared(session)
        row = await actions.silences.silence(session, ANNA, asked(OPENED_AT + 20 * HOUR), OPENED_AT)
        silence_id = row.id
    alert_id = await alert_of(sessions, level="yellow")
    early = OPENED_AT + HOUR
    time.move_to(early)
    async with sessions.begin("test") as session:
        said = SilenceEndIn(version=1, reason="联调提前结束")
        await actions.silences.end_silence(session, BERT, silence_id, said, early)
    assert await timers.run_due(sessions, service.timers) == 1
    assert await timers.run_due(sessions, service.timers) == 0
    async with sessions.begin("test") as session:
        assert [each.created_at for each in await mails(session, alert_id)] == [early]
        assert await looking.armed(session, silence_id) == []


async def test_a_silence_begins_at_its_instant_and_not_before(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    begins, until = clock.at(date(2023, 4, 26), 9), clock.at(date(2023, 4, 26), 23)
    async with sessions.begin("test") as session:
        await prepared(session)
        await actions.silences.silence(session, ANNA, asked(until, from_at=begins), OPENED_AT)
    alert_id = await alert_of(sessions, level="yellow")
    await run(sessions, service, time, until - HOUR)
    async with sessions.begin("test") as session:
        assert [each.created_at for each in await mails(session, alert_id)] == [OPENED_AT]


async def test_of_two_silences_the_alert_is_told_when_the_last_ends(
    sessions: Sessions, service: Service, time: Time
) -> None:
    time.move_to(OPENED_AT)
    first, last = OPENED_AT + 2 * HOUR, OPENED_AT + 5 * HOUR
    async with sessions.begin("test") as session:
        await prepared(session)
        await actions.silences.silence(session, ANNA, asked(first), OPENED_AT)
    alert_id = await alert_of(sessions, level="yellow")
    async with sessions.begin("test") as session:
        await actions.silences.silence(session, ANNA, asked(last), OPENED_AT + HOUR)
    await run(sessions, service, time, last - timedelta(minutes=1))
    async with sessions.begin("test") as session:
        assert await mails(session, alert_id) == []
    await run(sessions, service, time, last)
    async with sessions.begin("test") as session:
        assert [each.created_at for each in await mails(session, alert_id)] == [last]


async def test_what_is_major_is_sent_past_any_silence(session: Session, time: Time) -> None:
    time.move_to(OPENED_AT)
    recipient_id = await prepared(session)
    everything = asked(OPENED_AT + HOUR, levels=["major"], kinds=["group_dispute_sign"])
    await actions.silences.silence(session, ANNA, everything, OPENED_AT)
    seen = {"area_code": COUNTY, "persons": 30, "seen_at": OPENED_AT, "what": "聚集"}
    await actions.signs.report_sign(session, ANNA, SignIn.model_validate(seen), OPENED_AT)
    alert = await looking.alert(session, kind="group_dispute_sign")
    (notice,) = [
        n for n in await looking.notices(session, alert.id) if n.recipient_id == recipient_id
    ]
    assert notice.silenced_by is None
    assert len(await mails(session, alert.id)) == 1


async def test_subscribers_are_pushed_to_in_silence(session: Session, time: Time) -> None:
    time.move_to(OPENED_AT)
    await prepared(session)
    await factories.endpoint(session)
    await actions.silences.silence(session, ANNA, asked(OPENED_AT + HOUR), OPENED_AT)
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
    assert len(await looking.deliveries(session, channel=Channel.WEBHOOK)) == 1


async def test_whoever_ends_a_silence_waits_for_what_it_mutes_at_that_moment(
    sessions: Sessions, service: Service, time: Time
) -> None:
    """Told and muted while the silence ends: it is told again, not lost between the two."""
    time.move_to(OPENED_AT)
    async with sessions.begin("test") as session:
        await prepared(session)
        row = await actions.silences.silence(session, ANNA, asked(OPENED_AT + 20 * HOUR), OPENED_AT)
        silence_id = row.id
    told = asyncio.Event()

    async def tell() -> None:
        async with sessions.begin("test") as session:
            await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
            await session.flush()  # The notice is written and not yet committed.
            told.set()
            await waiting.until(waiting.somebody_waits(sessions))

    async def end() -> None:
        await told.wait()
        async with sessions.begin("test") as session:
            await actions.silences.let_silence_end(session, silence_id, OPENED_AT + HOUR)

    await asyncio.gather(tell(), end())
    await run(sessions, service, time, OPENED_AT + HOUR)
    async with sessions.begin("test") as session:
        alert_id = (await looking.alert(session)).id
        assert [each.created_at for each in await mails(session, alert_id)] == [OPENED_AT + HOUR]


async def test_an_alert_that_nobody_tells_again_is_named_by_the_invariant(
    session: Session, time: Time
) -> None:
    time.move_to(OPENED_AT)
    await prepared(session)
    row = await actions.silences.silence(session, ANNA, asked(OPENED_AT + HOUR), OPENED_AT)
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
    await actions.silences.let_silence_end(session, row.id, OPENED_AT + HOUR)
    alert = await looking.alert(session)
    await session.flush()  # The invariant reads what is written.
    assert await queries.invariants.unsaid(session) == []
    await timers.disarm(session, alert.id, "retelling")
    (lost,) = await queries.invariants.unsaid(session)
    assert lost.id == alert.id
    (notice,) = await looking.notices(session, alert.id)
    await session.execute(delete(Delivery).where(Delivery.notice_id == notice.id))
    assert {each.id for each in await queries.invariants.unsaid(session)} == {alert.id, notice.id}


# ---- who may -----------------------------------------------------------------------------------


@pytest.fixture
async def _known(session: Session, time: Time) -> None:
    await factories.areas(session)
    time.move_to(OPENED_AT)


def body(**changes: Any) -> dict[str, Any]:
    until_at = (OPENED_AT + HOUR).isoformat()
    return {
        "area_code": COUNTY, "levels": ["blue"], "until_at": until_at, "reason": "系统联调",
    } | changes  # fmt: skip


@office
@pytest.mark.usefixtures("_known")
async def test_red_waits_for_another_person(
    session: Session, client: AsyncClient, token: Token
) -> None:
    red = (await client.post(f"{V1}/silences", json=body(levels=["red"]))).json()
    assert red["state"] == "proposed"
    assert (await client.post(f"{V1}/silences", json=body(levels=[]))).json()["state"] == "proposed"
    await factories.everybody(session)
    await handlers.on_watch_item_opened(session, factories.opened(level="red"))
    alert = await looking.alert(session, level="red")
    assert {each.silenced_by for each in await looking.notices(session, alert.id)} == {None}
    door = f"{V1}/silences/{red['id']}/approve"
    own = await client.post(door, json={"version": 1})
    assert (own.status_code, own.json()["type"]) == (409, "/problems/second-person-needed")
    bert = token("wage_office", areas=[COUNTY], subject="bert")
    other = await client.post(door, json={"version": 1}, headers=bert)
    assert (other.status_code, other.json()["state"]) == (200, "active")
    assert other.json()["approved_by"] == "bert"
    again = await client.post(door, json={"version": 2}, headers=bert)
    assert again.json()["type"] == "/problems/silence-over"


@office
@pytest.mark.usefixtures("_known")
async def test_a_role_silences_no_longer_than_the_area_lets_it(
    client: AsyncClient, token: Token
) -> None:
    long = body(until_at=(OPENED_AT + 25 * HOUR).isoformat())
    inspector = token("inspector", areas=[COUNTY], subject="ines")
    refused = await client.post(f"{V1}/silences", json=long, headers=inspector)
    assert refused.status_code == 422
    assert [error["code"] for error in refused.json()["errors"]] == ["too_long"]
    assert (await client.post(f"{V1}/silences", json=long)).status_code == 201
    terms = {
        "area_code": COUNTY, "valid_from": "2023-01-01", "longest": {"inspector": 48},
        "source": "县治欠办",
    }  # fmt: skip
    assert (await client.post(f"{V1}/silence-terms", json=terms)).status_code == 201
    allowed = await client.post(f"{V1}/silences", json=long, headers=inspector)
    assert allowed.status_code == 201
    none = await client.post(f"{V1}/silences", json=body())
    assert [error["code"] for error in none.json()["errors"]] == ["too_long"], (
        "whom the area's own terms do not name may not silence"
    )
    early = {**terms, "valid_from": "2022-12-31"}
    late = await client.post(f"{V1}/silence-terms", json=early)
    assert late.json()["type"] == "/problems/version-not-later"


@office
@pytest.mark.usefixtures("_known")
async def test_what_is_wrong_with_a_silence_is_told_at_once(client: AsyncClient) -> None:
    past = body(until_at=(OPENED_AT - HOUR).isoformat())
    answer = await client.post(f"{V1}/silences", json=past)
    assert [error["place"] for error in answer.json()["errors"]] == ["until_at"]
    bad = await client.post(f"{V1}/silences", json=body(reason="x", area_code="nowhere"))
    assert {error["place"] for error in bad.json()["errors"]} == {"body.reason", "body.area_code"}
    elsewhere = await client.post(f"{V1}/silences", json=body(areas=[NEIGHBOUR]))
    assert elsewhere.status_code == 404


@office
@pytest.mark.usefixtures("_known")
async def test_a_silence_is_ended_once_and_listed(client: AsyncClient) -> None:
    made = (await client.post(f"{V1}/silences", json=body())).json()
    door, said = f"{V1}/silences/{made['id']}/end", {"version": 1, "reason": "不再需要"}
    assert (await client.post(door, json=said | {"version": 7})).status_code == 409
    ended = await client.post(door, json=said)
    assert (ended.status_code, ended.json()["ended_by"]) == (200, "anna")
    again = await client.post(door, json=said | {"version": 2})
    assert again.json()["type"] == "/problems/silence-over"
    listed = await client.get(f"{V1}/silences", params={"state": "ended"})
    assert [each["id"] for each in listed.json()["items"]] == [made["id"]]


# ---- the rules ---------------------------------------------------------------------------------

KINDS = some.sampled_from(["transfer_missed", "cover_low", "event_parked"])
LEVELS = some.sampled_from(["blue", "yellow", "red"])
PROJECT, ITEM = new_id(), new_id()


@given(
    kind=KINDS, level=LEVELS, kinds=some.lists(KINDS, max_size=2),
    levels=some.lists(LEVELS, max_size=2), areas=some.sampled_from([[], [TOWN], [NEIGHBOUR]]),
    projects=some.sampled_from([[], [str(PROJECT)], [str(ITEM)]]),
    item=some.sampled_from([None, ITEM, PROJECT]), major=some.booleans(),
)  # fmt: skip
def test_a_silence_takes_what_each_of_its_matchers_takes(
    *,
    kind: str,
    level: str,
    kinds: list[str],
    levels: list[str],
    areas: list[str],
    projects: list[str],
    item: UUID | None,
    major: bool,
) -> None:
    alert = Alert(kind=kind, level=level, major=major, project_id=PROJECT, watch_item_id=ITEM)
    row = Silence(kinds=kinds, levels=levels, areas=areas, projects=projects, watch_item_id=item)
    taken = silences.takes(row, alert, (TOWN, COUNTY))
    refusals = [
        major,
        bool(kinds) and kind not in kinds,
        not kinds and kind == "event_parked",
        bool(levels) and level not in levels,
        areas == [NEIGHBOUR],
        projects == [str(ITEM)],
        item == PROJECT,
    ]
    assert taken is not any(refusals)


@given(levels=some.lists(LEVELS, max_size=3), two=some.lists(LEVELS, max_size=2))
def test_a_silence_without_a_level_takes_all_and_needs_two_where_any_does(
    levels: list[str], two: list[str]
) -> None:
    named = levels or ["blue", "yellow", "red"]
    assert silences.needs_two(Terms({}, two), levels) is any(each in two for each in named)
