"""Proceedings beside arrears cases, over HTTP: opened, listed, shown, and moved."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.actions.proceedings import WholeProceeding
from services.cases.errors import (
    ActNotPossible,
    ActNotYours,
    CaseMoved,
    CaseUnknown,
    EvidenceRefused,
    PersonNeeded,
    ProceedingUnknown,
    SecondPersonNeeded,
    StepRefused,
)
from services.cases.models import Proceeding
from services.cases.routes.router import router
from services.cases.schemas.proceedings import (
    ProceedingFilter,
    ProceedingIn,
    ProceedingOut,
    ProceedingStepIn,
    WholeProceedingOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page
from shared.problems import Invalid, raises

_WORK = [may("cases:work_cases")]


@router.get(
    "/v1/proceedings",
    dependencies=_WORK,
    summary="Referrals, judgments, transfers, listings, publications and supervisions of cases",
    response_model=Page[ProceedingOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def all_proceedings(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[ProceedingFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Proceeding]:
    return await queries.proceedings.proceedings(
        session, filters, who.scope, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/arrears-cases/{case_id}/proceedings",
    dependencies=_WORK,
    summary="Open a proceeding beside a case; what its act needs and lacks is named",
    status_code=201,
    response_model=WholeProceedingOut,
    responses=raises(CaseUnknown, ActNotYours, PersonNeeded, EvidenceRefused, StepRefused, Invalid),
)
async def open_proceeding(
    session: Transaction, who: Who, case_id: UUID, body: ProceedingIn
) -> WholeProceeding:
    return await actions.proceedings.open_proceeding(session, who, case_id, body, clock.now())


@router.get(
    "/v1/proceedings/{proceeding_id}",
    dependencies=_WORK,
    summary="A proceeding with its limits, its steps, and what the caller can do with it",
    response_model=WholeProceedingOut,
    responses=raises(ProceedingUnknown, Invalid),
)
async def one_proceeding(session: Transaction, who: Who, proceeding_id: UUID) -> WholeProceeding:
    return await actions.proceedings.read_proceeding(session, who, proceeding_id)


@router.post(
    "/v1/proceedings/{proceeding_id}/steps",
    dependencies=_WORK,
    summary="Do something with a proceeding; what cannot be done now names what can",
    response_model=WholeProceedingOut,
    responses=raises(
        ProceedingUnknown,
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
async def take_proceeding_step(
    session: Transaction, who: Who, proceeding_id: UUID, body: ProceedingStepIn
) -> WholeProceeding:
    return await actions.proceedings.take_proceeding_step(
        session, who, proceeding_id, body, clock.now()
    )
