"""Correction orders about what a project lacks of the required systems, each by its article."""

from typing import Any

import pytest
from httpx import AsyncClient

from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import at
from tests.fixtures.service import Time

ORDERS = "/cases/v1/correction-orders"
pytestmark = pytest.mark.caller("inspector", areas=[make.COUNTY])
# What each system's breach is of: 724号 art. 55 or 56 for the contractor, 57 for the developer.
ARTICLES = {
    "wage_account": "724号第55条",
    "deposit": "724号第55条",
    "roster": "724号第55条",
    "disbursement": "724号第56条",
    "notice_board": "724号第56条",
    "payment_guarantee": "724号第57条",
}


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.
    time.move_to(at("2023-07-31 10:00"))


async def draft(client: AsyncClient, kind: str, session: Session, **said: str) -> dict[str, Any]:
    item = await make.find_item(session, kind)
    assert item
    answer = await client.post(ORDERS, json={"watch_item_id": str(item.id), **said})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_each_missing_system_has_an_order_of_its_article_and_one_at_a_time(
    session: Session, client: AsyncClient
) -> None:
    await make.tell(
        session,
        make.found("no_systems", "2023-04-24", "2023-04-25 00:00"),
        make.found("deposit_missing", "2023-04-20", "2023-04-25 00:00"),
    )
    await make.pass_time(session, at("2023-07-31 10:00"))
    made = {
        system: await draft(client, "no_systems", session, system=system) for system in ARTICLES
    }
    assert {system: order["article"] for system, order in made.items()} == ARTICLES
    assert {order["unit_id"] for order in made.values()} == {str(make.CONTRACTOR)}
    # What is under way is given again, also where another item asks for the same system.
    again = await draft(client, "no_systems", session, system="roster")
    by_its_own = await draft(client, "deposit_missing", session)
    assert (again["id"], by_its_own["id"]) == (made["roster"]["id"], made["deposit"]["id"])
    listed = (await client.get(ORDERS, params={"state": "draft"})).json()["items"]
    assert len(listed) == len(ARTICLES)


async def test_what_was_used_and_not_replenished_is_ordered_by_the_deposit_s_article(
    session: Session, client: AsyncClient
) -> None:
    await make.tell(
        session, make.found("deposit_not_replenished", "2023-05-09", "2023-05-09 09:00")
    )
    await make.pass_time(session, at("2023-07-31 10:00"))
    order = await draft(client, "deposit_not_replenished", session)
    assert (order["article"], order["matter"]) == ("724号第55条", "deposit")
