"""Who is responsible for a project, from when until when."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.cases.models import ProjectPerson
from services.cases.queries import rows
from shared.db import Session


async def assignments(session: Session, project_id: UUID) -> Sequence[ProjectPerson]:
    """Give all assignments of a project, past and future ones included."""
    statement = select(ProjectPerson).where(ProjectPerson.project_id == project_id)
    return (await session.scalars(statement)).all()


async def locked_assignment(session: Session, **values: Any) -> ProjectPerson:
    """Give an assignment for changing, written as given if it was not known."""
    await rows.insert_new(session, ProjectPerson, **values)
    statement = select(ProjectPerson).where(ProjectPerson.id == values["id"])
    return (await rows.locked_all(session, statement))[0]
