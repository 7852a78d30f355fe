"""Expected failures: one form on the wire, in the caller's language, all findings at once."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from shared import problems
from shared.problems import Finding, NotFound, Problem, Stale, TextError, raises
from shared.wording import Text, language_of


class SheetUnreadable(Problem):
    """A problem with findings, as services write them."""

    status, title = 422, Text("无法识别为工资支付表", "This file cannot be read as a payroll sheet")


def _even(value: int) -> int:
    if value % 2:
        raise TextError("odd", Text("必须为偶数", "It must be even"))
    return value


class Line(BaseModel):
    """A body with something of each kind."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    on: date
    at: AwareDatetime
    amount: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
    name: Annotated[str, Field(min_length=1, max_length=5)]
    pairs: Annotated[int, AfterValidator(_even)] = 0


class Body(BaseModel):
    """Lines in a list, so that places have numbers."""

    lines: list[Line]


FINDINGS = [
    Finding("lines[3].amount", "not_whole_fen", Text("金额有误", "Wrong amount")),
    Finding("file", "stamp", Text("缺少印章", "No stamp"), Text("请盖章", "Stamp it")),
]


async def _fail(kind: str) -> None:
    errors: dict[str, Exception] = {
        "findings": SheetUnreadable(errors=FINDINGS),
        "detail": NotFound(Text("项目未登记", "The project is not registered"), id="7"),
        "header": Stale(headers={"retry-after": "3"}),
        "connection": ConnectionResetError(),
        "time": TimeoutError(),
        "bug": RuntimeError("王五 440301199001011234"),
    }
    raise errors[kind]


async def _take(body: Body) -> int:
    return len(body.lines)


@pytest.fixture
async def client() -> AsyncIterator[AsyncClient]:
    app = FastAPI()
    app.get("/fail/{kind}", responses=raises(NotFound, Stale, SheetUnreadable))(_fail)
    app.post("/lines")(_take)
    problems.install(app)
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://tests") as made:
        yield made


async def test_a_problem_is_a_document_with_all_findings(client: AsyncClient) -> None:
    answer = await client.get("/fail/findings")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "zh"
    assert answer.json() == {
        "type": "/problems/sheet-unreadable",
        "title": "无法识别为工资支付表",
        "status": 422,
        "errors": [
            {"place": "lines[3].amount", "code": "not_whole_fen", "detail": "金额有误"},
            {"place": "file", "code": "stamp", "detail": "缺少印章", "remedy": "请盖章"},
        ],
    }


async def test_what_the_framework_refuses_is_a_document_too(client: AsyncClient) -> None:
    json = {"content-type": "application/json"}
    for answer, kind, title in (
        (await client.get("/nothing"), "about:blank", "Not Found"),
        (await client.delete("/lines"), "about:blank", "Method Not Allowed"),
        (
            await client.post("/lines", content=b"\xff", headers=json),
            "malformed",
            "请求内容无法解析",
        ),
        (
            await client.post("/lines", content=b"[" * 100_000, headers=json),
            "malformed",
            "请求内容无法解析",
        ),
    ):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].removeprefix("/problems/") == kind
        assert answer.json()["title"] == title


async def test_english_where_it_is_preferred(client: AsyncClient) -> None:
    answer = await client.get("/fail/findings", headers={"accept-language": "en-GB,zh;q=0.5"})
    assert answer.headers["content-language"] == "en"
    assert answer.json()["errors"][1]["remedy"] == "Stamp it"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "zh"),
        ("", "zh"),
        ("fr", "zh"),
        ("en", "en"),
        ("EN-us", "en"),
        ("zh-CN,en;q=0.8", "zh"),
        ("en;q=0.8,zh;q=0.3", "en"),
        ("fr,en;q=0.2", "en"),
        ("en;q=x,zh", "zh"),
        ("zh;q=0.9, en; q=0.8", "zh"),
    ],
)
def test_the_language_is_the_preferred_one(asked: str | None, given: str) -> None:
    assert language_of(asked) == given


async def test_detail_members_and_headers_are_told(client: AsyncClient) -> None:
    answer = await client.get("/fail/detail")
    assert answer.json()["detail"] == "项目未登记"
    assert answer.json()["id"] == "7"
    assert (await client.get("/fail/header")).headers["retry-after"] == "3"


@pytest.mark.parametrize("kind", ["connection", "time"])
async def test_what_is_away_for_now_is_503(client: AsyncClient, kind: str) -> None:
    answer = await client.get(f"/fail/{kind}")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


async def test_a_bug_says_only_how_to_find_it(client: AsyncClient) -> None:
    answer = await client.get("/fail/bug")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said.pop("trace")
    assert said == {
        "type": "/problems/failed",
        "title": "系统内部错误，已记录",
        "status": 500,
    }


GOOD: dict[str, Any] = {
    "id": "01890000-0000-7000-8000-000000000001",
    "on": "2026-03-02",
    "at": "2026-03-02T09:00:00+08:00",
    "amount": "12.50",
    "name": "a",
}


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"id": "x"}, "body.lines[1].id", "uuid_parsing"),
        ({"on": "2.3.2026"}, "body.lines[1].on", "date_from_datetime_parsing"),
        ({"at": "2026-03-02T09:00:00"}, "body.lines[1].at", "timezone_aware"),
        ({"amount": "1.005"}, "body.lines[1].amount", "decimal_max_places"),
        ({"amount": "-1"}, "body.lines[1].amount", "greater_than_equal"),
        ({"amount": "NaN"}, "body.lines[1].amount", "finite_number"),
        ({"name": ""}, "body.lines[1].name", "string_too_short"),
        ({"name": "440301199001011234"}, "body.lines[1].name", "string_too_long"),
        ({"pairs": 3}, "body.lines[1].pairs", "odd"),
        ({"colour": "red"}, "body.lines[1].colour", "extra_forbidden"),
    ],
)
async def test_a_wrong_field_is_named_by_its_place_without_its_value(
    client: AsyncClient, change: dict[str, Any], place: str, code: str
) -> None:
    answer = await client.post("/lines", json={"lines": [GOOD, GOOD | change]})
    assert answer.status_code == 422
    (found,) = answer.json()["errors"]
    assert (found["place"], found["code"]) == (place, code)
    assert "440301199001011234" not in answer.text


async def test_all_findings_come_at_once(client: AsyncClient) -> None:
    answer = await client.post("/lines", json={"lines": [{"id": "x"}, GOOD | {"pairs": 1}]})
    assert len(answer.json()["errors"]) == 6
    assert answer.json()["errors"][-1]["detail"] == "必须为偶数"


async def test_what_is_no_json_is_said_to_be_none(client: AsyncClient) -> None:
    answer = await client.post("/lines", content=b"{", headers={"content-type": "application/json"})
    assert answer.json()["errors"][0]["code"] == "json_invalid"


async def test_unknown_paths_and_methods_are_documents_too(client: AsyncClient) -> None:
    for method, path, expected in (("GET", "/nowhere", 404), ("PUT", "/lines", 405)):
        answer = await client.request(method, path)
        assert answer.status_code == expected
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == expected


def test_problems_of_one_status_are_documented_together() -> None:
    merged = raises(NotFound, Stale, SheetUnreadable, problems.Invalid)
    assert set(merged) == {404, 409, 422}
    assert merged[422]["description"] == (
        "This file cannot be read as a payroll sheet; The input does not have the form asked for"
    )


def test_slugs_are_the_names_in_kebab_case() -> None:
    assert SheetUnreadable.slug() == "sheet-unreadable"
    assert NotFound.slug() == "not-found"
