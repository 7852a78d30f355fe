"""What accounts hold, from the sums of their months and the balances that banks told."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, tuple_

from services.payroll import rules
from services.payroll.models import (
    AccountMonth,
    BankLine,
    Obligation,
    Project,
    Source,
    WageAccount,
)
from services.payroll.queries import policies
from services.payroll.rules.accounts import AccountMode, AccountStatus
from services.payroll.rules.conditions import Cover
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.reserves import NOTHING, Month, Reserve
from services.payroll.schemas.reserves import ReserveFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound

Key = tuple[UUID, str]
"""A source, and the blind index of an account of it."""


@dataclass(frozen=True, slots=True)
class AccountReserve:
    """A project's account, and what it holds."""

    account_id: UUID
    project_id: UUID
    project_name: str
    area_code: str
    developer_id: UUID
    contractor_id: UUID | None
    mode: AccountMode
    ledger_no: str | None
    status: AccountStatus
    balance: Decimal
    bank_balance: Decimal | None
    """What the bank told last."""
    account_balance: Decimal
    """What is on the whole account: on all its ledgers, where it has any."""
    fed_until: date
    average_payroll: Decimal | None
    months_averaged: int
    months_covered: Decimal | None
    months: Sequence[Month]


async def locked_months(
    session: Session, source_id: UUID, keys: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], AccountMonth]:
    """Give the months of accounts of a source, by blind index and month, for changing.

    Whoever brings lines holds the source, so nobody else adds a month meanwhile.
    """
    rows = await session.scalars(
        select(AccountMonth)
        .where(
            AccountMonth.source_id == source_id,
            tuple_(AccountMonth.account_index, AccountMonth.month).in_(keys),
        )
        .order_by(AccountMonth.id)
        .with_for_update()
    )
    return {(row.account_index, row.month): row for row in rows}


async def payments_given_back(
    session: Session, source_id: UUID, asked: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], BankLine]:
    """Give the outgoing lines that returns name, by blind index and serial."""
    rows = await session.scalars(
        select(BankLine).where(
            BankLine.source_id == source_id,
            tuple_(BankLine.account_index, BankLine.serial).in_(asked),
        )
    )
    return {(row.account_index, row.serial): row for row in rows}


async def _months(session: Session, keys: Collection[Key]) -> Mapping[Key, Sequence[Month]]:
    rows = await session.scalars(
        select(AccountMonth)
        .where(tuple_(AccountMonth.source_id, AccountMonth.account_index).in_(keys))
        .order_by(AccountMonth.month)
    )
    found: dict[Key, list[Month]] = defaultdict(list)
    for row in rows:
        month = Month(
            row.month,
            row.came_in,
            row.went_out,
            row.payroll,
            row.payroll_lines,
            row.returned_lines,
        )
        found[row.source_id, row.account_index].append(month)
    return found


async def _days(session: Session, keys: Collection[Key]) -> Mapping[Key, tuple[Decimal, Decimal]]:
    """Give with what an account began, and what the bank told last."""
    sources, indexes = [key[0] for key in keys], [key[1] for key in keys]
    rows = await asking.rows(session, _FIRST_AND_LAST, sources, indexes)
    return {(source, index): (opening, closing) for source, index, opening, closing in rows}


# Both days of each account are found by the index, however many there are between them.
_FIRST_AND_LAST = """
    SELECT asked.source_id, asked.account_index, first.opening, last.closing
    FROM unnest($1::uuid[], $2::text[]) AS asked (source_id, account_index), LATERAL (
        SELECT opening FROM account_days AS days
        WHERE days.source_id = asked.source_id AND days.account_index = asked.account_index
        ORDER BY day LIMIT 1) AS first, LATERAL (
        SELECT closing FROM account_days AS days
        WHERE days.source_id = asked.source_id AND days.account_index = asked.account_index
        ORDER BY day DESC LIMIT 1) AS last
"""


async def covers(
    session: Session, account_ids: Collection[UUID], today: date
) -> Mapping[UUID, Cover]:
    """Give how many months of wages some accounts cover, where any month with wages is over."""
    if not account_ids:
        return {}
    accounts = (
        await session.scalars(select(WageAccount).where(WageAccount.id.in_(account_ids)))
    ).all()
    moved = await _months(session, [_key(row) for row in accounts])
    if not any(each.payroll > 0 for months in moved.values() for each in months):
        return {}
    reserves, months = await _reserves(session, accounts, today)
    known_covers = {row.id: reserves[row.id].cover for row in accounts}
    last = rules.reserves.month_before(today)
    due = await session.scalars(
        select(Obligation.project_id).where(
            Obligation.project_id.in_([row.project_id for row in accounts]),
            Obligation.period == last,
            Obligation.status != ObligationStatus.CLOSED,
        )
    )
    worked = set(due)
    return {
        row.id: Cover(
            cover,
            row.project_id in worked
            and not any(each.month == last and each.payroll > 0 for each in months[row.id]),
        )
        for row in accounts
        if (cover := known_covers[row.id]) is not None
    }


