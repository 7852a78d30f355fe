"""What was told, in order; each piece of news is kept once."""

from typing import Any

from services.cases.models import CalendarTelling, Telling
from services.cases.queries import rows
from shared.db import Session


async def record(session: Session, **values: Any) -> None:
    """Keep a piece of news; the same again changes nothing."""
    await rows.insert_new(session, Telling, **values)


async def record_calendar(session: Session, **values: Any) -> None:
    """Keep a year's working days as told; the same again changes nothing."""
    await rows.insert_new(session, CalendarTelling, **values)
