"""What must be true of payroll's rows at rest."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from services.payroll.models import Obligation, Source
from services.payroll.rules.obligations import OPEN
from shared import clock
from shared.db import Session
from shared.service import Offender


async def unhandled_obligations(session: Session) -> Sequence[Offender]:
    """Give obligations whose day is over, whose data are there, and which nobody has judged."""
    rows = await session.execute(
        select(Obligation.id, Obligation.due_on, Obligation.status)
        .outerjoin(Source, Source.id == Obligation.source_id)
        .where(
            Obligation.status.in_(OPEN),
            Obligation.due_on < clock.today(),
            or_(Obligation.source_id.is_(None), Obligation.due_on <= Source.fed_until),
        )
        .order_by(Obligation.due_on, Obligation.id)
    )
    return [Offender(row.id, f"due {row.due_on}, still {row.status}") for row in rows]
