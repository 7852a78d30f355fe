"""Shares of labour cost: their versions, and the one in force for an area."""

from datetime import date

from sqlalchemy import or_, select

from services.registry.models import LabourShare
from services.registry.queries import requirements
from services.registry.rules.labour_shares import Guide
from services.registry.rules.requirements import in_force
from services.registry.schemas.labour_shares import LabourShareFilter
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session


async def labour_shares(
    session: Session, scope: Scope, wanted: LabourShareFilter, *, cursor: str | None, limit: int
) -> paging.Found[LabourShare]:
    """Give all versions of the caller's areas and of those above them."""
    above = {NATION} if scope.areas else set()
    for each in (await requirements.lineages(session, scope.areas)).values():
        above.update(each)
    inside = known.in_scope(LabourShare.area_code, Scope(scope.areas))
    statement = select(LabourShare).where(or_(LabourShare.area_code.in_(above), inside))
    if wanted.area_code:
        statement = statement.where(LabourShare.area_code == wanted.area_code)
    by = (LabourShare.area_code, LabourShare.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def locked_labour_shares(session: Session, area_code: str) -> list[LabourShare]:
    """Give an area's versions, oldest first; whoever enters another waits here."""
    await asking.wait_for(session, f"labour_share:{area_code}")
    found = await session.scalars(
        select(LabourShare)
        .where(LabourShare.area_code == area_code)
        .order_by(LabourShare.version)
        .with_for_update()
    )
    return list(found)


async def find_guide(session: Session, area_code: str, day: date) -> Guide | None:
    """Give the share in force in an area on a day: the nearest one up the lineage, if there is."""
    lineage = (await requirements.lineages(session, {area_code}))[area_code]
    rows = await session.scalars(select(LabourShare).where(LabourShare.area_code.in_(lineage)))
    found = in_force(rows.all(), lineage, day)
    return found.guide if found else None
