"""Who is responsible for a project or a part of an area, from when until when."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, bindparam, exists, or_, select

from services.cases.models import AreaPerson, ProjectPerson
from services.cases.queries import rows
from services.cases.rules.items import RESPONSIBLE
from shared.db import Session
from shared.known import KnownArea


def _on(model: Any, day: Any) -> ColumnElement[bool]:  # noqa: ANN401  any class with these columns
    return and_(
        model.role == RESPONSIBLE,
        model.from_on <= day,
        or_(model.until_on.is_(None), model.until_on >= day),
    )


def has_whom_it_should(model: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
    """Say of an item that it has who is in charge today; False where that is to be worked out.

    Somebody who has the project alone is right, and nobody where nobody has anything.
    """
    today = bindparam("today", type_=Date())
    own = select(ProjectPerson).where(
        ProjectPerson.project_id == model.project_id, _on(ProjectPerson, today)
    )
    anywhere = exists().where(_on(AreaPerson, today))
    return or_(
        own.where(ProjectPerson.person_id == model.person_id).exists(),
        and_(model.person_id.is_(None), ~own.exists(), ~anywhere),
    )


async def in_force(
    session: Session, project_ids: Collection[UUID], day: date
) -> Mapping[UUID, Sequence[ProjectPerson]]:
    """Give who is responsible on a day for each of some projects alone."""
    statement = select(ProjectPerson).where(
        ProjectPerson.project_id.in_(project_ids), _on(ProjectPerson, day)
    )
    found: dict[UUID, list[ProjectPerson]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.project_id, []).append(row)
    return found


async def areas_in_force(session: Session, day: date) -> Sequence[AreaPerson]:
    """Give who is responsible on a day for a part of an area, what was assigned last first."""
    statement = select(AreaPerson).where(_on(AreaPerson, day))
    found = await session.scalars(
        statement.order_by(AreaPerson.from_on.desc(), AreaPerson.id.desc())
    )
    return found.all()


async def lineages(session: Session, codes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Give each area's code and those above it, nearest first; of those that are known."""
    found = await session.execute(
        select(KnownArea.code, KnownArea.path).where(KnownArea.code.in_(codes))
    )
    return {row[0]: tuple(reversed(row[1].strip("/").split("/"))) for row in found}


async def locked_assignment(session: Session, **values: Any) -> ProjectPerson:
    """Give an assignment for changing, written as given if it was not known."""
    statement = select(ProjectPerson).where(ProjectPerson.id == values["id"])
    new = await rows.written(session, ProjectPerson, **values)
    return new or (await rows.locked_all(session, statement))[0]


async def locked_area_assignment(session: Session, **values: Any) -> AreaPerson:
    """Give an assignment of an area for changing, written as given if it was not known."""
    statement = select(AreaPerson).where(AreaPerson.id == values["id"])
    new = await rows.written(session, AreaPerson, **values)
    return new or (await rows.locked_all(session, statement))[0]
