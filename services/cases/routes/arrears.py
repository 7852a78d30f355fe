"""Arrears cases over HTTP: told of, listed, shown, and acted upon."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from services.cases import actions, queries
from services.cases.actions.arrears import ReportTakenIn, WholeCase
from services.cases.errors import (
    ActNotPossible,
    ActNotYours,
    AreaUnknown,
    CaseMoved,
    CaseUnknown,
    EvidenceRefused,
    FileNotTaken,
    PersonNeeded,
    ReportRefused,
    ReportTaken,
    SecondPersonNeeded,
    StepRefused,
)
from services.cases.models import ArrearsCase, CaseReport, Evidence
from services.cases.queries.arrears import CaseCounts
from services.cases.routes.evidence import keep
from services.cases.routes.router import SYNC, router
from services.cases.schemas.arrears import (
    ArrearsCaseFilter,
    ArrearsCaseOut,
    CaseCountsOut,
    ReportIn,
    ReportOut,
    ReportTakenOut,
    RevealedReportOut,
    WholeCaseOut,
)
from services.cases.schemas.case_steps import StepIn
from services.cases.schemas.evidence import EvidenceOut
from services.cases.schemas.leads import RevealIn
from shared import clock, paging, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.files import Kept
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_Filters = Annotated[ArrearsCaseFilter, Query()]


@router.get(
    "/v1/arrears-cases",
    dependencies=[may("cases:read_cases")],
    summary="Arrears cases, as a list or a sync",
    response_model=Page[ArrearsCaseOut],
    responses=raises(*SYNC),
)
async def arrears_cases(
    session: Transaction,
    who: Who,
    *,
    filters: _Filters,
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[ArrearsCase]:
    return await queries.arrears.arrears_cases(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/arrears-cases/counts",
    dependencies=[may("cases:read_cases")],
    summary="What arrears cases come to: employers, workers, yuan; the list's own filter",
    response_model=CaseCountsOut,
    responses=raises(Invalid),
)
async def arrears_case_counts(session: Transaction, who: Who, *, filters: _Filters) -> CaseCounts:
    return await queries.arrears.counts(session, filters, who.scope)


@router.post(
    "/v1/arrears-cases",
    dependencies=[may("cases:take_reports")],
    summary="Tell of unpaid wages; a case is opened, and its limits run",
    status_code=201,
    response_model=ReportTakenOut,
    responses=raises(AreaUnknown, ReportRefused, ReportTaken, Invalid),
)
async def take_report(session: Transaction, who: Who, body: ReportIn) -> ReportTakenIn:
    return await actions.arrears.take_report(session, who, body, clock.now())


@router.get(
    "/v1/arrears-cases/{case_id}",
    dependencies=[may("cases:read_cases")],
    summary="A case with its limits, its history, and what the caller can do with it",
    response_model=WholeCaseOut,
    responses=raises(CaseUnknown, Invalid),
)
async def arrears_case(session: Transaction, who: Who, case_id: UUID) -> WholeCase:
    return await actions.arrears.read_case(session, who, case_id)


@router.post(
    "/v1/arrears-cases/{case_id}/steps",
    dependencies=[may("cases:work_cases")],
    summary="Do something with a case; what cannot be done now names what can",
    response_model=WholeCaseOut,
    responses=raises(
        CaseUnknown,
        CaseMoved,
        ActNotPossible,
        ActNotYours,
        PersonNeeded,
        SecondPersonNeeded,
        EvidenceRefused,
        StepRefused,
        Invalid,
    ),
)
async def take_step(session: Transaction, who: Who, case_id: UUID, body: StepIn) -> WholeCase:
    return await actions.case_steps.take_step(session, who, case_id, body, clock.now())


@router.get(
    "/v1/arrears-cases/{case_id}/reports",
    dependencies=[may("cases:work_cases")],
    summary="What was told of a case; whoever spoke is masked",
    response_model=Page[ReportOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def reports(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[CaseReport]:
    return await queries.arrears.reports(session, case_id, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/case-reports/{report_id}/reveal",
    dependencies=[may("cases:reveal")],
    summary="Show who reported, and in which words; who read it and why is recorded",
    response_model=RevealedReportOut,
    responses=raises(CaseUnknown, Invalid),
    openapi_extra={"x-shows-secret": True},
)
async def reveal_report(
    session: Transaction, who: Who, report_id: UUID, body: RevealIn
) -> CaseReport:
    return await actions.arrears.reveal_report(session, who, report_id, body.purpose)


@router.post(
    "/v1/arrears-cases/{case_id}/evidence",
    dependencies=[may("cases:work_cases")],
    summary="Bring a file for a case",
    status_code=201,
    response_model=EvidenceOut,
    responses=raises(CaseUnknown, FileNotTaken, uploads.BodyTooLarge, Invalid),
)
async def add_case_evidence(
    kept: Annotated[Kept, Depends(keep)], session: Transaction, who: Who, case_id: UUID
) -> Evidence:
    return await actions.evidence.add_case_evidence(session, who, case_id, kept, clock.now())


@router.get(
    "/v1/arrears-cases/{case_id}/evidence",
    dependencies=[may("cases:work_cases")],
    summary="What was brought for a case",
    response_model=Page[EvidenceOut],
    responses=raises(CaseUnknown, CursorUnreadable, Invalid),
)
async def case_evidence_page(
    session: Transaction, who: Who, case_id: UUID, cursor: paging.Cursor, limit: paging.Limit
) -> Found[Evidence]:
    return await queries.evidence.case_evidence_page(
        session, case_id, who.scope, cursor=cursor, limit=limit
    )
