"""Arrears cases, their reports and histories: for reading, and locked for changing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    case,
    cast,
    distinct,
    exists,
    false,
    func,
    or_,
    select,
)

from services.cases.errors import CaseUnknown
from services.cases.models import (
    OWN_COURSE,
    ArrearsCase,
    Base,
    CaseClock,
    CaseNumber,
    CaseReport,
    CaseStep,
    CaseTerms,
    Condition,
    EnforcementTerms,
    Project,
    RoutingTerms,
    WatchItem,
)
from services.cases.queries import rows
from services.cases.queries.terms import Terms
from services.cases.rules import policies
from services.cases.rules.arrears import Age, Channel, Nature
from services.cases.rules.conditions import ConditionState
from services.cases.rules.items import CaseState, WatchKind
from services.cases.schemas.arrears import ArrearsCaseFilter
from shared import asking, clock, known, paging
from shared.areas import Scope
from shared.db import Session, new_id
from shared.moves import Left, SyncMove
from shared.paging import Found

COLUMNS = (*ArrearsCase.__table__.columns.keys(), "answerable_id")
"""What a case is made of, by name."""
_OPEN = ArrearsCase.state == asking.code(CaseState.OPEN)
EMPLOYER = func.coalesce(
    cast(ArrearsCase.employer_id, Text()),
    ArrearsCase.employer_name,
    cast(ArrearsCase.contractor_id, Text()),
)
"""Who owes, as far as it is told apart: by id, else by name, else the contractor answers."""
_OVERDUE = exists().where(
    CaseClock.case_id == ArrearsCase.id,
    OWN_COURSE,
    CaseClock.ended_at.is_(None),
    CaseClock.over_at.is_not(None),
)
_SAME = (
    "state",
    "stage",
    "channel",
    "nature",
    "cause",
    "industry",
    "project_id",
    "employer_id",
    "unit_id",
    "conclusion",
)


_COMPARED = 2000
"""So many of the last reports of an office a new one is compared with."""

_Part = TypeVar("_Part", bound=Base)


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """What some cases come to, in cases, employers, workers and yuan."""

    total: int
    open: int
    overdue: int
    employers: int
    workers: int
    claimed: Decimal
    verified: Decimal
    paid: Decimal
    owed: Decimal
    workers_owed: int


def visible(scope: Scope) -> ColumnElement[bool]:
    """Give the predicate that a case lies in the caller's areas and is his to see."""
    # What is told of a company is for its eyes by its own door alone (queries/employer_cases.py).
    return false() if scope.org is not None else known.in_scope(ArrearsCase.area_code, scope)


def seen(statement: Select[ArrearsCase], scope: Scope) -> Select[ArrearsCase]:
    """Narrow cases to those that a caller sees."""
    return statement.where(visible(scope))


async def filtered(
    session: Session, statement: Select[Any], filters: ArrearsCaseFilter, scope: Scope
) -> Select[Any]:
    """Narrow cases to those that a caller sees and asks for: of a list, a count, a ledger."""
    statement = statement.where(visible(scope), *_dated(filters))

    for name in _SAME:
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(getattr(ArrearsCase, name) == wanted)
    if filters.area_code is not None:
        inside = await known.within(session, ArrearsCase.area_code, filters.area_code)
        statement = statement.where(inside)
    if filters.clear_by_until is not None:
        statement = statement.where(ArrearsCase.clear_by <= filters.clear_by_until)
    if filters.red is not None:
        turned = ArrearsCase.incident_id.is_not(None)
        statement = statement.where(turned if filters.red else ~turned)
    if filters.retaliation is not None:
        suffers = ArrearsCase.retaliations_open > 0
        statement = statement.where(suffers if filters.retaliation else ~suffers)
    if filters.overdue is not None:
        statement = statement.where(_OVERDUE if filters.overdue else ~_OVERDUE)
    return statement


def _dated(filters: ArrearsCaseFilter) -> Iterator[ColumnElement[bool]]:
    opened, ended = ArrearsCase.opened_at, ArrearsCase.ended_at
    if filters.opened_from is not None:
        yield opened >= clock.at(filters.opened_from)
    if filters.opened_until is not None:
        yield opened < clock.day_end(filters.opened_until)
    if filters.ended_from is not None:
        yield ended >= clock.at(filters.ended_from)
    if filters.ended_until is not None:
        yield ended < clock.day_end(filters.ended_until)
    if filters.year is not None:
        yield opened < clock.at(date(filters.year + 1, 1, 1))
        yield or_(ended.is_(None), ended >= clock.at(date(filters.year, 1, 1)))
        if filters.age is not None:
            yield of_age(filters.age, filters.year)


