"""Wage accounts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true

from services.payroll.models import (
    ArrearsCase,
    Closing,
    Freeze,
    Obligation,
    Project,
    WageAccount,
)
from services.payroll.queries.sets import one_text_of
from services.payroll.queries.sync import gone
from services.payroll.rules.accounts import AccountStatus
from services.payroll.rules.accounts import Closing as ClosingFacts
from services.payroll.rules.conditions import COMPLETE
from services.payroll.rules.obligations import MISSED, OPEN
from services.payroll.schemas.accounts import WageAccountFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def wage_accounts(
    session: Session,
    scope: Scope,
    only: WageAccountFilter,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[WageAccount]:
    """Give a page of the wage accounts that the caller may see."""
    seen = known.in_scope(
        WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
    )
    statement = select(WageAccount).where(seen)
    if only.project_id:
        statement = statement.where(WageAccount.project_id == only.project_id)
    if only.status:
        statement = statement.where(WageAccount.status == only.status)
    return await paging.sync(
        session,
        statement,
        model=WageAccount,
        by=(WageAccount.opened_on, WageAccount.id),
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=gone(scope, seen),
    )


async def locked_find_account(
    session: Session, main_index: str, account_index: str
) -> WageAccount | None:
    """Give the wage account of a number, by its blind index; who enters the same waits here.

    All ledgers of an account wait for each other.
    """
    await asking.wait_for(session, f"account:{main_index}")
    same = select(WageAccount).where(WageAccount.account_index == account_index)
    return await session.scalar(same.with_for_update())


async def accounts_of_projects(
    session: Session, project_ids: Collection[UUID]
) -> Mapping[UUID, WageAccount]:
    """Give the wage accounts of some projects, by id."""
    rows = await session.scalars(select(WageAccount).where(WageAccount.project_id.in_(project_ids)))
    return {row.id: row for row in rows}


async def find_other_mode(
    session: Session, main_index: str, *, ledger: str | None
) -> WageAccount | None:
    """Give an account of this number that is kept otherwise: whole, or in ledgers; or None."""
    column = WageAccount.account_index if ledger else WageAccount.main_index
    return await session.scalar(select(WageAccount).where(column == main_index).limit(1))


def _alive() -> ColumnElement[bool]:
    return WageAccount.status != asking.code(AccountStatus.CLOSED)


async def find_any_account_of_project(session: Session, project_id: UUID) -> WageAccount | None:
    """Give a project's account that is not closed, pending or not, or None."""
    return (
        await session.scalars(
            select(WageAccount).where(WageAccount.project_id == project_id, _alive())
        )
    ).one_or_none()


async def find_account_of_project(session: Session, project_id: UUID) -> WageAccount | None:
    """Give the account that takes a project's money: open and not closed, or None."""
    found = await find_any_account_of_project(session, project_id)
    return found if found and not found.pending else None


async def locked_accounts_of_project(session: Session, project_id: UUID) -> Sequence[WageAccount]:
    """Give a project's accounts for changing, closed ones included."""
    rows = await session.scalars(
        select(WageAccount)
        .where(WageAccount.project_id == project_id)
        .order_by(WageAccount.id)
        .with_for_update()
    )
    return rows.all()


