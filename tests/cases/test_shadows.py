"""Policies in shadow mode: what they would have done is recorded, and nothing else happens."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from services.cases import actions
from services.cases.models import Policy, ShadowStep, WatchItem
from services.cases.rules.items import Happening
from services.cases.schemas.policies import PolicyIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, Sessions
from shared.events.base import Event
from shared.outbox import OutboxRow
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.cases.policies import DEFAULTS, MISSED, body
from tests.fixtures.service import Time, Token, nightly

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
ELSEWHERE = Caller("other", frozenset({"wage_office"}), frozenset({NEIGHBOUR}))
JULY = date(2023, 7, 1)
STRICT = {
    "levels": MISSED["levels"],
    "steps": [
        {"code": "open", "level": "yellow"},
        {"code": "red", "level": "red", "after": 2},
        {"code": "repeat", "every": 5},
    ],
    "jumps": [], "answer_within": {}, "proposal": None,
}  # fmt: skip
Line = tuple[str, str, str, str]
"""Period, step, level, instant."""


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-07-01 10:00"))
    await make.world(session)


async def post(session: Session, caller: Caller = OFFICE, **changes: Any) -> Policy:
    said = PolicyIn.model_validate(body(**changes))
    return await actions.policies.add_policy(session, caller, said, at("2023-02-01 10:00"))


def story(project: str, area: str) -> list[Event]:
    """Three misses: the first is paid late, its money is returned, and comes again."""
    said = {"area_code": area, "card": make.card(project, area_code=area)}
    return [
        make.missed("2023-03", project, **said),
        make.missed("2023-04", project, **said),
        make.received("2023-03", "0.00", "2023-05-04 10:00", project, area_code=area),
        make.taken_back("2023-03", "300000.00", "2023-05-16 10:00", project),
        make.received("2023-03", "0.00", "2023-05-29 10:00", project, area_code=area),
        make.missed("2023-05", project, **said),
    ]


async def happen(session: Session, *projects: tuple[str, str]) -> None:
    told = [event for project, area in projects for event in story(project, area)]
    await make.tell(session, *sorted(told, key=lambda event: event.occurred_at))
    await make.pass_time(session, clock.at(JULY))


async def recorded(session: Session, policy: Policy, day: date = JULY) -> list[Line]:
    await actions.shadows.record_shadows(session, day, clock.at(day))
    await session.flush()
    found = select(ShadowStep).where(ShadowStep.policy_id == policy.id)
    lines = await session.scalars(found.order_by(ShadowStep.at, ShadowStep.id))
    return sorted((one.period, one.step, one.level, one.at.isoformat()) for one in lines)


async def done(session: Session, project: str) -> list[Line]:
    """Give what was really done about a project's misses, in the same words."""
    moved = (Happening.OPENED, Happening.RAISED, Happening.STEP_REACHED, Happening.CLOSED,
             Happening.REVERSED)  # fmt: skip
    lines: list[Line] = []
    for period in ("2023-03", "2023-04", "2023-05"):
        item = await make.item_about(session, an_id(project, period))
        lines += [(period, line.step, line.level, line.at.isoformat())
                  for line in await make.timeline(session, item) if line.what in moved]  # fmt: skip
    return sorted(lines)


async def test_what_it_would_have_done_is_what_the_same_policy_in_force_does(
    session: Session,
) -> None:
    """The county has it in shadow mode, its neighbour in force; both live the same months."""
    shadow = await post(session, mode="shadow", **STRICT)
    await post(session, ELSEWHERE, area_code=NEIGHBOUR, **STRICT)
    await happen(session, ("p", COUNTY), ("q", NEIGHBOUR))
    lines = await recorded(session, shadow)
    assert lines == await done(session, "q")
    assert len(lines) > 20
    mine = await make.item_about(session, an_id("p", "2023-04"))
    assert mine.policy_id != shadow.id
    assert mine.level == "red"


async def test_it_opens_nothing_and_tells_nobody(session: Session) -> None:
    await post(session, mode="shadow", **STRICT)
    await happen(session, ("p", COUNTY))
    items = await session.scalar(select(func.count()).select_from(WatchItem))
    outbox = await _said(session)
    await actions.shadows.record_shadows(session, JULY, clock.at(JULY))
    await session.flush()
    assert await session.scalar(select(func.count()).select_from(WatchItem)) == items
    assert await _said(session) == outbox
    assert await session.scalar(select(func.count()).select_from(ShadowStep))


async def _said(session: Session) -> int:
    return await session.scalar(select(func.count()).select_from(OutboxRow)) or 0


async def test_recorded_night_by_night_it_is_as_recorded_at_once(session: Session) -> None:
    first = await post(session, mode="shadow", **STRICT)
    await happen(session, ("p", COUNTY))
    once = await recorded(session, first)
    assert once == await recorded(session, first), "the same again changes nothing"
    ids = set(await session.scalars(select(ShadowStep.id)))
    other = await post(session, mode="shadow", version=2, **STRICT)
    day = date(2023, 3, 20)
    while day <= JULY:
        await actions.shadows.record_shadows(session, day, clock.at(day))
        await session.flush()
        day += timedelta(days=9)
    nightly = await recorded(session, other)
    assert nightly == once
    # The first version was followed by the second, and records no more.
    assert set(await session.scalars(
        select(ShadowStep.id).where(ShadowStep.policy_id == first.id)
    )) == ids  # fmt: skip


