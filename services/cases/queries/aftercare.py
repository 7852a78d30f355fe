"""What a project's watch after red rests on: its misses, and the periods that came in time."""

from datetime import date
from uuid import UUID

from sqlalchemy import and_, bindparam, func, literal, select

from services.cases.models import PayChain, PayStage, Policy, WatchItem
from services.cases.rules.delay import StageCode
from services.cases.rules.items import CloseReason, WatchKind
from shared import asking
from shared.db import Session

_MISSES = (
    select(WatchItem, Policy.levels)
    .join(Policy, Policy.id == WatchItem.policy_id)
    .where(
        WatchItem.project_id == bindparam("project_id"),
        WatchItem.kind == WatchKind.TRANSFER_MISSED,
        WatchItem.close_reason.is_distinct_from(CloseReason.NOT_MISSED.value),
    )
    .order_by(WatchItem.opened_at.desc(), WatchItem.id)
)
_ANY_MISS = _MISSES.with_only_columns(WatchItem.id).limit(1)


async def misses_with_levels(session: Session, project_id: UUID) -> list[tuple[WatchItem, int]]:
    """Give a project's misses, the one opened last first, each with its policy's highest rank."""
    of = {"project_id": project_id}
    if not await asking.told(session, _ANY_MISS, of):
        return []  # So it is with most projects, each time that their money comes.
    found = await session.execute(_MISSES, of)
    return [(item, max(row["rank"] for row in levels)) for item, levels in found]


async def clean_periods(session: Session, project_id: UUID, since: date) -> list[date]:
    """Give the due days of a project's periods, from a day on, of which all was there in time."""
    in_time = func.coalesce(PayStage.reached_on <= PayChain.due_on, literal(value=False))
    found = await session.scalars(
        select(func.min(PayChain.due_on))
        .outerjoin(
            PayStage, and_(PayStage.chain_id == PayChain.id, PayStage.code == StageCode.CREDITED)
        )
        .where(PayChain.project_id == project_id, PayChain.due_on >= since)
        .group_by(PayChain.period)
        .having(func.bool_and(in_time))
    )
    return [day for day in found if day]
