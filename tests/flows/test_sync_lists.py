"""The example client copies every list that tells what changed, and a day of the past."""

import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.cases.actions import funding, leads, proposals
from services.cases.schemas.funding import ReportIn
from services.cases.schemas.leads import LeadIn
from services.payroll.actions import requests
from services.payroll.schemas.dues import FundingRequestIn
from services.registry.actions import projects
from services.registry.models import AreaAssignment, Project, Subcontract
from services.registry.schemas.projects import ProjectPatch
from shared import clock, db, exports
from shared.app import service_app
from shared.auth import ApiKey, Caller, Keys, new_key
from shared.db import Session, Sessions, new_id
from shared.events.registry import ProjectCard, ProjectChanged
from tests.alerts import factories as alerts
from tests.cases import factories as cases
from tests.cases.factories import COUNTY, NEIGHBOUR
from tests.fixtures.database import Databases, load, names
from tests.fixtures.service import Time
from tests.flows import syncing
from tests.flows.test_sync_client import served
from tests.payroll import factories as payroll
from tests.registry import factories as registry

OPENAPI = Path(__file__).parents[2] / "docs/openapi"
# Lists of a project and of what callers see by it.
OF_PROJECTS = {
    *("projects", "works_contracts", "requirements", "subcontracts", "suspensions"),
    *("area_assignments", "wage_accounts", "obligations", "funding_requests"),
}
ROADS = payroll.card()
LATER = cases.at("2023-06-25 12:00")


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
        await payroll.contract(session, ROADS)
        await payroll.source(session)
        await payroll.account(session, ROADS.project_id)
        [first, *_] = await payroll.owed(session, ROADS.project_id)
        asked = FundingRequestIn(amount=first.lacking, reason="库款未到")
        await requests.request_funding(session, payroll.person(), first.id, asked, LATER)
    async with world.sessions["cases"].begin("test") as session:
        await cases.world(session)
        await _fill_cases(session)
    async with world.sessions["alerts"].begin("test") as session:
        await alerts.areas(session)
        handlers = load("alerts").handles
        told = alerts.opened(area_code=COUNTY)
        await handlers[type(told)](session, told)


async def _fill_cases(session: Session) -> None:
    """Let an item turn red, its project have a case, its money be ordered, and a lead be pushed."""
    office = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
    item = await cases.red_item(session)
    [proposal] = await cases.proposals(session)
    await proposals.confirm_proposal(session, office, proposal.id, LATER)
    report = ReportIn(
        watch_item_id=item.id, reason="财政资金未到位", done_on=date(2023, 6, 1),
        done_by="县人社局", document_number="鹤人社〔2023〕9号",
    )  # fmt: skip
    await funding.report_funding(session, office, report, LATER)
    lead = LeadIn(
        source="province_platform", external_id="L-1", area_code=COUNTY, place="走马镇工地",
        text="四月工资未发", workers=12, received_at=LATER,
    )  # fmt: skip
    await leads.push_lead(session, office, lead, LATER)


async def _change(world: World) -> None:
    async with world.sessions["registry"].begin("test") as session:
        (await session.scalars(select(Subcontract))).one().works = "改后的劳务"
        (await session.scalars(select(Project))).one().name = "改后的工程"
    async with world.sessions["cases"].begin("test") as session:
        received = cases.received("2023-05", "0.00", "2023-06-26 10:00")
        await cases.handlers.on_transfer_received(session, received)


async def _move(world: World, area_code: str) -> None:
    """Let projects lie in another area, and somebody be in charge there."""
    async with world.sessions["registry"].begin("test") as session:
        (await session.scalars(select(AreaAssignment))).one().area_code = area_code
        project = (await session.scalars(select(Project))).one()
        body = ProjectPatch(version=project.version, area_code=area_code)
        await projects.change_project(session, registry.NATION, project.id, body, clock.now())
    async with world.sessions["payroll"].begin("test") as session:
        card = ROADS.model_copy(update={"area_code": area_code})
        told = ProjectChanged(project_id=card.project_id, project=card, occurred_at=clock.now())
        await payroll.handlers.on_project_changed(session, told)


