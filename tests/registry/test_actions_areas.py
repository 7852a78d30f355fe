"""Entering areas: rows and events out."""

from datetime import date

import pytest

from services.registry import actions, queries
from services.registry.errors import (
    RegistrationRefused,
)
from services.registry.rules.areas import AreaFact, Entered
from services.registry.schemas.areas import AreaFilter
from shared import clock, known
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import (
    AreaChanged,
)
from shared.problems import Problem
from tests.fixtures.service import Published
from tests.registry import factories
from tests.registry.factories import BEGUN, COUNTY, NATION, TREE, facts

NOW = clock.at(date(2023, 1, 10), 9)
NEIGHBOUR = Scope(frozenset({"422822"}))


def codes(refused: pytest.ExceptionInfo[Problem]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_every_area_is_told_with_its_path(session: Session, published: Published) -> None:
    entered = await actions.areas.enter_areas(session, NATION, facts(*reversed(TREE)), NOW)
    told = {event.area_code: event.path for event in await published(session, AreaChanged)}
    assert entered == Entered(8, 0, 0)
    assert told["422828101201"] == "/0/42/4228/422828/422828101/422828101201/"
    assert len(told) == 8


async def test_what_is_told_of_areas_is_known_here_at_once(session: Session) -> None:
    await factories.areas(session)
    assert await known.lineage(session, "422828101") == (
        "422828101", "422828", "4228", "42", "0",
    )  # fmt: skip


async def test_the_same_file_again_changes_and_tells_nothing(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    again = await actions.areas.enter_areas(session, NATION, facts(*TREE), NOW)
    assert again == Entered(0, 0, 8)
    assert len(await published(session)) == 8


async def test_a_parent_that_moves_takes_its_subtree_along(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    moved = AreaFact("422828101", "走马镇", "422822", date(2023, 1, 1), place="items[0]")
    await actions.areas.enter_areas(session, NATION, [moved], NOW)
    told = (await published(session, AreaChanged))[8:]
    assert {event.area_code: event.path for event in told} == {
        "422828101": "/0/42/4228/422822/422828101/",
        "422828101201": "/0/42/4228/422822/422828101/422828101201/",
    }
    assert await known.lineage(session, "422828101201") == (
        "422828101201", "422828101", "422822", "4228", "42", "0",
    )  # fmt: skip


async def test_a_correction_of_a_name_is_told_alone_and_history_stays(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    renamed = AreaFact("422828", "鹤峰市", "4228", date(2023, 1, 1), place="items[0]")
    entered = await actions.areas.enter_areas(session, NATION, [renamed], NOW)
    told = (await published(session, AreaChanged))[8:]
    rows = await queries.areas.areas(
        session, NATION, AreaFilter(code="422828"), cursor=None, limit=10
    )
    assert entered == Entered(1, 0, 0)
    assert [(event.area_code, event.name) for event in told] == [("422828", "鹤峰市")]
    assert [row.name for row in rows.items] == ["鹤峰县", "鹤峰市"]


async def test_the_end_of_an_area_is_a_correction_and_closes_it_to_new_rows(
    session: Session,
) -> None:
    await factories.areas(session)
    ended = AreaFact("422828102", "太平镇", "422828", BEGUN, date(2022, 12, 31), "items[0]")
    entered = await actions.areas.enter_areas(session, NATION, [ended], NOW)
    assert entered == Entered(0, 1, 0)
    found = await actions.areas.check_area(session, NATION, "area_code", "422828102", NOW)
    assert [finding.code for finding in found] == ["AreaUnknown"]


async def test_an_area_of_tomorrow_is_told_when_its_day_has_come(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    future = AreaFact("422828103", "燕子镇", "422828", date(2023, 2, 1), place="items[0]")
    moved = AreaFact("422828101", "走马镇", "422822", date(2023, 2, 1), place="items[1]")
    await actions.areas.enter_areas(session, NATION, [future, moved], NOW)
    assert len(await published(session)) == 8
    for _ in range(2):  # a second run finds nothing
        await actions.areas.put_areas_in_force(session, date(2023, 2, 1))
        await session.flush()
        told = (await published(session, AreaChanged))[8:]
        assert {event.area_code: event.path for event in told} == {
            "422828103": "/0/42/4228/422828/422828103/",
            "422828101": "/0/42/4228/422822/422828101/",
            "422828101201": "/0/42/4228/422822/422828101/422828101201/",
        }
        assert len(told) == 3
        assert {event.occurred_at for event in told} == {clock.at(date(2023, 2, 1))}


async def test_a_file_with_one_wrong_row_enters_nothing(
    session: Session, published: Published
) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await actions.areas.enter_areas(session, NATION, facts(*TREE, ("43", "", "4")), NOW)
    assert codes(refused) == [
        ("items[8].parent_code", "ParentLevel"),
        ("items[8].name", "NameWrong"),
    ]
    assert await published(session) == []


async def test_a_county_enters_its_towns_and_sees_its_own_areas_only(session: Session) -> None:
    await factories.areas(session)
    with pytest.raises(RegistrationRefused):
        await actions.areas.enter_areas(
            session, COUNTY, facts(("422822101", "业州镇", "422822")), NOW
        )
    await actions.areas.enter_areas(session, COUNTY, facts(("422828103", "燕子镇", "422828")), NOW)
    await session.flush()
    found = await queries.areas.areas(session, COUNTY, AreaFilter(), cursor=None, limit=50)
    assert [row.code for row in found.items] == [
        "422828", "422828101", "422828101201", "422828102", "422828103",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "count"),
    [(AreaFilter(under="422828101"), 2), (AreaFilter(parent="4228"), 2), (AreaFilter(), 8)],
)
async def test_areas_are_listed_by_subtree_or_parent(
    session: Session, wanted: AreaFilter, count: int
) -> None:
    await factories.areas(session)
    found = await queries.areas.areas(session, NATION, wanted, cursor=None, limit=50)
    assert len(found.items) == count


async def test_the_areas_of_a_prefecture_are_entered_in_one_go(session: Session) -> None:
    rows = [*TREE[:3], *((f"4228{n:02d}", f"县{n}", "4228") for n in range(20, 30))]
    rows += [
        (f"{county}{n:03d}", f"乡{n}", county) for county, *_ in rows[3:] for n in range(100, 130)
    ]
    rows += [(f"{town}{n:03d}", f"村{n}", town) for town, *_ in rows[13:] for n in range(200, 232)]
    entered = await actions.areas.enter_areas(session, NATION, facts(*rows), clock.now())
    assert entered.entered == len(rows) == 9913
    again = await actions.areas.enter_areas(session, NATION, facts(*rows), clock.now())
    assert again.unchanged == len(rows)
