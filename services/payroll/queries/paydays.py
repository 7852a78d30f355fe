"""Months of projects and the days by which their wages are due, for reading and for changing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, bindparam, exists, func, or_, select, update

from services.payroll.models import (
    Payday,
    PayMonth,
    Project,
    RosterEntry,
    Source,
    Stop,
    Supplement,
    WageAccount,
    WorksContract,
)
from services.payroll.rules.accounts import AccountStatus
from services.payroll.rules.paydays import Agreed
from services.payroll.rules.plans import Spell, Version
from shared import asking, clock, known
from shared.areas import NATION, Scope
from shared.db import Session, same_id
from shared.workdays import months_after

_USED = and_(
    WageAccount.status != AccountStatus.CLOSED, WageAccount.status != AccountStatus.PENDING
)


def month_id(project_id: UUID, period: str) -> UUID:
    """Give the id of a project's month, the same whoever writes it first."""
    return same_id(clock.at(date.fromisoformat(f"{period}-01")), project_id, period)


async def touch(session: Session, project_id: UUID, periods: Collection[str]) -> None:
    """Note that something was told of months of a project; the poll works them out anew.

    Their rows are locked by this until the end. Conditions, if anything, are locked after it.
    """
    if not periods:
        return
    told = sorted(set(periods))
    ids = [month_id(project_id, period) for period in told]
    await asking.rows(session, _TOUCH, project_id, ids, told)


_TOUCH = """
    INSERT INTO pay_months (id, project_id, period)
    SELECT id, $1::uuid, period FROM unnest($2::uuid[], $3::text[]) AS told (id, period)
    ON CONFLICT (project_id, period) DO UPDATE SET touched = true WHERE NOT pay_months.touched
"""


async def touch_since(session: Session, project_id: UUID, period: str) -> None:
    """Note that something was told of a project that matters from a month on."""
    await session.execute(
        update(PayMonth)
        .where(PayMonth.project_id == project_id, PayMonth.period >= period, ~PayMonth.touched)
        .values(touched=True)
    )


async def touch_within(session: Session, area_code: str) -> None:
    """Note that days of an area became others; what is judged is not looked at again."""
    inside: ColumnElement[bool] = or_(
        known.in_scope(Project.area_code, Scope(frozenset({area_code}))),
        Project.area_code == area_code,
    )
    open_ = select(Payday.month_id).join(Project, Project.id == Payday.project_id)
    open_ = open_.where(Payday.judged_on.is_(None))
    if area_code != NATION:
        open_ = open_.where(inside)
    await session.execute(
        update(PayMonth).where(PayMonth.id.in_(open_), ~PayMonth.touched).values(touched=True)
    )


async def touch_closed(session: Session, today: date) -> None:
    """Begin to look at the month that is over, and again at the one before it.

    Of the first: every project that anybody worked at, by its roster or by what was told already.
    """
    last = f"{months_after(today.replace(day=1), -1):%Y-%m}"
    before = f"{months_after(today.replace(day=1), -2):%Y-%m}"
    first = date.fromisoformat(f"{last}-01")
    there = (
        select(RosterEntry.project_id)
        .where(
            RosterEntry.entered_on < months_after(first, 1),
            or_(RosterEntry.left_on.is_(None), RosterEntry.left_on >= first),
        )
        .distinct()
    )
    for project_id in await session.scalars(there):
        await touch(session, project_id, [last])
    await session.execute(
        update(PayMonth)
        .where(PayMonth.period.in_([last, before]), ~PayMonth.touched)
        .values(touched=True)
    )


def _due(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """A day is over, and the bank's data up to it are there, or there is no account to wait for."""
    lacking = (
        exists()
        .where(
            WageAccount.project_id == Payday.project_id,
            _USED,
            Source.id == WageAccount.source_id,
            Source.fed_until < Payday.due_on,
        )
        .correlate(Payday)
    )
    return and_(Payday.judged_on.is_(None), Payday.workers > 0, Payday.due_on < today, ~lacking)


MONTH_WAITS = (
    exists().where(PayMonth.touched)
    | select(Payday.id).where(_due(bindparam("today", type_=Date))).exists()
)
"""Whether something was told of a month, or one of its days is over `today`."""


async def locked_months(session: Session, today: date, limit: int) -> Sequence[PayMonth]:
    """Give the next months to be worked out, for changing, that nobody else is at.

    Those of which something was told; and those with a day that is over and can be judged.
    """
    ids = select(Payday.month_id).where(_due(today)).order_by(Payday.due_on).limit(limit)
    found: list[PayMonth] = []
    for wanted in (PayMonth.touched, PayMonth.id.in_(ids)):
        rows = await session.scalars(
            select(PayMonth)
            .where(wanted, PayMonth.id.not_in([row.id for row in found]))
            .order_by(PayMonth.id)
            .limit(limit - len(found))
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        found += rows
        if len(found) == limit:
            break
    return found


_PAYDAYS = (
    select(Payday)
    .where(asking.one_of(Payday.month_id, "ids"))
    .order_by(Payday.id)
    .execution_options(populate_existing=True)
)


async def locked_paydays(
    session: Session, month_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[UUID, Payday]]:
    """Give the days by which wages of some months are due, by month and employer, for changing."""
    found: dict[UUID, dict[UUID, Payday]] = defaultdict(dict)
    for row in await session.scalars(_PAYDAYS.with_for_update(), {"ids": [*month_ids]}):
        found[row.month_id][row.employer_id] = row
    return found


_FED_UNTIL = (
    select(WageAccount.project_id, func.min(Source.fed_until))
    .join(Source, Source.id == WageAccount.source_id)
    .where(asking.one_of(WageAccount.project_id, "ids"), _USED)
    .group_by(WageAccount.project_id)
)


async def fed_until(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, date]:
    """Give until when the bank's data of projects' accounts are there; no account, no day."""
    rows = await asking.told(session, _FED_UNTIL, {"ids": [*project_ids]})
    return {row[0]: row[1] for row in rows}


_CONTRACTS = select(WorksContract).where(asking.one_of(WorksContract.project_id, "ids"))
_SUPPLEMENTS = (
    select(Supplement)
    .where(asking.one_of(Supplement.works_contract_id, "ids"))
    .order_by(Supplement.version)
)


async def agreed(
    session: Session, project_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[Agreed]]:
    """Give the works contracts of some projects with all versions of their terms."""
    contracts = (await session.scalars(_CONTRACTS, {"ids": [*project_ids]})).all()
    versions: dict[UUID, list[Version]] = {
        each.id: [Version(1, each.first_period, each.terms)] for each in contracts
    }
    for row in await session.scalars(_SUPPLEMENTS, {"ids": [*versions]}):
        versions[row.works_contract_id].append(row.as_version)
    found: dict[UUID, list[Agreed]] = defaultdict(list)
    for each in contracts:
        said = Agreed(each.contractor_id, each.signed_on, versions[each.id])
        found[each.project_id].append(said)
    return found


_STOPS = select(Stop).where(asking.one_of(Stop.project_id, "ids"))


async def stops(session: Session, project_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Spell]]:
    """Give when the works of some projects stood still."""
    found: dict[UUID, list[Spell]] = defaultdict(list)
    for row in await session.scalars(_STOPS, {"ids": [*project_ids]}):
        found[row.project_id].append(row.spell)
    return found
