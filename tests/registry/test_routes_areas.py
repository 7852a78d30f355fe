"""Routes of areas, calendars and keys: status, body, problem."""

import pytest
from httpx import AsyncClient, Response

from tests.fixtures.service import Token
from tests.registry.factories import Post


def found(answer: Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["place"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.caller("operator")
async def test_areas_come_by_file_with_findings_by_row(client: AsyncClient) -> None:
    url, csv = "/registry/v1/areas/import", {"content-type": "text/csv"}
    header = "code,name,parent_code,valid_from,valid_to\n"
    right = "4228,恩施州,42,2000-01-01,\n42,湖北省,0,2000-01-01,\n"
    made = await client.post(url, content=(header + right).encode(), headers=csv)
    assert made.json() == {"entered": 2, "changed": 0, "unchanged": 0}
    again = await client.post(url, content=(header + right).encode("gb18030"), headers=csv)
    assert again.json() == {"entered": 0, "changed": 0, "unchanged": 2}
    wrong = "4x,甲,0,2000-01-01,\n43,乙,0,2000-1-1,\n4301,丙,44,2000-01-01,\n"
    refused = await client.post(url, content=(header + wrong).encode(), headers=csv)
    assert refused.status_code == 422
    assert found(refused) == [
        ("rows[3].valid_from", "DayMalformed"),
        ("rows[2].code", "CodeMalformed"),
        ("rows[4].parent_code", "ParentUnknown"),
    ]
    listed = await client.get("/registry/v1/areas")
    assert [item["path"] for item in listed.json()["items"]] == ["/0/42/", "/0/42/4228/"]


@pytest.mark.caller("operator")
async def test_what_is_no_csv_is_a_problem(client: AsyncClient) -> None:
    url = "/registry/v1/areas/import"
    answer = await client.post(url, content=b"hello", headers={"content-type": "text/csv"})
    assert answer.json()["type"] == "/problems/area-file-unreadable"
    assert (await client.post(url, json={"code": "42"})).status_code == 422
    assert (await client.post(url)).status_code == 422


@pytest.mark.caller("operator")
async def test_a_calendar_is_published_and_read_with_its_version(client: AsyncClient) -> None:
    made = await client.post("/registry/v1/calendars", json={"area_code": "0", "year": 2023})
    assert made.status_code == 201
    shown = made.json()
    assert (shown["version"], shown["provisional"]) == (1, False)
    assert shown["exceptions"]["2023-04-23"] == "makeup_workday"
    assert (await client.get(f"/registry/v1/calendars/{shown['id']}")).json() == shown
    guess = await client.post("/registry/v1/calendars", json={"year": 2028})
    assert guess.json()["provisional"] is True
    listed = await client.get("/registry/v1/calendars", params={"year": 2023})
    assert listed.json()["items"] == [shown]


@pytest.mark.caller("inspector", areas=["422828"])
async def test_a_county_reads_the_calendars_that_count_there(
    tree: None, post: Post, client: AsyncClient
) -> None:
    for area_code in ("0", "42", "422828101", "422822"):
        days = None if area_code == "0" else {"2023-08-21": "holiday"}
        await post("calendars", {"area_code": area_code, "year": 2023, "exceptions": days})
    listed = await client.get("/registry/v1/calendars")
    areas = [item["area_code"] for item in listed.json()["items"]]
    assert areas == ["0", "42", "422828101"]


async def test_a_key_is_shown_once_listed_without_it_and_dead_once_revoked(
    tree: None, client: AsyncClient, token: Token
) -> None:
    operator = token("operator")
    body = {"name": "州平台", "areas": ["422828"], "roles": ["provincial_system"]}
    keyed = operator | {"idempotency-key": "k1"}
    made = await client.post("/registry/v1/api-keys", json=body, headers=keyed)
    assert made.status_code == 201
    key = made.json()["key"]
    repeated = await client.post("/registry/v1/api-keys", json=body, headers=keyed)
    assert repeated.status_code == 422
    machine = {"authorization": f"Bearer {key}"}
    assert (await client.get("/registry/v1/projects", headers=machine)).status_code == 200
    listed = (await client.get("/registry/v1/api-keys", headers=operator)).json()["items"]
    assert [item["id"] for item in listed] == [made.json()["id"]]
    assert key not in str(listed)
    assert "key" not in listed[0]
    url = f"/registry/v1/api-keys/{made.json()['id']}/revoke"
    assert (await client.post(url, headers=operator)).json()["revoked_at"]
    assert (await client.get("/registry/v1/projects", headers=machine)).status_code == 401


async def test_a_key_outside_the_caller_s_areas_cannot_be_revoked(
    tree: None, post: Post, client: AsyncClient, token: Token
) -> None:
    body = {"name": "州平台", "areas": ["4228"], "roles": ["provincial_system"]}
    made = await post("api-keys", body)
    county = token("operator", areas=["422828"])
    answer = await client.post(f"/registry/v1/api-keys/{made['id']}/revoke", headers=county)
    assert answer.status_code == 404
