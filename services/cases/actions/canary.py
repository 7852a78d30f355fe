"""The platform's canary: an item like others, in no area, so in nobody's list."""

from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import items, levels
from services.cases.rules.items import CloseReason, Opening, TimerKind, WatchKind, key_of
from shared import clock, telemetry, timers
from shared.areas import CANARY
from shared.db import Session


async def await_canary(session: Session, round_id: UUID, at: datetime) -> None:
    """Time the opening of the canary's item: it falls due at once, but timers have to do it.

    They are a link of the chain like the inbox, and would else be passed by.
    """
    if not await timers.armed(session, round_id, TimerKind.CANARY):
        timers.arm(session, TimerKind.CANARY, round_id, at, entered_at=at)


async def open_canary(session: Session, round_id: UUID, at: datetime) -> None:
    """Open the canary's item, by its own policy."""
    opening = Opening(
        kind=WatchKind.CANARY,
        key=key_of(WatchKind.CANARY, round_id),
        subject_id=round_id,
        area_code=CANARY,
        period="",
        unit_id=round_id,
        due_on=clock.day_of(at),
        due_at=at,
        opened_at=at,
    )
    await items.open_watch_item(session, opening)
    telemetry.CANARY_PASSED.labels("cases", "opened").set(clock.wall().timestamp())


async def close_canary(session: Session, round_id: UUID, serials: list[str], at: datetime) -> None:
    """Close the canary's item with the serial of its money, or never open it.

    Whoever is just opening it is waited for.
    """
    await timers.hold_all(session, [round_id])
    await timers.disarm(session, round_id, TimerKind.CANARY)
    item = await queries.items.locked_find_open_watch_item(session, WatchKind.CANARY, round_id)
    if item is not None:
        await levels.catch_up(session, item, at)
        await items.close_watch_item(
            session, item, CloseReason.TRANSFER_RECEIVED, at, bank_serials=serials
        )
