"""The summary of transfers and the list behind it: status, body, problem."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import clock
from shared.db import Session
from tests.fixtures.service import Time
from tests.payroll import factories
from tests.payroll.factories import COUNTY, DEVELOPER, line, statement

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
