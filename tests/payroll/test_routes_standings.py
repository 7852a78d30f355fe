"""The summary of transfers and the list behind it: status, body, problem."""

import base64
import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import clock
from shared.db import Session
from tests.fixtures.service import Time, Token
from tests.payroll import factories
from tests.payroll.factories import (
    BANK,
    CONTRACTOR,
    COUNTY,
    DEVELOPER,
    NEIGHBOUR,
    line,
    statement,
)

SUMMARY, PROJECTS = "/payroll/v1/obligations/summary", "/payroll/v1/projects"
FIRST, DUE = date(2023, 1, 10), date(2023, 1, 20)
pytestmark = pytest.mark.caller("wage_office", areas=[COUNTY])


async def get(client: AsyncClient, path: str, **params: Any) -> Any:  # noqa: ANN401  a JSON value
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def project_ids(session: Session, time: Time) -> list[UUID]:
    """Give three projects at noon of 21 January: nothing, 40 and all of 100 came by the 20th.

    The first has no account; January's due day, the 25th, lies on the 20th that year.
    """
    time.move_to(clock.at(date(2023, 1, 21), 12))
    await factories.tree(session)
    made = [await factories.contract(session) for _ in range(3)]
    await factories.source(session)
    statements = []
    for n, amount in ((1, 40), (2, 100)):
        number = f"175500000000000000{n}"
        await factories.account(session, made[n], account_no=number)
        paid = line(f"L{n}", "2023-01-10T10:00:00", amount, amount)
        statements.append(statement(0, paid, account_no=number))
    await session.flush()  # The feed must find the accounts.
    await factories.feed(session, FIRST, *statements)
    await factories.feeds(session, date(2023, 1, 11), DUE)
    return made


