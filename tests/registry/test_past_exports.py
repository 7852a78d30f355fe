"""Projects as of a day: with their names, areas and states of then."""

import random

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.registry.models import Organisation, Project
from services.registry.rules.projects import ProjectStatus
from shared import clock, exports
from shared.db import Session
from shared.history import SyncKept
from tests.days import FIRST, check_past
from tests.fixtures.service import Time
from tests.registry import factories

COUNTY, NEIGHBOUR = "422828", "422822"


@pytest.mark.caller("provincial_system", areas=[COUNTY])
async def test_projects_are_told_as_they_were(
    tree: None, session: Session, client: AsyncClient, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    dice = random.Random(7)
    time.move_to(clock.at(FIRST, 7))
    developer = await factories.developer(session)

    async def change() -> None:
        for _ in range(2):
            code = f"{dice.randrange(10**15):016d}"
            await factories.project(session, developer.id, code=code)
        projects = list(await session.scalars(select(Project).order_by(Project.id)))
        leaves, ends, _ = dice.sample([*projects, *projects], 3)
        leaves.area_code = dice.choice([COUNTY, NEIGHBOUR])
        ends.status = dice.choice(list(ProjectStatus))
        if dice.random() < 0.5:
            # The list shows it by another table's row; whoever renames touches the projects.
            own = await session.get_one(Organisation, developer.id)
            own.name = f"改名{dice.random()}"
            for each in projects:
                each.changed_at = clock.now()

    await check_past(session, client, time, "/registry/v1/projects", change)


@pytest.mark.caller("provincial_system", areas=[COUNTY])
async def test_only_a_day_that_is_over_is_told(
    tree: None, session: Session, client: AsyncClient, time: Time
) -> None:
    path = "/registry/v1/exports/projects"
    day = str(FIRST)
    for minute, status in ((0, 422), (1, 200)):
        time.move_to(clock.at(FIRST.replace(day=FIRST.day + 1), 0, minute))
        answer = await client.get(path, params={"as_of": day})
        assert answer.status_code == status, answer.text
    for asked, slug in (
        ({"as_of": day, "since": day}, "past-unknown"),
        ({"since": day}, "asked-twice"),
        ({"as_of": day, "changed_after": "2023-01-01T00:00:00Z"}, "asked-twice"),
    ):
        answer = await client.get(path, params=asked)
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")


@pytest.mark.caller("provincial_system", areas=[COUNTY])
async def test_days_before_versions_were_kept_are_refused(
    tree: None, session: Session, client: AsyncClient, time: Time
) -> None:
    time.move_to(clock.at(FIRST.replace(day=FIRST.day + 9)))
    session.add(
        SyncKept(table_name="projects", since=clock.at(FIRST.replace(day=FIRST.day + 2), 9))
    )
    await session.flush()
    told = {}
    for ahead in range(4):
        day = str(FIRST.replace(day=FIRST.day + ahead))
        answer = await client.get("/registry/v1/exports/projects", params={"as_of": day})
        told[ahead] = answer.status_code
    assert told == {0: 422, 1: 422, 2: 200, 3: 200}
