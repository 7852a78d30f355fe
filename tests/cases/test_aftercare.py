"""A project that was red stays on watch until so many periods in a row are clean (domain P7)."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.cases import actions
from services.cases.errors import KindUnknown
from services.cases.models import WatchItem
from services.cases.rules.aftercare import Course, longest_row, watched_since
from services.cases.rules.items import WatchKind
from services.cases.schemas.policies import PolicyIn
from services.cases.service import service
from shared.auth import Caller
from shared.db import Session
from shared.events.base import Event
from shared.events.cases import WatchItemClosed, WatchItemOpened
from shared.events.registry import ProjectChanged
from tests.cases import factories as make
from tests.cases.factories import an_id, at
from tests.cases.policies import DEFAULTS, body
from tests.fixtures.service import Published

OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({make.COUNTY}))
DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))
KIND = WatchKind.WATCHED_AFTER_RED
RED: list[Event] = [
    # The second miss in a row is red at once.
    make.missed("2023-03"),
    make.missed("2023-04"),
    make.received("2023-04", "0.00", "2023-05-08 10:00"),
    make.received("2023-03", "0.00", "2023-05-09 10:00"),
]


def clean(period: str, day: int = 20, **changes: Any) -> Event:
    """Give all of a period's money, five days before it is due."""
    return make.received(period, "0.00", f"{period}-{day} 10:00", **changes)


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def tell(session: Session, *events: Event) -> None:
    """Let events be handled; the rungs between are caught up with, as after downtime."""
    for event in events:
        await service.handles[type(event)](session, event)
        await session.flush()


async def watch(session: Session) -> WatchItem | None:
    """Give the last item of the project's watch."""
    await session.flush()
    return next(iter(await _items(session)), None)


async def _items(session: Session) -> list[WatchItem]:
    found = select(WatchItem).where(WatchItem.kind == KIND, WatchItem.subject_id == an_id("p"))
    return list(await session.scalars(found.order_by(WatchItem.opened_at.desc())))


# ---- the rule --------------------------------------------------------------------------------

COURSES = st.lists(st.builds(Course, DAYS, st.none() | DAYS, st.booleans()), max_size=8)


@given(COURSES)
def test_a_project_is_watched_since_its_last_red_item_was_closed(misses: list[Course]) -> None:
    red = [one for one in misses if one.was_red]
    since = watched_since(misses)
    if not red or any(one.closed_on is None for one in red):
        assert since is None
    else:
        assert since == max(one.closed_on for one in red if one.closed_on)


@given(st.sets(DAYS, max_size=12), st.sets(DAYS, max_size=4))
def test_a_row_of_clean_periods_has_no_miss_in_it(clean: set[date], missed: set[date]) -> None:
    missed -= clean
    edges = [date.min, *sorted(missed), date.max]
    between = [sum(begin < day < end for day in clean) for begin, end in pairwise(edges)]
    assert longest_row(clean, missed) == max(between)


# ---- the course ------------------------------------------------------------------------------


async def test_after_red_two_clean_periods_are_watched_and_close_it(
    session: Session, published: Published
) -> None:
    await make.tell(session, *RED[:-1])
    assert await watch(session) is None, "one is red yet"
    await tell(session, RED[-1])
    item = await watch(session)
    assert item
    assert (item.level, item.unit_id, item.developer_id, item.contractor_id) == (
        "blue", make.DEVELOPER, make.DEVELOPER, make.CONTRACTOR,
    )  # fmt: skip
    assert (item.due_on, item.value, item.opened_at) == (
        date(2023, 5, 9), 0, at("2023-05-09 10:00"),
    )  # fmt: skip
    await tell(session, clean("2023-05"))
    assert (item.state, item.value) == ("open", 1)
    await tell(session, clean("2023-06"))
    assert (item.state, item.close_reason, item.value) == ("closed", "value_recovered", 2)
    mine = [one for one in await published(session, WatchItemOpened) if one.kind == KIND]
    assert len(mine) == 1
    [closed] = [one for one in await published(session, WatchItemClosed) if one.kind == KIND]
    assert closed.closed_at == at("2023-06-20 10:00")
    # It is over, until the project is red again: the third miss in total is.
    await tell(session, clean("2023-07"), make.missed("2023-08"))
    assert len(await _items(session)) == 1
    await tell(session, make.received("2023-08", "0.00", "2023-08-29 10:00"))
    [again, _] = await _items(session)
    assert (again.state, again.value, again.due_on) == ("open", 0, date(2023, 8, 29))


