"""The canary in payroll: its rounds, its door, and the alarm past all that it flies through."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update
from standardwebhooks import Webhook

from services.payroll import actions, jobs, queries, settings
from services.payroll.adapters import canary as channel
from services.payroll.models import BankFeed, BankLine, CanaryAlarm, CanaryRound
from services.payroll.rules.canary import Bounds, Stage, Telling, Trail, due_back
from services.payroll.service import service
from shared import clock, db, pii, timers
from shared.areas import CANARY
from shared.db import Sessions, new_id
from shared.events.payroll import CanaryMissed, CanaryReceived
from shared.outbox import OutboxRow
from shared.timers import Timer
from tests.fixtures.database import Databases
from tests.fixtures.service import Published, Time
from tests.postbox import Postbox, postbox

HOUR, BEGAN = timedelta(hours=1), datetime(2026, 3, 1, 8, tzinfo=UTC)
BOUNDS = Bounds.of(3_600, 600, 14_400)
DOOR = "/payroll/v1/canary"


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be a canary, and let this test alone set how it flies."""
    monkeypatch.setenv("CANARY_URL", "https://wages.example/payroll/v1/canary")
    monkeypatch.setenv("EGRESS_ALLOW", "127.0.0.1/32:*")
    kept = (settings.settings, settings.canary_is_on)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


async def fly(sessions: Sessions) -> UUID:
    """Let a round set out now, by its timer; give its id."""
    async with sessions.begin("test") as session:
        await session.execute(
            update(Timer).where(Timer.kind == "canary").values(due_at=clock.now())
        )
    await jobs.keep_canary_flying(sessions)
    await timers.run_due(sessions, service.timers)
    return (await rounds(sessions))[-1].id


async def rounds(sessions: Sessions) -> list[CanaryRound]:
    async with sessions.begin("test") as session:
        return list(await session.scalars(select(CanaryRound).order_by(CanaryRound.started_at)))


# ---- rounds ----------------------------------------------------------------------------------


async def test_a_round_is_found_missing_comes_back_and_is_paid(
    sessions: Sessions, published: Published
) -> None:
    round_id = await fly(sessions)
    for _ in range(2):
        await jobs.find_missed_transfers(sessions)
    async with sessions.begin("test") as session:
        for news in (True, False):
            wall = clock.wall()
            assert await actions.canary.take_back(session, round_id, clock.now(), wall) is news
    await jobs.find_missed_transfers(sessions)
    missed, received = await published()
    assert isinstance(missed, CanaryMissed)
    assert isinstance(received, CanaryReceived)
    assert missed.round_id == received.round_id == round_id
    assert received.bank_serials == [str(round_id)]
    async with sessions.begin("test") as session:
        # Of its source's days none is waited for, so no bank is ever late with them.
        assert await timers.armed(session, (await session.scalars(select(BankFeed))).one().id) == []
        assert (await session.scalars(select(BankLine))).one().account_id is None


async def test_a_start_closes_what_those_before_it_opened_and_arms_one_more(
    sessions: Sessions, published: Published
) -> None:
    lost = await fly(sessions)
    await jobs.find_missed_transfers(sessions)
    unseen = await fly(sessions)
    await fly(sessions)
    assert [one.received_at is None for one in await rounds(sessions)] == [False, False, True]
    # The second was never found missing, so nothing of it is told.
    assert [event.round_id for event in await published()] == [lost, lost]
    assert unseen != lost
    async with sessions.begin("test") as session:
        [armed] = await timers.armed(session, actions.canary.BANK)
    assert armed.due_at > clock.now()


async def test_starts_that_were_slept_through_are_left_out(sessions: Sessions) -> None:
    await jobs.keep_canary_flying(sessions)
    then = clock.now() - 30 * HOUR - timedelta(minutes=10)
    async with sessions.begin("test") as session:
        await session.execute(update(Timer).values(due_at=then))
    await timers.run_due(sessions, service.timers)
    assert len(await rounds(sessions)) == 1
    async with sessions.begin("test") as session:
        [armed] = await timers.armed(session, actions.canary.BANK)
    assert armed.due_at == then + 31 * HOUR


