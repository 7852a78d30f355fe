"""Cases as the employers that they are about are told of them: by the terms of each area."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, distinct, false, func, or_, select

from services.cases.errors import CaseUnknown, ListNotOpen
from services.cases.models import (
    ArrearsCase,
    ArrearsLine,
    CaseClock,
    CaseReport,
    EmployerTerms,
    Project,
)
from services.cases.queries import persons
from services.cases.rules import employer_cases as rules
from services.cases.rules import policies
from services.cases.rules.arrears import Nature
from services.cases.rules.case_clocks import ClockKind, last_day
from services.cases.rules.employer_cases import AskedOf
from shared import clock, known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.paging import Found
from shared.wording import Text as Wording


@dataclass(frozen=True, slots=True)
class EmployerCase:
    """What an employer is told of a case."""

    id: UUID
    area_code: str
    project_id: UUID | None
    unit_id: UUID | None
    nature: Nature
    at_least: int | None
    told: Wording
    asked: AskedOf
    asked_words: Wording
    due_on: date | None
    listed: bool
    workers: int | None = None
    claimed: Decimal | None = None
    verified: Decimal | None = None
    paid: Decimal | None = None
    owed: Decimal | None = None


_SUMS = ("workers", "claimed", "verified", "paid", "owed")


def _about(scope: Scope) -> ColumnElement[bool]:
    """Say whether a case is about the caller's company: it employs, or answers for who does.

    The contractor of a site is asked to pay first of all (724号 art. 30), whoever employs. A
    developer is asked by what its project's own misses have led to alone.
    """
    if scope.org is None:
        return false()
    sites = select(Project.id).where(Project.contractor_id == scope.org)
    accepted = ArrearsCase.accepted_at.is_not(None)
    parties = (ArrearsCase.employer_id, ArrearsCase.contractor_id, ArrearsCase.developer_id)
    own = or_(*(party == scope.org for party in parties), ArrearsCase.project_id.in_(sites))
    return known.in_scope(ArrearsCase.area_code, Scope(scope.areas)) & accepted & own


async def _terms(session: Session, scope: Scope, at: datetime) -> Mapping[str, EmployerTerms]:
    """Give the terms in force in each area where a case is about the caller's company."""
    areas = set(await session.scalars(select(ArrearsCase.area_code).where(_about(scope))))
    known_of = await persons.lineages(session, areas)
    lineages = {code: known_of.get(code, (code, NATION)) for code in areas}
    codes = {one for lineage in lineages.values() for one in lineage}
    rows = (
        await session.scalars(select(EmployerTerms).where(EmployerTerms.area_code.in_(codes)))
    ).all()
    day = clock.day_of(at)
    found = {code: policies.in_force(rows, lineage, day) for code, lineage in lineages.items()}
    return {code: terms for code, terms in found.items() if terms is not None}


def _told(terms: Mapping[str, EmployerTerms], scope: Scope) -> ColumnElement[bool]:
    """Say whether a case is told: about the company, in a stage that its area's terms name."""
    open_in = [
        and_(ArrearsCase.area_code == code, ArrearsCase.stage.in_(one.stages))
        for code, one in terms.items()
    ]
    return _about(scope) & (or_(*open_in) if open_in else false())


async def employer_cases(
    session: Session, scope: Scope, at: datetime, *, cursor: str | None, limit: int
) -> Found[EmployerCase]:
    """Give a page of what the caller's company is told, in no order of time."""
    terms = await _terms(session, scope, at)
    statement = select(ArrearsCase).where(_told(terms, scope))
    by = (ArrearsCase.employer_handle,)
    found = await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
    told = await _narrowed(session, found.items, terms)
    return Found(told, found.next, more=found.more)


async def employer_case(session: Session, handle: UUID, scope: Scope, at: datetime) -> EmployerCase:
    """Give what the caller's company is told of a case, or raise CaseUnknown."""
    case, terms = await _case(session, handle, scope, at)
    return (await _narrowed(session, [case], terms))[0]


async def employer_lines(
    session: Session, handle: UUID, scope: Scope, at: datetime, *, cursor: str | None, limit: int
) -> Found[ArrearsLine]:
    """Give a page of the list for verification; raise CaseUnknown, or ListNotOpen."""
    case, terms = await _case(session, handle, scope, at)
    if case.stage not in terms[case.area_code].list_stages:
        raise ListNotOpen
    statement = select(ArrearsLine).where(ArrearsLine.case_id == case.id)
    by = (ArrearsLine.position, ArrearsLine.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def _case(
    session: Session, handle: UUID, scope: Scope, at: datetime
) -> tuple[ArrearsCase, Mapping[str, EmployerTerms]]:
    terms = await _terms(session, scope, at)
    statement = select(ArrearsCase).where(
        ArrearsCase.employer_handle == handle, _told(terms, scope)
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise CaseUnknown
    return found, terms


async def _narrowed(
    session: Session, cases: Sequence[ArrearsCase], terms: Mapping[str, EmployerTerms]
) -> list[EmployerCase]:
    ids = [case.id for case in cases]
    speakers, due = await _speakers(session, ids), await _due(session, ids)
    return [
        _narrow(case, terms[case.area_code], speakers.get(case.id, 0), due.get(case.id))
        for case in cases
    ]


def _narrow(
    case: ArrearsCase, terms: EmployerTerms, speakers: int, due: datetime | None
) -> EmployerCase:
    workers = max(case.workers_told or 0, case.workers, speakers)
    at_least = rules.told_as(workers, terms.group_workers)
    listed, asked = case.stage in terms.list_stages, rules.asked_of(case.stage)
    sums: dict[str, Any] = {name: getattr(case, name) for name in _SUMS} if listed else {}
    return EmployerCase(
        id=case.employer_handle, area_code=case.area_code, project_id=case.project_id,
        unit_id=case.answerable_id, nature=case.nature, at_least=at_least,
        told=rules.words(at_least), asked=asked, asked_words=rules.WORDS[asked],
        due_on=last_day(due) if due else None, listed=listed, **sums,
    )  # fmt: skip


async def _speakers(session: Session, ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Count who told of each case and has not taken it back; who gave no name counts by report."""
    who = func.coalesce(CaseReport.id_index, CaseReport.phone_index, cast(CaseReport.id, Text()))
    statement = (
        select(CaseReport.case_id, func.count(distinct(who)))
        .where(CaseReport.case_id.in_(ids), CaseReport.withdrawn_at.is_(None))
        .group_by(CaseReport.case_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def _due(session: Session, ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """Give until when each case's employer has to pay, where a decision has said so."""
    statement = select(CaseClock.case_id, func.min(CaseClock.due_at)).where(
        CaseClock.case_id.in_(ids),
        CaseClock.kind == ClockKind.PAYMENT,
        CaseClock.ended_at.is_(None),
        CaseClock.due_at.is_not(None),
    )
    found = await session.execute(statement.group_by(CaseClock.case_id))
    return {case_id: due for case_id, due in found if due is not None}
