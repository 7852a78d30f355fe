"""What registry tells of organisations and projects is kept, the newest word of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.models import Organisation, Project, ProjectState
from services.payroll.rules.obligations import OPEN
from shared import moves
from shared.db import Session
from shared.events.registry import ProjectCard


async def keep_organisation(
    session: Session,
    *,
    organisation_id: UUID,
    name: str,
    area_code: str,
    roles: Sequence[str],
    told_at: datetime,
) -> None:
    """Keep an organisation, unless a later word of it is here."""
    row = await queries.projects.locked_organisation(session, organisation_id)
    if row is None:
        row = Organisation(id=organisation_id)
        session.add(row)
    elif told_at < row.told_at:
        return
    row.name, row.area_code, row.roles, row.told_at = name, area_code, list(roles), told_at


async def keep_project(session: Session, card: ProjectCard, told_at: datetime) -> Project:
    """Keep a project's card, unless a later one is here; its rows follow it to another scope.

    Cards that are not the present one stay as well: what was true on a day can be asked for later.
    """
    said = card.model_dump(mode="json")
    project = await queries.projects.locked_project(session, card.project_id)
    if project is None:
        project = Project(id=card.project_id)
        session.add(project)
    elif told_at < project.told_at:
        await _keep_former(session, project.id, told_at, said)
        return project
    else:
        if told_at > project.told_at:
            await _keep_former(session, project.id, project.told_at, project.card)
        if (project.area_code, project.developer_id, project.contractor_id) != (
            card.area_code,
            card.developer_id,
            card.contractor_id,
        ):
            await _follow(session, card, lay_in=project.area_code)
    project.area_code, project.status = card.area_code, card.status
    project.developer_id, project.contractor_id = card.developer_id, card.contractor_id
    project.card, project.told_at = said, told_at
    return project


async def _keep_former(
    session: Session, project_id: UUID, told_at: datetime, card: dict[str, Any]
) -> None:
    """Keep a card that another has followed; of one instant the last that comes counts."""
    state = await queries.projects.locked_state(session, project_id, told_at)
    if state is None:
        session.add(ProjectState(project_id=project_id, told_at=told_at, card=card))
    else:
        state.card = card


async def _follow(session: Session, card: ProjectCard, lay_in: str) -> None:
    """Take a project's rows along; who was to pay a period that is judged does not change."""
    owed = await queries.obligations.locked_obligations_of(session, [card.project_id])
    for obligation in owed:
        obligation.area_code = card.area_code
        if obligation.status in OPEN:
            obligation.developer_id = card.developer_id
    asked = await queries.requests.locked_requests_of(session, [row.id for row in owed])
    await moves.follow(session, asked, lay_in if card.area_code != lay_in else None)
    for account in await queries.accounts.locked_accounts_of_project(session, card.project_id):
        account.area_code, account.developer_id = card.area_code, card.developer_id
        account.contractor_id = card.contractor_id
