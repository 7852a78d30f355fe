"""Required systems over HTTP: status, body, problem."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.registry.models import Evidence
from shared import clock
from shared.db import Session
from tests.fixtures.service import Time, Token, kept_files
from tests.registry.systems import BEGINS, FIVE

V1 = "/registry/v1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture(autouse=True)
def _begun(time: Time) -> None:
    time.move_to(BEGINS)


@pytest.fixture
async def rows(project: dict[str, Any], client: AsyncClient, token: Token) -> dict[str, str]:
    """Give the ids of a project's requirements, by kind."""
    answer = await client.get(
        f"{V1}/requirements", params={"project_id": project["id"]}, headers=token("wage_office")
    )
    return {each["kind"]: each["id"] for each in answer.json()["items"]}


def item(project: dict[str, Any], kind: str, **changes: Any) -> dict[str, Any]:
    said = {"project_id": project["id"], "kind": kind, "done_on": "2023-04-20"}
    return said | {"reference": "登记簿第1页"} | changes


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_evidence_of_many_projects_is_filed_at_once_and_counted_on_the_board(
    project: dict[str, Any], client: AsyncClient
) -> None:
    body = {"items": [item(project, kind) for kind in sorted(FIVE)]}
    for told in ({"filed": 5, "unchanged": 0}, {"filed": 0, "unchanged": 5}):
        answer = await client.post(f"{V1}/requirements/evidence", json=body)
        assert (answer.status_code, answer.json()) == (200, told)
    answer = await client.get(f"{V1}/requirements/summary", params={"by": "developer"})
    told = answer.json()
    assert (told["as_of"], told["by"]) == ("2023-04-20", "developer")
    assert [one["name"] for one in told["items"]] == ["单位1"]
    total = told["total"]
    assert (total["projects"], total["all_done"], total["all_share"]) == (1, 1, "100.0")
    assert (total["required"], total["done"], total["share"]) == (5, 5, "100.0")
    assert {one["kind"] for one in total["systems"]} == FIVE


@pytest.mark.caller("wage_office")
@pytest.mark.parametrize(
    ("by", "name"),
    [("contractor", ""), ("area", "走马镇"), ("investment_type", ""), ("sector_authority", "")],
)
async def test_the_board_tells_apart_by_other_things_too(
    project: dict[str, Any], client: AsyncClient, by: str, name: str
) -> None:
    answer = await client.get(f"{V1}/requirements/summary", params={"by": by})
    assert [one["name"] for one in answer.json()["items"]] == [name]


@pytest.mark.caller("wage_office")
async def test_a_day_that_has_not_come_is_refused(client: AsyncClient) -> None:
    query = {"by": "developer", "as_of": "2023-04-21"}
    answer = await client.get(f"{V1}/requirements/summary", params=query)
    assert answer.status_code == 422


@pytest.mark.caller("wage_office")
async def test_the_list_shows_what_the_summary_counts(
    project: dict[str, Any], client: AsyncClient
) -> None:
    await client.post(f"{V1}/requirements/evidence", json={"items": [item(project, "roster")]})
    query = [("status", "not_done"), ("status", "overdue")]
    answer = await client.get(f"{V1}/requirements/standings", params=query)
    found = answer.json()["items"]
    assert {one["kind"] for one in found} == FIVE - {"roster"}
    assert {one["project_name"] for one in found} == {"产业路硬化工程"}
    one = await client.get(f"{V1}/requirements/standings", params={"kind": "roster"})
    assert [each["status"] for each in one.json()["items"]] == ["done"]