async def test_it_begins_on_its_first_day(session: Session) -> None:
    shadow = await post(session, mode="shadow", valid_from="2023-05-01", **STRICT)
    await happen(session, ("p", COUNTY))
    assert {period for period, *_ in await recorded(session, shadow)} == {"2023-05"}


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_the_record_and_the_difference_are_shown_to_whoever_makes_policies(
    session: Session, client: AsyncClient, token: Token
) -> None:
    """The nation's own rows in shadow mode differ in nothing; another yellow day in two misses."""
    rows = {name: MISSED[name] for name in STRICT}
    same = await post(session, mode="shadow", **rows)
    await happen(session, ("p", COUNTY), ("q", NEIGHBOUR))
    await recorded(session, same)
    days = {"from_on": "2023-01-01", "to_on": "2023-06-30"}
    said = await difference(client, same.id, days)
    assert (said["recorded"], said["shadowed"], said["same"]) == (3, 3, 3)
    assert (said["otherwise"], said["left_off"]) == ([], 0)
    steps = [dict(step) for step in MISSED["steps"]]
    steps[2]["after"] = 5
    later = await post(session, mode="shadow", version=2, **(rows | {"steps": steps}))
    await recorded(session, later)
    said = await difference(client, later.id, days)
    assert said["recorded"] == said["shadowed"] == 3
    [*others] = said["otherwise"]
    assert said["same"] + len(others) == 3
    yellow = [
        [one["at"] for one in others[0][side]["reached"] if one["step"] == "yellow"]
        for side in ("recorded", "shadowed")
    ]
    # Due on 24 March 2023 (25 March is a Saturday): D+3 wd is 29 March, D+5 wd 31 March.
    assert yellow == [["2023-03-29T01:00:00Z"], ["2023-03-31T01:00:00Z"]]
    path = f"/cases/v1/policies/{later.id}/shadow-steps"
    listed = (await client.get(path, params={"what": "opened"})).json()["items"]
    assert [one["period"] for one in listed] == ["2023-03", "2023-04", "2023-05"]
    refused = await client.get(
        f"/cases/v1/policies/{later.id}/shadow-difference",
        params={"from_on": "2023-06-30", "to_on": "2023-01-01"},
    )
    assert refused.status_code == 422
    elsewhere = token("wage_office", areas=[NEIGHBOUR])
    assert (await client.get(path, headers=elsewhere)).status_code == 404
    inspector = token("inspector", areas=[COUNTY])
    assert (await client.get(path, headers=inspector)).status_code == 403
    live = (await session.scalars(select(Policy.id).where(Policy.mode == "live").limit(1))).one()
    missing = await client.get(f"/cases/v1/policies/{live}/shadow-steps")
    assert missing.json()["type"] == "/problems/policy-unknown"


async def difference(client: AsyncClient, policy_id: UUID, days: dict[str, str]) -> dict[str, Any]:
    answer = await client.get(f"/cases/v1/policies/{policy_id}/shadow-difference", params=days)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_a_value_s_policy_runs_in_shadow_mode_too(session: Session) -> None:
    rows = {name: DEFAULTS["cover_low"][name] for name in (*STRICT, "unit")}
    steps = [dict(step) for step in rows["steps"]]
    steps[0]["below"] = "2.0"
    shadow = await post(session, kind="cover_low", mode="shadow", **(rows | {"steps": steps}))
    await make.tell(
        session,
        make.found("cover_low", "2023-05-01", "2023-05-01 10:00", value=3),
        make.found("cover_low", "2023-05-08", "2023-05-08 10:00", value=1.5),
        make.found("cover_low", "2023-05-15", "2023-05-15 10:00", value=2),
    )
    await make.pass_time(session, clock.at(JULY))
    assert await make.find_item(session, "cover_low") is None
    await recorded(session, shadow)
    turns = select(ShadowStep).where(ShadowStep.what != Happening.STEP_REACHED)
    assert [
        (line.what, line.level, line.at)
        for line in await session.scalars(turns.order_by(ShadowStep.at))
    ] == [
        (Happening.OPENED, "blue", at("2023-05-08 10:00")),
        (Happening.CLOSED, "blue", at("2023-05-15 10:00")),
    ]


async def test_the_job_records_on_its_own(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make.world(session)
        shadow = await post(session, mode="shadow", **STRICT)
        await happen(session, ("p", COUNTY))
    for _ in range(2):
        await nightly(sessions, "record_shadows", JULY)
    async with sessions.begin() as session:
        found = select(func.count()).select_from(ShadowStep)
        assert await session.scalar(found.where(ShadowStep.policy_id == shadow.id))