async def test_a_restored_database_makes_its_rounds_again_under_the_same_ids(
    sessions: Sessions, databases: Databases, time: Time
) -> None:
    # A timer fires a moment after its instant; told its past again, it fires at the very instant.
    due = clock.at(clock.today(), 3)
    url = await databases.clone("payroll")
    restored = Sessions(db.engine(url), url=url, service="payroll", publishes=service.publishes)
    told = []
    for each, lateness in ((sessions, 0.7), (restored, 0.0)):
        time.move_to(due)
        await jobs.keep_canary_flying(each)
        for _ in range(2):
            time.move_to(clock.now() + timedelta(seconds=lateness))
            await timers.run_due(each, service.timers)
            await jobs.find_missed_transfers(each)
            time.move_to(due + HOUR)
        async with each.begin("test") as session:
            rows = await session.execute(
                select(OutboxRow.id, OutboxRow.type).order_by(OutboxRow.position)
            )
            told.append([tuple(row) for row in rows])
    await restored.close()
    assert told[0] == told[1]
    assert len(told[0]) == 3  # Two were found, and the second start closed the first.


@pytest.mark.parametrize("name", ["CANARY_URL", "SCENARIO_CLOCK"])
async def test_there_is_none_without_a_door_or_in_a_scenario(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "" if name == "CANARY_URL" else "1")
    settings.canary_is_on.cache_clear()
    assert await jobs.keep_canary_flying(sessions) == 0
    assert jobs.watch_canary(sessions) is None


# ---- the door --------------------------------------------------------------------------------


def signed(
    round_id: UUID, *, at: datetime | None = None, secret: bytes | None = None
) -> tuple[bytes, dict[str, str]]:
    """Give what alerts would post, and its headers."""
    body = json.dumps({"id": "1", "data": {"round_id": str(round_id)}})
    at = at or clock.wall()
    key = Webhook("whsec_" + b64encode(secret or pii.secret(CANARY)).decode())
    signature = key.sign("message", at.replace(tzinfo=None, microsecond=0), body)
    return body.encode(), {
        "webhook-id": "message",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/cloudevents+json",
    }


async def test_the_door_takes_a_round_back_once(sessions: Sessions, client: AsyncClient) -> None:
    body, headers = signed(await fly(sessions))
    answers = [await client.post(DOOR, content=body, headers=headers) for _ in range(2)]
    assert [(one.status_code, one.json()["taken"]) for one in answers] == [
        (200, True), (200, False),
    ]  # fmt: skip
    assert (await rounds(sessions))[0].back_at
    body, headers = signed(new_id())
    unknown = await client.post(DOOR, content=body, headers=headers)
    assert unknown.json() == {"taken": False}


async def test_what_alerts_did_not_sign_just_now_is_refused(
    sessions: Sessions, client: AsyncClient
) -> None:
    round_id = await fly(sessions)
    body, good = signed(round_id)
    forged = [
        signed(round_id, secret=b"x" * 32)[1],
        signed(round_id, at=clock.wall() - HOUR)[1],
        signed(new_id())[1],
        good | {"webhook-signature": "v1"},
        good | {"webhook-signature": "v1,%%%"},
        good | {"webhook-timestamp": "now"},
        {},
    ]
    for headers in forged:
        answer = await client.post(DOOR, content=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/canary-unsigned")
    assert (await rounds(sessions))[0].back_at is None


# ---- late or not -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_back", "began", "due"),
    [
        (None, 0, 10),  # none ever: as long after the start as one may take
        (0, -600, 70),  # the next sets out an hour after it, and may take ten minutes
        (-600, 0, 10),  # after downtime one has to set out first
        (-50, 0, 20),
    ],
)
def test_the_next_is_awaited(last_back: int | None, began: int, due: int) -> None:
    def minute(number: int) -> datetime:
        return BEGAN + timedelta(minutes=number)

    trail = Trail(last_back_at=None if last_back is None else minute(last_back))
    assert due_back(trail, minute(began), BOUNDS) == minute(due)