async def test_a_miss_while_it_is_watched_begins_the_row_anew(session: Session) -> None:
    await tell(session, *RED, clean("2023-05"), make.missed("2023-06"))
    await tell(session, make.received("2023-06", "0.00", "2023-06-27 10:00"), clean("2023-07"))
    item = await watch(session)
    assert item
    assert (item.state, item.value) == ("open", 1)
    await tell(session, clean("2023-08"))
    assert (item.state, item.value) == ("closed", 2)


async def test_what_is_put_right_before_it_is_red_is_not_watched(session: Session) -> None:
    await tell(session, RED[0], make.received("2023-03", "0.00", "2023-04-20 10:00"))
    assert await watch(session) is None


async def test_a_miss_that_was_none_is_no_red_one_either(session: Session) -> None:
    await tell(session, *RED[:2])
    none = make.received("2023-04", "0.00", "2023-05-08 10:00", in_time=True)
    await tell(session, none)
    assert await watch(session) is None


async def test_money_that_is_taken_back_makes_a_period_unclean(session: Session) -> None:
    await tell(session, *RED, clean("2023-05"), clean("2023-06"))
    await tell(session, make.taken_back("2023-06", "300000.00", "2023-06-21 10:00"))
    item = await watch(session)
    assert item
    assert (item.state, item.value, len(await _items(session))) == ("open", 1, 2)
    # It is red again while the money is gone that had closed the red one; nothing counts then.
    await tell(session, make.taken_back("2023-04", "300000.00", "2023-06-22 10:00"))
    await tell(session, clean("2023-06", 23))
    assert (item.state, item.value) == ("open", 1)
    await tell(session, make.received("2023-04", "0.00", "2023-07-03 10:00"))
    assert (item.state, item.value, item.due_on) == ("open", 0, date(2023, 7, 3))


@pytest.mark.parametrize("early", [True, False])
async def test_a_project_that_is_complete_is_watched_no_longer(
    session: Session, *, early: bool
) -> None:
    card = make.card(status="004")
    changed = ProjectChanged(
        project_id=card.project_id, project=card, occurred_at=at("2023-05-10 10:00")
    )
    events = [*RED, clean("2023-05")]
    await tell(session, *events[: 2 if early else 4])
    await tell(session, changed)
    await tell(session, *events[2 if early else 4 :])
    item = await watch(session)
    if early:
        assert item is None, "it was complete before its money was told of"
    else:
        assert item
        assert (item.state, item.close_reason) == ("closed", "project_closed")


async def test_how_many_periods_it_takes_is_an_area_s_policy(session: Session) -> None:
    rows = DEFAULTS[KIND]
    said = {name: rows[name] for name in ("unit", "jumps", "answer_within", "levels", "proposal")}
    steps = [{**rows["steps"][0], "below": "4"}, *rows["steps"][1:]]
    own = PolicyIn(**body(**said, kind=KIND, steps=steps))
    await actions.policies.add_policy(session, OFFICE, own, at("2023-01-05 10:00"))
    months = [f"2023-{month:02}" for month in (5, 6, 7)]
    await tell(session, *RED, *map(clean, months))
    item = await watch(session)
    assert item
    assert (item.state, item.value) == ("open", 3)
    await tell(session, clean("2023-08"))
    assert item.close_reason == "value_recovered"


async def test_it_is_told_again_while_it_lasts(session: Session) -> None:
    await make.tell(session, *RED)
    item = await watch(session)
    assert item
    await make.pass_time(session, at("2023-06-06 08:59"))
    assert item.step == "blue"
    # The twentieth working day after 9 May, with 3 and 14 to 17 off: 10 to 12, then four weeks.
    await make.pass_time(session, at("2023-06-06 09:00"))
    assert item.step == "repeat"


async def test_no_finder_tells_of_it(session: Session) -> None:
    with pytest.raises(KindUnknown):
        await tell(session, make.found(KIND, "2023-04-20", "2023-04-21 08:30"))


@pytest.mark.caller("wage_office", areas=[make.COUNTY])
async def test_the_office_sees_what_is_watched_why_and_what_ends_it(
    session: Session, client: AsyncClient
) -> None:
    await tell(session, *RED, clean("2023-05"))
    listed = await client.get("/cases/v1/watch-items", params={"kind": KIND, "state": "open"})
    [item] = listed.json()["items"]
    assert (item["level"], Decimal(item["value"])) == ("blue", 1)
    why = (await client.get(f"/cases/v1/watch-items/{item['id']}/why")).json()
    assert "低于阈值 2" in why["rungs"][0]["why"]["zh"]
    assert [one["code"] for one in why["closes_by"]] == ["value_recovered", "project_closed"]
    assert "按时足额到账" in why["next_steps"][0]["text"]["zh"]
