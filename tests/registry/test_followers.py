"""Rows that callers see by a project are told to whoever sees them for the first time."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared.db import Sessions
from tests.fixtures.service import Token
from tests.registry import factories
from tests.registry.factories import Post

V1 = "/registry/v1"


class Sync:
    """One caller's sync of one list."""

    def __init__(self, client: AsyncClient, name: str, headers: dict[str, str]) -> None:
        """Begin before everything."""
        self.client, self.name, self.headers = client, name, headers
        self.asked = {"changed_after": "2000-01-01T00:00:00Z"}

    async def __call__(self) -> tuple[list[str], list[str]]:
        """Give the ids of what was told since the last time, and of what left."""
        url = f"{V1}/{self.name}"
        answer = await self.client.get(url, params=self.asked, headers=self.headers)
        said: dict[str, Any] = answer.json()
        self.asked = {"cursor": said["next"]}
        return [row["id"] for row in said["items"]], said["left"]


@pytest.fixture
def _committed(sessions: Sessions) -> None:
    """Let transactions end: a sync tells nothing of one that is under way."""


@pytest.mark.usefixtures("_committed")
async def test_an_organisation_is_told_where_it_first_takes_part_and_where_it_ceases_to(
    contractor: dict[str, Any], project: dict[str, Any], client: AsyncClient,
    token: Token, post: Post,
) -> None:  # fmt: skip
    machine = token("provincial_system", areas=["422828"])
    organisations = Sync(client, "organisations", machine)
    assert await organisations() == ([project["developer_id"]], [])
    ids = UUID(project["id"]), UUID(contractor["id"])
    await post("works-contracts", factories.contract_body(*ids))
    assert await organisations() == ([contractor["id"]], [])
    second = {"code": "4228282301010002", "contractor_id": contractor["id"]}
    other = await post("projects", factories.project_body(UUID(project["developer_id"]), **second))
    assert await organisations() == ([], []), "it was seen already"
    for one in (project, other):
        shown = (await client.get(f"{V1}/projects/{one['id']}", headers=machine)).json()
        body = {"version": shown["version"], "area_code": "422822"}
        moved = await client.patch(
            f"{V1}/projects/{one['id']}", json=body, headers=token("wage_office")
        )
        assert moved.status_code == 200
        _, left = await organisations()
        assert left == ([contractor["id"]] if one is other else [])


@pytest.mark.usefixtures("_committed")
async def test_a_contractor_that_takes_over_is_told_of_what_was_there(
    project: dict[str, Any], client: AsyncClient, token: Token, post: Post
) -> None:
    made = [
        await post("organisations", factories.organisation_body(number, "contractor"))
        for number in (3, 4)
    ]
    first, second = (
        Sync(client, "requirements", token("contractor", areas=["422828"], org=UUID(one["id"])))
        for one in made
    )
    seen = []
    for version, one in enumerate(made, start=1):
        body = {"version": version, "contractor_id": one["id"]}
        path = f"{V1}/projects/{project['id']}"
        changed = await client.patch(path, json=body, headers=token("wage_office"))
        assert changed.status_code == 200, changed.text
        seen.append([(await sync())[0] for sync in (first, second)])
    [[before, nothing], [no_more, after]] = seen
    assert sorted(before) == sorted(after) != []
    assert nothing == no_more == []


@pytest.mark.usefixtures("_committed")
async def test_projects_of_one_developer_entered_at_once_do_not_wait_for_each_other(
    developer: dict[str, Any], client: AsyncClient, token: Token
) -> None:
    """Each holds the developer's row by its reference already when it comes to tell of it."""
    bodies = [
        factories.project_body(UUID(developer["id"]), code=f"422828230102{number:04d}")
        for number in range(6)
    ]
    office = token("wage_office")
    answers = await asyncio.gather(
        *(client.post(f"{V1}/projects", json=body, headers=office) for body in bodies)
    )
    assert [answer.status_code for answer in answers] == [201] * 6
