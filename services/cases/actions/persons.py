"""Who is in charge of a project, and so of its open items."""

from datetime import date, datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions.timeline import note
from services.cases.rules.items import Happening, in_charge
from shared.db import Session


async def learn_person(
    session: Session,
    today: date,
    at: datetime,
    *,
    assignment_id: UUID,
    project_id: UUID,
    area_code: str,
    person_id: UUID,
    unit_id: UUID,
    role: str,
    from_on: date,
    until_on: date | None,
) -> None:
    """Keep a person's duty for a project as told last, and hand its open items over by it."""
    duty = await queries.persons.locked_assignment(
        session,
        id=assignment_id,
        project_id=project_id,
        area_code=area_code,
        person_id=person_id,
        unit_id=unit_id,
        role=role,
        from_on=from_on,
        until_on=until_on,
    )
    duty.person_id, duty.unit_id, duty.role = person_id, unit_id, role
    duty.from_on, duty.until_on, duty.area_code = from_on, until_on, area_code
    await assign_persons(session, today, at, project_id)


async def assign_persons(
    session: Session, today: date, at: datetime, project_id: UUID | None = None
) -> None:
    """Give open items the person who is in charge of their project today, or none.

    An item without a person stays with its unit, at the head of its queue. Whom somebody has
    named by hand keeps it.
    """
    for item in await queries.items.locked_misattended_watch_items(session, today, project_id):
        if item.project_id is None:
            continue
        duties = await queries.persons.assignments(session, item.project_id)
        duty = in_charge(duties, today)
        before, item.person_id = item.person_id, duty.person_id if duty else None
        note(
            session,
            item,
            Happening.ASSIGNED,
            at,
            unit_id=item.unit_id,
            person_id=item.person_id,
            person_id_before=before,
        )
