"""Alerts read whole, in sets: each as it is read by itself, in a fixed number of statements."""

from datetime import date

import pytest
from httpx import AsyncClient

from services.alerts import handlers, queries
from services.alerts.models import Alert
from services.alerts.schemas.alerts import AlertFilter
from shared import clock
from shared.areas import Scope
from shared.db import Session, Sessions
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, NEIGHBOUR
from tests.fixtures.database import heard
from tests.fixtures.service import Time, pages

ALERTS = "/alerts/v1/alerts"
office = pytest.mark.caller("wage_office", areas=[COUNTY])


@pytest.fixture(autouse=True)
def _morning(time: Time) -> None:
    time.move_to(clock.at(date(2023, 4, 26), 10))


async def red_alerts(session: Session, count: int) -> list[Alert]:
    """Raise alerts of the county of which everybody is told."""
    await factories.areas(session)
    await factories.everybody(session)
    for _ in range(count):
        await handlers.on_watch_item_opened(session, factories.opened(level="red"))
    return await looking.alerts(session, kind="transfer_missed")


@office
async def test_each_is_as_it_is_by_itself_page_by_page_in_the_order_of_the_list(
    session: Session, client: AsyncClient
) -> None:
    await red_alerts(session, 5)
    found = await pages(client, f"{ALERTS}/whole", kind="transfer_missed", limit=2)
    assert [len(page) for page in found] == [2, 2, 1]
    [listed] = await pages(client, ALERTS, kind="transfer_missed")
    alone = [(await client.get(f"{ALERTS}/{one['id']}")).json() for one in listed]
    assert [one for page in found for one in page] == alone
    assert all(one["timeline"] and one["notices"][0]["deliveries"] for one in alone)


@office
async def test_the_filters_are_those_of_the_list(session: Session, client: AsyncClient) -> None:
    wanted, *_ = await red_alerts(session, 2)
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
    await session.flush()  # The app's own transactions must see it.
    of_item = {"watch_item_id": str(wanted.watch_item_id)}
    for asked, count in ((of_item, 1), ({"level": "yellow"}, 1), ({"kind": "x"}, 0)):
        [whole] = await pages(client, f"{ALERTS}/whole", **asked)
        [listed] = await pages(client, ALERTS, **asked)
        assert [one["id"] for one in whole] == [one["id"] for one in listed]
        assert len(whole) == count
    assert (await client.get(f"{ALERTS}/whole", params={"state": "x"})).status_code == 422


@pytest.mark.caller("wage_office", areas=[NEIGHBOUR])
async def test_a_neighbour_sees_none_of_it(session: Session, client: AsyncClient) -> None:
    await red_alerts(session, 1)
    assert await pages(client, f"{ALERTS}/whole") == [[]]


@office
async def test_a_cursor_of_a_sync_is_refused(session: Session, client: AsyncClient) -> None:
    await red_alerts(session, 1)
    since = {"changed_after": "2023-04-01T00:00:00+08:00"}
    cursor = (await client.get(ALERTS, params=since)).json()["next"]
    answer = await client.get(f"{ALERTS}/whole", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-unreadable")


async def test_a_full_page_takes_as_many_statements_as_one_of_two(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await red_alerts(session, 60)
    asked = []
    for limit in (2, 50):
        with heard(sessions) as said:
            async with sessions.begin() as session:
                found = await queries.alerts.whole_alerts(
                    session, Scope(frozenset({COUNTY})), AlertFilter(kind="transfer_missed"),
                    cursor=None, limit=limit,
                )  # fmt: skip
        assert len(found.items) == limit
        asked.append(len(said))
    assert asked[0] == asked[1], "a statement for each would be hundreds"
