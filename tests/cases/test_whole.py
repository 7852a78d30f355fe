"""Watch items read whole, in sets: each as by itself, in a fixed number of statements."""

import pytest
from httpx import AsyncClient

from services.cases import queries
from services.cases.schemas.items import WatchItemFilter
from shared.areas import Scope
from shared.db import Session, Sessions
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, at
from tests.fixtures.database import heard
from tests.fixtures.service import Time, pages

ITEMS = "/cases/v1/watch-items"
office = pytest.mark.caller("wage_office", areas=[COUNTY])


@pytest.fixture(autouse=True)
def _morning(time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))


async def items(session: Session, count: int) -> None:
    """Open items of the county, each with a step and a rise on its timeline, and one in a town."""
    await make.world(session)
    for number in range(count):
        told = make.missed(project=f"p{number}", occurred_at=at("2023-05-30 15:00"))
        await make.tell(session, told)
    await make.tell(session, make.missed(project="town", area_code=TOWN))
    await session.flush()  # The app's own transactions must see it.


@office
@pytest.mark.parametrize("asked", [{}, {"unit_id": str(make.DEVELOPER)}])
async def test_each_is_as_it_is_by_itself_page_by_page_in_the_order_of_the_list(
    session: Session, client: AsyncClient, asked: dict[str, str]
) -> None:
    await items(session, 4)
    found = await pages(client, f"{ITEMS}/whole", limit=2, **asked)
    assert [len(page) for page in found] == [2, 2, 1]
    [listed] = await pages(client, ITEMS, **asked)
    alone = [(await client.get(f"{ITEMS}/{one['id']}")).json() for one in listed]
    assert [one for page in found for one in page] == alone
    assert max(len(one["timeline"]) for one in alone) == 3


@office
async def test_the_filters_are_those_of_the_list(session: Session, client: AsyncClient) -> None:
    await items(session, 2)
    for asked, count in (
        ({"area_code": TOWN}, 1),
        ({"level": "yellow"}, 2),
        ({"period": "2022-01"}, 0),
    ):
        [whole] = await pages(client, f"{ITEMS}/whole", **asked)
        [listed] = await pages(client, ITEMS, **asked)
        assert [one["id"] for one in whole] == [one["id"] for one in listed]
        assert len(whole) == count
    assert (await client.get(f"{ITEMS}/whole", params={"state": "x"})).status_code == 422


@pytest.mark.caller("wage_office", areas=[NEIGHBOUR])
async def test_a_neighbour_sees_none_of_it(session: Session, client: AsyncClient) -> None:
    await items(session, 1)
    assert await pages(client, f"{ITEMS}/whole") == [[]]


@office
async def test_a_cursor_of_a_sync_is_refused(session: Session, client: AsyncClient) -> None:
    await items(session, 1)
    since = {"changed_after": "2023-04-01T00:00:00+08:00"}
    cursor = (await client.get(ITEMS, params=since)).json()["next"]
    answer = await client.get(f"{ITEMS}/whole", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/cursor-unreadable")


async def test_a_full_page_takes_as_many_statements_as_one_of_two(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await items(session, 60)
    asked = []
    for limit in (2, 50):
        with heard(sessions) as said:
            async with sessions.begin() as session:
                found = await queries.items.whole_watch_items(
                    session, WatchItemFilter(), Scope(frozenset({COUNTY})), cursor=None, limit=limit
                )
        assert len(found.items) == limit
        asked.append(len(said))
    assert asked[0] == asked[1], "a statement for each would be fifty"
