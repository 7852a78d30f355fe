"""The clock door of cases: rungs, answers and proposals that fall due, and the nightly looks."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any

from services.cases import actions, queries
from services.cases.schemas.policies import PolicyIn
from shared import clock, telemetry
from shared.db import Session, Sessions
from shared.timers import Timer


async def on_level_due(session: Session, timer: Timer) -> None:
    """Let an item climb; rungs that were passed while nothing ran are recorded in order."""
    now = max(timer.due_at, clock.now())
    await actions.levels.raise_level(session, timer.subject_id, now)


def around_levels(session: Session, due: Sequence[Timer]) -> AbstractAsyncContextManager[None]:
    """Read in sets what several of them need."""
    return actions.levels.together(session, due)


async def on_answer_due(session: Session, timer: Timer) -> None:
    """Note that nobody answered in time."""
    await actions.levels.note_answer_overdue(session, timer.subject_id, timer.due_at)


async def on_case_due(session: Session, timer: Timer) -> None:
    """Open the case that nobody decided on."""
    await actions.proposals.open_case_by_rule(session, timer.subject_id, timer.due_at)


async def on_order_due(session: Session, timer: Timer) -> None:
    """End an order's limit: tell that it lies about, or propose the penalty."""
    await actions.order_course.end_limit(session, timer.subject_id, timer.step, timer.due_at)


async def on_funding_due(session: Session, timer: Timer) -> None:
    """End the limit of an order to fund."""
    await actions.funding.end_limit(session, timer.subject_id, timer.due_at)


async def on_condition_due(session: Session, timer: Timer) -> None:
    """Open the item of a condition whose day has come."""
    await actions.conditions.open_due(session, timer.subject_id, timer.due_at)


async def on_expected_feed_due(session: Session, timer: Timer) -> None:
    """Let an expected feed be silent, or end with its last day."""
    await actions.expectations.fall_due(session, timer)


async def on_canary_due(session: Session, timer: Timer) -> None:
    """Open the item of the platform's canary."""
    await actions.canary.open_canary(session, timer.subject_id, timer.due_at)


async def on_clock_due(session: Session, timer: Timer) -> None:
    """Write down that a limit of an arrears case is over, and what follows from it."""
    await actions.candidates.end_limit_of_case(session, timer.subject_id, timer.due_at)


async def on_restriction_due(session: Session, timer: Timer) -> None:
    """Let a restriction end after its last day."""
    await actions.restrictions.end_restriction(session, timer.subject_id, timer.due_at)


async def assign_persons(sessions: Sessions, today: date) -> None:
    """Hand items over where a duty begins or has ended."""
    async with sessions.begin("job:assign_persons") as session:
        await actions.persons.assign_persons(session, today, clock.now())


async def report_without_timer(sessions: Sessions, today: date) -> None:
    """Compare what is open with what is armed; whatever would stay silent is told to operators."""
    async with sessions.begin("job:report_without_timer") as session:
        await actions.items.report_without_timer(session, today, clock.now())
        await actions.conditions.report_without_timer(session, today)
        await actions.expectations.report_without_timer(session, today)
        await actions.case_clocks.report_without_timer(session, today)
        await actions.proceedings.report_without_timer(session, today)
        await actions.restrictions.report_without_timer(session, today)


async def record_shadows(sessions: Sessions, today: date) -> None:
    """Write down what policies in shadow mode would have done by the end of yesterday."""
    async with sessions.begin("job:record_shadows") as session:
        await actions.shadows.record_shadows(session, today, clock.now())


async def measure_items(sessions: Sessions) -> int:
    """Measure: how many items are open, by kind, level and area."""
    async with sessions.begin("job:measure_items") as session:
        found = await queries.items.open_counts(session)
    telemetry.show(
        telemetry.OPEN_ITEMS,
        {(sessions.service, one.kind, one.level, one.area_code): one.count for one in found},
    )
    return 0


async def rehearse(sessions: Sessions, policy: str, from_on: date, to_on: date) -> dict[str, Any]:
    """Replay what was told under another policy, the JSON of `/cases/v1/policies`."""
    body = PolicyIn.model_validate_json(policy)
    async with sessions.begin("operator:cli") as session:
        return await actions.rehearsals.rehearse(session, body, from_on, to_on)
