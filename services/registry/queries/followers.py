"""Rows that callers see by a project, and that follow it wherever it goes."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, or_, select

from services.registry.models import (
    Organisation,
    Project,
    Requirement,
    Subcontract,
    Suspension,
    WorksContract,
)
from shared.db import Session

_FOLLOWERS: tuple[Any, ...] = (WorksContract, Subcontract, Suspension, Requirement)
"""What lists tell of projects, beside the projects themselves and who takes part in them."""


async def locked_followers(session: Session, project_id: UUID) -> list[Sequence[Any]]:
    """Give the rows of a locked project for changing, table by table."""
    found = []
    for model in _FOLLOWERS:
        rows = await session.scalars(
            select(model)
            .where(model.project_id == project_id)
            # Everybody locks in this order, so that two writers wait instead of deadlocking.
            .order_by(model.id)
            .with_for_update(key_share=True)
        )
        found.append(rows.all())
    return found


async def parties_alone(
    session: Session,
    area_code: str,
    organisation_ids: Collection[UUID],
    project_ids: Collection[UUID],
) -> set[UUID]:
    """Give which organisations take part in no project of an area but in the named ones."""
    elsewhere = exists().where(
        Project.area_code == area_code,
        Project.id.not_in(project_ids),
        or_(
            Project.developer_id == Organisation.id,
            Project.contractor_id == Organisation.id,
            Project.sector_authority_id == Organisation.id,
        ),
    )
    wanted = select(Organisation.id).where(Organisation.id.in_(organisation_ids), ~elsewhere)
    return set(await session.scalars(wanted))


async def locked_organisations(session: Session, ids: Collection[UUID]) -> Sequence[Organisation]:
    """Give organisations for changing.

    A project that is being entered holds its parties by their keys, and so may others: whoever
    asked for the whole row would wait for them, and they for him.
    """
    found = await session.scalars(
        select(Organisation)
        .where(Organisation.id.in_(ids))
        .order_by(Organisation.id)  # As above.
        .with_for_update(key_share=True)
    )
    return found.all()
