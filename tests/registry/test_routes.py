"""Routes of registry: status, body, problem."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient, Response

from services.registry import actions
from shared import clock
from shared.db import Sessions
from shared.roles import PERMISSIONS
from tests.fixtures.service import Published, Token
from tests.registry import factories
from tests.registry.factories import NATION, TREE, Post, facts


def found(answer: Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["place"], error["code"]) for error in answer.json()["errors"]]


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_an_organisation_is_registered_and_read(tree: None, client: AsyncClient) -> None:
    body = factories.organisation_body(
        1, "employer", trades=["餐饮"], hardship=[{"tag": "停产", "from_on": "2023-01-01"}]
    )
    made = await client.post("/registry/v1/organisations", json=body)
    assert made.status_code == 201
    shown = made.json()
    assert shown | body == shown | {"hardship": body["hardship"]}
    [tag] = shown["hardship"]
    assert tag.items() >= {"tag": "停产", "from_on": "2023-01-01", "until_on": None}.items()
    assert shown["version"] == 1
    assert shown["changed_at"]
    assert (await client.get(f"/registry/v1/organisations/{shown['id']}")).json() == shown
    listed = await client.get("/registry/v1/organisations", params={"trade": "餐饮"})
    assert listed.json() == {"items": [shown], "next": None, "left": []}


@pytest.mark.caller("wage_office", areas=["422828"], subject="officer")
async def test_a_restaurant_and_a_hospital_are_registered_tagged_and_found_by_trade_and_tag(
    tree: None, client: AsyncClient, token: Token
) -> None:
    path = "/registry/v1/organisations"
    watched = {"tag": "重点列管", "from_on": "2023-01-01", "until_on": "2023-12-31"}
    ids = {}
    for number, name, trade in ((11, "某酒楼", "餐饮"), (12, "某民营医院", "医疗")):
        body = factories.organisation_body(number, "employer", name=name, trades=[trade])
        made = await client.post(path, json=body | {"hardship": [watched]})
        assert made.status_code == 201, made.text
        assert (await client.post(path, json=body | {"hardship": [watched]})).json() == made.json()
        ids[trade] = made.json()["id"]
        tags = made.json()["hardship"]
        assert [(one["tag"], one["tagged_by"]) for one in tags] == [("重点列管", "officer")]
    # A colleague tags one of them beside; who gave the first tag stays.
    other = {"tag": "停产", "from_on": "2023-03-01", "until_on": None}
    edit = {"version": 1, "hardship": [watched, other]}
    colleague = token("wage_office", areas=["422828"], subject="colleague")
    done = await client.patch(f"{path}/{ids['餐饮']}", json=edit, headers=colleague)
    assert [(one["tag"], one["tagged_by"]) for one in done.json()["hardship"]] == [
        ("重点列管", "officer"), ("停产", "colleague"),
    ]  # fmt: skip
    for asked, found in (
        ({"trade": "医疗"}, {"医疗"}),
        ({"hardship": "重点列管", "on": "2023-06-01"}, {"餐饮", "医疗"}),
        ({"hardship": "重点列管", "on": "2023-06-01", "trade": "餐饮"}, {"餐饮"}),
        ({"hardship": "重点列管", "on": "2024-01-01"}, set()),
        ({"hardship": "停产", "on": "2024-01-01", "role": "employer"}, {"餐饮"}),
    ):
        listed = (await client.get(path, params=asked)).json()["items"]
        assert {one["id"] for one in listed} == {ids[trade] for trade in found}, asked


@pytest.mark.caller("wage_office")
async def test_a_wrong_check_digit_is_a_finding_in_the_caller_s_language(
    tree: None, client: AsyncClient
) -> None:
    body = factories.organisation_body(1, credit_code=factories.credit_code(1)[:-1] + "Z")
    said = {}
    for language in ("zh-CN", "en"):
        answer = await client.post(
            "/registry/v1/organisations", json=body, headers={"accept-language": language}
        )
        assert answer.status_code == 422
        assert found(answer) == [("credit_code", "CreditCodeWrong")]
        said[language] = answer.json()["errors"][0]["detail"]
    assert said["zh-CN"] != said["en"]


@pytest.mark.caller("wage_office")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "甲\0乙"}, {"roles": []}, {"roles": ["wizard"]}, {"colour": "red"},
        {"trades": [""]}, {"hardship": [{"tag": "停产"}]},
    ],
)  # fmt: skip
async def test_a_body_of_the_wrong_form_is_a_problem(
    client: AsyncClient, wrong: dict[str, Any]
) -> None:
    body = factories.organisation_body(1) | wrong
    answer = await client.post("/registry/v1/organisations", json=body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid"


@pytest.mark.caller("wage_office")
async def test_an_organisation_s_edit_needs_its_version_and_refuses_null(
    developer: dict[str, Any], client: AsyncClient
) -> None:
    path = f"/registry/v1/organisations/{developer['id']}"
    changed = await client.patch(path, json={"version": 1, "name": "县公路局"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await client.patch(path, json={"version": 1, "name": "甲"})).status_code == 409
    assert (await client.patch(path, json={"version": 2, "name": None})).status_code == 422


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_a_credit_code_with_other_content_is_a_conflict_that_names_it(
    developer: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.organisation_body(1, "bank")
    answer = await client.post("/registry/v1/organisations", json=body)
    assert answer.status_code == 409
    assert developer["credit_code"] in answer.json()["detail"]
    assert answer.json()["organisation_id"] == developer["id"]


@pytest.mark.caller("sector_authority", areas=["422828"])
async def test_a_project_is_registered_read_changed_and_counted(
    developer: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.project_body(UUID(developer["id"]))
    made = await client.post("/registry/v1/projects", json=body)
    assert made.status_code == 201
    shown = made.json()
    assert shown | body == shown
    assert shown["developer_name"] == developer["name"]
    path = f"/registry/v1/projects/{shown['id']}"
    assert (await client.get(path)).json() == shown
    changed = await client.patch(path, json={"version": 1, "funding_source": "省补资金"})
    assert (changed.json()["version"], changed.json()["funding_source"]) == (2, "省补资金")
    assert (await client.patch(path, json={"version": 1})).status_code == 409
    asked = {"supervised_on": "2023-01-01"}
    counts = await client.get("/registry/v1/projects/counts", params=asked)
    assert counts.json() == {
        "total": 1,
        "by_status": {"003": 1},
        "by_investment_type": {"government": 1},
    }
    listed = await client.get("/registry/v1/projects", params=asked)
    assert listed.json()["items"] == [changed.json()]


@pytest.mark.caller("wage_office", areas=["422822"])
async def test_what_lies_in_another_county_is_not_there(
    project: dict[str, Any], developer: dict[str, Any], client: AsyncClient
) -> None:
    here = f"/registry/v1/projects/{project['id']}"
    there = f"/registry/v1/organisations/{developer['id']}"
    person = factories.assignment_body(UUID(developer["id"]))
    answers = [
        await client.get(here),
        await client.patch(here, json={"version": 1, "name": "甲"}),
        await client.get(there),
        await client.patch(there, json={"version": 1, "name": "甲"}),
        await client.get(f"{here}/persons"),
        await client.post(f"{here}/persons", json=person),
        await client.patch(
            f"{here}/persons/{uuid4()}", json={"version": 1, "until_on": "2023-01-01"}
        ),
        await client.post(
            "/registry/v1/works-contracts",
            json=factories.contract_body(UUID(project["id"]), uuid4()),
        ),
        await client.get(f"/registry/v1/works-contracts/{uuid4()}"),
        await client.get(f"/registry/v1/calendars/{uuid4()}"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    for path in ("projects", "organisations", "works-contracts"):
        assert (await client.get(f"/registry/v1/{path}")).json()["items"] == []
    body = factories.project_body(UUID(developer["id"]), code="B")
    refused = await client.post("/registry/v1/projects", json=body)
    assert found(refused) == [("area_code", "AreaUnknown")]


async def test_a_contractor_sees_its_own_projects_only(
    project: dict[str, Any],
    contractor: dict[str, Any],
    post: Post,
    client: AsyncClient,
    token: Token,
) -> None:
    contract = await post(
        "works-contracts", factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    )
    await post("projects", factories.project_body(UUID(project["developer_id"]), code="B"))
    own = token("contractor", areas=["422828"], org=UUID(contractor["id"]))
    other = token("contractor", areas=["422828"], org=uuid4())
    for path, row in (("projects", project), ("works-contracts", contract)):
        url = f"/registry/v1/{path}"
        listed = (await client.get(url, headers=own)).json()["items"]
        assert [item["id"] for item in listed] == [row["id"]]
        assert (await client.get(url, headers=other)).json()["items"] == []
        assert (await client.get(f"{url}/{row['id']}", headers=own)).status_code == 200
        assert (await client.get(f"{url}/{row['id']}", headers=other)).status_code == 404


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_a_works_contract_is_entered_with_money_as_text(
    project: dict[str, Any], contractor: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    made = await client.post("/registry/v1/works-contracts", json=body)
    assert made.status_code == 201
    shown = made.json()
    assert shown["contract_amount"] == "9000000.00"
    unsaid = dict.fromkeys(("share", "progress_basis", "measuring_months", "pay_cycle", "pay_day"))
    assert shown["labour_cost"] == body["labour_cost"] | unsaid
    again = await client.post("/registry/v1/works-contracts", json=body)
    assert again.json()["id"] == shown["id"]
    taken = await client.get(f"/registry/v1/projects/{project['id']}")
    assert taken.json()["contractor_id"] == contractor["id"]


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_a_contract_without_terms_is_refused_with_the_articles(
    project: dict[str, Any], contractor: dict[str, Any], client: AsyncClient
) -> None:
    body = factories.contract_body(UUID(project["id"]), UUID(contractor["id"]))
    del body["labour_cost"]
    answer = await client.post("/registry/v1/works-contracts", json=body)
    assert answer.status_code == 422
    assert found(answer) == [("labour_cost", "LabourCostMissing")]
    assert "第二十四条" in answer.json()["errors"][0]["detail"]


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_a_person_is_assigned_listed_by_day_and_ended(
    project: dict[str, Any], developer: dict[str, Any], client: AsyncClient
) -> None:
    path = f"/registry/v1/projects/{project['id']}/persons"
    body = factories.assignment_body(UUID(developer["id"]))
    made = await client.post(path, json=body)
    assert made.status_code == 201
    assert made.json() | body == made.json()
    end = {"version": 1, "until_on": "2023-05-31"}
    ended = await client.patch(f"{path}/{made.json()['id']}", json=end)
    assert (ended.json()["until_on"], ended.json()["version"]) == ("2023-05-31", 2)
    for day, count in (("2023-05-31", 1), ("2023-06-01", 0)):
        listed = await client.get(path, params={"on": day})
        assert len(listed.json()["items"]) == count


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", "areas", "read"),
        ("POST", "areas", "write_areas"),
        ("POST", "areas/import", "write_areas"),
        ("GET", "organisations", "read"),
        ("POST", "organisations", "write_organisations"),
        ("GET", f"organisations/{UUID(int=1)}", "read"),
        ("PATCH", f"organisations/{UUID(int=1)}", "write_organisations"),
        ("GET", "projects", "read"),
        ("GET", "projects/counts", "read"),
        ("POST", "projects", "write_projects"),
        ("GET", f"projects/{UUID(int=1)}", "read"),
        ("PATCH", f"projects/{UUID(int=1)}", "write_projects"),
        ("GET", f"projects/{UUID(int=1)}/persons", "read"),
        ("POST", f"projects/{UUID(int=1)}/persons", "write_persons"),
        ("PATCH", f"projects/{UUID(int=1)}/persons/{UUID(int=1)}", "write_persons"),
        ("GET", "works-contracts", "read"),
        ("POST", "works-contracts", "write_contracts"),
        ("GET", f"works-contracts/{UUID(int=1)}", "read"),
        ("GET", "calendars", "read"),
        ("POST", "calendars", "write_calendars"),
        ("GET", f"calendars/{UUID(int=1)}", "read"),
        ("GET", "api-keys", "manage_keys"),
        ("POST", "api-keys", "manage_keys"),
        ("POST", f"api-keys/{UUID(int=1)}/revoke", "manage_keys"),
    ],
)
async def test_a_route_opens_to_its_permission_only(
    client: AsyncClient, token: Token, method: str, path: str, permission: str
) -> None:
    url = f"/registry/v1/{path}"
    assert (await client.request(method, url)).status_code == 401
    for role in ("operator", "wage_office", "bank", "co_inspector"):
        answer = await client.request(method, url, headers=token(role))
        allowed = f"registry:{permission}" in PERMISSIONS[role]
        assert (answer.status_code != 403) is allowed, role


async def test_a_provincial_system_pulls_what_changed_and_once_what_left(
    sessions: Sessions, project: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    machine = token("provincial_system", areas=["422828"])
    start = {"changed_after": "2000-01-01T00:00:00Z"}
    first = (await client.get("/registry/v1/projects", params=start, headers=machine)).json()
    assert [item["id"] for item in first["items"]] == [project["id"]]
    office = token("wage_office")
    moved = await client.patch(
        f"/registry/v1/projects/{project['id']}",
        json={"version": 1, "area_code": "422822"},
        headers=office,
    )
    assert moved.status_code == 200
    after = {"cursor": first["next"]}
    second = (await client.get("/registry/v1/projects", params=after, headers=machine)).json()
    assert (second["items"], second["left"]) == ([], [project["id"]])
    everything = (await client.get("/registry/v1/projects", params=after, headers=office)).json()
    assert [item["version"] for item in everything["items"]] == [2]


async def test_a_company_is_not_told_of_rows_of_others_that_left(
    sessions: Sessions, project: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    company, office = token("contractor", areas=["422828"], org=uuid4()), token("wage_office")
    start = {"changed_after": "2000-01-01T00:00:00Z"}
    moved = {"projects": project["id"], "organisations": project["developer_id"]}
    for path, row_id in moved.items():
        url = f"/registry/v1/{path}"
        first = (await client.get(url, params=start, headers=company)).json()
        body = {"version": 1, "area_code": "422822"}
        answer = await client.patch(f"{url}/{row_id}", json=body, headers=office)
        assert answer.status_code == 200
        second = await client.get(url, params={"cursor": first["next"]}, headers=company)
        assert (second.json()["items"], second.json()["left"]) == ([], [])


async def test_the_same_organisation_from_two_at_once_is_one(
    sessions: Sessions, client: AsyncClient, token: Token, published: Published
) -> None:
    async with sessions.begin() as session:
        await actions.areas.enter_areas(session, NATION, facts(*TREE), clock.now())
    body = factories.organisation_body(1, "developer")
    answers = await asyncio.gather(
        *(
            client.post("/registry/v1/organisations", json=body, headers=token("wage_office"))
            for _ in range(5)
        )
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [event.type for event in await published()][8:] == [
        "registry.organisation_registered.v1"
    ]


@pytest.mark.caller("operator")
@pytest.mark.parametrize("end", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_key_does_not_end_at_the_ends_of_time(client: AsyncClient, end: str) -> None:
    body = {"name": "银行甲", "areas": ["0"], "roles": ["inspector"], "valid_until": end}
    answer = await client.post("/registry/v1/api-keys", json=body)
    assert answer.status_code == 422
    assert [place for place, _ in found(answer)] == ["body.valid_until"]
