"""Whom a template of a project's sheets names: its roster of a month, with crews and cards."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from services.payroll.models import Crew, PayeeAccount, RosterEntry, Worker
from services.payroll.rules.periods import first_day, last_day
from shared.db import Session


async def workers_of_month(
    session: Session, project_id: UUID, employer_id: UUID, period: str
) -> Sequence[dict[str, Any]]:
    """Give an employer's people of a month in the order of their crews, in the clear."""
    card = and_(
        PayeeAccount.project_id == project_id,
        PayeeAccount.worker_id == Worker.id,
        PayeeAccount.replaced_at.is_(None),
    )
    rows = await session.execute(
        select(
            Worker.id,
            Worker.name,
            Worker.id_number,
            Crew.name.label("crew"),
            PayeeAccount.card_no,
            PayeeAccount.bank_name,
        )
        .join(RosterEntry, RosterEntry.worker_id == Worker.id)
        .outerjoin(Crew, Crew.id == RosterEntry.crew_id)
        .outerjoin(PayeeAccount, card)
        .where(
            RosterEntry.project_id == project_id,
            RosterEntry.employer_id == employer_id,
            RosterEntry.entered_on <= last_day(period),
            or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= first_day(period)),
        )
        .order_by(Crew.number.nulls_last(), RosterEntry.id)
    )
    once = {row.id: dict(row) for row in rows.mappings()}
    for one in once.values():
        del one["id"]
    return list(once.values())
