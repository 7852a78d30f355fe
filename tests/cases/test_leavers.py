"""P17: a complaint of somebody who left a site unpaid makes the item of his leaving red."""

from typing import Any

import pytest
from httpx import AsyncClient

from shared.db import Session
from shared.events.cases import WatchItemRaised
from shared.events.conditions import RegistryConditionFound
from tests.cases import factories as make
from tests.cases.factories import COUNTY, an_id, at
from tests.cases.test_arrears import CASES, told
from tests.fixtures.service import Published, Time

KIND = "leaver_not_settled"
ITEMS = "/cases/v1/watch-items"
desk = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-04-18 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def left(day: str, said_at: str, project: str = "p") -> RegistryConditionFound:
    """Give that people left a site on a day, as their finder tells it."""
    of = {"project_id": an_id(project), "project": make.card(project), "period": day}
    return make.found(KIND, day, said_at, f"{project}:{day}", **of)


async def complain(client: AsyncClient, number: str, **changes: Any) -> None:
    said = told(
        external_id=number, own_case=True, months="2023-03", project_id=str(an_id("p"))
    ) | changes  # fmt: skip
    made = await client.post(CASES, json=said)
    assert made.status_code == 201, made.text


@desk
async def test_a_complaint_of_who_left_makes_the_open_item_red_at_once(
    session: Session, client: AsyncClient, published: Published
) -> None:
    await make.tell(session, left("2023-04-14", "2023-04-15 00:01"))
    await make.pass_time(session, at("2023-04-17 10:00"))
    [item] = (await client.get(ITEMS, params={"kind": KIND})).json()["items"]
    assert (item["level"], item["period"]) == ("blue", "2023-04-14")
    # Of another who stays, of another site, and of another employer's people it says nothing.
    await complain(client, "A")
    await complain(client, "B", left_on="2023-04-14", project_id=str(an_id("q")))
    await complain(client, "C", left_on="2023-04-14", employer_id=str(an_id("another")))
    tomorrow = told(external_id="D", left_on="2023-04-19")
    refused = await client.post(CASES, json=tomorrow)
    assert [one["code"] for one in refused.json()["errors"]] == ["in_future"]
    assert (await client.get(f"{ITEMS}/{item['id']}")).json()["level"] == "blue"
    # He does not remember the day: the site has this one item of people who left.
    await complain(client, "E", left_on="2023-04-13")
    raised = [one for one in await published(session, WatchItemRaised) if one.by_rule]
    assert [(one.level, one.by_rule, str(one.watch_item_id)) for one in raised] == [
        ("red", "leaver_complaint", item["id"])
    ]
    why = (await client.get(f"{ITEMS}/{item['id']}/why")).json()
    assert "退场农民工已投诉" in str(why)
    await complain(client, "F", left_on="2023-04-14")
    assert len([one for one in await published(session, WatchItemRaised) if one.by_rule]) == 1


@desk
async def test_an_item_whose_leaver_has_complained_before_opens_red(
    session: Session, client: AsyncClient
) -> None:
    await complain(client, "A", left_on="2023-04-16")
    for project, day in (("p", "2023-04-16"), ("p", "2023-04-17"), ("q", "2023-04-16")):
        found = left(day, f"{day} 23:00", project)
        await make.tell(session, found)
    await make.pass_time(session, at("2023-04-21 10:00"))
    items = (await client.get(ITEMS, params={"kind": KIND})).json()["items"]
    assert {(one["project_id"], one["period"]): one["level"] for one in items} == {
        (str(an_id("p")), "2023-04-16"): "red", (str(an_id("p")), "2023-04-17"): "blue",
        (str(an_id("q")), "2023-04-16"): "blue",
    }  # fmt: skip
