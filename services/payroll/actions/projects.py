"""What registry tells of organisations and projects is kept, the newest word of each."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.models import Organisation, Project
from services.payroll.rules.obligations import OPEN
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
    """Keep a project's card, unless a later one is here; its rows follow it to another scope."""
    project = await queries.projects.locked_project(session, card.project_id)
    if project is None:
        project = Project(id=card.project_id)
        session.add(project)
    elif told_at < project.told_at:
        return project
    elif (project.area_code, project.developer_id, project.contractor_id) != (
        card.area_code,
        card.developer_id,
        card.contractor_id,
    ):
        await _follow(session, card)
    project.area_code, project.status = card.area_code, card.status
    project.developer_id, project.contractor_id = card.developer_id, card.contractor_id
    project.card, project.told_at = card.model_dump(mode="json"), told_at
    return project


async def _follow(session: Session, card: ProjectCard) -> None:
    """Take a project's rows along; who was to pay a period that is judged does not change."""
    for obligation in await queries.obligations.locked_obligations_of(session, [card.project_id]):
        obligation.area_code = card.area_code
        if obligation.status in OPEN:
            obligation.developer_id = card.developer_id
    account = await queries.accounts.locked_account_of_project(session, card.project_id)
    if account:
        account.area_code, account.developer_id = card.area_code, card.developer_id
        account.contractor_id = card.contractor_id
