"""Reminders of units, and the posts that they reach."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from services.alerts.models import Recipient, Reminder
from services.alerts.queries.recipients import in_force
from shared import known, paging
from shared.areas import Scope
from shared.db import Session

# To whom a due day that lies ahead is a matter (domain 6.3).
ROLES = ("developer", "contractor")


async def posts_of(
    session: Session, units: Collection[UUID], day: date
) -> Mapping[UUID, Sequence[UUID]]:
    """Give the posts of some units that are in office on a day, by unit."""
    rows = await session.execute(
        select(Recipient.org_id, Recipient.id)
        .where(
            Recipient.org_id.in_(units),
            or_(*(Recipient.roles.contains([role]) for role in ROLES)),
            in_force(day),
        )
        .order_by(Recipient.id)
    )
    found: dict[UUID, list[UUID]] = {}
    for unit_id, recipient_id in rows:
        if unit_id:
            found.setdefault(unit_id, []).append(recipient_id)
    return found


async def keep(session: Session, told: Sequence[dict[str, Any]]) -> None:
    """Write what units were told, all of it at once; told again it is there."""
    await session.execute(insert(Reminder).on_conflict_do_nothing(), told)


async def reminders(
    session: Session, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Reminder]:
    """Give a page of what units were told that the caller may see, the newest first."""
    seen = known.in_scope(Reminder.area_code, scope, Reminder.unit_id)
    by = (Reminder.told_at, Reminder.id)
    return await paging.page(
        session, select(Reminder).where(seen), by=by, cursor=cursor, limit=limit, descending=True
    )
