"""What registry tells of heads and duty officers is kept, the newest word of each."""

from datetime import date, datetime
from uuid import UUID

from services.alerts import queries
from services.alerts.models import UnitPost
from shared.db import Session


async def keep_post(
    session: Session,
    told_at: datetime,
    *,
    post_id: UUID,
    organisation_id: UUID,
    person_id: UUID,
    role: str,
    from_on: date,
    until_on: date | None,
) -> None:
    """Keep a post, unless a later word of it is here."""
    row = await queries.posts.locked_post(session, post_id)
    if row is None:
        row = UnitPost(id=post_id)
        session.add(row)
    elif told_at < row.told_at:
        return
    row.organisation_id, row.person_id, row.role = organisation_id, person_id, role
    row.from_on, row.until_on, row.told_at = from_on, until_on, told_at
