"""Reports of projects, and what of a report registry holds already."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from services.registry.models import Project, ProjectReport, WorksContract
from services.registry.queries import projects
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.reporting import Half
from shared import clock, known
from shared.areas import Scope
from shared.db import Session


async def locked_reported_projects(
    session: Session, ids: Collection[UUID], scope: Scope
) -> dict[UUID, Project]:
    """Give those of some projects that the caller may see, to be reported."""
    found = await session.scalars(
        select(Project)
        .where(Project.id.in_(ids), projects.visible(scope))
        .options(joinedload(Project.developer), joinedload(Project.contractor))
        .order_by(Project.id)
        .with_for_update(of=Project)
    )
    return {row.id: row for row in found}


async def locked_reports(
    session: Session, project_ids: Collection[UUID], halves: Collection[str]
) -> dict[tuple[UUID, str], ProjectReport]:
    """Give the reports of some half-years; the caller holds the projects' locks."""
    found = await session.scalars(
        select(ProjectReport)
        .where(ProjectReport.project_id.in_(project_ids), ProjectReport.half_year.in_(halves))
        .order_by(ProjectReport.id)
        .with_for_update()
    )
    return {(row.project_id, row.half_year): row for row in found}


async def given(
    session: Session, rows: Sequence[Project], today: date
) -> Mapping[UUID, Mapping[str, Any]]:
    """Give what registry holds of each project, by the codes of a report's fields."""
    ids = [row.id for row in rows]
    beside = await session.execute(
        select(
            Project.id,
            exists().where(WorksContract.project_id == Project.id),
            projects.in_charge(today),
        ).where(Project.id.in_(ids))
    )
    there = {row[0]: (row[1], row[2]) for row in beside}
    return {
        row.id: {
            "area_code": row.area_code,
            "investment_type": row.investment_type,
            "funding_source": row.funding_source,
            "contractor": row.contractor_id,
            "sector_authority": row.sector_authority_id,
            "category": row.category,
            "size": row.size,
            "investment_amount": row.investment_amount,
            "approval_number": row.approval_number,
            "permit_number": row.permit_number,
            "address": row.address,
            "started_on": row.started_on,
            "works_contract": there[row.id][0] or None,
            "responsible_person": there[row.id][1] or None,
        }
        for row in rows
    }


async def locked_unreported(
    session: Session, half: Half, *, after: UUID | None, limit: int
) -> list[Project]:
    """Give projects that were in progress in a half-year and not reported in it, by their ids."""
    statement = (
        select(Project)
        .where(
            Project.status.in_((ProjectStatus.IN_PROGRESS, ProjectStatus.STOPPED)),
            Project.started_on <= half.last,
            Project.registered_at < clock.day_end(half.last),
            ~exists().where(
                ProjectReport.project_id == Project.id, ProjectReport.half_year == str(half)
            ),
        )
        .options(joinedload(Project.developer), joinedload(Project.contractor))
        .order_by(Project.id)
        .limit(limit)
        .with_for_update(of=Project)
    )
    if after:
        statement = statement.where(Project.id > after)
    return list((await session.scalars(statement)).all())


async def locked_projects_under(
    session: Session, area_code: str, *, after: UUID | None, limit: int
) -> list[Project]:
    """Give projects in progress in an area and below it, by their ids."""
    inside = known.in_scope(Project.area_code, Scope(frozenset({area_code})))
    statement = (
        select(Project)
        .where(inside, Project.status.in_((ProjectStatus.IN_PROGRESS, ProjectStatus.STOPPED)))
        .options(joinedload(Project.developer), joinedload(Project.contractor))
        .order_by(Project.id)
        .limit(limit)
        .with_for_update(of=Project)
    )
    if after:
        statement = statement.where(Project.id > after)
    return list((await session.scalars(statement)).all())
