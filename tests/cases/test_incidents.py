"""Mass and extreme incidents: what is open turns red, each minute is written, others decide."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.cases.models import Project, WatchItem
from shared.db import Session
from shared.events.cases import IncidentEnded, IncidentRecorded, WatchItemRaised
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at, card, missed
from tests.cases.test_arrears import CASES, MORNING, opened
from tests.fixtures.service import Published, Time, Token

INCIDENTS = "/cases/v1/incidents"
SEEN: dict[str, Any] = {
    "kind": "mass_incident", "area_code": TOWN, "project_id": str(an_id("p")),
    "project_name": "产业路", "place": "项目部门口", "persons": 60,
    "happened_at": "2023-05-31T09:12:40+08:00", "text": "工人聚集堵门",
    "proposal": "建议县专班启动应急预案，先行垫付",
}  # fmt: skip
town = pytest.mark.caller("town", areas=[COUNTY], subject="town", org=an_id("town"))


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def recorded(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    made = await client.post(INCIDENTS, json=SEEN | changes)
    assert made.status_code == 201, made.text
    incident: dict[str, Any] = made.json()
    return incident


@town
async def test_what_is_open_about_an_incident_is_red_at_once_and_the_top_route_is_told(
    session: Session, client: AsyncClient, published: Published
) -> None:
    session.add(
        Project(
            id=an_id("p"), name="产业路", area_code=COUNTY, investment_type="government",
            developer_id=make.DEVELOPER, developer_name="业主", told_at=at(MORNING),
        )
    )  # fmt: skip
    item = await make.open_item(session)
    other = await make.open_item(session, missed(project="q", card=card("q")))
    assert "red" not in {item.level, other.level}
    case = await opened(client, project_id=str(an_id("p")))
    apart = await opened(
        client, external_id="H-2", own_case=True, project_id=str(an_id("q")), place="别处工地"
    )
    incident = await recorded(client)
    assert (incident["grade"], incident["state"], incident["unit_id"]) == (
        "major", "recorded", str(an_id("town")),
    )  # fmt: skip
    raised = await published(session, WatchItemRaised)
    assert [(one.watch_item_id, one.level) for one in raised if one.by_rule == "incident"] == [
        (item.id, "red")
    ]
    [told] = await published(session, IncidentRecorded)
    assert told.occurred_at == at(MORNING), "in the transaction of the record itself"
    assert (told.kind, told.persons, told.name) == ("mass_incident", 60, "产业路")
    await session.refresh(other)
    assert other.level != "red"
    whole = (await client.get(f"{CASES}/{case['id']}")).json()
    assert (whole["incident_id"], whole["steps"][-1]["what"]) == (incident["id"], "incident")
    red = (await client.get(CASES, params={"red": "true"})).json()["items"]
    assert [one["id"] for one in red] == [case["id"]] != [apart["id"]]
    why = (await client.get(f"/cases/v1/watch-items/{item.id}/why")).json()
    assert "群体性或极端事件" in str(why)
    # Another one over the same changes nothing of what is red, and is its own matter.
    again = await recorded(client, kind="extreme_incident", persons=1, text="一人攀爬塔吊")
    assert again["grade"] == "major"
    assert len(await published(session, WatchItemRaised)) == len(raised)
    assert len(await published(session, IncidentRecorded)) == 2
    assert (await session.get_one(WatchItem, item.id)).due_at is not None


@town
async def test_a_town_records_and_proposes_and_the_competent_body_decides_by_the_minute(
    session: Session, client: AsyncClient, token: Token, time: Time, published: Published
) -> None:
    incident = await recorded(client)
    door = f"{INCIDENTS}/{incident['id']}"
    assert [(one["kind"], one["at"]) for one in incident["entries"]] == [
        ("recorded", "2023-05-31T02:00:00Z"), ("proposed", "2023-05-31T02:00:00Z"),
    ]  # fmt: skip
    time.move_to(at("2023-05-31 11:30"))
    late = {"kind": "started", "at": "2023-05-31T09:40:59+08:00", "text": "派出所到场"}
    written = (await client.post(f"{door}/entries", json=late)).json()["entries"]
    assert (written[0]["kind"], written[0]["at"], written[0]["written_at"]) == (
        "started", "2023-05-31T01:40:00Z", "2023-05-31T03:30:00Z",
    )  # fmt: skip
    ahead = late | {"at": "2023-05-31T12:00:00+08:00"}
    assert (await client.post(f"{door}/entries", json=ahead)).status_code == 422
    decision = {"version": 1, "text": "启动预案，动用应急周转金"}
    assert (await client.post(f"{door}/decision", json=decision)).status_code == 403
    group = token("leading_group", areas=[COUNTY], subject="chair")
    decided = await client.post(f"{door}/decision", json=decision, headers=group)
    assert (decided.json()["state"], decided.json()["decided_by"]) == ("decided", "chair")
    stale = await client.post(f"{door}/end", json=decision, headers=group)
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/incident-moved")
    over = {"version": 2, "text": "工资垫付到位，人员散去"}
    ended = await client.post(f"{door}/end", json=over, headers=group)
    assert [one["kind"] for one in ended.json()["entries"]] == [
        "started", "recorded", "proposed", "decided", "ended",
    ]  # fmt: skip
    [told] = await published(session, IncidentEnded)
    assert told.incident_id == an_incident(ended.json())
    again = await client.post(f"{door}/end", json=over | {"version": 3}, headers=group)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/incident-over")
    # A neighbour and a company see nothing of it.
    for headers in (
        token("town", areas=[NEIGHBOUR], subject="far"),
        token("wage_office", areas=[NEIGHBOUR], subject="far-office"),
    ):
        assert (await client.get(door, headers=headers)).status_code == 404
    company = token("contractor", areas=[COUNTY], subject="firm", org=make.CONTRACTOR)
    assert (await client.get(door, headers=company)).status_code == 403


def an_incident(said: dict[str, Any]) -> Any:  # noqa: ANN401  an id as events carry it
    return type(an_id("x"))(said["id"])


@town
async def test_what_is_no_incident_is_refused_by_the_sizes_of_its_area(
    client: AsyncClient, token: Token
) -> None:
    few = await client.post(INCIDENTS, json=SEEN | {"persons": 4})
    assert (few.status_code, few.json()["errors"][0]["code"]) == (422, "persons_too_few")
    ahead = await client.post(INCIDENTS, json=SEEN | {"happened_at": "2023-06-01T09:00:00+08:00"})
    assert (ahead.status_code, ahead.json()["errors"][0]["place"]) == (422, "happened_at")
    nothing = {name: value for name, value in SEEN.items() if name != "project_id"}
    assert (await client.post(INCIDENTS, json=nothing)).status_code == 422
    far = await client.post(INCIDENTS, json=SEEN | {"area_code": NEIGHBOUR})
    assert far.status_code == 404
    assert (await recorded(client, persons=5))["grade"] == "ordinary"
    terms = {
        "area_code": COUNTY, "version": 1, "valid_from": "2023-05-01", "mass_persons": 10,
        "major_persons": 20, "basis": "县应急预案", "certainty": "B",
    }  # fmt: skip
    office = token("wage_office", areas=[COUNTY], subject="office")
    stored = await client.post("/cases/v1/terms/incidents", json=terms, headers=office)
    assert stored.status_code == 201, stored.text
    assert (await client.post(INCIDENTS, json=SEEN | {"persons": 9})).status_code == 422
    large = await recorded(client, persons=20)
    assert (large["grade"], large["terms_id"]) == ("major", stored.json()["id"])
