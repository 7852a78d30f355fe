"""The canary's rounds and alarms; no list of any interface reads them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from services.payroll.models import AccountDay, BankLine, CanaryAlarm, CanaryRound
from services.payroll.rules.canary import Trail
from services.payroll.rules.statements import Direction
from shared import asking
from shared.db import Session
from shared.outbox import OutboxRow
from shared.timers import IS_ARMED, Timer

MOST = 100


async def is_armed(session: Session, kind: str) -> bool:
    """Say whether a timer waits to start the next round."""
    found = select(Timer.id).where(Timer.kind == kind, IS_ARMED).limit(1)
    return await session.scalar(found) is not None


def _is_overdue(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    same = BankLine.account_index == CanaryRound.account_index
    paid = select(BankLine.id).where(same, BankLine.direction == Direction.IN).exists()
    fed = select(AccountDay.id).where(AccountDay.account_index == CanaryRound.account_index)
    return and_(
        CanaryRound.received_at.is_(None),
        CanaryRound.found_at.is_(None),
        CanaryRound.started_at <= now,
        fed.exists(),
        ~paid,
    )


MISS_WAITS = select(CanaryRound.id).where(_is_overdue(bindparam("now"))).exists()
"""Whether a round's feed is there and shows no credit, and was not found before."""


async def locked_rounds_overdue(session: Session, now: datetime) -> Sequence[CanaryRound]:
    """Give the rounds whose feed is there and shows no credit, and that were not found before."""
    rows = await session.scalars(
        select(CanaryRound)
        .where(_is_overdue(now))
        .order_by(CanaryRound.started_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    return rows.all()


async def locked_open_rounds(session: Session) -> Sequence[CanaryRound]:
    """Give the rounds whose money has not come, for changing, oldest first."""
    rows = await session.scalars(
        select(CanaryRound)
        .where(CanaryRound.received_at.is_(None))
        .order_by(CanaryRound.started_at)
        .limit(MOST)
        .with_for_update()
    )
    return rows.all()


async def locked_find_round(session: Session, round_id: UUID) -> CanaryRound | None:
    """Give a round for changing, or None."""
    found = select(CanaryRound).where(CanaryRound.id == round_id).with_for_update()
    return (await session.scalars(found)).one_or_none()


async def trail(session: Session) -> Trail:
    """Give how far the newest round came, and when the newest that is back set out."""
    rows = select(CanaryRound).order_by(CanaryRound.started_at.desc()).limit(1)
    newest = (await session.scalars(rows)).one_or_none()
    last_back_at = await session.scalar(
        select(func.max(CanaryRound.started_at)).where(CanaryRound.back_at.is_not(None))
    )
    if newest is None:
        return Trail()
    sent_at = await session.scalar(
        select(OutboxRow.sent_at).where(OutboxRow.id == newest.missed_id)
    )
    return Trail(
        newest.started_at, newest.found_at, sent_at, newest.back_at is not None, last_back_at
    )


async def locked_alarm(session: Session) -> CanaryAlarm | None:
    """Give the alarm that lasts, for changing; who looks at the same time waits here."""
    await asking.wait_for(session, "canary alarm")
    found = select(CanaryAlarm).where(CanaryAlarm.over_at.is_(None)).with_for_update()
    return (await session.scalars(found)).one_or_none()
