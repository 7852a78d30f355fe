"""Chains of periods: who holds the delay, for reading; and locked for what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, select, tuple_
from sqlalchemy.orm import selectinload

from services.cases.errors import ProjectUnknown
from services.cases.models import PayChain, PayStage, WageMonth
from services.cases.queries import rows
from services.cases.rules import delay
from services.cases.rules.delay import Held, Party, StageCode
from services.cases.schemas.delay import DelayFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.paging import Found
from shared.wording import Text
from shared.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Charged:
    """How many working days of a period's delay are a party's."""

    party: Party
    unit_id: UUID | None
    days: int


@dataclass(frozen=True, slots=True)
class Delay:
    """A period of a contract: who held it when, and whose the delay is."""

    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    due_amount: Decimal | None
    as_of: date
    calendar_version: str
    stages: list[Held]
    charged: list[Charged]
    days: int
    held_by: Party | None
    waiting: Text | None

    @classmethod
    def of(
        cls, chain: PayChain, wages: WageMonth | None, today: date, calendar: Calendar
    ) -> "Delay":
        """Work out the days of a chain that is read with its stages."""
        reached = {one.code: one.reached_on for one in chain.stages if one.reached_on}
        owed = wages is not None and wages.owed
        maker = wages.employer_id if wages else None
        if wages is not None and owed:
            reached |= wages.reached
            reached[StageCode.MONTH_OVER] = delay.month_over(chain.period)
        stages = delay.held(
            chain.due_on,
            delay.in_turn(reached),
            today,
            calendar,
            delay.stages(owed=owed, by_contractor=maker in {None, chain.contractor_id}),
        )
        units = {
            Party.DEVELOPER: chain.developer_id,
            Party.CONTRACTOR: chain.contractor_id,
            Party.SUBCONTRACTOR: maker,
        }
        charged = [
            Charged(party, units.get(party), days) for party, days in delay.charged(stages).items()
        ]
        held_by = delay.holder(stages)
        return cls(
            chain.id,
            chain.works_contract_id,
            chain.period,
            chain.due_on,
            chain.due_amount,
            today,
            calendar.version,
            stages,
            charged,
            sum(one.days for one in charged),
            held_by,
            delay.WAITING[held_by] if held_by and today > chain.due_on else None,
        )


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(PayChain.area_code, scope, PayChain.developer_id, PayChain.contractor_id)


async def delays(
    session: Session,
    project_id: UUID,
    filters: DelayFilter,
    scope: Scope,
    today: date,
    *,
    cursor: str | None,
    limit: int,
) -> Found[Delay]:
    """Give a page of a project's periods, the first due first, or raise ProjectUnknown."""
    theirs = (PayChain.project_id == project_id, _visible(scope))
    if not await session.scalar(select(exists().where(*theirs))):
        raise ProjectUnknown
    statement = select(PayChain).where(*theirs).options(selectinload(PayChain.stages))
    if filters.period is not None:
        statement = statement.where(PayChain.period == filters.period)
    by = (PayChain.due_on, PayChain.id)
    found = await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
    calendars = {
        code: await known.calendar(session, code)
        for code in {chain.area_code for chain in found.items}
    }
    wages = await _wages(session, found.items)
    items = [
        Delay.of(
            chain, wages.get((chain.project_id, chain.period)), today, calendars[chain.area_code]
        )
        for chain in found.items
    ]
    return Found(items, found.next)


async def find_delay(
    session: Session, obligation_id: UUID, scope: Scope, today: date
) -> Delay | None:
    """Give who holds the delay of one period, as a caller sees it; None if nothing was told."""
    theirs = (PayChain.id == obligation_id, _visible(scope))
    statement = select(PayChain).where(*theirs).options(selectinload(PayChain.stages))
    chain = (await session.scalars(statement)).one_or_none()
    if chain is None:
        return None
    wages = (await _wages(session, [chain])).get((chain.project_id, chain.period))
    return Delay.of(chain, wages, today, await known.calendar(session, chain.area_code))


async def _wages(
    session: Session, chains: Sequence[PayChain]
) -> Mapping[tuple[UUID, str], WageMonth]:
    """Give how far wages of chains' months have come, by project and period."""
    keys = {(chain.project_id, chain.period) for chain in chains}
    rows = await session.scalars(
        select(WageMonth).where(tuple_(WageMonth.project_id, WageMonth.period).in_(keys))
    )
    return {(row.project_id, row.period): row for row in rows}


_MONTH = select(WageMonth).where(
    WageMonth.project_id == bindparam("project_id"), WageMonth.period == bindparam("period")
)


async def locked_wage_month(session: Session, **values: Any) -> WageMonth:
    """Give a month's wages for changing, written as given if nothing was told of them before."""
    about = {name: values[name] for name in ("project_id", "period")}
    # It is told of several times; at first it is written, by whoever comes first.
    while True:
        month = await rows.locked_by(session, _MONTH, **about)
        if month := month or await rows.written(session, WageMonth, **values):
            return month


async def locked_chain(session: Session, **values: Any) -> PayChain:
    """Give a period's chain for changing, written as given if nothing was told of it before."""
    statement = select(PayChain).where(PayChain.id == values["id"])
    new = await rows.written(session, PayChain, **values)
    return new or (await rows.locked_all(session, statement))[0]


async def locked_stage(
    session: Session, chain_id: UUID, code: str, **values: Any
) -> tuple[PayStage, bool]:
    """Give a stage of a locked chain for changing, and whether it was written just now."""
    new = await rows.written(session, PayStage, chain_id=chain_id, code=code, **values)
    statement = select(PayStage).where(PayStage.chain_id == chain_id, PayStage.code == code)
    return new or (await rows.locked_all(session, statement))[0], new is not None


async def reached(session: Session, chain_id: UUID) -> dict[str, date]:
    """Give the stages of a chain that are reached, each with its day."""
    found = await session.execute(
        select(PayStage.code, PayStage.reached_on).where(PayStage.chain_id == chain_id)
    )
    return {code: on for code, on in found.all() if on is not None}
