"""How late time limits are, and operators hear of those that nothing handles."""

from datetime import timedelta

from sqlalchemy import select

from shared import clock
from shared.db import Session, Sessions
from shared.events.platform import TimerLate
from shared.outbox import publish
from shared.timers import IS_ARMED, NEXT_DUE, Timer

# Operators hear of a timer that is this late by the machine's clock.
LATE_AFTER = timedelta(minutes=5)


async def overdue(session: Session) -> float:
    """Give for how many seconds the oldest armed limit has been due; 0 if none is."""
    nearest = await session.scalar(NEXT_DUE)
    return max(0.0, (clock.now() - nearest).total_seconds()) if nearest else 0.0


async def tell_late(sessions: Sessions) -> int:
    """Tell operators, once each, of armed timers that nothing handles; give how many."""
    async with sessions.begin("poll:tell_late") as session:
        late = (
            await session.scalars(
                select(Timer)
                .where(
                    IS_ARMED,
                    ~Timer.told_late,
                    Timer.due_at <= clock.now() - LATE_AFTER,
                    Timer.attempts > 0,
                )
                .limit(100)
                .with_for_update(skip_locked=True)
            )
        ).all()
        for timer in late:
            timer.told_late = True
            publish(
                session,
                TimerLate(
                    service=sessions.service,
                    timer_id=timer.id,
                    kind=timer.kind,
                    due_at=timer.due_at,
                ),
            )
    return len(late)
