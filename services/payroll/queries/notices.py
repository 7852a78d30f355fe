"""Notices of missed transfers, and the obligations that they are about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.payroll.models import MissNotice, Obligation, Source, WageAccount
from services.payroll.rules.notices import NoticeKind
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.schemas.notices import NoticeFilter
from shared import db, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def account_of_bank(session: Session, account_index: str, scope: Scope) -> WageAccount:
    """Give a wage account that one of the caller's sources sends, or raise NotFound."""
    account = (
        await session.scalars(
            select(WageAccount)
            .join(Source, Source.id == WageAccount.source_id)
            .where(
                WageAccount.account_index == account_index,
                known.in_scope(Source.area_code, scope, Source.bank_id),
            )
        )
    ).one_or_none()
    if account is None:
        raise NotFound
    return account


async def locked_obligations_of_period(
    session: Session, project_id: UUID, period: str
) -> Sequence[Obligation]:
    """Give what a project is owed for a period, of all its contracts, for changing."""
    rows = await session.scalars(
        select(Obligation)
        .where(
            Obligation.project_id == project_id,
            Obligation.period == period,
            Obligation.status != ObligationStatus.CLOSED,
        )
        .order_by(Obligation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def locked_obligation(session: Session, obligation_id: UUID) -> Obligation:
    """Give an obligation for changing; the caller may see it."""
    return (
        await session.scalars(
            select(Obligation)
            .where(Obligation.id == obligation_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one()


async def notice_is_new(session: Session, **values: Any) -> bool:
    """Write a notice unless one of its kind is there for its obligation."""
    done = await session.scalar(
        insert(MissNotice).values(**values).on_conflict_do_nothing().returning(MissNotice.id)
    )
    if done is None:
        return False
    db.record(session, "insert", MissNotice.__tablename__, done, after={"kind": values["kind"]})
    return True


async def notice_of(session: Session, obligation_id: UUID, kind: NoticeKind) -> MissNotice:
    """Give the notice of a kind that an obligation has."""
    return (
        await session.scalars(
            select(MissNotice).where(
                MissNotice.obligation_id == obligation_id, MissNotice.kind == kind
            )
        )
    ).one()


async def notices(
    session: Session, scope: Scope, only: NoticeFilter, *, cursor: str | None, limit: int
) -> paging.Found[MissNotice]:
    """Give a page of notices about obligations that the caller may see, newest first."""
    statement = (
        select(MissNotice)
        .join(Obligation, Obligation.id == MissNotice.obligation_id)
        .where(
            known.in_scope(
                Obligation.area_code, scope, Obligation.developer_id, Obligation.contractor_id
            )
        )
    )
    for column, value in {
        MissNotice.kind: only.kind,
        MissNotice.obligation_id: only.obligation_id,
        MissNotice.came_first: only.came_first,
    }.items():
        if value is not None:
            statement = statement.where(column == value)
    order = (MissNotice.received_at, MissNotice.id)
    return await paging.page(
        session, statement, by=order, cursor=cursor, limit=limit, descending=True
    )