def _seen(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(
        WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
    )


async def account(session: Session, account_id: UUID, scope: Scope) -> WageAccount:
    """Give an account that the caller may see, or raise NotFound."""
    row = await session.scalar(
        select(WageAccount).where(WageAccount.id == account_id, _seen(scope))
    )
    if row is None:
        raise NotFound
    return row


async def locked_account(session: Session, account_id: UUID, scope: Scope) -> WageAccount:
    """Give an account that the caller may change, as it is now, or raise NotFound."""
    row = await session.scalar(
        select(WageAccount)
        .where(WageAccount.id == account_id, _seen(scope))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


async def locked_unused_accounts(
    session: Session, account_ids: Collection[UUID]
) -> Sequence[WageAccount]:
    """Give those of some accounts that no line had come for, for changing."""
    rows = await session.scalars(
        select(WageAccount)
        .where(WageAccount.id.in_(account_ids), WageAccount.used_since.is_(None))
        .order_by(WageAccount.id)
        .with_for_update()
    )
    return rows.all()


async def account_of_freeze(session: Session, freeze_id: UUID) -> WageAccount:
    """Give the account of a freeze for which a limit was armed."""
    of_it = select(Freeze.account_id).where(Freeze.id == freeze_id).scalar_subquery()
    return (await session.scalars(select(WageAccount).where(WageAccount.id == of_it))).one()


async def locked_freeze(session: Session, account_id: UUID, freeze_id: UUID) -> Freeze:
    """Give a freeze of an account for changing, or raise NotFound."""
    row = await session.scalar(
        select(Freeze)
        .where(Freeze.id == freeze_id, Freeze.account_id == account_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


async def freezes(
    session: Session, account_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Freeze]:
    """Give a page of an account's freezes, oldest first; raises NotFound."""
    owner = await account(session, account_id, scope)
    statement = select(Freeze).where(Freeze.account_id == owner.id)
    by = (Freeze.from_on, Freeze.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def frozen_until(
    session: Session, account_ids: Collection[UUID], day: date
) -> dict[UUID, date | None]:
    """Give those of some accounts that are frozen on a day, each with the last day, if known."""
    rows = await session.execute(
        select(
            Freeze.account_id,
            func.bool_or(Freeze.until_on.is_(None)),
            func.max(Freeze.until_on),
        )
        .where(
            Freeze.account_id.in_(account_ids),
            Freeze.from_on <= day,
            Freeze.until_on.is_(None) | (Freeze.until_on >= day),
        )
        .group_by(Freeze.account_id)
    )
    return {row[0]: None if row[1] else row[2] for row in rows}


async def frozen(session: Session, account_ids: Collection[UUID], day: date) -> set[UUID]:
    """Give those of some accounts that are frozen on a day."""
    found = await session.scalars(
        select(Freeze.account_id).where(
            Freeze.account_id.in_(account_ids),
            Freeze.from_on <= day,
            Freeze.until_on.is_(None) | (Freeze.until_on >= day),
        )
    )
    return set(found)


async def locked_closings(session: Session, account_id: UUID) -> Sequence[Closing]:
    """Give who asked for an account's closing and did not have to ask again, for changing."""
    rows = await session.scalars(
        select(Closing)
        .where(Closing.account_id == account_id, ~Closing.withdrawn)
        .order_by(Closing.id)
        .with_for_update()
    )
    return rows.all()


async def closings(
    session: Session, account_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[Closing]:
    """Give a page of who asked for the closing of an account; raises NotFound."""
    owner = await account(session, account_id, scope)
    statement = select(Closing).where(Closing.account_id == owner.id)
    return await paging.page(session, statement, by=(Closing.id,), cursor=cursor, limit=limit)


async def closing_facts(session: Session, account: WageAccount, today: date) -> ClosingFacts:
    """Give what is looked at when an account is to be closed."""
    counted = (
        select(
            func.count().filter(Obligation.status.in_(MISSED)).label("missed"),
            func.count().filter(Obligation.status.in_(OPEN)).label("ahead"),
        )
        .where(Obligation.project_id == account.project_id)
        .subquery()
    )
    cases = (
        select(func.count())
        .select_from(ArrearsCase)
        .where(ArrearsCase.project_id == account.project_id, ArrearsCase.closed_at.is_(None))
        .scalar_subquery()
    )
    status, open_cases, missed, ahead = (
        await session.execute(
            select(Project.status, cases, counted.c.missed, counted.c.ahead)
            .join_from(Project, counted, true())
            .where(Project.id == account.project_id)
        )
    ).one()
    return ClosingFacts(
        account.close_reason,
        account.noticed_on,
        status == COMPLETE,
        open_cases,
        missed,
        ahead,
        account.id in await frozen(session, [account.id], today),
    )


async def locked_case(session: Session, case_id: UUID) -> ArrearsCase | None:
    """Give an arrears case that cases told of, for changing, or None."""
    return await session.scalar(
        select(ArrearsCase).where(ArrearsCase.id == case_id).with_for_update()
    )


async def accounts_by_index(
    session: Session, indexes: Collection[str]
) -> Mapping[str, WageAccount]:
    """Give the wage accounts of some numbers, whoever's they are, by blind index.

    One that is pending takes no money yet; its lines wait until it is open.
    """
    rows: Sequence[WageAccount] = (
        await session.scalars(
            select(WageAccount).where(
                one_text_of(WageAccount.account_index, indexes), ~WageAccount.pending
            )
        )
    ).all()
    return {row.account_index: row for row in rows}
