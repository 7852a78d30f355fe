"""Gaps in what must be reported (应报未报): open ones and those that ended."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from services.registry.models import ReportingGap
from services.registry.schemas.reporting import GapFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session


async def gaps(
    session: Session, scope: Scope, wanted: GapFilter, *, cursor: str | None, limit: int
) -> paging.Found[ReportingGap]:
    """Give a page of gaps, the oldest first."""
    statement = select(ReportingGap).where(
        known.in_scope(
            ReportingGap.area_code, scope, ReportingGap.developer_id, ReportingGap.unit_id
        )
    )
    for name in ("unit_id", "project_id", "reason"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(ReportingGap, name) == value)
    if wanted.open is not None:
        ended = ReportingGap.ended_on.is_not(None)
        statement = statement.where(~ended if wanted.open else ended)
    if wanted.area_code:
        inside = known.in_scope(ReportingGap.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    return await paging.page(
        session,
        statement.options(joinedload(ReportingGap.unit)),
        by=(ReportingGap.since, ReportingGap.id),
        cursor=cursor,
        limit=limit,
    )


async def locked_open_gaps(
    session: Session, project_ids: Collection[UUID]
) -> dict[UUID, ReportingGap]:
    """Give the open gap of each project that has one."""
    found = await session.scalars(
        select(ReportingGap)
        .where(ReportingGap.project_id.in_(project_ids), ReportingGap.ended_on.is_(None))
        .order_by(ReportingGap.id)
        .with_for_update()
    )
    return {row.project_id: row for row in found if row.project_id}


async def locked_gaps_seen(
    session: Session, sighting_ids: Collection[UUID]
) -> dict[UUID, ReportingGap]:
    """Give the gaps that began with some sightings, ended ones as well."""
    found = await session.scalars(
        select(ReportingGap)
        .where(ReportingGap.sighting_id.in_(sighting_ids))
        .order_by(ReportingGap.id)
        .with_for_update()
    )
    return {row.sighting_id: row for row in found if row.sighting_id}
