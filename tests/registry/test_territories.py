"""Who is in charge: of a project, of named towns, of the others, of an area; and of units."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.registry import actions, queries
from services.registry.errors import AreaAssignmentUnknown, RegistrationRefused
from services.registry.models import AreaAssignment, Project, Vacancy
from services.registry.rules.persons import PersonRole
from services.registry.schemas.persons import AssignmentPatch
from services.registry.schemas.projects import ProjectFilter
from services.registry.schemas.territories import (
    EndIn,
    HandOverIn,
    UnitPostFilter,
)
from shared import clock
from shared.areas import Reach, Scope, distance, nearest_first
from shared.db import Session
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.events.registry import AreaPersonAssigned, PersonAssigned, PersonPosted
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

TODAY = date(2023, 4, 10)
NOW = clock.at(TODAY, 9)
ROLE = PersonRole.RESPONSIBLE_PERSON
ZOUMA, TAIPING, SHENGZI = "422828101", "422828102", "422828101201"


# ---- the rule ------------------------------------------------------------------------------


@dataclass(frozen=True)
class T:
    area_code: str
    reach: Reach
    towns: list[str] = field(default_factory=list)


LINES = {
    "422828": ("422828", "4228", "42", "0"),
    ZOUMA: (ZOUMA, "422828", "4228", "42", "0"),
    TAIPING: (TAIPING, "422828", "4228", "42", "0"),
    SHENGZI: (SHENGZI, ZOUMA, "422828", "4228", "42", "0"),
}
territories = st.one_of(
    st.builds(
        T,
        st.just("422828"),
        st.just(Reach.TOWNS),
        st.lists(st.sampled_from([ZOUMA, TAIPING]), min_size=1, unique=True),
    ),
    st.builds(T, st.sampled_from(["422828", "4228", ZOUMA]), st.sampled_from(list(Reach)[1:])),
)


def covers(line: tuple[str, ...], one: T) -> bool:
    if one.reach is Reach.TOWNS:
        return any(town in line for town in one.towns)
    below = line.index(one.area_code) if one.area_code in line else -1
    return below > 0 or (below == 0 and one.reach is Reach.AREA)


@given(st.lists(territories, max_size=8), st.sampled_from(sorted(LINES)))
def test_the_nearest_reaches_the_place_and_none_that_does_is_nearer(
    all_: list[T], place: str
) -> None:
    line = LINES[place]
    found = nearest_first(line, all_)
    assert sorted(map(str, found)) == sorted(str(one) for one in all_ if covers(line, one))
    steps = [distance(line, one) for one in found]
    assert steps == sorted(steps, key=lambda step: step or (0, 0))


@given(st.lists(territories, max_size=6), territories, st.sampled_from(sorted(LINES)))
def test_another_territory_changes_who_is_nearest_only_where_it_reaches(
    all_: list[T], new: T, place: str
) -> None:
    line = LINES[place]
    before, after = nearest_first(line, all_), nearest_first(line, [*all_, new])
    if not covers(line, new):
        assert after == before
    elif before and after[0] != before[0]:
        assert after[0] == new


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (ZOUMA, [Reach.TOWNS, Reach.OTHER_TOWNS, Reach.AREA]),
        (SHENGZI, [Reach.TOWNS, Reach.OTHER_TOWNS, Reach.AREA]),
        (TAIPING, [Reach.OTHER_TOWNS, Reach.AREA]),
        ("422828", [Reach.AREA]),
    ],
)
def test_an_unnamed_town_falls_to_the_other_towns_and_all_roll_up_to_the_whole(
    place: str, expected: list[Reach]
) -> None:
    county = [
        T("422828", Reach.AREA),
        T("422828", Reach.OTHER_TOWNS),
        T("422828", Reach.TOWNS, [ZOUMA]),
    ]
    assert [one.reach for one in nearest_first(LINES[place], county)] == expected


# ---- in the database -----------------------------------------------------------------------


@pytest.fixture
async def project(session: Session, time: Time) -> Project:
    """Give a project of Zouma town, registered in January and in progress."""
    time.move_to(clock.at(date(2023, 1, 10), 9))
    await factories.areas(session)
    developer = await factories.developer(session)
    made = await factories.project(session, developer.id)
    time.move_to(NOW)
    return made


async def who(session: Session, project: Project, on: date = TODAY) -> list[tuple[str, str]]:
    found = await queries.territories.in_charge(session, project.id, NATION, on, ROLE)
    return [(one.reach, one.name) for one in found.items]


def codes(refused: pytest.ExceptionInfo[RegistrationRefused]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def test_a_project_falls_to_the_nearest_person_and_rolls_up_to_the_whole(
    session: Session, project: Project, published: Published
) -> None:
    unit = project.developer_id
    await factories.area_assignment(session, unit, "area", name="甲")
    await factories.area_assignment(session, unit, "other_towns", name="乙")
    await factories.area_assignment(session, unit, "towns", name="丙", towns=[TAIPING])
    assert await who(session, project) == [("other_towns", "乙"), ("area", "甲")]
    await factories.area_assignment(session, unit, "towns", name="丁", towns=[ZOUMA])
    await factories.assignment(session, project.id, unit, name="戊")
    assert await who(session, project) == [
        ("project", "戊"), ("towns", "丁"), ("other_towns", "乙"), ("area", "甲"),
    ]  # fmt: skip
    told = await published(session, AreaPersonAssigned)
    assert [(one.reach, one.towns) for one in told] == [
        ("area", []), ("other_towns", []), ("towns", [TAIPING]), ("towns", [ZOUMA]),
    ]  # fmt: skip


async def test_a_hand_over_has_a_day_and_keeps_the_history(
    session: Session, project: Project, published: Published
) -> None:
    unit = project.developer_id
    one = await factories.area_assignment(session, unit, "area", name="甲")
    body = HandOverIn(version=1, from_on=date(2023, 4, 1), name="乙", post="副县长", unit_id=unit)
    await actions.territories.hand_area_over(session, NATION, one.id, body, NOW)
    await session.flush()
    assert await who(session, project, date(2023, 3, 31)) == [("area", "甲")]
    assert await who(session, project, date(2023, 4, 1)) == [("area", "乙")]
    told = await published(session, AreaPersonAssigned)
    assert [one.until_on for one in told] == [None, date(2023, 3, 31), None]
    assert await published(session, RegistryConditionFound) == []

    own = await factories.assignment(session, project.id, unit, name="丙")
    with pytest.raises(RegistrationRefused) as refused:
        await actions.persons.hand_assignment_over(
            session, NATION, body.model_copy(update={"from_on": own.from_on}), NOW,
            project_id=project.id, assignment_id=own.id,
        )  # fmt: skip
    assert codes(refused) == [("from_on", "NotInOffice")]
    await actions.persons.hand_assignment_over(
        session, NATION, body, NOW, project_id=project.id, assignment_id=own.id
    )
    assert [one.until_on for one in await published(session, PersonAssigned)] == [
        None, date(2023, 3, 31), None,
    ]  # fmt: skip


async def test_all_findings_of_an_assignment_come_at_once(
    session: Session, project: Project
) -> None:
    unit = project.developer_id
    with pytest.raises(RegistrationRefused) as refused:
        await factories.area_assignment(
            session, unit, "towns", towns=[ZOUMA, "422822", "422828"], until_on="2022-12-31"
        )
    assert codes(refused) == [
        ("towns[1]", "TownNotWithin"), ("towns[2]", "TownNotWithin"),
        ("until_on", "EndsBeforeStart"),
    ]  # fmt: skip
    for reach, towns, code in (
        ("towns", [], "TownsMissing"),
        ("area", [ZOUMA], "TownsSuperfluous"),
    ):
        with pytest.raises(RegistrationRefused) as refused:
            await factories.area_assignment(session, unit, reach, towns=towns)
        assert codes(refused) == [("towns", code)]


async def test_an_assignment_of_another_area_is_not_there(
    session: Session, project: Project
) -> None:
    one = await factories.area_assignment(session, project.developer_id)
    body = EndIn(version=1, until_on=TODAY)
    with pytest.raises(AreaAssignmentUnknown):
        await actions.territories.end_area_assignment(
            session, Scope(frozenset({"422822"})), one.id, body, NOW
        )


async def test_what_the_database_finds_covered_is_what_the_rule_finds(
    session: Session, project: Project
) -> None:
    dice, unit = Random(4), project.developer_id
    places = [*LINES, "422822"]
    lines = LINES | {"422822": ("422822", "4228", "42", "0")}
    for number in range(40):
        place = dice.choice(places)
        await factories.project(session, unit, code=f"P{number}", area_code=place)
    rows: list[AreaAssignment] = []
    for number in range(12):
        reach = dice.choice(list(Reach))
        named = dice.sample([ZOUMA, TAIPING, SHENGZI], 1) if reach is Reach.TOWNS else []
        area = "422828" if named else dice.choice([ZOUMA, SHENGZI, "422828"])
        from_on = date(2023, 1, 1) + timedelta(days=dice.randint(0, 60))
        until_on = from_on + timedelta(days=dice.randint(0, 40))
        rows.append(
            await factories.area_assignment(
                session, unit, reach, name=f"人{number}", area_code=area, towns=named,
                from_on=str(from_on), until_on=str(until_on),
            )
        )  # fmt: skip
    projects = (await session.scalars(select(Project))).all()
    seen = set()
    for days in range(0, 110, 3):
        day = date(2023, 1, 1) + timedelta(days=days)
        on = [row for row in rows if row.from_on <= day <= (row.until_on or day)]
        expected = {one.id for one in projects if not nearest_first(lines[one.area_code], on)}
        wanted = ProjectFilter(nobody_in_charge_on=day)
        found = await queries.projects.projects(
            session, NATION, wanted, cursor=None, changed_after=None, limit=100
        )
        assert {one.id for one in found.items} == expected
        seen.add(len(expected))
    assert len(seen) > 3


# ---- nobody in charge ----------------------------------------------------------------------


async def look(session: Session, day: date) -> list[Any]:
    """Look as the nightly job does; give what it told."""
    await actions.vacancies.look(session, clock.at(day), by_clock=True)
    await session.flush()
    return list((await session.scalars(select(Vacancy))).all())


async def test_a_project_that_nobody_is_in_charge_of_is_told_once_and_ends_at_once(
    session: Session, project: Project, published: Published
) -> None:
    await look(session, TODAY)
    await look(session, TODAY + timedelta(1))
    [found] = await published(session, RegistryConditionFound)
    assert isinstance(found, RegistryConditionFound)
    assert (found.kind, found.subject_id, found.unit_id) == (
        "nobody_in_charge", project.id, project.developer_id,
    )  # fmt: skip
    assert (found.since, found.occurred_at) == (date(2023, 1, 10), clock.at(TODAY))
    await factories.area_assignment(session, project.developer_id, "towns", towns=[ZOUMA])
    [ended] = await published(session, RegistryConditionEnded)
    assert isinstance(ended, RegistryConditionEnded)
    assert (ended.subject_id, ended.reason) == (project.id, "person_assigned")


async def test_when_the_last_one_leaves_nobody_is_in_charge_from_the_day_after(
    session: Session, project: Project, published: Published, time: Time
) -> None:
    unit = project.developer_id
    time.move_to(clock.at(date(2023, 3, 1)))
    own = await factories.assignment(session, project.id, unit, until_on="2023-03-05")
    await factories.area_assignment(session, unit, until_on="2023-03-20")
    assert own.until_on == date(2023, 3, 5)
    for day in (date(2023, 3, 20), date(2023, 3, 21)):
        await look(session, day)
    [found] = await published(session, RegistryConditionFound)
    assert isinstance(found, RegistryConditionFound)
    assert found.since == date(2023, 3, 21)
    time.move_to(NOW)
    again = await factories.assignment(session, project.id, unit, name="乙", from_on="2023-04-01")
    assert len(await published(session, RegistryConditionEnded)) == 1
    body = AssignmentPatch(version=1, until_on=date(2023, 4, 9))
    await actions.persons.end_assignment(
        session, NATION, body, NOW, project_id=project.id, assignment_id=again.id
    )
    last = (await published(session, RegistryConditionFound))[-1]
    assert isinstance(last, RegistryConditionFound)
    assert last.since == TODAY


async def test_a_project_that_stops_or_is_complete_needs_nobody(
    session: Session, project: Project, published: Published
) -> None:
    await look(session, TODAY)
    one = await factories.suspension(session, project.id, TODAY)
    await actions.life.decide_suspension(
        session, factories.caller("boss"), one.id, NOW, approved=True
    )
    await actions.life.end_suspension(session, COUNTY, one.id, TODAY, NOW)
    await actions.life.complete_project(session, COUNTY, project.id, TODAY, NOW)
    told = await published(session)
    said = [
        getattr(event, "reason", "found")
        for event in told
        if isinstance(event, RegistryConditionFound | RegistryConditionEnded)
        and event.kind == "nobody_in_charge"
    ]
    assert said == ["found", "project_stopped", "found", "project_closed"]


async def test_the_day_of_registration_is_left_for_entering_the_person(
    session: Session, project: Project, published: Published
) -> None:
    await factories.project(session, project.developer_id, code="NEW")
    await factories.area_assignment(
        session, project.developer_id, "towns", towns=[TAIPING], name="别处"
    )
    found = await published(session, RegistryConditionFound)
    assert [one.subject_id for one in found] == [project.id]


async def test_a_project_that_is_entered_beforehand_needs_a_person_from_its_first_day(
    session: Session, project: Project, published: Published
) -> None:
    first = TODAY + timedelta(5)
    project.supervised_since = first
    for day in (TODAY, first - timedelta(1)):
        await look(session, day)
    assert await published(session, RegistryConditionFound) == []
    await look(session, first)
    [found] = await published(session, RegistryConditionFound)
    assert isinstance(found, RegistryConditionFound)
    assert found.since == first


# ---- posts in units ------------------------------------------------------------------------


async def test_a_unit_has_one_head_at_a_time_and_the_head_of_a_day_is_found(
    session: Session, project: Project, published: Published
) -> None:
    unit = project.developer_id
    head = await factories.unit_post(session, unit)
    with pytest.raises(RegistrationRefused) as refused:
        await factories.unit_post(session, unit, name="局长乙", from_on="2023-04-01")
    assert codes(refused) == [("from_on", "HeldAlready")]
    body = HandOverIn(version=1, from_on=date(2023, 4, 1), name="局长乙", post="局长", unit_id=unit)
    await actions.territories.hand_post_over(
        session, NATION, body, NOW, organisation_id=unit, post_id=head.id
    )
    await session.flush()
    for day, name in ((date(2023, 3, 31), "局长甲"), (date(2023, 4, 1), "局长乙")):
        found = await queries.territories.unit_posts(
            session, unit, NATION, UnitPostFilter(on=day), cursor=None, limit=10
        )
        assert [one.name for one in found.items] == [name]
    assert [one.until_on for one in await published(session, PersonPosted)] == [
        None, date(2023, 3, 31), None,
    ]  # fmt: skip
    with pytest.raises(RegistrationRefused) as refused:
        await actions.territories.end_post(
            session, NATION, EndIn(version=2, until_on=date(2023, 4, 2)), NOW,
            organisation_id=unit, post_id=head.id,
        )  # fmt: skip
    assert codes(refused) == [("from_on", "HeldAlready")]


async def test_several_are_on_duty_in_an_office_of_another_unit(
    session: Session, project: Project
) -> None:
    office = await factories.organisation(session, 7, "wage_office")
    for name in ("甲", "乙"):
        await factories.unit_post(
            session, office.id, name=name, role="duty_officer", unit_id=str(project.developer_id)
        )
    found = await queries.territories.unit_posts(
        session, office.id, NATION, UnitPostFilter(), cursor=None, limit=10
    )
    assert {(one.name, one.unit_id) for one in found.items} == {
        ("甲", project.developer_id), ("乙", project.developer_id),
    }  # fmt: skip
