"""Who has or had a role at a project."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from services.payroll.models import ProjectParty
from shared.db import Session


async def locked_party(session: Session, party_id: UUID) -> ProjectParty | None:
    """Give a party for changing, or None if it was not told of yet."""
    return await session.scalar(
        select(ProjectParty).where(ProjectParty.id == party_id).with_for_update()
    )


async def parties(
    session: Session, project_ids: Collection[UUID], roles: Collection[str]
) -> Mapping[UUID, Sequence[ProjectParty]]:
    """Give who has or had some roles at projects of which days were told."""
    found: dict[UUID, list[ProjectParty]] = {}
    for row in await session.scalars(
        select(ProjectParty)
        .where(ProjectParty.project_id.in_(project_ids), ProjectParty.role.in_(roles))
        .order_by(ProjectParty.told_at, ProjectParty.id)
    ):
        found.setdefault(row.project_id, []).append(row)
    return found
