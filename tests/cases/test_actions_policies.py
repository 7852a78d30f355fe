"""What policies and calendars change, and what they leave as it is."""

from datetime import date
from typing import Any

import pytest

from services.cases import actions, handlers
from services.cases.errors import (
    AreaUnknown,
    PolicyRefused,
    PolicyVersionTaken,
)
from services.cases.models import Policy
from services.cases.schemas.policies import PolicyIn
from shared import timers
from shared.auth import Caller
from shared.db import Session
from shared.events.cases import (
    WatchItemOpened,
)
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, at
from tests.cases.policies import MISSED, body
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({COUNTY}))
OTHER = Caller("other", frozenset({"wage_office"}), frozenset({NEIGHBOUR}))


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


# ---- calendars -------------------------------------------------------------------------------


async def test_a_new_calendar_moves_the_next_rung_of_open_items_only(session: Session) -> None:
    item = await make.open_item(session)
    closed = await make.open_item(session, make.missed(project="q"))
    await handlers.on_transfer_received(
        session, make.received("2023-05", "0.00", "2023-05-26 08:00", project="q")
    )
    before = closed.calendar_version
    exceptions = {
        **make.calendar_told().exceptions, date(2023, 5, 26): "holiday",
    }  # fmt: skip
    told_at = at("2023-05-26 08:30")
    notice = make.calendar_told(exceptions=exceptions, occurred_at=told_at)
    for _ in range(2):
        await handlers.on_calendar_published(session, notice)
    [armed] = await timers.armed(session, item.id, "level")
    assert (armed.step, armed.due_at) == ("notice", at("2023-05-29 09:00"))
    assert armed.calendar_version == item.calendar_version != before
    assert item.due_at == armed.due_at
    assert closed.calendar_version == before
    assert await timers.armed(session, closed.id) == []
    assert [what for what, *_ in await make.told(session, item)].count("recomputed") == 1


async def test_a_towns_calendar_moves_only_what_lies_in_it(session: Session) -> None:
    county = await make.open_item(session)
    town = await make.open_item(session, make.missed(project="q", area_code=TOWN))
    local = make.calendar_told(
        area_code=TOWN, exceptions={date(2023, 5, 26): "holiday"},
        occurred_at=at("2023-05-26 08:30"),
    )  # fmt: skip
    await handlers.on_calendar_published(session, local)
    assert county.due_at == at("2023-05-26 09:00")
    assert town.due_at == at("2023-05-29 09:00")


async def test_a_rung_that_was_passed_stays_passed_under_a_new_calendar(
    session: Session,
) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-05-30 09:00")
    days = {**make.calendar_told().exceptions, date(2023, 5, 26): "holiday"}
    notice = make.calendar_told(exceptions=days, occurred_at=at("2023-05-30 10:00"))
    await handlers.on_calendar_published(session, notice)
    assert item.level == "yellow"
    assert (await timers.armed(session, item.id, "level"))[0].due_at == at("2023-06-09 09:00")


async def test_a_new_calendar_moves_the_day_on_which_a_case_opens_by_itself(
    session: Session,
) -> None:
    await make.red_item(session)
    days = {**make.calendar_told().exceptions, date(2023, 7, 3): "holiday"}
    notice = make.calendar_told(exceptions=days, occurred_at=at("2023-06-26 10:00"))
    await handlers.on_calendar_published(session, notice)
    [proposal] = await make.proposals(session)
    assert proposal.due_at == at("2023-07-10 09:00")


# ---- policies --------------------------------------------------------------------------------


async def post(session: Session, **changes: Any) -> Policy:
    now = at("2023-05-01 10:00")
    said = PolicyIn.model_validate(body(**changes))
    return await actions.policies.add_policy(session, OFFICE, said, now)


STRICT = [
    {"code": "open", "level": "orange"},
    {"code": "black", "level": "black", "after": 2},
    {"code": "repeat", "every": 2},
]
OTHER_LEVELS = [
    {"code": "orange", "rank": 1, "colour": "#f08a24", "label": "橙牌"},
    {"code": "black", "rank": 2, "colour": "#000000", "label": "黑牌"},
]
STRICTER = {
    "steps": STRICT, "levels": OTHER_LEVELS, "jumps": [], "answer_within": {}, "proposal": None,
}  # fmt: skip


async def test_a_countys_own_ladder_governs_its_items_and_no_others(
    session: Session, published: Published
) -> None:
    policy = await post(session, **STRICTER)
    mine = await make.open_item(session)
    other = await make.open_item(session, make.missed(project="q", area_code=NEIGHBOUR))
    assert (mine.level, mine.policy_id, mine.policy_version) == ("orange", policy.id, 1)
    assert (other.level, other.policy_id != policy.id) == ("blue", True)
    assert (await published(session, WatchItemOpened))[0].level_label == "橙牌"
    await make.climb_to(session, mine, "2023-06-01 09:00")
    assert [step for *_, step in await make.told(session, mine)] == ["open", "black", "repeat"]
    assert mine.level_rank == 2


async def test_an_item_keeps_the_policy_it_was_opened_under(session: Session) -> None:
    item = await make.open_item(session)
    await post(session, **STRICTER)
    await make.climb_to(session, item, "2023-05-30 09:00")
    assert item.level == "yellow"


async def test_a_shadow_policy_is_stored_and_opens_nothing(session: Session) -> None:
    policy = await post(session, mode="shadow", **STRICTER)
    assert policy.mode == "shadow"
    assert (await make.open_item(session)).level == "blue"


async def test_a_policy_of_a_later_day_waits_for_it(session: Session) -> None:
    await post(session, valid_from="2023-06-01", **STRICTER)
    assert (await make.open_item(session)).level == "blue"
    assert (await make.open_item(session, make.missed("2023-06", project="q"))).level == "orange"


async def test_the_same_policy_twice_is_stored_once(session: Session) -> None:
    first = await post(session)
    assert (await post(session)).id == first.id


async def test_a_version_is_taken_once(session: Session) -> None:
    await post(session)
    with pytest.raises(PolicyVersionTaken):
        await post(session, basis="another")


async def test_a_policy_that_is_no_ladder_is_refused_with_all_findings(
    session: Session,
) -> None:
    with pytest.raises(PolicyRefused) as refused:
        await post(session, steps=MISSED["steps"][1:-1], levels=MISSED["levels"][:3])
    assert [finding.code for finding in refused.value.errors] == [
        "opening_unfit", "level_unknown", "ladder_falls_silent", "level_unknown",
    ]  # fmt: skip


async def test_a_policy_for_another_area_is_refused(session: Session) -> None:
    for area_code in (NEIGHBOUR, "0", "110101"):
        with pytest.raises(AreaUnknown):
            await post(session, area_code=area_code)
