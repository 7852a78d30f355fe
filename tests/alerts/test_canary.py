"""The platform's canary in alerts: it leaves by its own endpoint, and nobody is told of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from services.alerts import actions, handlers, queries, settings
from services.alerts.models import Alert, Delivery, Endpoint, Message, Notice
from services.alerts.rules.deliveries import DeliveryState, EndpointState
from services.alerts.rules.notices import AlertState
from services.alerts.schemas.windows import MaintenanceWindowIn
from services.alerts.service import service
from shared import clock, timers
from shared.areas import CANARY
from shared.auth import Caller
from shared.db import Sessions, new_id
from shared.events.cases import WatchItemClosed, WatchItemOpened
from tests.alerts import factories
from tests.fixtures.service import Published

OPERATOR = Caller("operator", frozenset({"operator"}), frozenset({"0"}))


@pytest.fixture(autouse=True)
def on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let there be a canary, whose door nobody keeps."""
    monkeypatch.setenv("CANARY_URL", "https://wages.example/payroll/v1/canary")
    settings.canary_url.cache_clear()
    yield
    settings.canary_url.cache_clear()


def opened() -> WatchItemOpened:
    return WatchItemOpened(
        watch_item_id=new_id(), kind="canary", subject_id=new_id(), area_code=CANARY, period="",
        level="blue", level_rank=1, level_label="蓝", opened_at=clock.now(), policy_version=1,
        calendar_version="v",
    )  # fmt: skip


def closed(before: WatchItemOpened) -> WatchItemClosed:
    said = before.model_dump() | {"closed_at": clock.now(), "close_reason": "transfer_received"}
    return WatchItemClosed.model_validate(said)


async def leave(sessions: Sessions, event: WatchItemOpened) -> None:
    """Let a canary's item be told, and what falls due be done."""
    for _ in range(2):
        async with sessions.begin("event:test") as session:
            await handlers.on_watch_item_opened(session, event)
        await timers.run_due(sessions, service.timers)


async def deliveries(sessions: Sessions) -> list[Delivery]:
    async with sessions.begin("test") as session:
        return list(await session.scalars(select(Delivery).order_by(Delivery.id)))


async def test_it_leaves_once_by_its_own_endpoint_and_nobody_else_is_told(
    sessions: Sessions, published: Published
) -> None:
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await factories.everybody(session)
        await factories.endpoint(session, areas=["0"])
    first, second = opened(), opened()
    await leave(sessions, first)
    await leave(sessions, second)
    left = await deliveries(sessions)
    assert [(one.endpoint_id, one.area_code) for one in left] == [
        (actions.canary.ENDPOINT, CANARY)
    ] * 2
    async with sessions.begin("test") as session:
        assert await session.scalar(select(func.count(Notice.id))) == 0
        kinds = set(await session.scalars(select(Alert.kind)))
        said = [one.body for one in await session.scalars(select(Message))]
        assert await queries.alerts.alerts_without_timer(session, 10) == []
    assert kinds == {"canary"}  # No dead end, and no area that nobody knows.
    assert all(str(one.subject_id) in "".join(said) for one in (first, second))
    assert await published() == []


async def test_one_that_is_over_is_sent_no_more(sessions: Sessions) -> None:
    event = opened()
    await leave(sessions, event)
    async with sessions.begin("event:test") as session:
        await handlers.on_watch_item_closed(session, closed(event))
    [one] = await deliveries(sessions)
    assert one.state is DeliveryState.STOPPED
    async with sessions.begin("test") as session:
        assert (await session.scalars(select(Alert))).one().state is AlertState.CLOSED


async def test_a_closed_door_rests_no_endpoint_and_raises_no_alert(
    sessions: Sessions, published: Published
) -> None:
    await leave(sessions, opened())
    async with sessions.begin("test") as session:
        [one] = await queries.canary.locked_waiting(
            session, (await session.scalars(select(Message.id))).one()
        )
        await actions.deliveries.exhaust(session, one, clock.now())
    async with sessions.begin("test") as session:
        endpoint = (await session.scalars(select(Endpoint))).one()
        assert (endpoint.state, endpoint.failures) == (EndpointState.ACTIVE, 0)
        assert await session.scalar(select(func.count(Alert.id))) == 1
    assert await published() == []


async def test_its_endpoint_follows_the_settings(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave(sessions, opened())
    monkeypatch.setenv("CANARY_URL", "https://payroll.example/payroll/v1/canary")
    settings.canary_url.cache_clear()
    await leave(sessions, opened())
    async with sessions.begin("test") as session:
        [endpoint] = await session.scalars(select(Endpoint))
    assert endpoint.url == "https://payroll.example/payroll/v1/canary"


async def test_no_maintenance_window_keeps_it_back(sessions: Sessions) -> None:
    wall = clock.wall()
    wanted = MaintenanceWindowIn(
        area_code="0", channels=["webhook"], from_at=wall, until_at=wall + timedelta(hours=1),
        reason="the way out is worked on",
    )  # fmt: skip
    async with sessions.begin("test") as session:
        await factories.areas(session)
        await actions.windows.enter_window(session, OPERATOR, wanted, wall)
    await leave(sessions, opened())
    async with sessions.begin("test") as session:
        parcels = await actions.deliveries.claim_deliveries(session, clock.wall(), {})
    assert [parcel.address for parcel in parcels] == ["https://wages.example/payroll/v1/canary"]
