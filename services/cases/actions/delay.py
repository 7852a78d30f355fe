"""What is told of the chain of a period: that it is due, and how far its money has come."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.models import PayChain
from services.cases.rules import delay
from services.cases.rules.delay import Party, StageCode
from services.cases.rules.items import WatchKind
from shared import clock
from shared.db import Session, same_id


async def learn_chain(session: Session, obligation_id: UUID, **told: Any) -> PayChain:
    """Know a period's chain, and what is told of it; give it locked."""
    wanted = dict.fromkeys(("developer_id", "contractor_id", "due_amount")) | told
    chain = await queries.delay.locked_chain(session, id=obligation_id, **wanted)
    chain.learn(**told)
    return chain


async def begin_delay(session: Session, obligation_id: UUID, **told: Any) -> Party | None:
    """Know of a miss; give the party for whom everybody else waits."""
    await learn_chain(session, obligation_id, **told)
    reached = await queries.delay.reached(session, obligation_id)
    paid = StageCode.DEVELOPER_PAID in reached
    return delay.waiting_for(WatchKind.TRANSFER_MISSED, paid=paid)


async def reach_stage(
    session: Session,
    obligation_id: UUID,
    code: StageCode,
    reached_on: date | None,
    *,
    at: datetime,
    proof: dict[str, Any],
) -> None:
    """Take it that a stage of a known chain was reached on a day, or (None) that it was not.

    What is told later counts. Those who waited for the developer wait for the bank once he has
    paid, and for him again if his payment came back.
    """
    said = {"reached_on": reached_on, "told_at": at, "proof": proof}
    name = same_id(at, obligation_id, code)
    stage, new = await queries.delay.locked_stage(session, obligation_id, code, id=name, **said)
    if not (stage.tell(reached_on, at, proof) or new) or code is not StageCode.DEVELOPER_PAID:
        return
    item = await queries.items.locked_find_open_watch_item(
        session, WatchKind.TRANSFER_MISSED, obligation_id
    )
    if item is not None:
        item.waiting_for = delay.waiting_for(item.kind, paid=reached_on is not None)


async def learn_wages(
    session: Session, project_id: UUID, period: str, at: datetime, **told: Any
) -> None:
    """Take how far the wages of a month have come; the delay of its chains follows."""
    first = clock.at(date.fromisoformat(f"{period}-01"))
    month = await queries.delay.locked_wage_month(
        session, id=same_id(first, project_id, period), project_id=project_id, period=period,
        told_at=at, **told,
    )  # fmt: skip
    month.tell(at, **told)
