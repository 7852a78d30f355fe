"""Proposals to open an arrears case, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    ProposalDecided,
    ProposalUnknown,
)
from services.cases.models import CaseProposal
from services.cases.routes.router import SYNC, router
from services.cases.schemas.proposals import (
    ProposalFilter,
    ProposalOut,
    RefusalIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Invalid, raises


@router.get(
    "/v1/proposals",
    dependencies=[may("cases:read")],
    summary="Proposals to open an arrears case, as a list or a sync",
    response_model=Page[ProposalOut],
    responses=raises(*SYNC),
)
async def proposals(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[ProposalFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[CaseProposal]:
    return await queries.proposals.proposals(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.post(
    "/v1/proposals/{proposal_id}/confirm",
    dependencies=[may("cases:decide")],
    summary="Open the proposed arrears case",
    response_model=ProposalOut,
    responses=raises(ProposalUnknown, ProposalDecided, Invalid),
)
async def confirm_proposal(session: Transaction, who: Who, proposal_id: UUID) -> CaseProposal:
    return await actions.proposals.confirm_proposal(session, who, proposal_id, clock.now())


@router.post(
    "/v1/proposals/{proposal_id}/refuse",
    dependencies=[may("cases:decide")],
    summary="Open no arrears case until the project's next miss",
    response_model=ProposalOut,
    responses=raises(ProposalUnknown, ProposalDecided, Invalid),
)
async def refuse_proposal(
    session: Transaction, who: Who, proposal_id: UUID, body: RefusalIn
) -> CaseProposal:
    return await actions.proposals.refuse_proposal(
        session, who, proposal_id, body.reason, clock.now()
    )
