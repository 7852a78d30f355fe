"""What the roster of a project says of those who stand on a payroll sheet: one set query."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import NullType

from services.payroll.models import LabourContract, PayeeAccount, RosterEntry, Worker
from services.payroll.queries.sets import one_text_of
from services.payroll.rules.periods import first_day, last_day
from services.payroll.rules.sheet_facts import OnRoster
from shared.db import Session


def _contracted(project_id: UUID, period: str) -> ColumnElement[bool]:
    """Say of a worker whether a contract for the project holds on a day of the period."""
    return (
        select(LabourContract.id)
        .where(
            LabourContract.project_id == project_id,
            LabourContract.worker_id == Worker.id,
            LabourContract.start_on <= last_day(period),
            or_(LabourContract.end_on.is_(None), LabourContract.end_on >= first_day(period)),
        )
        .exists()
    )


def _cards(project_id: UUID, now: datetime) -> ScalarSelect[Any]:
    """Give a worker's own cards: the newest, and one that still counts while a newer one waits."""
    return (
        select(_listed(func.array_agg(PayeeAccount.card_index)))
        .where(
            PayeeAccount.project_id == project_id,
            PayeeAccount.worker_id == Worker.id,
            PayeeAccount.is_own,
            or_(
                PayeeAccount.replaced_at.is_(None),
                and_(PayeeAccount.usable_from <= now, PayeeAccount.replaced_at > now),
            ),
        )
        .scalar_subquery()
    )


def _listed(array: ColumnElement[Any]) -> ColumnElement[Any]:
    """Take an array as the driver gives it: ten thousand rows of four are long looked through."""
    return type_coerce(array, NullType())


async def on_roster(
    session: Session, project_id: UUID, period: str, indexes: Collection[str], now: datetime
) -> Mapping[str, OnRoster]:
    """Give who of some people, by blind index of their numbers, is on a project's roster."""
    rows = await session.execute(
        select(
            Worker.id_index,
            Worker.id,
            _listed(func.array_agg(RosterEntry.name_index)),
            _listed(func.array_agg(aggregate_order_by(RosterEntry.entered_on, RosterEntry.id))),
            _listed(func.array_agg(aggregate_order_by(RosterEntry.left_on, RosterEntry.id))),
            _contracted(project_id, period),
            _cards(project_id, now),
        )
        .join(RosterEntry, RosterEntry.worker_id == Worker.id)
        .where(RosterEntry.project_id == project_id, one_text_of(Worker.id_index, indexes))
        .group_by(Worker.id)
    )
    return {
        index: OnRoster(
            worker_id,
            frozenset(names),
            contract,
            frozenset(held or ()),
            tuple(zip(entered, left, strict=True)),
        )
        for index, worker_id, names, entered, left, contract, held in rows
    }
