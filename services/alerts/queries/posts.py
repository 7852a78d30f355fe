"""Who is head of a unit, or on duty in an office, from when until when."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Date, bindparam, func, or_, select

from services.alerts.models import UnitPost
from services.alerts.rules.routing import Office
from shared import asking, remembered
from shared.db import Session


async def locked_post(session: Session, post_id: UUID) -> UnitPost | None:
    """Give a post for changing, or None if it was not told of yet; who tells it, too, waits."""
    await asking.wait_for(session, f"unit_post:{post_id}")
    return await session.scalar(select(UnitPost).where(UnitPost.id == post_id).with_for_update())


_DAY = bindparam("day", type_=Date)
_IN_FORCE = (UnitPost.from_on <= _DAY) & or_(UnitPost.until_on.is_(None), UnitPost.until_on >= _DAY)
# Built once: each notice asks for it.
_OFFICES = (
    select(
        UnitPost.organisation_id,
        UnitPost.role,
        func.array_agg(UnitPost.person_id).filter(_IN_FORCE),
    )
    .where(asking.one_of(UnitPost.organisation_id, "organisations"))
    .group_by(UnitPost.organisation_id, UnitPost.role)
)


async def offices(
    session: Session, organisations: Collection[UUID], day: date
) -> dict[tuple[UUID, str], Office]:
    """Give by unit and role who is in office on a day; of all units of which posts were told."""
    kept = remembered.of(session, "unit_posts")
    if lacking := [each for each in organisations if (each, day) not in kept]:
        kept |= {(each, day): {} for each in lacking}
        found = await asking.told(session, _OFFICES, {"organisations": lacking, "day": day})
        for unit, role, persons in found:
            kept[unit, day][unit, role] = Office(frozenset(persons or ()))
    return {role: who for each in organisations for role, who in kept[each, day].items()}