async def test_a_summary_counts_each_project_once(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    tally = {
        "projects": 3, "none": 1, "short": 1, "full": 1, "shortfall": "160.00", "share": "66.7",
    }  # fmt: skip
    assert await get(client, SUMMARY, by="developer") == {
        "as_of": "2023-01-21",
        "by": "developer",
        "items": [tally | {"developer": {"id": str(DEVELOPER), "name": "县交通运输局"}}],
        "total": tally,
    }
    answer = await get(client, SUMMARY, by="investment_type")
    assert answer["items"] == [tally | {"investment_type": "government"}]
    answer = await get(client, SUMMARY, by="funding_source")
    assert answer["items"] == [tally | {"funding_source": None}]


async def test_the_list_shows_the_counted_projects(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    for standing, project_id in zip(("none", "short", "full"), project_ids, strict=True):
        answer = await get(client, PROJECTS, transfer=standing)
        assert [one["id"] for one in answer["items"]] == [str(project_id)]
    both = await get(client, PROJECTS, transfer=["none", "short"])
    assert [one["shortfall"] for one in both["items"]] == ["100.00", "60.00"]
    first = await get(client, PROJECTS, limit=2)
    rest = await get(client, PROJECTS, limit=2, cursor=first["next"])
    assert [one["id"] for one in first["items"] + rest["items"]] == [
        str(one) for one in project_ids
    ]


async def test_the_list_and_the_count_take_the_same_filter(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    for params, found in (
        ({"developer_id": DEVELOPER}, 3),
        ({"contractor_id": CONTRACTOR}, 3),
        ({"developer_id": BANK}, 0),
        ({"area_code": COUNTY, "investment_type": "government"}, 3),
        ({"area_code": NEIGHBOUR}, 0),
        ({"investment_type": "ppp"}, 0),
        ({"funding_source": "专项债"}, 0),
        ({"as_of": "2023-01-19"}, 3),
        ({"as_of": "2022-12-31"}, 0),
    ):
        total = (await get(client, SUMMARY, by="developer", **params))["total"]
        listed = await get(client, PROJECTS, **params)
        assert (total["projects"], len(listed["items"])) == (found, found), params


async def test_of_a_day_before_there_were_projects_there_is_no_share(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    answer = await get(client, SUMMARY, by="developer", as_of="2022-12-31")
    nothing = {
        "projects": 0, "none": 0, "short": 0, "full": 0, "shortfall": "0.00", "share": None,
    }  # fmt: skip
    assert answer == {"as_of": "2022-12-31", "by": "developer", "items": [], "total": nothing}


async def test_a_listed_project_says_what_it_was_on_the_day(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    [one] = (await get(client, PROJECTS, transfer="short", as_of="2023-01-21"))["items"]
    assert one == {
        "id": str(project_ids[1]),
        "name": "鹤峰县某道路工程",
        "area_code": COUNTY,
        "developer_id": str(DEVELOPER),
        "developer_name": "县交通运输局",
        "contractor_id": str(CONTRACTOR),
        "contractor_name": "某建设公司",
        "investment_type": "government",
        "funding_source": None,
        "supervised_since": "2023-01-01",
        "transfer": "short",
        "shortfall": "60.00",
        "open_obligations": 1,
        "oldest_due_on": "2023-01-20",
    }
    full = (await get(client, PROJECTS, transfer="full"))["items"][0]
    assert (full["shortfall"], full["oldest_due_on"]) == ("0.00", None)


async def test_all_that_is_wrong_with_a_question_is_told_at_once(
    client: AsyncClient, project_ids: list[UUID]
) -> None:
    for as_of, code in (
        ("2023-01-22", "day_in_future"),
        ("9999-12-31", "less_than"),
        ("0001-01-01", "greater_than_equal"),
        ("2023-02-30", "date_from_datetime_parsing"),
        ("gestern", "date_from_datetime_parsing"),
    ):
        params = {"by": "colour", "as_of": as_of, "area_code": "42%", "investment_type": "lottery"}
        answer = await client.get(SUMMARY, params=params)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        found = {error["place"]: error["code"] for error in answer.json()["errors"]}
        assert found == {
            "query.by": "enum",
            "query.as_of": code,
            "query.area_code": "string_pattern_mismatch",
            "query.investment_type": "enum",
        }
    answer = await client.get(SUMMARY)
    assert [error["place"] for error in answer.json()["errors"]] == ["query.by"]
    answer = await client.get(PROJECTS, params={"transfer": ["none", "late"]})
    assert [error["place"] for error in answer.json()["errors"]] == ["query.transfer[1]"]
    order = "standings.shortfall,standings.id desc"
    for number in (1e308, "1e131071", "1e-200000"):
        said = json.dumps([order, [number, str(UUID(int=1))]]).encode()
        cursor = base64.urlsafe_b64encode(said).decode().rstrip("=")
        answer = await client.get(PROJECTS, params={"cursor": cursor, "transfer": "none"})
        assert answer.json()["type"] == "/problems/cursor-unreadable", number


async def test_a_unit_sees_its_own_projects_and_a_county_its_own(
    client: AsyncClient, project_ids: list[UUID], token: Token
) -> None:
    for headers, found in (
        (token("leading_group", areas=[COUNTY]), 3),
        (token("finance_bureau", areas=["42"]), 3),
        (token("town", areas=[NEIGHBOUR]), 0),
        (token("developer", areas=[COUNTY], org=DEVELOPER), 3),
        (token("contractor", areas=[COUNTY], org=CONTRACTOR), 3),
        (token("unit_head", areas=[COUNTY], org=BANK), 0),
    ):
        answer = await client.get(SUMMARY, params={"by": "developer"}, headers=headers)
        assert answer.json()["total"]["projects"] == found
        answer = await client.get(PROJECTS, headers=headers)
        assert len(answer.json()["items"]) == found
    for role in ("bank", "subscriber", "worker", "intake_desk"):
        for path in (SUMMARY, PROJECTS):
            answer = await client.get(path, headers=token(role, areas=[COUNTY], org=BANK))
            assert answer.status_code == 403
