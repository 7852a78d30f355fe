"""Which transfers lie ahead and are not there yet, for forecast and reminders."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, cast, select, true
from sqlalchemy.dialects.postgresql import insert

from services.payroll.models import (
    Obligation,
    ObligationNote,
    Project,
    WorksContract,
)
from services.payroll.queries import requests
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.standings import IN_PROGRESS
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Lacking:
    """A planned transfer that is not there yet, with what is known about its money."""

    id: UUID
    project_id: UUID
    project_name: str
    developer_id: UUID
    contractor_id: UUID | None
    area_code: str
    period: str
    due_on: date
    due_amount: Decimal
    lacking: Decimal
    basis: str
    funding_state: str | None
    promised_on: date | None
    promised_amount: Decimal | None


def _ahead(today: date, until: date) -> tuple[Any, ...]:
    return (
        Obligation.status == ObligationStatus.PLANNED,
        Obligation.due_on > today,
        Obligation.due_on <= until,
    )


async def areas_ahead(session: Session, today: date, until: date) -> Sequence[str]:
    """Give the areas in which something is planned for the next days."""
    found = await session.scalars(
        select(Obligation.area_code).where(*_ahead(today, until)).distinct()
    )
    return sorted(found)


async def lacking_ahead(
    session: Session, area_code: str, today: date, days: Collection[date]
) -> Sequence[Lacking]:
    """Give the transfers of an area due on some days of which not all is there yet."""
    if not days:
        return []
    asked = requests.last_asked()
    rows = await session.execute(
        select(
            Obligation.id,
            Obligation.project_id,
            Project.card["name"].astext,
            Obligation.developer_id,
            Obligation.contractor_id,
            Obligation.area_code,
            Obligation.period,
            Obligation.due_on,
            Obligation.due_amount,
            Obligation.due_amount - Obligation.credited_amount,
            WorksContract.basis,
            *asked.c,
        )
        .join_from(Obligation, Project, Project.id == Obligation.project_id)
        .join(WorksContract, WorksContract.id == Obligation.works_contract_id)
        .outerjoin(asked, true())
        .where(
            *_ahead(today, max(days)),
            Obligation.area_code == area_code,
            Obligation.due_on.in_(days),
            Obligation.credited_amount < Obligation.due_amount,
            Project.status == IN_PROGRESS,
            cast(Project.card["supervised_since"].astext, Date) <= today,
        )
        .order_by(Obligation.due_on, Obligation.id)
    )
    return [Lacking(*row) for row in rows]


async def notes_are_new(session: Session, notes: Sequence[dict[str, Any]]) -> set[UUID]:
    """Write notes of obligations; give the obligations of those that were not there."""
    written = await session.scalars(
        insert(ObligationNote).on_conflict_do_nothing().returning(ObligationNote.obligation_id),
        notes,
    )
    return set(written)
