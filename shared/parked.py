"""Operators' door to events that were set aside: list, try again, or skip with a reason."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from shared import clock, db, idempotency, paging
from shared.auth import may
from shared.db import Session, Transaction
from shared.inbox import PARKED, SKIPPED, WAITING, InboxKey, InboxRow, locked_key
from shared.problems import NotFound, Problem, raises
from shared.wording import Text


class NotParked(Problem):
    """The event was handled, skipped, or is being tried again already."""

    status = 409
    title = Text("该事件未处于搁置状态", "This event is not parked")


class ParkedOut(BaseModel):
    """An event that could not be handled."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    topic: str
    key: str
    type: str
    occurred_at: datetime
    received_at: datetime
    attempts: int
    state: str
    error: str | None


class ParkedDetail(ParkedOut):
    """The same with its body (events hold no personal data) and those that wait behind it."""

    body: str
    behind: int


class SkipIn(BaseModel):
    """Why an event shall never be handled."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$"
        ),
    ]


async def parked(session: Session) -> list[InboxRow]:
    """Give all parked events, the oldest first."""
    rows = await session.scalars(
        select(InboxRow).where(InboxRow.state == PARKED).order_by(InboxRow.position)
    )
    return list(rows.all())


async def _behind(session: Session, row: InboxRow) -> int:
    other = aliased(InboxRow)
    return int(
        await session.scalar(
            select(func.count()).where(
                other.topic == row.topic,
                other.key == row.key,
                other.state.in_((WAITING, PARKED)),
                other.position > row.position,
            )
        )
        or 0
    )


async def _locked(session: Session, event_id: UUID) -> InboxRow:
    """Lock an event's key, then itself, in the order in which the inbox locks them."""
    found = (
        await session.execute(select(InboxRow.topic, InboxRow.key).where(InboxRow.id == event_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    await session.execute(
        insert(InboxKey)
        .values(topic=found.topic, key=found.key, retry_at=clock.wall())
        .on_conflict_do_nothing()
    )
    key = await locked_key(session, found.topic, found.key)
    row = await session.get(InboxRow, event_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != PARKED or key is None:
        raise NotParked
    # The key flows again from its first open event on, unless that one is parked as well.
    key.retry_at = clock.wall()
    return row


async def retry(session: Session, event_id: UUID) -> InboxRow:
    """Have a parked event tried again, with those behind it, in order.

    Raises NotFound, and NotParked where it is not set aside (any more).
    """
    row = await _locked(session, event_id)
    row.state, row.attempts = WAITING, 0
    db.record(session, "retry", "inbox", event_id, after={"type": row.type})
    return row


async def skip(session: Session, event_id: UUID, reason: str) -> InboxRow:
    """Give a parked event up, so that those behind it are handled; raises as `retry` does."""
    row = await _locked(session, event_id)
    row.state, row.handled_at = SKIPPED, clock.wall()
    db.record(session, "skip", "inbox", event_id, after={"type": row.type, "reason": reason})
    return row


async def parked_events(
    session: Transaction, cursor: paging.Cursor, limit: paging.Limit
) -> paging.Found[InboxRow]:
    """List them, the oldest first."""
    statement = select(InboxRow).where(InboxRow.state == PARKED)
    return await paging.page(
        session, statement, by=(InboxRow.position,), cursor=cursor, limit=limit
    )


async def parked_event(session: Transaction, event_id: UUID) -> ParkedDetail:
    """Show one with its body."""
    row = await session.scalar(select(InboxRow).where(InboxRow.id == event_id))
    if row is None or row.state != PARKED:
        raise NotFound
    said = ParkedOut.model_validate(row).model_dump()
    body = row.body.decode(errors="replace")
    return ParkedDetail(**said, body=body, behind=await _behind(session, row))


async def retry_event(session: Transaction, event_id: UUID) -> InboxRow:
    """Have it tried again, and those behind it after it, in order."""
    return await retry(session, event_id)


async def skip_event(session: Transaction, event_id: UUID, body: SkipIn) -> InboxRow:
    """Give it up for good; those behind it are handled."""
    return await skip(session, event_id, body.reason)


def router() -> APIRouter:
    """Make the routes of one service; they act on the inbox of its own database."""
    routes = idempotency.router("operations")
    operate: dict[str, Any] = {"dependencies": [may("platform:operate")]}
    one = "/v1/parked/{event_id}"
    listed: dict[str, Any] = {
        "summary": "Events that were set aside",
        "response_model": paging.Page[ParkedOut],
    }
    routes.get("/v1/parked", **operate, **listed)(parked_events)
    shown: dict[str, Any] = {"summary": "One of them, with its body", "responses": raises(NotFound)}
    routes.get(one, **operate, **shown)(parked_event)
    acted: dict[str, Any] = {"response_model": ParkedOut, "responses": raises(NotFound, NotParked)}
    routes.post(f"{one}/retry", **operate, **acted, summary="Try it again")(retry_event)
    routes.post(f"{one}/skip", **operate, **acted, summary="Give it up")(skip_event)
    return routes
