"""Supplements, suspensions, parties, persons of areas and the chain over HTTP."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import clock
from tests.fixtures.service import Time, Token
from tests.registry import factories
from tests.registry.factories import Post

TODAY = date(2023, 4, 10)
pytestmark = [pytest.mark.caller("wage_office", areas=["422828"])]


@pytest.fixture(autouse=True)
def _day(time: Time) -> None:
    time.move_to(clock.at(TODAY, 9))


@pytest.fixture
async def contract(
    project: dict[str, Any], contractor: dict[str, Any], post: Post
) -> dict[str, Any]:
    body = factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    return await post("works-contracts", body)


async def test_a_supplement_into_the_past_is_a_problem_that_says_what_to_do(
    contract: dict[str, Any], client: AsyncClient
) -> None:
    path = f"/registry/v1/works-contracts/{contract['id']}"
    terms = contract["labour_cost"] | {"transfer_day": 28}
    del terms["first_period"]
    body = {
        "number": "BC-1",
        "signed_on": "2023-04-08",
        "valid_from": "2023-03",
        "contract_amount": "9500000.00",
        "labour_cost": terms,
    }
    refused = await client.post(f"{path}/supplements", json=body)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/registration-refused")
    [error] = refused.json()["errors"]
    assert (error["place"], error["code"]) == ("valid_from", "PeriodClosed")
    assert "2023-04" in error["remedy"]
    made = await client.post(f"{path}/supplements", json=body | {"valid_from": "2023-04"})
    assert (made.status_code, made.json()["version"]) == (201, 2)
    shown = (await client.get(path)).json()
    assert (shown["version"], shown["contract_amount"]) == (2, "9500000.00")
    asked = await client.get(f"{path}/versions", params={"period": "2023-03"})
    assert [one["number"] for one in asked.json()["items"]] == ["HT-1"]


async def test_a_suspension_needs_another_person_than_the_one_who_asked(
    project: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    body = factories.suspension_body(TODAY)
    path = f"/registry/v1/projects/{project['id']}/suspensions"
    asked = await client.post(path, json=body)
    assert (asked.status_code, asked.json()["state"]) == (201, "requested")
    decide = f"/registry/v1/suspensions/{asked.json()['id']}/decide"
    own = await client.post(decide, json={"approved": True})
    assert (own.status_code, own.json()["type"]) == (409, "/problems/second-person-needed")
    boss = token("wage_office", areas=["422828"], subject="boss")
    other = await client.post(decide, json={"approved": True}, headers=boss)
    assert (other.status_code, other.json()["decided_by"]) == (200, "boss")
    shown = await client.get(f"/registry/v1/projects/{project['id']}")
    assert shown.json()["status"] == "005"
    listed = await client.get("/registry/v1/suspensions", params={"on": str(TODAY)})
    assert [one["id"] for one in listed.json()["items"]] == [asked.json()["id"]]


async def test_the_parties_of_a_day_are_those_who_had_their_roles_then(
    project: dict[str, Any], contract: dict[str, Any], client: AsyncClient, post: Post
) -> None:
    other = await post("organisations", factories.organisation_body(3, "contractor"))
    path = f"/registry/v1/projects/{project['id']}/parties"
    made = await client.post(path, json=factories.party_body(UUID(other["id"])))
    assert made.status_code == 201
    for day, holder in (("2023-02-28", contract["contractor_id"]), ("2023-03-01", other["id"])):
        asked = await client.get(path, params={"on": day, "role": "contractor"})
        assert [one["organisation_id"] for one in asked.json()["items"]] == [holder]
    late = factories.party_body(UUID(other["id"]), role="developer", from_on="2023-04-01")
    refused = await client.post(path, json=late)
    assert refused.json()["errors"][0]["code"] == "RoleMissing"
    assert (await client.get(f"{path}/gaps")).json()["items"] == []


async def test_the_person_of_the_other_towns_is_handed_over_and_shown_for_each_day(
    project: dict[str, Any], developer: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.area_body(UUID(developer["id"]), "other_towns", name="甲")
    made = await client.post("/registry/v1/area-assignments", json=body)
    assert made.status_code == 201
    following = {
        "version": 1, "from_on": "2023-03-01", "name": "乙", "post": "副县长",
        "unit_id": developer["id"],
    }  # fmt: skip
    path = f"/registry/v1/area-assignments/{made.json()['id']}/hand-over"
    assert (await client.post(path, json=following)).status_code == 200
    assert (await client.post(path, json=following)).status_code == 409
    shown = f"/registry/v1/projects/{project['id']}/in-charge"
    for day, name in ((date(2023, 2, 28), "甲"), (date(2023, 3, 1), "乙")):
        asked = await client.get(shown, params={"on": str(day)})
        assert [(one["reach"], one["name"]) for one in asked.json()["items"]] == [
            ("other_towns", name)
        ]
    nobody = {"nobody_in_charge_on": str(date(2022, 12, 31))}
    listed = await client.get("/registry/v1/projects", params=nobody)
    assert [one["id"] for one in listed.json()["items"]] == [project["id"]]


async def test_the_chain_is_shown_with_its_flags_in_both_languages(
    project: dict[str, Any], contract: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.subcontract_body(
        UUID(contract["contractor_id"]), None, receiver="person", crew=None
    )
    path = f"/registry/v1/projects/{project['id']}"
    made = await client.post(f"{path}/subcontracts", json=body)
    assert made.status_code == 201
    shown = (await client.get(f"{path}/chain")).json()
    assert shown["contractor"]["id"] == contract["contractor_id"]
    assert [one["subcontract"]["number"] for one in shown["links"]] == ["FB-1"]
    [flag] = shown["flags"]
    assert (flag["breach"], flag["code"]) == ("illegal_subcontracting", "ToPerson")
    assert flag["detail"]["zh"] != flag["detail"]["en"]
    ended = {"version": 1, "until_on": str(TODAY - timedelta(days=1))}
    done = await client.patch(f"/registry/v1/subcontracts/{made.json()['id']}", json=ended)
    assert done.json()["version"] == 2
    assert (await client.get(f"{path}/chain")).json()["flags"] == []