@pytest.mark.caller("wage_office")
async def test_projects_are_found_by_how_many_systems_are_in_place(
    project: dict[str, Any], client: AsyncClient
) -> None:
    async def found() -> dict[str, int]:
        ways = ("none", "some", "all")
        answers = [await client.get(f"{V1}/projects", params={"systems": way}) for way in ways]
        counts = [
            await client.get(f"{V1}/projects/counts", params={"systems": way}) for way in ways
        ]
        lists = [len(answer.json()["items"]) for answer in answers]
        assert [count.json()["total"] for count in counts] == lists
        return dict(zip(ways, lists, strict=True))

    assert await found() == {"none": 1, "some": 0, "all": 0}
    await client.post(f"{V1}/requirements/evidence", json={"items": [item(project, "roster")]})
    assert await found() == {"none": 0, "some": 1, "all": 0}
    rest = [item(project, kind) for kind in FIVE]
    await client.post(f"{V1}/requirements/evidence", json={"items": rest})
    assert await found() == {"none": 0, "some": 0, "all": 1}


@pytest.mark.caller("wage_office")
async def test_all_findings_of_a_batch_are_told_at_their_places(
    project: dict[str, Any], client: AsyncClient
) -> None:
    items = [item(project, "nonsense"), item(project, "roster", project_id=str(uuid4()))]
    answer = await client.post(f"{V1}/requirements/evidence", json={"items": items})
    assert answer.status_code == 422
    assert [(one["place"], one["code"]) for one in answer.json()["errors"]] == [
        ("items[0].kind", "SystemNotRequired"),
        ("items[1].project_id", "ProjectUnknown"),
    ]


@pytest.mark.caller("wage_office")
async def test_a_paper_is_kept_sealed_and_given_out_as_a_download(
    rows: dict[str, str], client: AsyncClient
) -> None:
    path = f"{V1}/requirements/{rows['notice_board']}/evidence/file"
    files, form = {"file": ("张三的照片.png", PNG, "text/html")}, {"done_on": "2023-04-20"}
    made = (await client.post(path, files=files, data=form)).json()
    again = await client.post(path, files=files, data=form)
    assert again.json()["id"] == made["id"]
    assert (made["file_kind"], made["file_size"]) == ("png", len(PNG))
    assert "张三" not in again.text
    given = await client.get(f"{V1}/evidence/{made['id']}/file")
    assert given.content == PNG
    assert given.headers["content-type"] == "image/png"
    assert given.headers["content-disposition"].startswith("attachment")
    shown = await client.get(f"{V1}/requirements/{rows['notice_board']}")
    assert shown.json()["status"] == "done"


@pytest.mark.caller("wage_office")
async def test_a_paper_that_is_lost_is_a_problem_that_says_what_to_do(
    rows: dict[str, str], client: AsyncClient, session: Session
) -> None:
    path = f"{V1}/requirements/{rows['notice_board']}/evidence/file"
    form = {"done_on": "2023-04-20"}
    made = (await client.post(path, files={"file": ("x.png", PNG)}, data=form)).json()
    file_id = await session.scalar(select(Evidence.file_id).where(Evidence.id == UUID(made["id"])))
    assert file_id
    await kept_files().discard(file_id)
    english = {"accept-language": "en"}
    answer = await client.get(f"{V1}/evidence/{made['id']}/file", headers=english)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/file-lost")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["file_id"] == str(file_id)
    assert "send the file again" in answer.json()["detail"]


