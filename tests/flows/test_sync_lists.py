"""The example client copies every list that tells what changed, and a day of the past."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.registry.models import Project, Subcontract
from shared import db
from shared.app import service_app
from shared.auth import ApiKey, Keys, new_key
from shared.db import Sessions, new_id
from tests.alerts import factories as alerts
from tests.cases import factories as cases
from tests.cases.factories import COUNTY
from tests.fixtures.database import Databases, load, names
from tests.fixtures.service import Time
from tests.flows import syncing
from tests.flows.test_sync_client import served
from tests.payroll import factories as payroll
from tests.registry import factories as registry

OPENAPI = Path(__file__).parents[2] / "docs/openapi"
FILLED = {
    *("organisations", "projects", "works_contracts", "subcontracts", "suspensions"),
    *("area_assignments", "obligations", "watch_items", "correction_orders", "proposals"),
    "alerts",
}


@dataclass
class World:
    """All services on real databases behind one address, and the key of a provincial system."""

    url: str
    key: str
    sessions: dict[str, Sessions]


@pytest.fixture
async def world(databases: Databases, keys: Keys) -> AsyncIterator[World]:
    key, key_hash = new_key()
    root, made = FastAPI(openapi_url=None), {}
    for name in names():
        url, service = await databases.clone(name), load(name)
        pool = db.engine(url, pool_size=4)
        made[name] = Sessions(pool, url=url, service=name, publishes=service.publishes)
        root.mount(f"/{name}", service_app(service, made[name], keys))
        async with made[name].begin("test") as session:
            session.add(
                ApiKey(
                    id=new_id(), key_hash=key_hash, name="province", areas=[COUNTY],
                    roles=["provincial_system"],
                )
            )  # fmt: skip
    async with served(root) as port:
        yield World(f"http://127.0.0.1:{port}", key, made)
    for sessions in made.values():
        await sessions.close()


async def _fill(world: World) -> None:
    """Let each service hold rows of its lists."""
    async with world.sessions["registry"].begin("test") as session:
        await registry.areas(session)
        developer = await registry.developer(session)
        contractor = await registry.contractor(session)
        project = await registry.project(session, developer.id)
        await registry.works_contract(session, project.id, contractor.id)
        await registry.subcontract(session, project.id, contractor.id, None)
        await registry.suspension(session, project.id, date(2023, 7, 10))
        await registry.area_assignment(session, developer.id)
    async with world.sessions["payroll"].begin("test") as session:
        await payroll.tree(session)
        await payroll.contract(session)
    async with world.sessions["cases"].begin("test") as session:
        await cases.world(session)
        await cases.red_item(session)
    async with world.sessions["alerts"].begin("test") as session:
        await alerts.areas(session)
        handlers = load("alerts").handles
        told = alerts.opened(area_code=COUNTY)
        await handlers[type(told)](session, told)


async def _change(world: World) -> None:
    async with world.sessions["registry"].begin("test") as session:
        (await session.scalars(select(Subcontract))).one().works = "改后的劳务"
        (await session.scalars(select(Project))).one().name = "改后的工程"
    async with world.sessions["cases"].begin("test") as session:
        received = cases.received("2023-05", "0.00", "2023-06-26 10:00")
        await cases.handlers.on_transfer_received(session, received)


async def test_the_copy_of_every_list_is_identical_and_follows_what_changes(
    world: World, tmp_path: Path, time: Time
) -> None:
    time.move_to(cases.at("2023-06-25 12:00"))
    await _fill(world)
    time.move_to(cases.at("2023-06-27 12:00"))
    copy = tmp_path / "copy.sqlite"
    for _ in range(2):
        await syncing.bring_up_to_date(world.url, world.key, copy, syncing.LISTS)
        held = syncing.copied(copy)
        assert held == await syncing.truth(world.url, world.key, syncing.LISTS)
        assert {name for name in FILLED if not held[name]} == set()
        await _change(world)
    day = "2023-06-26"
    await syncing.bring_up_to_date(world.url, world.key, copy, ["projects"], "--as-of", day)
    said = await syncing.said_as_of(world.url, world.key, "projects", day)
    assert syncing.copied(copy)[f"projects@{day}"] == said
    assert [row["name"] for row in said.values()] == ["产业路硬化工程"]
    assert {row["name"] for row in held["projects"].values()} == {"改后的工程"}


def test_the_client_knows_every_list_that_tells_what_changed() -> None:
    told: dict[str, bool] = {}
    for document in OPENAPI.glob("*.json"):
        for path, doors in json.loads(document.read_text())["paths"].items():
            asked = {one["name"] for one in doors.get("get", {}).get("parameters", [])}
            if "changed_after" in asked:
                told[f"/{document.stem}{path}"] = "as_of" in asked
    whole = {path for path, is_whole in told.items() if is_whole}
    paged = {path for path in told if path.replace("/v1/", "/v1/exports/") not in whole}
    assert set(syncing.LISTS.values()) == whole | paged
