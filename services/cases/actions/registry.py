"""What registry tells of organisations and projects is kept, the newest word of each."""

from datetime import datetime

from services.cases import queries
from services.cases.models import Organisation, Project
from shared.db import Session
from shared.events.registry import OrganisationChanged, OrganisationRegistered, ProjectCard

_CARD = {
    "name", "area_code", "investment_type", "developer_id", "developer_name", "contractor_id",
    "contractor_name", "sector_authority_id",
}  # fmt: skip


async def keep_organisation(
    session: Session, event: OrganisationRegistered | OrganisationChanged
) -> None:
    """Keep an organisation, unless a later word of it is here."""
    row = await queries.registry.locked_find_organisation(session, event.organisation_id)
    if row is None:
        row = Organisation(id=event.organisation_id)
        session.add(row)
    elif event.occurred_at < row.told_at:
        return
    row.name, row.area_code, row.trades = event.name, event.area_code, event.trades
    row.told_at = event.occurred_at


async def keep_project(session: Session, card: ProjectCard, told_at: datetime) -> None:
    """Keep what the ledger names of a project, unless a later word of it is here."""
    row = await queries.registry.locked_find_project(session, card.project_id)
    if row is None:
        row = Project(id=card.project_id)
        session.add(row)
    elif told_at < row.told_at:
        return
    for name, value in card.model_dump(include=_CARD).items():
        setattr(row, name, value)
    row.told_at = told_at