@pytest.mark.caller("wage_office")
async def test_what_is_no_paper_is_refused_with_what_is_taken(
    rows: dict[str, str], client: AsyncClient
) -> None:
    path = f"{V1}/requirements/{rows['deposit']}/evidence/file"
    files = {"file": ("保证金.pdf", b"MZ\x00\x01", "application/pdf")}
    answer = await client.post(path, files=files, data={"done_on": "2023-04-20"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/file-not-taken"
    assert "pdf" in answer.json()["taken"]
    reference = {"done_on": "2023-04-20", "reference": "保函 1 号"}
    made = await client.post(f"{V1}/requirements/{rows['deposit']}/evidence", json=reference)
    answer = await client.get(f"{V1}/evidence/{made.json()['id']}/file")
    assert answer.status_code == 422


@pytest.mark.caller("wage_office")
async def test_withdrawn_evidence_stays_to_be_seen(
    rows: dict[str, str], client: AsyncClient
) -> None:
    path = f"{V1}/requirements/{rows['roster']}"
    body = {"done_on": "2023-04-20", "reference": "名册"}
    made = (await client.post(f"{path}/evidence", json=body)).json()
    gone = await client.post(f"{V1}/evidence/{made['id']}/withdraw", json={"reason": "非本项目"})
    assert gone.json()["withdrawn_why"] == "非本项目"
    assert (await client.get(path)).json()["status"] == "not_done"
    listed = (await client.get(f"{path}/evidence")).json()["items"]
    assert [one["withdrawn_by"] for one in listed] == ["tester"]
    again = await client.post(f"{V1}/evidence/{made['id']}/withdraw", json={"reason": "x"})
    assert again.status_code == 409


async def test_an_exemption_is_confirmed_by_somebody_else_and_by_no_machine(
    rows: dict[str, str], client: AsyncClient, token: Token
) -> None:
    path = f"{V1}/requirements/{rows['deposit']}/exemptions"
    body = {"type": "small_works", "reason": "小额工程", "until_on": "2023-12-31"}
    one, other = token("wage_office", subject="one"), token("wage_office", subject="other")
    made = await client.post(path, json=body, headers=one)
    assert (made.status_code, made.json()["confirmed_at"]) == (201, None)
    confirm = f"{V1}/exemptions/{made.json()['id']}/confirm"
    assert (await client.post(confirm, headers=one)).status_code == 409
    assert (await client.post(confirm, headers=other)).json()["confirmed_by"] == "other"
    listed = (await client.get(path, headers=one)).json()["items"]
    assert [each["until_on"] for each in listed] == ["2023-12-31"]
    shown = (await client.get(f"{V1}/requirements/{rows['deposit']}", headers=one)).json()
    assert (shown["status"], shown["exempt_until"]) == ("exempt", "2023-12-31")
    ended = await client.post(f"{V1}/exemptions/{made.json()['id']}/end", headers=one)
    assert ended.json()["ended_at"]


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_an_area_s_list_is_entered_once_and_shown_with_those_above(
    tree: None, client: AsyncClient
) -> None:
    rule = {"triggers": ["start"], "length": 0, "basis": "街道方案", "certainty": "B"}
    kinds = [{"code": code, "zh": code, "en": code, **rule} for code in ("roster", "deposit")]
    body = {"area_code": "422828", "version": 1, "valid_from": "2023-05-01", "kinds": kinds}
    body |= {"basis": "县方案", "certainty": "B"}
    made = await client.post(f"{V1}/requirement-lists", json=body)
    assert made.status_code == 201
    assert [kind["code"] for kind in made.json()["kinds"]] == ["roster", "deposit"]
    shown = (await client.get(f"{V1}/requirement-lists")).json()["items"]
    assert {one["area_code"] for one in shown} == {"0", "42", "422828"}
    hubei = next(one for one in shown if one["area_code"] == "42")
    assert {kind["code"] for kind in hubei["kinds"]} == FIVE
    elsewhere = await client.post(f"{V1}/requirement-lists", json=body | {"area_code": "422822"})
    assert elsewhere.status_code == 422
    other = await client.post(f"{V1}/requirement-lists", json=body | {"kinds": kinds[:1]})
    assert other.status_code == 409


@pytest.mark.caller("wage_office")
async def test_provincial_systems_pull_what_changed(
    rows: dict[str, str], project: dict[str, Any], client: AsyncClient
) -> None:
    begun = await client.get(
        f"{V1}/requirements", params={"changed_after": clock.at(BEGINS.date()).isoformat()}
    )
    assert len(begun.json()["items"]) == len(FIVE)
    await client.post(f"{V1}/requirements/evidence", json={"items": [item(project, "roster")]})
    following = await client.get(f"{V1}/requirements", params={"cursor": begun.json()["next"]})
    assert following.status_code == 200