def test_where_one_stopped_is_where_the_newest_is() -> None:
    assert Trail().stopped is Stage.AWAITED
    assert Trail(BEGAN).stopped is Stage.ENTERED
    assert Trail(BEGAN, BEGAN).stopped is Stage.FOUND
    assert Trail(BEGAN, BEGAN, BEGAN).stopped is Stage.SENT
    assert Trail(BEGAN, BEGAN, BEGAN, back=True).stopped is Stage.AWAITED


async def test_the_trail_is_read_off_the_rows(sessions: Sessions) -> None:
    async def trail() -> Trail:
        async with sessions.begin("test") as session:
            return await queries.canary.trail(session)

    assert await trail() == Trail()
    round_id = await fly(sessions)
    assert (await trail()).stopped is Stage.ENTERED
    await jobs.find_missed_transfers(sessions)
    assert (await trail()).stopped is Stage.FOUND
    async with sessions.begin("test") as session:
        await session.execute(update(OutboxRow).values(sent_at=clock.wall()))
    assert (await trail()).stopped is Stage.SENT
    async with sessions.begin("test") as session:
        await actions.canary.take_back(session, round_id, clock.now(), clock.wall())
    [one] = await rounds(sessions)
    assert ((await trail()).stopped, (await trail()).last_back_at) == (
        Stage.AWAITED, one.started_at,
    )  # fmt: skip


# ---- the alarm -------------------------------------------------------------------------------


class Operators(Postbox):
    """The operators' server: it keeps what comes, and answers as it is told to."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.told: list[dict[str, Any]] = []
        self.status = 204

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.told.append(json.loads(body))
        return self.status


@asynccontextmanager
async def operators(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Operators]:
    async with postbox(Operators) as box:
        monkeypatch.setenv("PAYROLL_CANARY_ALARM_URL", box.address)
        settings.settings.cache_clear()
        yield box


def overdue(*watches: jobs.CanaryWatch) -> None:
    """Let watches have begun long ago."""
    for watch in watches:
        watch._began -= HOUR  # noqa: SLF001  so that nothing has to wait


async def free(sessions: Sessions, **span: int) -> None:
    """Let as much of an alarm's time pass."""
    async with sessions.begin("test") as session:
        passed = CanaryAlarm.next_at - timedelta(**span)
        await session.execute(update(CanaryAlarm).values(next_at=passed))


