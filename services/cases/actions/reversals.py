"""Money that had counted counts no longer: what it closed is open again; or a miss was none."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.cases import queries
from services.cases.actions import items, levels, limits, proposals, tellings
from services.cases.actions.timeline import card, note, note_once
from services.cases.models import WatchItem
from services.cases.rules import delay, history
from services.cases.rules.delay import StageCode
from services.cases.rules.items import CloseReason, Happening, ItemState
from services.cases.rules.ladder import Known
from shared import clock
from shared.db import Session, same_id
from shared.events.cases import WatchItemOpened
from shared.outbox import publish


async def reverse_transfer(
    session: Session,
    obligation_id: UUID,
    lacking: Decimal,
    serials: list[str],
    *,
    at: datetime,
    told_id: UUID,
) -> None:
    """Let a miss lack more; open it again if this money had closed it.

    What another proof closed stays closed, and so does what another item stands for.
    """
    item = await queries.reversals.locked_last_miss(session, obligation_id)
    if item is None:
        return
    if not item.is_closed:
        await levels.catch_up(session, item, at)
        if item.lose(lacking, serials):
            note(session, item, Happening.REVERSED, at, lacking=lacking, bank_serials=serials)
    elif item.close_reason in {CloseReason.TRANSFER_RECEIVED, CloseReason.NOT_MISSED}:
        await open_again(session, item, lacking, serials, at=at, told_id=told_id)


async def open_again(
    session: Session,
    item: WatchItem,
    lacking: Decimal,
    serials: list[str],
    *,
    at: datetime,
    told_id: UUID,
) -> None:
    """Open an item again where it stood, and let it climb what time and rules ask for since."""
    if await queries.reversals.open_one_of_key(session, item.key):
        return
    reached = await queries.delay.reached(session, item.subject_id)
    paid = StageCode.DEVELOPER_PAID in reached
    item.waiting_for = delay.waiting_for(item.kind, paid=paid)
    item.lose(lacking, serials)
    await stand_again(session, item, at=at, told_id=told_id, lacking=lacking, bank_serials=serials)


async def stand_again(
    session: Session, item: WatchItem, *, at: datetime, told_id: UUID, **why: object
) -> None:
    """Open an item again as it stood before it was closed, tell it, and let it climb."""
    state, since = await queries.reversals.state_before_closing(session, item.id)
    item.open_again(ItemState(state) if state else ItemState.OPEN, since or at)
    note(session, item, Happening.REVERSED, at, **why)
    publish(
        session,
        WatchItemOpened(
            **card(item),
            id=same_id(at, item.id, "opened again", told_id),
            occurred_at=at,
            reopened=True,
        ),
    )
    # Nothing was due while it was closed: what fell due meanwhile is climbed now.
    item.due_at = at
    await levels.catch_up(session, item, at)
    if item.project_id is not None:
        standings = history.standings(await queries.items.misses(session, item.project_id))
        await items.review_misses(session, item.project_id, standings, at)


async def missed_again(
    session: Session, obligation_id: UUID, lacking: Decimal, at: datetime, told_id: UUID
) -> bool:
    """Open the item of a miss again that had turned out to be none; say whether there was one."""
    item = await queries.reversals.locked_last_miss(session, obligation_id)
    if item is None or item.close_reason != CloseReason.NOT_MISSED:
        return False
    await open_again(session, item, lacking, [], at=at, told_id=told_id)
    return True


async def annul_miss(
    session: Session, obligation_id: UUID, at: datetime, told_id: UUID, **proof: object
) -> None:
    """Take it that a miss was none: all of the money was there in time.

    It counts neither in a row nor in total any more, and what had jumped because of it stands
    where time alone, and the misses that are left, put it.
    """
    item = await queries.reversals.locked_last_miss(session, obligation_id)
    if item is None or item.close_reason == CloseReason.NOT_MISSED:
        return
    if item.is_closed:
        item.close_reason = CloseReason.NOT_MISSED
        note(session, item, Happening.ANNULLED, at, **proof)
    else:
        await levels.catch_up(session, item, at)
        item.lacking = Decimal(0)
        await tellings.record_closing(session, item, CloseReason.NOT_MISSED, told_id, at)
        await items.close_watch_item(session, item, CloseReason.NOT_MISSED, at, **proof)
    if item.project_id:
        await session.flush()  # What counts now is read from the rows.
        await _lower_others(session, item.project_id, at)


async def _lower_others(session: Session, project_id: UUID, at: datetime) -> None:
    standings = history.standings(await queries.items.misses(session, project_id))
    for other in await queries.items.locked_open_misses(session, project_id):
        ladder, calendar = await levels.terms(session, other)
        stands = ladder.put_back(
            other.step, other.due_on, clock.day_end(other.due_on), calendar, at,
            known=Known(history.standing_of(standings, other.works_contract_id, other.period)),
            pauses=other.stood_still(at),
        )  # fmt: skip
        if stands is not None:
            levels.lower(session, other, ladder, stands, at)
            await limits.arm(session, other, ladder, calendar, at)
    await proposals.review_proposal(session, project_id, at)


async def note_told(
    session: Session,
    obligation_id: UUID,
    what: Happening,
    at: datetime,
    told_id: UUID,
    **details: object,
) -> None:
    """Write on a miss's timeline that the bank, or the contractor, told of it, once."""
    item = await queries.reversals.last_miss(session, obligation_id)
    if item is not None:
        await note_once(session, item, what, at, told_id, **details)