def of_age(age: Age, year: int) -> ColumnElement[bool]:
    """Say whether a case is of an age beside a year; what nobody dated is as old as its case."""
    began = date(year, 1, 1)
    carried = ArrearsCase.opened_at < clock.at(began)
    stock = func.coalesce(ArrearsCase.arisen_on < began, carried)
    ages = {Age.CARRIED: carried, Age.OPENED: ~carried, Age.STOCK: stock, Age.FRESH: ~stock}
    return ages[age]


async def arrears_cases(
    session: Session,
    filters: ArrearsCaseFilter,
    scope: Scope,
    *,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> Found[ArrearsCase]:
    """Give a page of arrears cases, the oldest first."""
    left = None
    if scope.org is None:
        left = Left(known.in_scope(SyncMove.area_code, scope), visible(scope))
    return await paging.sync(
        session,
        await filtered(session, select(ArrearsCase), filters, scope),
        model=ArrearsCase,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=left,
    )


async def counts(session: Session, filters: ArrearsCaseFilter, scope: Scope) -> CaseCounts:
    """Count what the list shows; yuan and workers of wages alone, false claims in no total."""
    wages = ArrearsCase.nature == Nature.WAGES
    columns: list[Any] = [
        func.count(),
        func.count(case((_OPEN, 1))),
        func.count(case((_OVERDUE, 1))),
        func.count(distinct(case((wages & _OPEN, EMPLOYER)))),
    ]
    columns += [
        func.coalesce(func.sum(case((wages, column))), 0)
        for column in (
            ArrearsCase.workers,
            ArrearsCase.claimed,
            ArrearsCase.verified,
            ArrearsCase.paid,
            ArrearsCase.owed,
            ArrearsCase.workers_owed,
        )
    ]
    statement = await filtered(session, select(*columns), filters, scope)
    found = (await session.execute(statement)).one()
    return CaseCounts(*found)


async def arrears_case(session: Session, case_id: UUID, scope: Scope) -> ArrearsCase:
    """Give a case, or raise CaseUnknown."""
    statement = select(ArrearsCase).where(ArrearsCase.id == case_id, visible(scope))
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise CaseUnknown
    return found


async def locked_case(session: Session, case_id: UUID, scope: Scope) -> ArrearsCase:
    """Give a case for changing, or raise CaseUnknown."""
    statement = select(ArrearsCase).where(ArrearsCase.id == case_id, visible(scope))
    found = await rows.locked_first(session, statement)
    if found is None:
        raise CaseUnknown
    return found


async def locked_with_case(
    session: Session, model: type[_Part], part_id: UUID, scope: Scope
) -> tuple[ArrearsCase, _Part] | None:
    """Give a part of a case and the case for changing, the case first; None if it is not seen."""
    part: Any = model
    about = select(part.case_id).where(part.id == part_id).scalar_subquery()
    statement = seen(select(ArrearsCase).where(ArrearsCase.id == about), scope)
    if (case := await rows.locked_first(session, statement)) is None:
        return None
    found = await rows.locked_first(session, select(model).where(part.id == part_id))
    return (case, found) if found else None


async def locked_find_case(session: Session, case_id: UUID) -> ArrearsCase | None:
    """Give a case for changing, or None."""
    return await rows.locked_first(session, select(ArrearsCase).where(ArrearsCase.id == case_id))


async def investment_of(session: Session, project_id: UUID) -> str | None:
    """Give whose money builds a project, as it was told last; or None."""
    told = select(Project.investment_type).where(Project.id == project_id)
    if investment := await session.scalar(told):
        return investment
    card = (
        select(WatchItem.project["investment_type"].astext)
        .where(WatchItem.project_id == project_id, WatchItem.project.is_not(None))
        .order_by(WatchItem.id.desc())
        .limit(1)
    )
    return await session.scalar(card)


async def to_clear_within(session: Session, area_code: str) -> Sequence[Any]:
    """Give the open cases of an area that have to be cleared, as plain rows.

    With what their day follows from, and whether it is counted down.
    """
    inside = known.in_scope(ArrearsCase.area_code, Scope(frozenset({area_code})))
    key = func.concat(WatchKind.CASE_LIMIT_NEAR.value, ":", ArrearsCase.id, ":clear_by")
    counted = exists().where(Condition.key == key, Condition.state != ConditionState.ENDED)
    statement = select(
        ArrearsCase.id, ArrearsCase.area_code, ArrearsCase.arisen_on, ArrearsCase.investment,
        ArrearsCase.clear_by, counted.label("counted"),
    ).where(
        ArrearsCase.clear_by.is_not(None),
        _OPEN,
        or_(inside, ArrearsCase.area_code == area_code),
    )  # fmt: skip
    return (await session.execute(statement.order_by(ArrearsCase.id))).all()


async def steps(session: Session, case_id: UUID) -> Sequence[CaseStep]:
    """Give the history of a case, the oldest first."""
    statement = select(CaseStep).where(CaseStep.case_id == case_id)
    return (await session.scalars(statement.order_by(CaseStep.at, CaseStep.id))).all()


async def reports(
    session: Session, case_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> Found[CaseReport]:
    """Give a page of what was told of a case, the first first, or raise CaseUnknown."""
    await arrears_case(session, case_id, scope)
    statement = select(CaseReport).where(CaseReport.case_id == case_id)
    return await paging.page(session, statement, by=(CaseReport.id,), cursor=cursor, limit=limit)


async def report(session: Session, report_id: UUID, scope: Scope) -> CaseReport:
    """Give a report of a case that the caller sees, or raise CaseUnknown."""
    statement = (
        select(CaseReport)
        .join(ArrearsCase, ArrearsCase.id == CaseReport.case_id)
        .where(CaseReport.id == report_id, visible(scope))
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise CaseUnknown
    return found


async def report_of_case(session: Session, case_id: UUID, report_id: UUID) -> CaseReport:
    """Give a report of a case that was found before, or raise CaseUnknown."""
    statement = select(CaseReport).where(CaseReport.id == report_id, CaseReport.case_id == case_id)
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise CaseUnknown
    return found


async def find_report(session: Session, channel: Channel, external_id: str) -> CaseReport | None:
    """Give what a platform has told under a number of its own before, or None."""
    statement = select(CaseReport).where(
        CaseReport.channel == channel, CaseReport.external_id == external_id
    )
    return (await session.scalars(statement)).one_or_none()


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """What was told before, as far as it is compared; nothing of it is opened."""

    case_id: UUID
    state: CaseState
    said: dict[str, Any]
    phone_index: str | None
    id_index: str | None
    name_index: str | None


async def told_before(session: Session, office: str, scope: Scope) -> list[ToldBefore]:
    """Give what an office was told last, the newest first: of open cases, and of ended ones."""
    columns = (
        CaseReport.case_id, ArrearsCase.state, CaseReport.said, CaseReport.phone_index,
        CaseReport.id_index, CaseReport.name_index,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(ArrearsCase, ArrearsCase.id == CaseReport.case_id)
        .where(ArrearsCase.office == office, visible(scope))
        .order_by(CaseReport.id.desc())
        .limit(_COMPARED)
    )
    return [ToldBefore(*row) for row in await session.execute(statement)]


async def locked_reports(session: Session, case_id: UUID) -> list[CaseReport]:
    """Give the reports of a case for changing."""
    return await rows.locked_all(session, select(CaseReport).where(CaseReport.case_id == case_id))


async def locked_case_number(session: Session, office: str, year: int) -> CaseNumber:
    """Give an office's numbers of a year, locked until this transaction ends.

    So that two who open cases at once get two numbers, and one that fails leaves no gap.
    """
    statement = select(CaseNumber).where(CaseNumber.office == office, CaseNumber.year == year)
    while (found := await rows.locked_first(session, statement)) is None:
        await rows.insert_new(session, CaseNumber, id=new_id(), office=office, year=year, last=0)
    return found


async def routing_terms(session: Session, area_code: str, at: datetime) -> RoutingTerms:
    """Give the table by which an area's cases find their body; the nation's is always there."""
    return await terms_in_force(session, RoutingTerms, area_code, at)


async def case_terms(session: Session, area_code: str, at: datetime) -> CaseTerms:
    """Give what an area says of cases; the nation's row is always there."""
    return await terms_in_force(session, CaseTerms, area_code, at)


async def enforcement_terms(session: Session, area_code: str, at: datetime) -> EnforcementTerms:
    """Give from which amounts and for how long an area enforces; the nation's row is there."""
    return await terms_in_force(session, EnforcementTerms, area_code, at)


async def terms_in_force(
    session: Session, model: type[Terms], area_code: str, at: datetime
) -> Terms:
    """Give the terms of the nearest area up the lineage that has any."""
    lineage = await known.lineage(session, area_code)
    found = await session.scalars(select(model).where(model.area_code.in_(lineage)))
    terms = policies.in_force(found.all(), lineage, clock.day_of(at))
    if terms is None:
        raise CaseUnknown
    return terms
