"""The arrears ledger: cases as rows with names, and their sums, by one filter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from services.cases.models import (
    OWN_COURSE,
    ArrearsCase,
    ArrearsLine,
    ArrearsPayment,
    CaseClock,
    CaseStep,
)
from services.cases.queries import registry
from services.cases.queries.arrears import EMPLOYER, filtered, of_age
from services.cases.rules import ledger as rules
from services.cases.rules.arrears import Age, Conclusion
from services.cases.rules.case_clocks import COUNTED_DOWN, ClockKind
from services.cases.rules.course import Act
from services.cases.rules.ledger import By, LedgerRow, LedgerSums, Told, Totals
from services.cases.schemas.arrears import ArrearsCaseFilter
from shared import clock, known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.paging import Found

_CLOSING = (*COUNTED_DOWN, ClockKind.ACCEPTANCE)
"""The limits within which a case ends, one way or another."""
_AS_IT_STANDS = ("state", "stage", "overdue", "clear_by_until")
_INSTANT = timedelta(microseconds=1)
_COLUMNS: Mapping[By, Any] = {
    By.INDUSTRY: ArrearsCase.industry,
    By.CAUSE: cast(ArrearsCase.cause, Text()),
    By.SOURCE: cast(ArrearsCase.channel, Text()),
    By.UNIT: cast(func.coalesce(ArrearsCase.unit_id, ArrearsCase.receiver_id), Text()),
}


@dataclass(frozen=True, slots=True)
class _Moment:
    """As of when cases are counted, and beside which year."""

    at: datetime
    year: int
    past: bool = False


async def ledger_rows(
    session: Session, filters: ArrearsCaseFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[LedgerRow]:
    """Give a page of the ledger, the oldest first."""
    found = await paging.page(
        session,
        await filtered(session, select(ArrearsCase), filters, scope),
        by=(ArrearsCase.id,),
        cursor=cursor,
        limit=limit,
    )
    named = await _named(session, found.items)
    return Found([_row(one, named) for one in found.items], found.next, more=found.more)


_SAME = (
    "number", "area_code", "place", "project_id", "investment", "industry", "months",
    "arisen_on", "workers_told", "amount_told", "workers", "claimed", "verified", "paid",
    "owed", "nature", "cause", "channel", "clear_by", "stage", "conclusion",
)  # fmt: skip


class _Named:
    """What a page of cases knows by id only, each asked for in one statement."""

    def __init__(self) -> None:
        self.areas: Mapping[str, str] = {}
        self.organisations: Mapping[UUID, Any] = {}
        self.projects: Mapping[UUID, Any] = {}
        self.related: Mapping[UUID, str | None] = {}
        self.overdue: frozenset[UUID] = frozenset()
        self.steps: dict[UUID, list[Any]] = {}


async def _named(session: Session, cases: Sequence[ArrearsCase]) -> _Named:
    named, ids = _Named(), {one.id for one in cases}
    named.areas = await area_names(session, {one.area_code for one in cases})
    named.projects = await registry.projects(
        session, {one.project_id for one in cases if one.project_id}
    )
    bodies = {one.answerable_id for one in cases} | {one.employer_id for one in cases}
    bodies |= {one.sector_authority_id for one in named.projects.values()}
    named.organisations = await registry.organisations(session, {one for one in bodies if one})
    others = select(ArrearsCase.id, ArrearsCase.number).where(
        ArrearsCase.id.in_({one.related_id for one in cases if one.related_id})
    )
    named.related = {row[0]: row[1] for row in await session.execute(others)}
    over = select(CaseClock.case_id).where(
        CaseClock.case_id.in_(ids),
        OWN_COURSE,
        CaseClock.ended_at.is_(None),
        CaseClock.over_at.is_not(None),
    )
    named.overdue = frozenset(await session.scalars(over))
    number = CaseStep.details["document_number"].astext
    steps = select(CaseStep.case_id, CaseStep.act, CaseStep.actor, number)
    steps = steps.where(CaseStep.case_id.in_(ids), CaseStep.act.is_not(None))
    for row in await session.execute(steps.order_by(CaseStep.at, CaseStep.id)):
        named.steps.setdefault(row[0], []).append(row[1:])
    return named


async def area_names(session: Session, codes: Iterable[str]) -> Mapping[str, str]:
    """Give what areas are called; those that are known."""
    found = await session.execute(
        select(KnownArea.code, KnownArea.name).where(KnownArea.code.in_(list(codes)))
    )
    return {row[0]: row[1] for row in found}


def _row(one: ArrearsCase, named: _Named) -> LedgerRow:
    project = named.projects.get(one.project_id) if one.project_id else None
    card = one.project or {}

    def called(body: UUID | None) -> str | None:
        known_one = named.organisations.get(body) if body else None
        return known_one.name if known_one else None

    contractor = project.contractor_name if project else card.get("contractor_name")
    same = {name: getattr(one, name) for name in _SAME}
    steps = named.steps.get(one.id, [])
    acts = {act for act, _, _ in steps}
    return LedgerRow(
        **same,
        case_id=one.id,
        area_name=named.areas.get(one.area_code, one.area_code),
        project_name=project.name if project else card.get("name"),
        sector_authority=called(project.sector_authority_id) if project else None,
        developer=project.developer_name if project else card.get("developer_name"),
        contractor=contractor,
        employer=called(one.employer_id) or one.employer_name or contractor,
        workers_paid=one.workers - one.workers_owed,
        opened_on=clock.day_of(one.opened_at),
        accepted_on=_day(one.accepted_at),
        unit_id=one.answerable_id,
        unit=called(one.answerable_id),
        handled_by=steps[-1][1] if steps else None,
        measures=[act for act in rules.MEASURES if act in acts],
        documents=[number for _, _, number in steps if number],
        to_police=Act.TRANSFER in acts or one.conclusion is Conclusion.CRIMINAL,
        # A limit is over at its instant: the day before it is the last one.
        due_on=_day(one.next_at - _INSTANT if one.next_at else None),
        overdue=one.id in named.overdue,
        ended_on=_day(one.ended_at),
        related=named.related.get(one.related_id) if one.related_id else None,
    )


def _day(at: datetime | None) -> Any:  # noqa: ANN401  a day, or None of what has not been
    return clock.day_of(at) if at else None


async def totals(
    session: Session, filters: ArrearsCaseFilter, scope: Scope, by: By, now: datetime
) -> Totals:
    """Sum up what the ledger lists, by class and group, with the year before beside it."""
    year = filters.year or clock.day_of(now).year
    here = await _counted(session, filters, scope, by, _Moment(now, year))
    before = None
    if all(getattr(filters, name) is None for name in _AS_IT_STANDS):
        day = rules.a_year_before(min(clock.day_of(now), date(year, 12, 31)))
        then = _Moment(clock.day_end(day), year - 1, past=True)
        before = await _counted(session, _a_year_before(filters), scope, by, then)
    keys = {one.key for one in [*here, *(before or ())] if one.key}
    return rules.totals(by, here, before, await _names(session, by, keys))


def _a_year_before(filters: ArrearsCaseFilter) -> ArrearsCaseFilter:
    days = ("opened_from", "opened_until", "ended_from", "ended_until")
    moved: dict[str, Any] = {
        name: rules.a_year_before(getattr(filters, name))
        for name in days
        if getattr(filters, name) is not None
    }
    if filters.year is not None:
        moved["year"] = filters.year - 1
    return filters.model_copy(update=moved)


async def _names(session: Session, by: By, keys: Iterable[str]) -> Mapping[str, str]:
    if by is By.AREA:
        return await area_names(session, keys)
    if by is By.UNIT:
        found = await registry.organisations(session, {UUID(key) for key in keys})
        return {str(body): one.name for body, one in found.items()}
    return rules.WORDS[by]


async def _counted(
    session: Session,
    filters: ArrearsCaseFilter,
    scope: Scope,
    by: By,
    moment: _Moment,
) -> list[Told]:
    """Count cases as of an instant; of one that is over, what had ended, or was paid, by then."""
    place = aliased(KnownArea)
    key = _COLUMNS.get(by)
    if key is None:
        own = ArrearsCase.area_code
        key = await area_below(session, filters.area_code, scope, place, own)
    told = select(key.label("key"), ArrearsCase.nature, *_facts(moment))
    told = await filtered(session, told, filters, scope)
    told = told.where(ArrearsCase.opened_at <= moment.at)
    if by is By.AREA:
        told = told.outerjoin(place, place.code == ArrearsCase.area_code)
    one = told.subquery()
    whole = func.grouping(one.c.key)
    statement = select(one.c.key, whole, one.c.nature, *_sums(one.c, past=moment.past)).group_by(
        func.grouping_sets(tuple_(one.c.nature), tuple_(one.c.nature, one.c.key))
    )
    return [
        Told(row[0], bool(row[1]), row[2], LedgerSums(*row[3:]))
        for row in await session.execute(statement)
    ]


async def area_below(
    session: Session,
    asked: str | None,
    scope: Scope,
    place: type[KnownArea],
    area_code: Any,  # noqa: ANN401  a column
) -> ColumnElement[Any]:
    """Give the area directly below the one that is asked for; what lies in none is its own."""
    areas = sorted(scope.areas)
    base = asked or (areas[0] if len(areas) == 1 else NATION)
    depth = len(await known.lineage(session, base))
    below = func.nullif(func.split_part(place.path, "/", depth + 2), "")
    return func.coalesce(below, area_code)


def _facts(moment: _Moment) -> list[Any]:
    """Give what is counted of each case, as of an instant."""
    at, year, past = moment.at, moment.year, moment.past
    ended = ArrearsCase.ended_at
    closed = and_(ended.is_not(None), ended < at) if past else ended.is_not(None)
    about = CaseClock.case_id == ArrearsCase.id
    over = exists().where(about, CaseClock.kind.in_(_CLOSING), CaseClock.over_at <= at)
    running: ColumnElement[bool] = CaseClock.ended_at.is_(None)
    if past:
        running = or_(running, CaseClock.ended_at >= at)
    overdue = exists().where(about, OWN_COURSE, running, CaseClock.over_at <= at)
    paid: Any = _paid_by(at) if past else ArrearsCase.paid
    return [
        of_age(Age.CARRIED, year).label("carried"),
        of_age(Age.STOCK, year).label("stock"),
        closed.label("closed"),
        (closed & ~over).label("in_limit"),
        overdue.label("overdue"),
        EMPLOYER.label("employer"),
        ArrearsCase.workers_told,
        ArrearsCase.amount_told,
        ArrearsCase.workers,
        ArrearsCase.workers_owed,
        ArrearsCase.claimed,
        ArrearsCase.verified,
        paid.label("paid"),
        ArrearsCase.owed,
    ]


def _paid_by(at: datetime) -> Any:  # noqa: ANN401  a scalar subquery
    """Give what had been paid in a case by an instant; what was withdrawn counts no longer."""
    return (
        select(func.coalesce(func.sum(ArrearsPayment.amount), 0))
        .join(ArrearsLine, ArrearsLine.id == ArrearsPayment.line_id)
        .where(
            ArrearsPayment.case_id == ArrearsCase.id,
            ArrearsPayment.paid_on < clock.day_of(at),
            ~ArrearsLine.withdrawn,
        )
        .scalar_subquery()
    )


def _sums(one: Any, *, past: bool) -> list[Any]:  # noqa: ANN401  columns of a subquery
    """Give the sums in the order of `LedgerSums`."""

    def counted(wanted: Any = None) -> Any:  # noqa: ANN401
        return func.count() if wanted is None else func.count(case((wanted, 1)))

    def added(column: Any) -> Any:  # noqa: ANN401
        return func.coalesce(func.sum(column), 0)

    unknown = literal(None)
    paid_to = unknown if past else added(one.workers) - added(one.workers_owed)
    return [
        counted(), counted(one.carried), counted(~one.carried), counted(one.stock),
        counted(~one.stock), counted(~one.closed), counted(one.closed), counted(one.in_limit),
        counted(one.overdue), func.count(distinct(one.employer)), added(one.workers_told),
        added(one.amount_told), added(one.workers), paid_to, added(one.claimed),
        added(one.verified),
        added(one.paid), unknown if past else added(one.owed),
    ]  # fmt: skip
