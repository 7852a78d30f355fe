"""People on the platform, and the cards that their wages go to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, column, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from services.payroll.models import PayeeAccount, Project, RosterEntry, Worker
from services.payroll.queries import sites
from services.payroll.queries.sets import one_of, one_text_of
from services.payroll.rules.retention import BLANKED
from services.payroll.schemas.labour import WorkerFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session


def _by_index(indexes: Collection[str]) -> Select[Worker]:
    return select(Worker).where(one_text_of(Worker.id_index, indexes)).order_by(Worker.id_index)


async def workers_by_index(session: Session, indexes: Collection[str]) -> Sequence[Worker]:
    """Give the people whose ID numbers have some blind indexes, of whatever type."""
    return (await session.scalars(_by_index(indexes))).all()


async def locked_workers(session: Session, indexes: Collection[str]) -> Sequence[Worker]:
    """Give them for changing, in the order in which everybody locks several.

    Whoever enters one of them at another project waits here, and sees the other's row then.
    """
    rows = await session.scalars(
        _by_index(indexes).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    return rows.all()


async def locked_workers_by_id(session: Session, ids: Collection[UUID]) -> Sequence[Worker]:
    """Give people for changing by their ids, in the same order."""
    rows = await session.scalars(
        select(Worker)
        .where(one_of(Worker.id, ids))
        .order_by(Worker.id_index)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return rows.all()


_NEW = ("id", "id_type", "id_number", "id_index", "name", "name_index", "phone", "phone_index",
        "told_at")  # fmt: skip


async def blanked(session: Session, worker_ids: Collection[UUID]) -> Collection[UUID]:
    """Give those of some ids that belong to people who were blanked."""
    rows = await session.scalars(
        select(Worker.id).where(one_of(Worker.id, worker_ids), Worker.id_index.startswith(BLANKED))
    )
    return set(rows)


async def write_workers(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[UUID]:
    """Write people who are not there, as one statement; give the ids of those who were new.

    Somebody who is being written elsewhere is waited for. In the order of their indexes, so that
    two who write the same people do not wait for each other.
    """
    table: Any = Worker.__table__
    ordered = sorted(rows, key=lambda row: str(row["id_index"]))
    arrays = [
        bindparam(f"new_{name}", [row[name] for row in ordered], ARRAY(table.c[name].type))
        for name in _NEW
    ]
    shape = [column(name, table.c[name].type) for name in _NEW]
    said = func.unnest(*arrays).table_valued(*shape, name="said").render_derived()
    statement = (
        insert(Worker)
        .from_select(list(_NEW), select(*(said.c[name] for name in _NEW)))
        .on_conflict_do_nothing(index_elements=["id_index", "id_type"])
        .returning(Worker.id)
    )
    return (await session.scalars(statement)).all()


async def locked_payees(
    session: Session, project_id: UUID, worker_ids: Collection[UUID], now: datetime
) -> Sequence[PayeeAccount]:
    """Give the cards of people at a project that count now or are to count, for changing."""
    rows = await session.scalars(
        select(PayeeAccount)
        .where(
            PayeeAccount.project_id == project_id,
            one_of(PayeeAccount.worker_id, worker_ids),
            or_(PayeeAccount.replaced_at.is_(None), PayeeAccount.replaced_at > now),
        )
        .order_by(PayeeAccount.id)
        .with_for_update()
    )
    return rows.all()


async def locked_newest_payees(
    session: Session, worker_ids: Collection[UUID]
) -> Sequence[PayeeAccount]:
    """Give the newest cards of people at all projects, for changing."""
    rows = await session.scalars(
        select(PayeeAccount)
        .where(one_of(PayeeAccount.worker_id, worker_ids), PayeeAccount.replaced_at.is_(None))
        .order_by(PayeeAccount.id)
        .with_for_update()
    )
    return rows.all()


async def wait_for_cards(session: Session) -> None:
    """Wait until nobody else is looking whose card is whose; the last thing before the end."""
    await asking.wait_for(session, "payee cards")


async def payee_accounts(
    session: Session,
    project_id: UUID,
    scope: Scope,
    only: WorkerFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[PayeeAccount]:
    """Give a page of a project's cards, those that were replaced too; raises ProjectUnknown."""
    await sites.project_on_site(session, project_id, scope)
    statement = _payees(scope).where(PayeeAccount.project_id == project_id)
    if only.worker_id:
        statement = statement.where(PayeeAccount.worker_id == only.worker_id)
    return await paging.page(session, statement, by=(PayeeAccount.id,), cursor=cursor, limit=limit)


def _payees(scope: Scope) -> Select[PayeeAccount]:
    """Give the cards of whoever the caller sees on the same project's roster."""
    seen = (
        select(RosterEntry.id)
        .join(Project, Project.id == RosterEntry.project_id)
        .where(
            RosterEntry.project_id == PayeeAccount.project_id,
            RosterEntry.worker_id == PayeeAccount.worker_id,
            known.in_scope(
                Project.area_code, scope, Project.contractor_id, RosterEntry.employer_id
            ),
        )
    )
    return select(PayeeAccount).where(seen.exists())


async def payee_in_use(
    session: Session, project_id: UUID, worker_id: UUID, now: datetime
) -> PayeeAccount | None:
    """Give the card that a worker's wages of a project go to at an instant, or None."""
    rows = await session.scalars(
        select(PayeeAccount).where(
            PayeeAccount.project_id == project_id,
            PayeeAccount.worker_id == worker_id,
            PayeeAccount.usable_from <= now,
        )
    )
    return next((row for row in rows if row.counts_at(now)), None)
