"""Reporting by HTTP: what is due, what others saw, which gaps stand, how complete it is."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.registry.service import service
from shared import clock, timers
from shared.db import Sessions
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from tests.fixtures.service import Published, Time, Token
from tests.registry import factories
from tests.registry.factories import Post

TOWN = "422828102"
BASE = "/registry/v1"


@pytest.fixture(autouse=True)
def june(time: Time) -> None:
    """Let it be 20 June 2023."""
    time.move_to(clock.at(date(2023, 6, 20), 9))


@pytest.fixture
async def town(tree: None, post: Post) -> dict[str, Any]:
    """Register the town that has works built."""
    body = factories.organisation_body(4, "developer", "town", name="太平镇", area_code=TOWN)
    return await post("organisations", body)


def road(**changes: Any) -> dict[str, Any]:
    """Give what an inspector says of a village road that nobody reported."""
    return {
        "seen_on": "2023-06-19",
        "name": "石家堡至刘家屋场公路",
        "area_code": TOWN,
        "developer_name": "太平镇",
        "works_kind": "village_road",
        "started_on": "2023-04-01",
    } | changes


def rural(amount: str | None = "2600000.00", **changes: Any) -> dict[str, Any]:
    """Give what an inspector says of rural works."""
    known = {"name": "茶园产业路", "works_kind": "rural_revitalisation"}
    return road(**known | {"investment_amount": amount} | changes)


def project_body(town: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Give the body of the road as its town registers it, with nothing more than must be."""
    return factories.project_body(
        UUID(town["id"]), code="TP-9", name="石家堡至刘家屋场公路工程", area_code=TOWN,
        works_kind="village_road", started_on="2023-04-01", supervised_since=None, **changes,
    )  # fmt: skip


async def test_an_inspected_road_that_nobody_registered_is_a_gap_of_its_town(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token, published: Published
) -> None:
    said = await post("inspected", {"items": [road(), rural(), rural("2000000.00", name="河堤")]})
    assert (said["entered"], said["unregistered"], said["gaps"]) == (3, 3, 2)
    listed = await client.get(f"{BASE}/reporting/gaps", headers=token("wage_office"))
    found = {one["name"]: one for one in listed.json()["items"]}
    assert set(found) == {"石家堡至刘家屋场公路", "茶园产业路"}
    gap = found["石家堡至刘家屋场公路"]
    assert (gap["reason"], gap["unit_id"], gap["unit_name"]) == (
        "not_registered", town["id"], "太平镇",
    )  # fmt: skip
    assert gap["missing"] == [
        "contractor", "investment_amount", "approval_number", "address", "works_contract",
        "responsible_person",
    ]  # fmt: skip
    told = await published(None, RegistryConditionFound)
    assert {(one.kind, one.project_id, str(one.unit_id), one.since) for one in told} == {
        ("reporting_gap", None, town["id"], date(2023, 6, 20))
    }
    assert {str(one.subject_id) for one in told} == {one["id"] for one in found.values()}
    assert told[0].facts[0] == "not_registered"


async def test_the_same_list_again_changes_nothing(
    town: dict[str, Any], post: Post, published: Published
) -> None:
    rows = [road(approval_number="鹤发改审〔2023〕12号"), rural()]
    first = await post("approvals", {"source": "approval", "items": rows})
    again = await post("approvals", {"source": "approval", "items": rows})
    assert (again["entered"], again["changed"], again["unchanged"]) == (0, 0, 2)
    assert again["items"] == first["items"]
    assert len(await published(None, RegistryConditionFound)) == 2


