"""Working-day calendars of the caller's areas and of those above them."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select

from services.registry.errors import CalendarUnknown
from services.registry.models import Calendar
from services.registry.schemas.calendars import CalendarFilter
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session


async def _visible(session: Session, scope: Scope) -> ColumnElement[bool]:
    """Say whether a calendar counts in the caller's areas: his own, and those above him."""
    if not scope.areas:
        return false()
    above = {NATION}
    for code in scope.areas:
        above.update(await known.lineage(session, code))
    return or_(
        Calendar.area_code.in_(above), known.in_scope(Calendar.area_code, Scope(scope.areas))
    )


async def calendars(
    session: Session, scope: Scope, wanted: CalendarFilter, *, cursor: str | None, limit: int
) -> paging.Found[Calendar]:
    """Give all versions of the calendars that count for the caller."""
    statement = select(Calendar).where(await _visible(session, scope))
    if wanted.area_code:
        statement = statement.where(Calendar.area_code == wanted.area_code)
    if wanted.year:
        statement = statement.where(Calendar.year == wanted.year)
    return await paging.page(
        session,
        statement,
        by=(Calendar.area_code, Calendar.year, Calendar.version),
        cursor=cursor,
        limit=limit,
    )


async def calendar(session: Session, calendar_id: UUID, scope: Scope) -> Calendar:
    """Give one version of a calendar; raises CalendarUnknown."""
    found = await session.scalar(
        select(Calendar).where(Calendar.id == calendar_id, await _visible(session, scope))
    )
    if found is None:
        raise CalendarUnknown
    return found


async def locked_calendar(session: Session, area_code: str, year: int) -> Calendar | None:
    """Give the newest version of an area's year; whoever publishes the same year waits here."""
    await asking.wait_for(session, f"calendar:{area_code}:{year}")
    return await session.scalar(
        select(Calendar)
        .where(Calendar.area_code == area_code, Calendar.year == year)
        .order_by(Calendar.version.desc())
        .limit(1)
        .with_for_update()
    )
