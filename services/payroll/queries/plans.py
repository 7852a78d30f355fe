"""What decides what is owed from now on: versions of terms, stops; and what was noted of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.payroll.models import (
    Credit,
    Obligation,
    ObligationNote,
    Stop,
    Supplement,
    WorksContract,
)
from services.payroll.queries import obligations
from services.payroll.rules.plans import Spell, Version
from shared import paging
from shared.areas import Scope
from shared.db import Session


async def supplement_is_new(session: Session, **values: Any) -> bool:
    """Write a version of a contract's terms; False if it is there."""
    written = insert(Supplement).values(**values).on_conflict_do_nothing().returning(Supplement.id)
    return await session.scalar(written) is not None


async def locked_contracts_of(session: Session, project_id: UUID) -> Sequence[WorksContract]:
    """Give a project's works contracts; who plans by one of them waits for who does already."""
    rows = await session.scalars(
        select(WorksContract)
        .where(WorksContract.project_id == project_id)
        .order_by(WorksContract.id)
        .with_for_update()
    )
    return rows.all()


async def versions_of(
    session: Session, contracts: Collection[WorksContract]
) -> Mapping[UUID, Sequence[Version]]:
    """Give all versions of some contracts' terms, the first as it was signed, by contract."""
    found: dict[UUID, list[Version]] = {
        each.id: [Version(1, each.first_period, each.terms)] for each in contracts
    }
    rows = await session.scalars(
        select(Supplement)
        .where(Supplement.works_contract_id.in_(list(found)))
        .order_by(Supplement.version)
    )
    for row in rows:
        found[row.works_contract_id].append(row.as_version)
    return found


async def locked_plan(session: Session, project_id: UUID) -> Mapping[UUID, Sequence[Obligation]]:
    """Give all that a project ever owed, what is closed included, by contract, for changing."""
    rows = await session.scalars(
        select(Obligation)
        .where(Obligation.project_id == project_id)
        .order_by(Obligation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Obligation]] = defaultdict(list)
    for row in rows:
        found[row.works_contract_id].append(row)
    return found


async def locked_stop(session: Session, stop_id: UUID) -> Stop | None:
    """Give a stop of works for changing, or None."""
    return await session.scalar(select(Stop).where(Stop.id == stop_id).with_for_update())


async def locked_open_stops(session: Session, project_id: UUID) -> Sequence[Stop]:
    """Give the stops of a project of which nobody knows the end, for changing."""
    rows = await session.scalars(
        select(Stop)
        .where(Stop.project_id == project_id, Stop.until_on.is_(None))
        .order_by(Stop.id)
        .with_for_update()
    )
    return rows.all()


async def spells(session: Session, project_id: UUID) -> Sequence[Spell]:
    """Give when a project's works stood still, or will."""
    rows = await session.scalars(select(Stop).where(Stop.project_id == project_id))
    return [row.spell for row in rows]


async def locked_credits(session: Session, obligation_ids: Collection[UUID]) -> Sequence[Credit]:
    """Give what counts for some obligations, the line that came last first, for changing."""
    rows = await session.scalars(
        select(Credit)
        .where(Credit.obligation_id.in_(obligation_ids), Credit.amount > 0)
        .order_by(Credit.at.desc(), Credit.serial.desc())
        .with_for_update()
    )
    return rows.all()


async def notes(
    session: Session, obligation_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[ObligationNote]:
    """Give a page of what happened to an obligation, oldest first; raises NotFound."""
    owed = await obligations.obligation(session, obligation_id, scope)
    statement = select(ObligationNote).where(ObligationNote.obligation_id == owed.id)
    by = (ObligationNote.at, ObligationNote.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
