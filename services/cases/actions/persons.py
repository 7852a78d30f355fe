"""Who is in charge of a project or of where it lies, and so of its open items."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions.timeline import note
from services.cases.rules.items import Happening, in_charge
from shared.areas import nearest_first
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


async def learn_area_person(
    session: Session,
    today: date,
    at: datetime,
    *,
    assignment_id: UUID,
    **said: Any,
) -> None:
    """Keep a person's duty for a part of an area as told last, and hand its items over by it."""
    duty = await queries.persons.locked_area_assignment(session, id=assignment_id, **said)
    for name, value in said.items():
        setattr(duty, name, value)
    await assign_persons(session, today, at)


async def person_in_charge(
    session: Session, project_id: UUID | None, area_code: str, day: date
) -> UUID | None:
    """Give who is in charge on a day: the project's own person, else the nearest of its area's."""
    if project_id is None:
        return None
    place = [(project_id, project_id, area_code, None)]
    return (await _expected(session, place, day))[project_id]


async def assign_persons(
    session: Session, today: date, at: datetime, project_id: UUID | None = None
) -> None:
    """Give open items the person who is in charge of their project today, or none.

    The nearest is in charge: whoever has the project, its town, the other towns, the whole area.
    An item without a person stays with its unit, at the head of its queue. Whom somebody has
    named by hand keeps it.
    """
    seen = await queries.items.attended(session, project_id)
    expected = await _expected(session, seen, today)
    wrong = [item_id for item_id, _, _, person_id in seen if expected[item_id] != person_id]
    for item in await queries.items.locked_unassigned_watch_items(session, wrong) if wrong else ():
        before, item.person_id = item.person_id, expected[item.id]
        note(
            session,
            item,
            Happening.ASSIGNED,
            at,
            unit_id=item.unit_id,
            person_id=item.person_id,
            person_id_before=before,
        )


async def _expected(
    session: Session, seen: Sequence[tuple[UUID, UUID, str, UUID | None]], day: date
) -> Mapping[UUID, UUID | None]:
    """Give for each item (or project) who should have it; of several of a project any one may."""
    own = await queries.persons.in_force(session, {row[1] for row in seen}, day)
    areas = await queries.persons.areas_in_force(session, day)
    codes = {area_code for _, _, area_code, _ in seen} if areas else set()
    lineages = await queries.persons.lineages(session, codes) if codes else {}
    nearest = {
        code: next(
            (one.person_id for one in nearest_first(lineages.get(code, (code,)), areas)), None
        )
        for code in codes
    }
    expected: dict[UUID, UUID | None] = {}
    for key, project_id, area_code, person_id in seen:
        duties = own.get(project_id, ())
        if person_id in {one.person_id for one in duties}:
            expected[key] = person_id
        elif duty := in_charge(duties, day):
            expected[key] = duty.person_id
        else:
            expected[key] = nearest.get(area_code)
    return expected
