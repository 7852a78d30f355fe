"""Maintenance windows: what is due in one waits for its end, and none of it is dropped.

The instants of windows are the machine's, so they are handed in where the sender asks for them.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.alerts import actions, handlers, queries
from services.alerts.models import MaintenanceWindow
from services.alerts.rules.deliveries import Answer, Channel
from services.alerts.schemas.windows import MaintenanceWindowEndIn, MaintenanceWindowIn
from services.alerts.settings import settings
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NATION, NEIGHBOUR, PROVINCE

V1 = "/alerts/v1"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Beyond the instants of the rows, which are the machine's own.
BEGINS = datetime(2100, 1, 1, 8, tzinfo=UTC)
ENDS = BEGINS + 2 * HOUR
OPERATOR = Caller("ops", frozenset({"operator"}), frozenset({NATION}))
operator = pytest.mark.caller("operator", subject="ops")


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Name a mail server, so that mails are written; none is sent here."""
    monkeypatch.setenv("ALERTS_SMTP_URL", "smtp://127.0.0.1:9")
    settings.cache_clear()
    yield
    settings.cache_clear()


async def due(session: Session) -> None:
    """Let a mail and a webhook of the county wait to be sent."""
    await factories.areas(session)
    await factories.recipient(
        session, "developer", org_id=factories.DEVELOPER, mail="unit@example.org"
    )
    await factories.endpoint(session)
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
    await session.flush()  # What waits must be seen by the claim.


async def window(session: Session, **changes: Any) -> MaintenanceWindow:
    said = {
        "area_code": COUNTY, "channels": ["mail"], "from_at": BEGINS, "until_at": ENDS,
        "reason": "邮件服务器升级",
    }  # fmt: skip
    wanted = MaintenanceWindowIn.model_validate(said | changes)
    return await actions.windows.enter_window(session, OPERATOR, wanted, clock.wall())


async def claimed(session: Session, wall: datetime) -> set[Channel]:
    await session.flush()  # The claim reads what is written.
    return {each.channel for each in await actions.deliveries.claim_deliveries(session, wall, {})}


async def test_what_is_due_in_a_window_goes_at_its_end(session: Session) -> None:
    await due(session)
    await window(session)
    assert await claimed(session, BEGINS) == {Channel.WEBHOOK}
    assert await claimed(session, ENDS - timedelta(seconds=1)) == {Channel.WEBHOOK}
    mail = (await looking.deliveries(session, channel=Channel.MAIL))[0]
    assert (mail.state.value, mail.made_attempts) == ("waiting", 0)
    assert Channel.MAIL in await claimed(session, ENDS)


async def test_before_a_window_all_goes_as_ever(session: Session) -> None:
    await due(session)
    await window(session)
    assert await claimed(session, BEGINS - MINUTE) == {Channel.MAIL, Channel.WEBHOOK}


async def test_webhooks_wait_too_where_it_is_asked(session: Session) -> None:
    await due(session)
    await window(session, channels=["webhook", "mail"], area_code=NATION)
    assert await claimed(session, BEGINS) == set()
    assert await claimed(session, ENDS) == {Channel.MAIL, Channel.WEBHOOK}


@pytest.mark.parametrize(
    ("area", "waits"), [(PROVINCE, True), (COUNTY, True), (NEIGHBOUR, False), (NATION, True)]
)
async def test_a_window_is_of_its_area_and_what_lies_below(
    session: Session, area: str, *, waits: bool
) -> None:
    await due(session)
    await window(session, area_code=area)
    assert (Channel.MAIL not in await claimed(session, BEGINS)) is waits


async def test_what_is_to_be_tried_again_waits_as_well_and_loses_no_try(session: Session) -> None:
    await due(session)
    await window(session)
    sent = [
        one
        for one in await actions.deliveries.claim_deliveries(session, BEGINS - HOUR, {})
        if one.channel is Channel.MAIL
    ]
    outcomes = [(each, Answer(error="connect")) for each in sent]
    await actions.deliveries.record_attempts(
        session, outcomes, now=clock.now(), wall=BEGINS - MINUTE, roll=0.5
    )
    assert Channel.MAIL not in await claimed(session, BEGINS + HOUR)
    mail = (await looking.deliveries(session, channel=Channel.MAIL))[0]
    assert mail.made_attempts == 1
    assert Channel.MAIL in await claimed(session, ENDS)


