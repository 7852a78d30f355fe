"""Publishing working-day calendars."""

from datetime import datetime

from services.registry import queries, rules
from services.registry.actions import areas
from services.registry.errors import RegistrationRefused
from services.registry.models import Calendar
from services.registry.schemas.calendars import CalendarIn
from shared import known
from shared.areas import NATION, Scope
from shared.db import Session, new_id
from shared.events.registry import CalendarPublished
from shared.outbox import publish


async def publish_calendar(
    session: Session, scope: Scope, body: CalendarIn, now: datetime
) -> Calendar:
    """Publish a year's days as a new version; the same days again give the version that stands."""
    findings = rules.calendars.check(body.area_code, body.year, body.exceptions)
    if body.area_code != NATION:
        findings += await areas.check_area(session, scope, "area_code", body.area_code, now)
    elif NATION not in scope.areas:
        findings.append(rules.areas.area_unknown("area_code"))
    if findings:
        raise RegistrationRefused(errors=findings)
    year = rules.calendars.year_of(body.year, body.exceptions, body.source)
    newest = await queries.calendars.locked_calendar(session, body.area_code, body.year)
    if newest and newest.content == year:
        return newest
    calendar = Calendar(
        id=new_id(), area_code=body.area_code, year=body.year,
        version=newest.version + 1 if newest else 1, exceptions=year.exceptions,
        provisional=year.provisional, source=year.source, published_at=now,
    )  # fmt: skip
    session.add(calendar)
    event = CalendarPublished(
        occurred_at=now,
        area_code=calendar.area_code,
        year=calendar.year,
        exceptions=calendar.exceptions,
        provisional=calendar.provisional,
        source=calendar.source,
    )
    publish(session, event)
    await known.on_calendar_published(session, event)
    return calendar