async def _reserves(
    session: Session, accounts: Sequence[WageAccount], today: date
) -> tuple[Mapping[UUID, Reserve], Mapping[UUID, Sequence[Month]]]:
    keys = {row.id: _key(row) for row in accounts}
    months = await _months(session, keys.values())
    days = await _days(session, keys.values())
    windows = {
        area_code: await policies.policy_in_force(
            session, PolicyKind.COVER_WINDOW, area_code, today
        )
        for area_code in {row.area_code for row in accounts}
    }
    found = {
        row.id: rules.reserves.reserve(
            days.get(keys[row.id], (NOTHING, NOTHING))[0],
            months.get(keys[row.id], ()),
            today,
            windows[row.area_code].values["months"],
        )
        for row in accounts
    }
    return found, {row.id: months.get(keys[row.id], ()) for row in accounts}


async def balance(session: Session, account: WageAccount, today: date) -> Decimal:
    """Give what is on an account, or a ledger of one, by the bank's lines."""
    found, _ = await _reserves(session, [account], today)
    return found[account.id].balance


async def accounts_with_wages(session: Session, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Give the projects of the next accounts from which wages were paid, by account."""
    paid = (
        select(AccountMonth.id)
        .where(
            AccountMonth.source_id == WageAccount.source_id,
            AccountMonth.account_index == WageAccount.account_index,
            AccountMonth.payroll > 0,
        )
        .exists()
    )
    statement = (
        select(WageAccount.project_id)
        .where(WageAccount.status != AccountStatus.CLOSED, paid)
        .order_by(WageAccount.project_id)
        .limit(limit)
    )
    if after:
        statement = statement.where(WageAccount.project_id > after)
    return (await session.scalars(statement)).all()


async def reserves(
    session: Session,
    scope: Scope,
    only: ReserveFilter,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[AccountReserve]:
    """Give a page of what the accounts hold that the caller may see."""
    statement = select(WageAccount).where(
        known.in_scope(
            WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
        ),
        WageAccount.status != AccountStatus.CLOSED,
    )
    if only.area_code:
        inside = known.in_scope(WageAccount.area_code, Scope(frozenset({only.area_code})))
        statement = statement.where(inside)
    if only.developer_id:
        statement = statement.where(WageAccount.developer_id == only.developer_id)
    by = (WageAccount.opened_on, WageAccount.id)
    page = await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
    return paging.Found(await _shown(session, page.items, today), page.next)


async def reserve_of_project(
    session: Session, project_id: UUID, scope: Scope, today: date
) -> AccountReserve:
    """Give what a project's account holds, with its months; raises NotFound."""
    row = await session.scalar(
        select(WageAccount)
        .where(
            WageAccount.project_id == project_id,
            known.in_scope(
                WageAccount.area_code, scope, WageAccount.developer_id, WageAccount.contractor_id
            ),
        )
        # The one in use before one that is closed, of those the last.
        .order_by(WageAccount.closed_on.desc().nulls_first())
        .limit(1)
    )
    if row is None:
        raise NotFound
    return (await _shown(session, [row], today))[0]


async def _shown(
    session: Session, accounts: Sequence[WageAccount], today: date
) -> Sequence[AccountReserve]:
    if not accounts:
        return []
    found, months = await _reserves(session, accounts, today)
    days = await _days(session, [_key(row) for row in accounts])
    rows = await session.execute(
        select(WageAccount.id, Project.card["name"].astext, Source.fed_until)
        .join(Project, Project.id == WageAccount.project_id)
        .join(Source, Source.id == WageAccount.source_id)
        .where(WageAccount.id.in_([row.id for row in accounts]))
    )
    about = {account_id: (name, fed_until) for account_id, name, fed_until in rows}
    whole = await _whole_accounts(session, accounts, today)
    return [
        AccountReserve(
            account_id=row.id,
            project_id=row.project_id,
            project_name=about[row.id][0],
            area_code=row.area_code,
            developer_id=row.developer_id,
            contractor_id=row.contractor_id,
            mode=row.mode,
            ledger_no=row.ledger_no,
            status=row.status,
            balance=found[row.id].balance,
            bank_balance=days[key][1] if (key := _key(row)) in days else None,
            account_balance=whole.get(row.main_index or "", found[row.id].balance),
            fed_until=about[row.id][1],
            average_payroll=found[row.id].average_payroll,
            months_averaged=found[row.id].months,
            months_covered=found[row.id].months_covered,
            months=months[row.id],
        )
        for row in accounts
    ]


def _key(row: WageAccount) -> Key:
    return row.source_id, row.account_index


async def _whole_accounts(
    session: Session, accounts: Sequence[WageAccount], today: date
) -> Mapping[str, Decimal]:
    """Give what is on all ledgers of an account together, by its blind index."""
    mains = {row.main_index for row in accounts if row.main_index}
    if not mains:
        return {}
    rows = (
        await session.scalars(select(WageAccount).where(WageAccount.main_index.in_(mains)))
    ).all()
    found, _ = await _reserves(session, rows, today)
    sums: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for row in rows:
        sums[row.main_index or ""] += found[row.id].balance
    return sums
