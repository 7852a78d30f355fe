"""Duties to report: their versions, and those that may count for some areas."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, select

from services.registry.models import ReportingDuty
from services.registry.rules.reporting import Duty, WorksKind
from services.registry.schemas.reporting import ReportingDutyFilter
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea


async def duties(
    session: Session,
    scope: Scope,
    wanted: ReportingDutyFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[ReportingDuty]:
    """Give a page of duties: of the caller's areas, and of those above them."""
    inside = known.in_scope(KnownArea.code, Scope(scope.areas))
    if not scope.areas:
        return paging.Found([], None)
    paths = (
        await session.scalars(select(KnownArea.path).where(KnownArea.code.in_(scope.areas)))
    ).all()
    above = {code for path in paths for code in path.strip("/").split("/")} | {NATION}
    statement = select(ReportingDuty).where(
        or_(
            ReportingDuty.area_code.in_(above),
            ReportingDuty.area_code.in_(select(KnownArea.code).where(inside)),
        )
    )
    if wanted.area_code:
        statement = statement.where(ReportingDuty.area_code == wanted.area_code)
    if wanted.works_kind:
        statement = statement.where(ReportingDuty.works_kind == wanted.works_kind)
    return await paging.page(
        session,
        statement,
        by=(ReportingDuty.area_code, ReportingDuty.works_kind, ReportingDuty.version),
        cursor=cursor,
        limit=limit,
    )


async def locked_duties(
    session: Session, area_code: str, works_kind: WorksKind
) -> list[ReportingDuty]:
    """Give an area's versions for a kind, oldest first; whoever enters another waits here."""
    await asking.wait_for(session, f"duty:{area_code}:{works_kind}")
    found = await session.scalars(
        select(ReportingDuty)
        .where(ReportingDuty.area_code == area_code, ReportingDuty.works_kind == works_kind)
        .order_by(ReportingDuty.version)
        .with_for_update()
    )
    return list(found)


async def duties_of(
    session: Session, area_codes: Collection[str]
) -> tuple[Sequence[Duty], Mapping[str, Sequence[str]]]:
    """Give all versions that may count for some areas, and each area's lineage, nearest first."""
    found = await session.execute(
        select(KnownArea.code, KnownArea.path).where(KnownArea.code.in_(area_codes))
    )
    lineages: dict[str, Sequence[str]] = {code: (code, NATION) for code in area_codes}
    for code, path in found:
        lineages[code] = tuple(reversed(path.strip("/").split("/")))
    codes = {each for lineage in lineages.values() for each in lineage}
    rows = await session.scalars(select(ReportingDuty).where(ReportingDuty.area_code.in_(codes)))
    return [row.duty for row in rows], lineages
