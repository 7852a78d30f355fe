"""What happened before an item, and the items that are open beside it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.cases.models import Precursor, WatchItem
from services.cases.queries import rows
from services.cases.rules.items import ItemState
from shared import asking
from shared.db import Session


async def keep(session: Session, told: Sequence[dict[str, Any]]) -> None:
    """Write what was told of some subjects, all of it at once; told again it is there."""
    await session.execute(insert(Precursor).on_conflict_do_nothing(), told)


async def precursors(session: Session, subject_id: UUID) -> Sequence[Precursor]:
    """Give what happened before an item of a subject, oldest first."""
    found = await session.scalars(
        select(Precursor)
        .where(Precursor.subject_id == subject_id)
        .order_by(Precursor.at, Precursor.id)
    )
    return found.all()


async def locked_open_items(session: Session, subject_id: UUID) -> Sequence[WatchItem]:
    """Give the open items of a subject, for changing."""
    return await rows.locked_all(
        session,
        select(WatchItem).where(
            WatchItem.subject_id == subject_id, WatchItem.state != asking.code(ItemState.CLOSED)
        ),
    )
