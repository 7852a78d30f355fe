"""An area says by when it expects to hear, just while somebody else changes what is expected."""

import asyncio
from collections.abc import Awaitable

import pytest

from services.payroll import actions
from services.payroll.models import Expectation
from services.payroll.service import service
from shared import clock, timers
from shared.db import Session, Sessions
from shared.expectations import ExpectationState
from tests.fixtures.service import Time
from tests.payroll import factories as make
from tests.payroll.test_expectations import OFFICE, at, bureau, expected, pay, policy, said
from tests.waiting import somebody_waits, until


async def _say_daily(sessions: Sessions) -> None:
    """Let the county expect payments each working day by ten o'clock."""
    async with sessions.begin("test") as session:
        daily = policy(every="workday", by="10:00")
        await actions.policies.add_policy(session, OFFICE, daily, clock.now())


async def _while_daily_is_said(sessions: Sessions, first: Awaitable[object]) -> asyncio.Task[None]:
    """Let the row come in between a change and its end; give the task, which waits or is done."""
    await first
    task = asyncio.create_task(_say_daily(sessions))
    waits = somebody_waits(sessions)

    async def stands() -> bool:
        return task.done() or await waits()

    await until(stands)
    return task


async def _row(session: Session, row: Expectation) -> Expectation:
    return await session.get_one(Expectation, row.id, populate_existing=True)


async def test_what_is_expected_just_then_is_expected_by_the_new_row(
    sessions: Sessions, time: Time
) -> None:
    time.move_to(at("04-03 11:00"))
    async with sessions.begin("test") as session:
        await make.tree(session)
        await bureau(session)
    async with sessions.begin("test") as session:
        row = await actions.expectations.expect(session, OFFICE, said(), clock.now())
        task = await _while_daily_is_said(sessions, session.flush())
    await task
    async with sessions.begin("test") as session:
        assert (await _row(session, row)).expected_by == at("04-04 10:00")
        assert [one.due_at for one in await timers.armed(session, row.id)] == [at("04-04 10:00")]


@pytest.mark.parametrize(
    ("when", "following"),
    [("04-05 09:00", "04-11 10:00"), ("04-11 09:00", "05-10 10:00")],
    ids=["awaited", "silent"],
)
async def test_what_is_heard_of_just_then_is_expected_by_the_new_row(
    sessions: Sessions, time: Time, when: str, following: str
) -> None:
    """What ends a silence stands for the window in which it comes, so the row holds after that."""
    time.move_to(at("04-03 11:00"))
    async with sessions.begin("test") as session:
        row = await expected(session)
    time.move_to(at(when))
    silent = await timers.run_due(sessions, service.timers) > 0
    async with sessions.begin("test") as session:
        assert ((await _row(session, row)).state is ExpectationState.SILENT) == silent
        await pay(session, when)
        task = await _while_daily_is_said(sessions, session.flush())
    await task
    async with sessions.begin("test") as session:
        found = await _row(session, row)
        assert (found.state, found.expected_by) == (ExpectationState.AWAITED, at(following))


async def test_a_silence_stays_one_whatever_an_area_says_then(
    sessions: Sessions, time: Time
) -> None:
    time.move_to(at("04-03 11:00"))
    async with sessions.begin("test") as session:
        row = await expected(session)
    time.move_to(at("04-11 09:00"))
    assert await timers.run_due(sessions, service.timers) == 1
    await _say_daily(sessions)
    async with sessions.begin("test") as session:
        found = await _row(session, row)
        assert (found.state, found.silent_since) == (ExpectationState.SILENT, at("04-10 18:00"))
        assert await timers.armed(session, row.id) == []
