"""The clock door: areas, half-years, suspensions, required systems and exemptions in time."""

from datetime import date
from uuid import UUID

from services.registry import actions
from services.registry.rules.deposits import Step
from services.registry.rules.requirements import Moment
from shared import clock
from shared.db import Session, Sessions
from shared.timers import Timer


async def put_areas_in_force(sessions: Sessions, today: date) -> None:
    """Tell of areas whose rows begin today: mergers and new names are entered beforehand."""
    async with sessions.begin("job:put_areas_in_force") as session:
        await actions.areas.put_areas_in_force(session, today)


async def put_parties_in_force(sessions: Sessions, today: date) -> None:
    """Let projects name whoever has taken a role today, and nobody where it has ended."""
    async with sessions.begin("job:put_parties_in_force") as session:
        await actions.participation.put_in_force(session, today)


async def find_vacancies(sessions: Sessions, today: date) -> None:
    """Find projects in progress that nobody is in charge of any more, and those that are again."""
    async with sessions.begin("job:find_vacancies") as session:
        await actions.vacancies.look(session, clock.at(today), by_clock=True)


async def on_half_year_due(session: Session, timer: Timer) -> None:
    """Find the projects that were not reported in the half-year that is over."""
    await actions.reporting.end_half_year(session, timer.due_at)


async def on_suspension_due(session: Session, timer: Timer) -> None:
    """Stop a project on a suspension's first day; let it run again when its end has passed."""
    await actions.life.put_suspension_in_force(session, timer.subject_id, timer.due_at)


async def look_at_requirements(sessions: Sessions, today: date) -> None:
    """Bring the required systems of all projects to what holds today, and tell what is wrong."""
    moment = Moment(clock.at(today), today, by_clock=True)
    last: UUID | None = None
    while True:
        async with sessions.begin("job:look_at_requirements") as session:
            last = await actions.requirements.look_at(session, last, moment)
        if last is None:
            return


async def on_exemption_due(session: Session, timer: Timer) -> None:
    """End an exemption whose last day is over."""
    await actions.exemptions.lapse_exemption(session, timer.subject_id, timer.due_at)


async def on_deposit_use_due(session: Session, timer: Timer) -> None:
    """Mark that a bank did not pay, or a contractor did not replenish, within the limit."""
    await actions.deposit_uses.pass_limit(session, timer.subject_id, Step(timer.step))


async def expect_bank_statements(sessions: Sessions, today: date) -> None:
    """Expect the bank's statements of deposits of which none is expected."""
    more = True
    while more:
        async with sessions.begin("job:expect_bank_statements") as session:
            more = await actions.bank_statements.expect_all(session, clock.at(today))


async def on_bank_statement_due(session: Session, timer: Timer) -> None:
    """Tell that the bank's statement of a deposit did not come by its last day."""
    await actions.bank_statements.pass_limit(session, timer.subject_id, timer.due_at)


async def on_deposit_return_due(session: Session, timer: Timer) -> None:
    """Mark that a return was not reviewed, confirmed or refused within the limit."""
    await actions.deposit_returns.pass_limit(session, timer.subject_id, Step(timer.step))