async def test_a_window_that_is_ended_early_lets_all_go(session: Session) -> None:
    await due(session)
    row = await window(session)
    said = MaintenanceWindowEndIn(version=1)
    await actions.windows.end_window(session, OPERATOR, row.id, said, BEGINS + MINUTE)
    assert await claimed(session, BEGINS + 2 * MINUTE) == {Channel.MAIL, Channel.WEBHOOK}


async def test_what_waits_for_a_window_is_not_counted_as_due(session: Session) -> None:
    """Else operators would be woken for what they did themselves."""
    await due(session)
    before = await queries.deliveries.due_counts(session)
    assert before == {Channel.MAIL: 1, Channel.WEBHOOK: 1}
    wall = clock.wall()
    await window(session, from_at=wall - MINUTE, until_at=wall + HOUR)
    await session.flush()  # The count reads what is written.
    assert await queries.deliveries.due_counts(session) == {Channel.WEBHOOK: 1}


async def test_whatever_windows_overlap_each_delivery_goes_once_and_outside_them(
    session: Session,
) -> None:
    await due(session)
    spans = [(0, 5), (3, 9), (9, 12), (20, 21), (40, 41)]
    for begin, end in spans:
        span = {"from_at": BEGINS + begin * MINUTE, "until_at": BEGINS + end * MINUTE}
        await window(session, **span)
    went: Counter[UUID] = Counter()
    for minute in range(45):
        await session.flush()  # As above.
        wall = BEGINS + minute * MINUTE
        parcels = await actions.deliveries.claim_deliveries(session, wall, {})
        mails = [each for each in parcels if each.channel is Channel.MAIL]
        if mails:
            assert not any(begin <= minute < end for begin, end in spans)
            outcomes = [(each, Answer(status=250)) for each in mails]
            await actions.deliveries.record_attempts(
                session, outcomes, now=clock.now(), wall=wall, roll=0.5
            )
        went.update(each.delivery_id for each in mails)
        if minute in {13, 20, 30}:
            event = factories.opened(level="yellow", watch_item_id=new_id(), subject_id=new_id())
            await handlers.on_watch_item_opened(session, event)
    mails_there = await looking.deliveries(session, channel=Channel.MAIL)
    assert went == Counter(each.id for each in mails_there)


# ---- who may -----------------------------------------------------------------------------------


def body(**changes: Any) -> dict[str, Any]:
    begins = clock.wall() + HOUR
    return {
        "area_code": COUNTY, "channels": ["mail"], "from_at": begins.isoformat(),
        "until_at": (begins + HOUR).isoformat(), "reason": "邮件服务器升级",
    } | changes  # fmt: skip


@operator
async def test_what_is_wrong_with_a_window_is_told_at_once(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    wall = clock.wall()
    past = body(from_at=(wall - 50 * HOUR).isoformat(), until_at=(wall - HOUR).isoformat())
    answer = await client.post(f"{V1}/maintenance-windows", json=past)
    assert {error["code"] for error in answer.json()["errors"]} == {"over", "too_long"}
    bad = await client.post(f"{V1}/maintenance-windows", json=body(channels=["inbox"], reason=""))
    assert {error["place"] for error in bad.json()["errors"]} == {
        "body.channels[0]", "body.reason",
    }  # fmt: skip


@operator
async def test_a_window_is_entered_listed_and_ended_once(
    session: Session, client: AsyncClient
) -> None:
    await factories.areas(session)
    made = (await client.post(f"{V1}/maintenance-windows", json=body())).json()
    listed = (await client.get(f"{V1}/maintenance-windows")).json()["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    door = f"{V1}/maintenance-windows/{made['id']}/end"
    assert (await client.post(door, json={"version": 2})).status_code == 409
    assert (await client.post(door, json={"version": 1})).json()["ended_by"] == "ops"
    again = await client.post(door, json={"version": 2})
    assert again.json()["type"] == "/problems/window-over"
