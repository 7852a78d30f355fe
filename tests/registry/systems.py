"""What tests of required systems need: a project at work in Hubei, its requirements by kind."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from services.registry import actions, queries
from services.registry.models import Organisation, Project, Requirement, ToldCondition
from services.registry.rules.requirements import Moment
from services.registry.schemas.calendars import CalendarIn
from services.registry.schemas.requirements import ProjectEvidenceIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from tests.registry import factories
from tests.registry.factories import NATION

OFFICE = Caller("office-1", frozenset({"wage_office"}), frozenset({"0"}))
COLLEAGUE = Caller("office-2", frozenset({"wage_office"}), frozenset({"0"}))
FIVE = {"wage_account", "roster", "disbursement", "deposit", "notice_board"}
BEGINS = clock.at(date(2023, 4, 20), 9)
STARTS = date(2023, 4, 24)


@dataclass
class Site:
    """A project in progress that starts on 24 April 2023, and who takes part in it."""

    project: Project
    developer: Organisation
    contractor: Organisation


async def site(session: Session, **changes: Any) -> Site:
    """Enter areas, the days of 2023, two parties and a project."""
    await factories.areas(session)
    days = CalendarIn(year=2023)
    await actions.calendars.publish_calendar(session, NATION, days, clock.now())
    developer = await factories.developer(session)
    contractor = await factories.contractor(session)
    said = {"contractor_id": str(contractor.id), "started_on": STARTS.isoformat()} | changes
    project = await factories.project(session, developer.id, **said)
    return Site(project, developer, contractor)


async def by_kind(session: Session, project: Project) -> dict[str, Requirement]:
    """Give a project's requirements as they stand."""
    await session.flush()
    return {
        row.kind: row for row in await queries.requirements.requirements_of(session, project.id)
    }


async def statuses(session: Session, project: Project) -> dict[str, str]:
    """Give how a project's requirements stand."""
    return {kind: row.status.value for kind, row in (await by_kind(session, project)).items()}


async def file(session: Session, project: Project, *kinds: str, **changes: Any) -> None:
    """File evidence of some systems, in place since today."""
    said: dict[str, Any] = {"done_on": clock.today(), "reference": "登记簿第1页"} | changes
    items = [
        ProjectEvidenceIn.model_validate({"project_id": project.id, "kind": kind} | said)
        for kind in kinds
    ]
    await actions.evidence.file_evidence_batch(session, OFFICE, items, clock.now())
    await session.flush()


async def midnight(session: Session, day: date) -> None:
    """Do what the daily job does at the beginning of a day; it leaves nothing to be found."""
    moment = Moment(clock.at(day), day, by_clock=True)
    await session.flush()
    waited = await session.scalar(
        select(queries.looks.LOOK_WAITS), {"today": day, "midnight": moment.at}
    )
    before = await _standing(session)
    await actions.requirements.look_at(session, None, moment)
    found = await _standing(session)
    assert waited or found == before
    every = await session.scalars(queries.projects.with_parties().order_by(Project.id))
    await actions.requirements.follow(session, every.all(), moment)
    assert await _standing(session) == found


async def _standing(session: Session) -> list[Any]:
    """Give all that a look may change."""
    await session.flush()
    tables: list[Any] = [Requirement.__table__, ToldCondition.__table__]
    return [list(await session.execute(select(table).order_by(table.c.id))) for table in tables]


Told = RegistryConditionFound | RegistryConditionEnded


def words(events: list[Told]) -> list[tuple[str, ...]]:
    """Give what was told, in order: found with its basis day, ended with its reason."""
    return [
        (event.kind, "found", event.since.isoformat())
        if isinstance(event, RegistryConditionFound)
        else (event.kind, "ended", event.reason)
        for event in events
    ]
