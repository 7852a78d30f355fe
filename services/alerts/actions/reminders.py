"""Units are told of transfers that lie ahead, each of its own: notices, no alerts (R5.2)."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from services.alerts import queries
from shared import clock
from shared.db import Session, same_id
from shared.events.payroll import TransferAhead, TransfersReminded


async def tell_units(session: Session, event: TransfersReminded, at: datetime) -> None:
    """Tell developers and contractors of their transfers; the same event again tells nothing."""
    mine: dict[UUID, list[TransferAhead]] = defaultdict(list)
    for each in event.transfers:
        for unit_id in {each.developer_id, each.contractor_id} - {None}:
            if unit_id:
                mine[unit_id].append(each)
    posts = await queries.reminders.posts_of(session, mine, clock.day_of(at))
    await queries.reminders.keep(
        session,
        [
            {
                "id": same_id(at, event.id, unit_id),
                "event_id": event.id,
                "unit_id": unit_id,
                "area_code": event.area_code,
                "step": event.step,
                "workdays": event.workdays,
                "transfers": [_shown(each) for each in transfers],
                "recipient_ids": [str(each) for each in posts.get(unit_id, ())],
                "told_at": at,
            }
            for unit_id, transfers in sorted(mine.items())
        ],
    )


def _shown(each: TransferAhead) -> dict[str, Any]:
    return each.model_dump(mode="json", exclude={"developer_id", "contractor_id"})
