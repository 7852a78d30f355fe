"""A project's life: stopped by two persons, resumed by its end, complete, settled."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry import actions
from services.registry.errors import (
    PersonNeeded,
    RegistrationRefused,
    SecondPersonNeeded,
    SuspensionDecided,
    SuspensionUnknown,
)
from services.registry.models import Project, Suspension
from services.registry.rules import life
from services.registry.rules.life import SuspensionState
from services.registry.rules.projects import ProjectStatus
from services.registry.schemas.projects import ProjectPatch
from shared import clock, timers
from shared.db import Session
from shared.events.registry import ProjectChanged, ProjectResumed, ProjectSuspended
from tests.fixtures.service import Published, Time
from tests.registry import factories
from tests.registry.factories import COUNTY, caller

TODAY = date(2023, 12, 11)
NOW = clock.at(TODAY, 9)
BOSS = caller("boss")


@dataclass(frozen=True)
class S:
    state: SuspensionState
    from_on: date
    last_on: date


spans = st.tuples(st.integers(0, 40), st.integers(0, 20))


@given(st.lists(spans, max_size=6), st.integers(0, 70))
def test_what_is_accepted_never_overlaps_so_one_suspension_stops_a_day(
    wanted: list[tuple[int, int]], at: int
) -> None:
    accepted: list[S] = []
    for begin, length in wanted:
        first, last = TODAY + timedelta(begin), TODAY + timedelta(begin + length)
        found = life.check_suspension(
            first, last, today=TODAY, status=ProjectStatus.IN_PROGRESS, others=accepted
        )
        if not found:
            accepted.append(S(SuspensionState.APPROVED, first, last))
    day = TODAY + timedelta(at)
    stopping = [one for one in accepted if one.from_on <= day <= one.last_on]
    assert [life.in_force(accepted, day)] == (stopping or [None])


def codes(refused: pytest.ExceptionInfo[RegistrationRefused]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


@pytest.fixture
async def project(session: Session, time: Time) -> Project:
    time.move_to(NOW)
    await factories.areas(session)
    developer = await factories.developer(session)
    return await factories.project(session, developer.id, started_on="2023-03-01")


async def approve(session: Session, one: Suspension) -> None:
    await actions.life.decide_suspension(session, BOSS, one.id, clock.now(), approved=True)
    await session.flush()


async def test_a_project_is_stopped_by_two_persons_and_told(
    session: Session, project: Project, published: Published
) -> None:
    one = await factories.suspension(session, project.id, TODAY)
    assert project.status is ProjectStatus.IN_PROGRESS
    with pytest.raises(SecondPersonNeeded):
        await actions.life.decide_suspension(session, caller("asker"), one.id, NOW, approved=True)
    await approve(session, one)
    assert project.status is ProjectStatus.STOPPED
    *_, changed, told = await published(session, ProjectChanged, ProjectResumed, ProjectSuspended)
    assert isinstance(changed, ProjectChanged)
    assert changed.project.status == "005"
    assert isinstance(told, ProjectSuspended)
    assert (told.from_on, told.until_on) == (TODAY, date(2024, 1, 9))
    assert told.project.started_on == date(2023, 3, 1)
    with pytest.raises(SuspensionDecided):
        await actions.life.decide_suspension(session, BOSS, one.id, NOW, approved=False)


async def test_a_machine_neither_asks_nor_decides(session: Session, project: Project) -> None:
    one = await factories.suspension(session, project.id, TODAY)
    with pytest.raises(PersonNeeded):
        await actions.life.decide_suspension(session, caller("key:1"), one.id, NOW, approved=True)


async def test_when_its_end_has_passed_the_project_runs_again_by_itself(
    session: Session, project: Project, published: Published, time: Time
) -> None:
    one = await factories.suspension(session, project.id, TODAY, days=3)
    await approve(session, one)
    [timer] = await timers.armed(session, one.id)
    assert timer.due_at == clock.day_end(date(2023, 12, 13))
    time.move_to(timer.due_at)
    await actions.life.put_suspension_in_force(session, one.id, timer.due_at)
    assert (project.status, one.state) == (ProjectStatus.IN_PROGRESS, SuspensionState.OVER)
    *_, changed, told = await published(session, ProjectChanged, ProjectResumed, ProjectSuspended)
    assert isinstance(changed, ProjectChanged)
    assert isinstance(told, ProjectResumed)
    assert (told.resumed_on, told.occurred_at) == (date(2023, 12, 14), timer.due_at)
    before = len(await published(session))
    await actions.life.put_suspension_in_force(session, one.id, timer.due_at)
    assert len(await published(session)) == before


async def test_a_suspension_that_lies_ahead_begins_by_its_timer(
    session: Session, project: Project, published: Published
) -> None:
    one = await factories.suspension(session, project.id, TODAY + timedelta(5))
    await approve(session, one)
    assert project.status is ProjectStatus.IN_PROGRESS
    begin, end = await timers.armed(session, one.id)
    assert (begin.step, end.step) == ("begin", "end")
    await actions.life.put_suspension_in_force(session, one.id, begin.due_at)
    assert project.status is ProjectStatus.STOPPED
    assert len(await published(session, ProjectSuspended)) == 1


async def test_one_suspension_that_follows_another_leaves_the_project_stopped(
    session: Session, project: Project, published: Published
) -> None:
    first = await factories.suspension(session, project.id, TODAY, days=3)
    await approve(session, first)
    second = await factories.suspension(session, project.id, TODAY + timedelta(3), days=3)
    await approve(session, second)
    at = clock.at(TODAY + timedelta(3))
    for one in (second, first):  # Both fall due at one instant, in whatever order.
        await actions.life.put_suspension_in_force(session, one.id, at)
    assert project.status is ProjectStatus.STOPPED
    assert await published(session, ProjectResumed) == []
    assert len(await published(session, ProjectSuspended)) == 2


async def test_works_resume_early_and_the_timer_is_gone(
    session: Session, project: Project, published: Published, time: Time
) -> None:
    one = await factories.suspension(session, project.id, TODAY)
    await approve(session, one)
    day = TODAY + timedelta(4)
    time.move_to(clock.at(day, 9))
    with pytest.raises(RegistrationRefused) as refused:
        await actions.life.end_suspension(session, COUNTY, one.id, day + timedelta(1), clock.now())
    assert codes(refused) == [("resumed_on", "NotResumableThen")]
    await actions.life.end_suspension(session, COUNTY, one.id, day, clock.now())
    await session.flush()
    assert project.status is ProjectStatus.IN_PROGRESS
    [told] = await published(session, ProjectResumed)
    assert isinstance(told, ProjectResumed)
    assert (told.until_on, told.resumed_on) == (day - timedelta(1), day)
    assert await timers.armed(session, one.id) == []


async def test_all_findings_of_a_request_come_at_once(session: Session, project: Project) -> None:
    await factories.suspension(session, project.id, TODAY, days=3)
    project.status = ProjectStatus.PREPARING
    with pytest.raises(RegistrationRefused) as refused:
        await factories.suspension(session, project.id, date(2023, 11, 30), until_on="2023-12-12")
    assert codes(refused) == [
        ("from_on", "PeriodClosed"),
        ("project_id", "NotInProgress"),
        ("from_on", "SuspensionOverlaps"),
    ]


async def test_an_edit_neither_stops_a_project_nor_resumes_a_stopped_one(
    session: Session, project: Project
) -> None:
    async def patch(**changes: Any) -> None:
        body = ProjectPatch.model_validate({"version": project.version} | changes)
        await actions.projects.change_project(session, COUNTY, project.id, body, NOW)

    with pytest.raises(RegistrationRefused) as refused:
        await patch(status="005")
    assert codes(refused) == [("status", "StoppedBySuspension")]
    await approve(session, await factories.suspension(session, project.id, TODAY))
    with pytest.raises(RegistrationRefused) as refused:
        await patch(status="003")
    assert codes(refused) == [("status", "SuspensionInForce")]
    await patch(status="004")
    assert project.completed_on == TODAY
    await patch(status="003")
    assert project.completed_on is None


async def test_completion_ends_a_suspension_and_comes_before_settlement(
    session: Session, project: Project, published: Published
) -> None:
    one = await factories.suspension(session, project.id, TODAY)
    await approve(session, one)
    with pytest.raises(RegistrationRefused) as refused:
        await actions.life.settle_project(session, COUNTY, project.id, TODAY, NOW)
    assert codes(refused) == [("project_id", "NotComplete")]
    await actions.life.complete_project(session, COUNTY, project.id, TODAY, NOW)
    await session.flush()
    assert (project.status, one.state) == (ProjectStatus.COMPLETE, SuspensionState.OVER)
    assert await timers.armed(session, one.id) == []
    *_, told = await published(session, ProjectChanged)
    assert isinstance(told, ProjectChanged)
    assert (told.project.status, told.project.completed_on) == ("004", TODAY)
    await actions.life.settle_project(session, COUNTY, project.id, TODAY, NOW)
    assert project.settled_on == TODAY


@pytest.mark.parametrize(
    ("day", "code"), [(date(2023, 12, 12), "InTheFuture"), (date(2023, 2, 1), "BeforeStart")]
)
async def test_a_day_of_completion_is_looked_at(
    session: Session, project: Project, day: date, code: str
) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        await actions.life.complete_project(session, COUNTY, project.id, day, NOW)
    assert codes(refused) == [("completed_on", code)]


async def test_a_suspension_of_another_area_is_not_there(
    session: Session, project: Project
) -> None:
    one = await factories.suspension(session, project.id, TODAY)
    foreign = caller("boss", "wage_office", "422822")
    with pytest.raises(SuspensionUnknown):
        await actions.life.decide_suspension(session, foreign, one.id, NOW, approved=True)