async def test_of_two_replicas_one_tells_then_again_much_later_and_once_that_it_is_over(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = jobs.CanaryWatch(sessions), jobs.CanaryWatch(sessions)
    assert await one() == ""
    overdue(one, other)
    async with operators(monkeypatch) as box:
        async with asyncio.TaskGroup() as group:
            said = [group.create_task(watch()) for watch in (one, other)]
        assert all("timers" in each.result() for each in said)
        assert [(each["state"], each["stage"]) for each in box.told] == [("lost", "awaited")]
        await one()
        assert len(box.told) == 1
        await free(sessions, hours=4)
        for watch in (one, other):
            await watch()
        assert [each["state"] for each in box.told] == ["lost", "lost"]
        round_id = await fly(sessions)
        async with sessions.begin("test") as session:
            await actions.canary.take_back(session, round_id, clock.now(), clock.wall())
        for watch in (one, other, one):
            assert await watch() == ""
        assert [each["state"] for each in box.told] == ["lost", "lost", "back"]
    async with sessions.begin("test") as session:
        counted = select(func.count(CanaryAlarm.id), func.count(CanaryAlarm.over_at))
        assert (await session.execute(counted)).one() == (1, 1)


async def test_an_alarm_that_did_not_arrive_is_told_again_after_a_minute(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = jobs.CanaryWatch(sessions)
    overdue(watch)
    async with operators(monkeypatch) as box:
        box.status = 503
        for _ in range(2):
            await watch()
        assert len(box.told) == 1
        box.status = 204
        await free(sessions, minutes=1)
        for _ in range(2):
            await watch()
        assert len(box.told) == 2


async def test_what_nobody_was_told_of_ends_without_a_word(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = jobs.CanaryWatch(sessions)
    overdue(watch)
    async with operators(monkeypatch) as box:
        box.status = 503
        await watch()
        round_id = await fly(sessions)
        async with sessions.begin("test") as session:
            await actions.canary.take_back(session, round_id, clock.now(), clock.wall())
        await free(sessions, minutes=1)
        assert await watch() == ""
        assert [each["state"] for each in box.told] == ["lost"]
    async with sessions.begin("test") as session:
        assert await queries.canary.locked_alarm(session) is None


async def test_a_database_that_is_away_is_told_by_each_process(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Sessions(sessions.bind, url=sessions.url, service="payroll")
    one, other = jobs.CanaryWatch(gone), jobs.CanaryWatch(gone)
    async with operators(monkeypatch) as box:
        for watch in (one, other):
            assert await watch() == ""

        def away(actor: str = "") -> Any:  # noqa: ANN401  what cannot be had
            raise ConnectionRefusedError(actor)

        begin = gone.begin
        monkeypatch.setattr(gone, "begin", away)
        for watch in (one, other, one):
            assert "database" in await watch()
        assert box.told == []  # It may be back in a moment.
        for watch in (one, other):
            watch._seen_at -= timedelta(minutes=10)  # noqa: SLF001
        for watch in (one, other, one, other):
            await watch()
        assert [(each["state"], each["stage"]) for each in box.told] == [("lost", "blind")] * 2
        monkeypatch.setattr(gone, "begin", begin)
        for watch in (one, one):
            assert await watch() == ""
        assert [each["state"] for each in box.told[2:]] == ["back"]


# ---- how it is posted ------------------------------------------------------------------------

LOST = Telling(Stage.SENT, BEGAN)


async def _posted(
    monkeypatch: pytest.MonkeyPatch, form: str, answer: bytes
) -> tuple[bool, dict[str, Any]]:
    """Tell a server that gives an answer, in a form; say whether it counts, and what came."""
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        came.append(await reader.readexactly(length))
        said = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s"
        writer.write(said % (len(answer), answer))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("PAYROLL_CANARY_ALARM_URL", f"http://127.0.0.1:{port}/robot")
        monkeypatch.setenv("PAYROLL_CANARY_ALARM_FORM", form)
        settings.settings.cache_clear()
        taken = await channel.tell(LOST)
    return taken, json.loads(came[0])


@pytest.mark.parametrize(
    ("form", "good", "refused"),
    [
        ("wecom", b'{"errcode":0,"errmsg":"ok"}', b'{"errcode":93000,"errmsg":"invalid"}'),
        ("dingtalk", b'{"errcode":0,"errmsg":"ok"}', b'{"errcode":310000,"errmsg":"keywords"}'),
        ("feishu", b'{"code":0,"msg":"success"}', b'{"code":19024,"msg":"Key Words Not Found"}'),
    ],
)
async def test_a_robot_is_posted_a_text_and_its_own_code_counts(
    monkeypatch: pytest.MonkeyPatch, form: str, good: bytes, refused: bytes
) -> None:
    taken, said = await _posted(monkeypatch, form, good)
    text = said["content"]["text"] if form == "feishu" else said["text"]["content"]
    assert taken
    assert said.get("msg_type" if form == "feishu" else "msgtype") == "text"
    assert text.startswith("【薪清】")
    assert LOST.words.en in text
    for answer in (refused, b"[]", b"sorry", b""):
        assert not (await _posted(monkeypatch, form, answer))[0]


async def test_a_server_of_ones_own_is_posted_json(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, said = await _posted(monkeypatch, "plain", b"")
    assert taken
    assert (said["kind"], said["state"], said["stage"]) == ("canary", "lost", "sent")
    assert datetime.fromisoformat(said["since"]) == BEGAN


async def test_the_alarm_goes_where_the_egress_policy_lets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with operators(monkeypatch) as box:
        monkeypatch.setenv("EGRESS_ALLOW", "")
        assert not await channel.tell(LOST)
        assert box.told == []
    monkeypatch.delenv("PAYROLL_CANARY_ALARM_URL")
    settings.settings.cache_clear()
    assert await channel.tell(LOST)  # The log has it, and that is all that was asked for.
