"""The example client of a provincial system: killed anywhere, it ends with an identical copy."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from services.cases.models import WatchItem
from services.registry.models import Project
from services.registry.rules.projects import InvestmentType, ProjectStatus
from shared import clock, db, exports, paging
from shared.app import service_app
from shared.auth import ApiKey, Keys, new_key
from shared.db import Session, Sessions, new_id
from tests.cases import factories as cases
from tests.cases.factories import COUNTY, NEIGHBOUR
from tests.fixtures.database import Databases, load
from tests.flows import syncing
from tests.registry import factories as registry
from tests.waiting import until

WATCHED = ("projects", "watch_items")
PROJECTS, ITEMS = 900, 12


class World:
    """Two services on real databases behind one address, and the key of a provincial system."""

    def __init__(self, port: int, key: str, **sessions: Sessions) -> None:
        self.url, self.key = f"http://127.0.0.1:{port}", key
        self.registry, self.cases = sessions["registry"], sessions["cases"]

    async def bring_up_to_date(self, copy: Path) -> None:
        """Let the client run to its end."""
        await syncing.bring_up_to_date(self.url, self.key, copy, WATCHED)

    async def truth(self) -> dict[str, syncing.Rows]:
        """Give every row that the key may see now, as the lists show it."""
        return await syncing.truth(self.url, self.key, WATCHED)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@pytest.fixture
async def world(databases: Databases, keys: Keys) -> AsyncIterator[World]:
    """Give the services with a county's rows, the neighbour's, and a key for the county alone."""
    key, key_hash = new_key()
    root, made = FastAPI(openapi_url=None), {}
    for name in ("registry", "cases"):
        url, service = await databases.clone(name), load(name)
        sessions = Sessions(
            db.engine(url, pool_size=8), url=url, service=name, publishes=service.publishes
        )
        made[name] = sessions
        root.mount(f"/{name}", service_app(service, sessions, keys))
        async with sessions.begin("test") as session:
            session.add(
                ApiKey(
                    id=new_id(), key_hash=key_hash, name="province", areas=[COUNTY],
                    roles=["provincial_system"],
                )
            )  # fmt: skip
    async with made["registry"].begin("test") as session:
        await registry.areas(session)
        developer = await registry.developer(session)
    for _ in range(3):
        async with made["registry"].begin("test") as session:
            session.add_all(project(developer.id, number) for number in range(PROJECTS // 3))
    async with made["cases"].begin("test") as session:
        await cases.world(session)
        for number in range(ITEMS):
            await cases.open_item(session, cases.missed("2023-05", f"p{number}"))
    async with served(root) as port:
        yield World(port, key, **made)
    for sessions in made.values():
        await sessions.close()


def project(developer_id: UUID, number: int) -> Project:
    return Project(
        id=new_id(), code=str(new_id()), name=f"项目{number}", area_code=COUNTY,
        investment_type=InvestmentType.GOVERNMENT, developer_id=developer_id,
        status=ProjectStatus.IN_PROGRESS, registered_at=clock.now(),
    )  # fmt: skip


async def change(world: World, dice: random.Random) -> None:
    """Let a project leave, one come, one end, one be renamed; and let an item be closed."""
    async with world.registry.begin("test") as session:
        here = await projects(session, COUNTY)
        leaves, ends, renamed = dice.sample(here, 3)
        leaves.area_code = NEIGHBOUR
        ends.status = ProjectStatus.COMPLETE
        renamed.name = f"改名{dice.random()}"
    async with world.registry.begin("test") as session:
        away = await projects(session, NEIGHBOUR)
        dice.choice(away).area_code = COUNTY
    async with world.cases.begin("test") as session:
        number = dice.randrange(ITEMS)
        received = cases.received("2023-05", "0.00", "2023-05-31 10:00", f"p{number}")
        await cases.handlers.on_transfer_received(session, received)


async def projects(session: Session, area_code: str) -> list[Project]:
    return list(
        await session.scalars(
            select(Project).where(Project.area_code == area_code).order_by(Project.id)
        )
    )


@pytest.mark.parametrize(
    ("seed", "kills", "held"),
    [
        (1, 4, 0.0),
        *(pytest.param(seed, 12, 50.0, marks=pytest.mark.soak) for seed in range(2, 5)),
    ],
)
async def test_a_killed_client_ends_with_an_identical_copy(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    seed: int,
    kills: int,
    held: float,
) -> None:
    """A writer keeps its transaction open meanwhile: what it wrote comes when it is there."""
    monkeypatch.setattr(exports, "PAGE", 20)
    dice, copy = random.Random(seed), tmp_path / "copy.sqlite"
    async with world.registry.begin("slow writer") as slow:
        [first, *_] = await projects(slow, COUNTY)
        first.name = "迟到的改动"
        late = project(first.developer_id, 0)
        slow.add(late)
        began = asyncio.get_running_loop().time()
        await slow.flush()  # Its rows have their place in the order from here on.
        killed = 0
        for _ in range(kills):
            more = dice.randrange(1, PROJECTS // 2)
            killed += await syncing.killed(world.url, world.key, copy, WATCHED, after=more)
            await change(world, dice)
        assert killed
        # The long form holds it open nearly for as long as a transaction may live.
        await asyncio.sleep(max(0.0, began + held - asyncio.get_running_loop().time()))
        await world.bring_up_to_date(copy)
        # What was written since the open transaction began is not told yet, and is not lost.
        assert syncing.copied(copy)["projects"] != (await world.truth())["projects"]
    await world.bring_up_to_date(copy)
    truth = await world.truth()
    assert syncing.copied(copy) == truth
    assert truth["projects"][str(late.id)]["area_code"] == COUNTY
    ended = [row for row in truth["projects"].values() if row["status"] == "004"]
    closed = [row for row in truth["watch_items"].values() if row["state"] == "closed"]
    assert ended
    assert closed


async def test_a_restored_server_is_copied_anew_and_nothing_stays_that_is_gone(
    world: World, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    await world.bring_up_to_date(copy)
    async with world.registry.begin("test") as session:
        await paging.begin_anew(session, Project)
        # What a restore lost was never told as gone.
        [lost, *_] = await projects(session, COUNTY)
        await session.delete(lost)
    async with world.cases.begin("test") as session:
        await paging.begin_anew(session, WatchItem)
    await world.bring_up_to_date(copy)
    assert syncing.copied(copy) == await world.truth()