async def _copied(world: World, copy: Path) -> dict[str, syncing.Rows]:
    """Bring the copy up to date, and see that it holds what the lists show now."""
    await syncing.bring_up_to_date(world.url, world.key, copy, syncing.LISTS)
    held = syncing.copied(copy)
    assert held == await syncing.truth(world.url, world.key, syncing.LISTS)
    return held


async def test_the_copy_of_every_list_is_identical_and_follows_what_changes(
    world: World, tmp_path: Path, time: Time
) -> None:
    time.move_to(LATER)
    await _fill(world)
    time.move_to(cases.at("2023-06-27 12:00"))
    copy = tmp_path / "copy.sqlite"
    held = await _copied(world, copy)
    assert {name for name in syncing.LISTS if not held[name]} == set()
    await _change(world)
    held = await _copied(world, copy)
    day = "2023-06-26"
    await syncing.bring_up_to_date(world.url, world.key, copy, ["projects"], "--as-of", day)
    said = await syncing.said_as_of(world.url, world.key, "projects", day)
    assert syncing.copied(copy)[f"projects@{day}"] == said
    assert [row["name"] for row in said.values()] == ["产业路硬化工程"]
    assert {row["name"] for row in held["projects"].values()} == {"改后的工程"}


async def test_rows_leave_the_copy_with_their_project_and_come_back_with_it(
    world: World, tmp_path: Path, time: Time
) -> None:
    time.move_to(LATER)
    await _fill(world)
    copy = tmp_path / "copy.sqlite"
    before = await _copied(world, copy)
    await _move(world, NEIGHBOUR)
    held = await _copied(world, copy)
    assert {name for name in OF_PROJECTS if held[name]} == set()
    await _move(world, COUNTY)
    held = await _copied(world, copy)
    assert {name: set(held[name]) for name in OF_PROJECTS} == {
        name: set(before[name]) for name in OF_PROJECTS
    }


async def _build(world: World, number: int) -> list[ProjectCard]:
    """Let there be more projects with all that hangs on them; give payroll's."""
    async with world.sessions["registry"].begin("test") as session:
        developer, contractor = (
            await registry.developer(session, 8),
            await registry.contractor(session, 9),
        )
        for each in range(number):
            code = f"42282823010{each:05d}"
            project = await registry.project(session, developer.id, code=code)
            await registry.works_contract(session, project.id, contractor.id)
            await registry.subcontract(session, project.id, contractor.id, None)
            await registry.suspension(session, project.id, date(2023, 7, 10))
    cards = [payroll.card() for _ in range(number)]
    async with world.sessions["payroll"].begin("test") as session:
        for card in cards:
            await payroll.contract(session, card)
    return cards


async def _move_some(world: World, cards: list[ProjectCard], dice: random.Random) -> None:
    """Let some projects go to the neighbour, and some come back."""
    async with world.sessions["registry"].begin("test") as session:
        found = await session.scalars(select(Project).order_by(Project.id))
        for project in dice.sample(found.all(), 9):
            area = NEIGHBOUR if project.area_code != NEIGHBOUR else COUNTY
            body = ProjectPatch(version=project.version, area_code=area)
            await projects.change_project(session, registry.NATION, project.id, body, clock.now())
    async with world.sessions["payroll"].begin("test") as session:
        for place in dice.sample(range(len(cards)), 9):
            area = NEIGHBOUR if cards[place].area_code != NEIGHBOUR else COUNTY
            cards[place] = card = cards[place].model_copy(update={"area_code": area})
            told = ProjectChanged(project_id=card.project_id, project=card, occurred_at=clock.now())
            await payroll.handlers.on_project_changed(session, told)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_client_that_is_killed_anywhere_has_every_list_in_the_end(
    world: World, tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch, *, seed: int
) -> None:
    monkeypatch.setattr(exports, "PAGE", 20)
    time.move_to(LATER)
    await _fill(world)
    cards = await _build(world, 60)
    dice, copy, killed = random.Random(seed), tmp_path / "copy.sqlite", 0
    for _ in range(12):
        more = dice.randrange(1, 400)
        killed += await syncing.killed(world.url, world.key, copy, syncing.LISTS, after=more)
        await _move_some(world, cards, dice)
    assert killed
    held = await _copied(world, copy)
    assert {name for name in syncing.LISTS if not held[name]} == set()


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
