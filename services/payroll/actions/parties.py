"""Who had a role at a project when a transfer fell due; what registry tells of it is kept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.models import Obligation, Project, ProjectParty
from shared.db import Session
from shared.events.registry import ProjectCard

_ROLES = ("developer", "contractor")


async def keep_party(
    session: Session,
    told_at: datetime,
    *,
    party_id: UUID,
    **said: Any,
) -> None:
    """Keep the days of a role, unless a later word of them is here."""
    row = await queries.parties.locked_party(session, party_id)
    if row is None:
        row = ProjectParty(id=party_id)
        session.add(row)
    elif told_at < row.told_at:
        return
    row.told_at = told_at
    for name, value in said.items():
        setattr(row, name, value)


async def cards_then(
    session: Session, rows: Sequence[Obligation], projects: Mapping[UUID, Project]
) -> Mapping[UUID, ProjectCard]:
    """Give for each obligation its project's card, with those who had their roles on its due day.

    Where no days were told the card's own parties are right: they have been there all along.
    """
    told = await queries.parties.parties(session, {row.project_id for row in rows}, _ROLES)
    return {
        row.id: _card_on(
            ProjectCard.model_validate(projects[row.project_id].card),
            told.get(row.project_id, ()),
            row.due_on,
        )
        for row in rows
    }


def _card_on(card: ProjectCard, parties: Sequence[ProjectParty], day: date) -> ProjectCard:
    changed: dict[str, Any] = {}
    for one in parties:
        if one.holds(day):
            changed[f"{one.role}_id"] = one.organisation_id
            changed[f"{one.role}_name"] = one.organisation_name
    return card.model_copy(update=changed) if changed else card