async def test_one_project_on_three_lists_is_one_gap(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    number = {"approval_number": "鹤发改审〔2023〕12号"}
    await post("inspected", {"items": [road(**number)]})
    more = road(approval_number="鹤发改审(2023)12号", investment_amount="900000.00")
    said = await post("approvals", {"source": "approval", "items": [more]})
    assert [one["state"] for one in said["items"]] == ["joined"]
    said = await post(
        "approvals", {"source": "tender", "items": [road(name="石家堡至刘家屋场公路工程")]}
    )
    assert [one["state"] for one in said["items"]] == ["proposed"]
    listed = await client.get(f"{BASE}/reporting/gaps", headers=token("wage_office"))
    (gap,) = listed.json()["items"]
    assert "investment_amount" not in gap["missing"]


async def report(post: Post, project: dict[str, Any], on: str = "2023-06-20") -> dict[str, Any]:
    return await post("reports", {"items": [{"project_id": project["id"], "reported_on": on}]})


@pytest.mark.caller("wage_office")
async def test_a_gap_ends_when_the_project_is_reported_with_all_that_is_asked_for(
    town: dict[str, Any],
    contractor: dict[str, Any],
    post: Post,
    client: AsyncClient,
    published: Published,
) -> None:
    await post("inspected", {"items": [road(code="TP-9")]})
    (begun,) = await published(None, RegistryConditionFound)
    project = await post("projects", project_body(town))
    *_, told = await published(None, RegistryConditionFound)
    assert (told.subject_id, str(told.project_id), told.since) == (
        begun.subject_id, project["id"], begun.since,
    )  # fmt: skip
    assert told.facts[0] == "not_reported"
    said = await report(post, project)
    assert said["items"][0]["missing"] == [
        "contractor", "investment_amount", "approval_number", "address", "works_contract",
        "responsible_person",
    ]  # fmt: skip
    *_, told = await published(None, RegistryConditionFound)
    assert told.facts[0] == "fields_missing"
    shown = (await client.get(f"{BASE}/projects/{project['id']}")).json()
    patch = {
        "version": shown["version"], "investment_amount": "800000.00", "address": "石家堡",
        "approval_number": "鹤发改审〔2023〕12号",
    }  # fmt: skip
    changed = await client.patch(f"{BASE}/projects/{project['id']}", json=patch)
    assert changed.status_code == 200, changed.text
    body = factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    await post("works-contracts", body)
    assert await published(None, RegistryConditionEnded) == []
    person = factories.assignment_body(UUID(town["id"]))
    await post(f"projects/{project['id']}/persons", person)
    (ended,) = await published(None, RegistryConditionEnded)
    assert (ended.subject_id, ended.reason) == (begun.subject_id, "reported")
    (gap,) = (await client.get(f"{BASE}/reporting/gaps")).json()["items"]
    assert (gap["missing"], gap["ended_on"], gap["end_reason"]) == ([], "2023-06-20", "reported")
    seen = (await client.get(f"{BASE}/reporting?half_year=2023H1")).json()
    assert [(one["standing"], one["registered"]) for one in seen["items"]] == [("complete", True)]


async def test_a_name_alone_is_proposed_and_a_person_decides(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    project = await post("projects", project_body(town))
    said = await post("inspected", {"items": [road(), road(name="便民桥")]})
    assert [one["state"] for one in said["items"]] == ["proposed", "open"]
    (like, _) = said["items"]
    assert (like["candidate_id"], said["gaps"]) == (project["id"], 1)
    headers = token("wage_office")
    summary = f"{BASE}/reporting/summary?half_year=2023H1&by=developer"
    assert (await client.get(summary, headers=headers)).json()["undecided"] == 1
    refused = await client.post(
        f"{BASE}/sightings/{like['id']}/refuse", json={"note": "另一条路"}, headers=headers
    )
    assert (refused.json()["state"], refused.json()["candidate_id"]) == ("open", None)
    gaps = (await client.get(f"{BASE}/reporting/gaps", headers=headers)).json()["items"]
    assert {one["name"] for one in gaps} == {"石家堡至刘家屋场公路", "便民桥"}
    again = await client.post(f"{BASE}/sightings/{like['id']}/confirm", headers=headers)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/nothing-proposed")


async def test_confirming_hands_the_gap_to_the_project(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    await post("inspected", {"items": [road()]})
    project = await post("projects", project_body(town))
    headers = token("wage_office")
    (seen,) = (await client.get(f"{BASE}/sightings", headers=headers)).json()["items"]
    assert (seen["state"], seen["candidate_id"]) == ("proposed", project["id"])
    done = await client.post(f"{BASE}/sightings/{seen['id']}/confirm", headers=headers)
    assert (done.json()["state"], done.json()["project_id"]) == ("matched", project["id"])
    undone = await client.post(
        f"{BASE}/sightings/{seen['id']}/refuse", json={"note": "弄错了"}, headers=headers
    )
    assert undone.json()["state"] == "open"
    gaps = (await client.get(f"{BASE}/reporting/gaps?open=true", headers=headers)).json()["items"]
    assert [(one["reason"], one["project_id"]) for one in gaps] == [("not_registered", None)]


async def test_leaving_out_what_makes_it_due_does_not_end_a_gap(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    await post("inspected", {"items": [rural(code="TP-9")]})
    body = project_body(town) | {"works_kind": "rural_revitalisation", "started_on": None}
    await post("projects", body)
    headers = token("wage_office")
    (gap,) = (await client.get(f"{BASE}/reporting/gaps", headers=headers)).json()["items"]
    assert (gap["ended_on"], gap["reason"]) == (None, "not_reported")
    (one,) = (await client.get(f"{BASE}/reporting?half_year=2023H1", headers=headers)).json()[
        "items"
    ]
    assert (one["standing"], one["registered"]) == ("unreported", True)


async def test_completeness_counts_what_is_known_by_unit(
    town: dict[str, Any], contractor: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    full = {
        "investment_amount": "800000.00", "address": "石家堡", "approval_number": "A-1",
        "contractor_id": contractor["id"],
    }  # fmt: skip
    project = await post("projects", project_body(town, **full))
    await post(
        "works-contracts", factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    )
    await post(f"projects/{project['id']}/persons", factories.assignment_body(UUID(town["id"])))
    await post("projects", project_body(town) | {"code": "TP-10", "name": "便民桥"})
    await post("inspected", {"items": [rural()]})
    said = await report(post, project)
    assert (said["entered"], said["completed"], said["items"][0]["missing"]) == (1, 1, [])
    again = await report(post, project, "2023-06-19")
    assert (again["entered"], again["completed"], again["unchanged"]) == (0, 0, 1)
    headers = token("leading_group")
    answer = await client.get(
        f"{BASE}/reporting/summary?half_year=2023H1&by=developer", headers=headers
    )
    total = answer.json()["total"]
    assert (total["known"], total["reported"], total["complete"], total["share"]) == (
        3,
        1,
        1,
        "33.3",
    )
    (unit,) = answer.json()["items"]
    assert (unit["group"], unit["name"]) == (town["id"], "太平镇")
    for standing, count in (("complete", 1), ("unreported", 1), ("unregistered", 1)):
        query = f"{BASE}/reporting?half_year=2023H1&standing={standing}"
        assert len((await client.get(query, headers=headers)).json()["items"]) == count
    before = await client.get(f"{BASE}/reporting/summary?half_year=2022H2&by=area", headers=headers)
    assert before.json()["total"] == {
        "group": "all", "name": "", "known": 0, "reported": 0, "complete": 0, "share": None,
    }  # fmt: skip


async def test_every_wrong_row_is_found_at_once(
    town: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    rows = [
        road(), road(), road(name="甲", area_code="999999"), road(name="乙", seen_on="2023-06-21"),
    ]  # fmt: skip
    answer = await client.post(
        f"{BASE}/inspected", json={"items": rows}, headers=token("co_inspector")
    )
    assert answer.status_code == 422
    assert [(one["place"], one["code"]) for one in answer.json()["errors"]] == [
        ("items[2].area_code", "AreaUnknown"),
        ("items[3].seen_on", "DayInFuture"),
        ("items[1]", "RowTwice"),
    ]


async def test_a_co_inspector_adds_findings_and_decides_nothing(
    town: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    headers = token("co_inspector", areas=["422828"])
    made = await client.post(f"{BASE}/inspected", json={"items": [road()]}, headers=headers)
    assert made.status_code == 200
    listed = {"source": "approval", "items": [road()]}
    nothing: dict[str, Any] = {}
    for path, body in (
        ("approvals", listed),
        (f"sightings/{made.json()['items'][0]['id']}/confirm", nothing),
        ("reports", {"items": [{"project_id": town["id"], "reported_on": "2023-06-20"}]}),
    ):
        refused = await client.post(f"{BASE}/{path}", json=body, headers=headers)
        assert refused.status_code == 403, path


async def test_a_finding_is_no_list(client: AsyncClient, token: Token) -> None:
    body = {"source": "inspection", "items": [road()]}
    answer = await client.post(f"{BASE}/approvals", json=body, headers=token("wage_office"))
    assert [one["code"] for one in answer.json()["errors"]] == ["source_not_listed"]


async def test_where_nobody_could_report_the_row_says_so(
    tree: None, client: AsyncClient, token: Token, post: Post
) -> None:
    body = {"items": [road(developer_name="某村委会")]}
    headers = token("inspector")
    answer = await client.post(f"{BASE}/inspected", json=body, headers=headers)
    assert [one["code"] for one in answer.json()["errors"]] == ["UnitUnknown"]
    office = await post("organisations", factories.organisation_body(7, "wage_office"))
    answer = await client.post(f"{BASE}/inspected", json=body, headers=headers)
    assert answer.json()["items"][0]["unit_id"] == office["id"]


DUTY = {
    "area_code": "422828", "works_kind": "other", "valid_from": "2023-01-01",
    "required": ["address"], "basis": "鹤治欠办发〔2023〕1号", "certainty": "B",
}  # fmt: skip


async def test_a_new_version_of_a_duty_is_judged_at_once(
    town: dict[str, Any], post: Post, client: AsyncClient, token: Token
) -> None:
    project = await post("projects", project_body(town) | {"works_kind": "other", "address": "A"})
    await report(post, project)
    headers = token("wage_office")
    listing = f"{BASE}/reporting?half_year=2023H1"
    assert (await client.get(listing, headers=headers)).json()["items"] == []
    first = await post("reporting/duties", DUTY)
    assert (await post("reporting/duties", DUTY)) == first
    (one,) = (await client.get(listing, headers=headers)).json()["items"]
    assert one["standing"] == "complete"
    second = await post("reporting/duties", DUTY | {"required": ["address", "permit_number"]})
    assert (first["version"], second["version"]) == (1, 2)
    (gap,) = (await client.get(f"{BASE}/reporting/gaps", headers=headers)).json()["items"]
    assert (gap["reason"], gap["missing"]) == ("fields_missing", ["permit_number"])
    third = await post("reporting/duties", DUTY | {"above": "1000000.00"})
    assert third["version"] == 3
    listed = await client.get(f"{BASE}/reporting/duties?works_kind=other", headers=headers)
    assert [one["version"] for one in listed.json()["items"]] == [1, 2, 3]


async def test_whoever_is_not_reported_by_the_end_of_the_half_year_is_a_gap(
    sessions: Sessions, town: dict[str, Any], post: Post, time: Time, published: Published
) -> None:
    project = await post("projects", project_body(town))
    late = await post("projects", project_body(town) | {"code": "TP-10", "name": "便民桥"})
    await report(post, project)
    found = len(await published(None, RegistryConditionFound))
    for _ in range(2):
        time.move_to(clock.at(date(2023, 6, 30), 23))
        assert await timers.run_due(sessions, service.timers) == 0
    time.move_to(clock.at(date(2023, 7, 1), 0))
    assert await timers.run_due(sessions, service.timers) == 1
    (told,) = (await published(None, RegistryConditionFound))[found:]
    assert (str(told.project_id), told.since) == (late["id"], date(2023, 7, 1))
    assert told.facts[0] == "not_reported"
    async with sessions.begin() as session:
        subject = (await timers.armed(session, told.subject_id)) == []
    assert subject
    time.move_to(clock.at(date(2024, 1, 1), 0))
    assert await timers.run_due(sessions, service.timers) == 1
    # The second half-year went by as well: the other road is late now, and nothing is told twice.
    assert len(await published(None, RegistryConditionFound)) == found + 2
