"""The clock door: areas that begin, half-years that end, suspensions that do both."""

from datetime import date

from services.registry import actions
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
