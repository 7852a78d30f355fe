"""The HTTP door of cases, `/cases/v1`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.cases import actions, queries
from services.cases.errors import (
    AlreadyClosed,
    AreaUnknown,
    NotAnswered,
    PolicyRefused,
    PolicyVersionTaken,
    PromiseInThePast,
    ProposalDecided,
    ProposalUnknown,
    UnderVerification,
    WatchItemUnknown,
)
from services.cases.models import ArrearsCase, CaseProposal, Policy, WatchItem, WatchItemEntry
from services.cases.schemas import (
    AnswerIn,
    ArrearsCaseFilter,
    ArrearsCaseOut,
    AssigneeIn,
    EntryOut,
    FindingIn,
    PolicyFilter,
    PolicyIn,
    PolicyOut,
    ProposalFilter,
    ProposalOut,
    RefusalIn,
    VerifyIn,
    WatchItemCountsOut,
    WatchItemFilter,
    WatchItemOut,
    WatchItemWithTimelineOut,
)
from shared import clock, idempotency, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import CursorUnreadable, Found, Page, SyncAnew
from shared.problems import Invalid, raises

router = idempotency.router("cases")

_SYNC = (CursorUnreadable, SyncAnew, Invalid)


@router.get(
    "/v1/watch-items",
    dependencies=[may("cases:read")],
    summary="Watch items, as a list or a sync",
    response_model=Page[WatchItemOut],
    responses=raises(*_SYNC),
)
async def watch_items(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[WatchItemFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[WatchItem]:
    return await queries.items.watch_items(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )


@router.get(
    "/v1/watch-items/counts",
    dependencies=[may("cases:read")],
    summary="How many watch items there are, by level and state",
    response_model=WatchItemCountsOut,
    responses=raises(Invalid),
)
async def watch_item_counts(
    session: Transaction, who: Who, filters: Annotated[WatchItemFilter, Query()]
) -> queries.items.Counts:
    return await queries.items.watch_item_counts(session, filters, who.scope)


@router.get(
    "/v1/watch-items/{item_id}",
    dependencies=[may("cases:read")],
    summary="A watch item with its timeline",
    response_model=WatchItemWithTimelineOut,
    responses=raises(WatchItemUnknown, Invalid),
)
async def watch_item(session: Transaction, who: Who, item_id: UUID) -> WatchItem:
    return await queries.items.watch_item(session, item_id, who.scope)


@router.post(
    "/v1/watch-items/{item_id}/answers",
    dependencies=[may("cases:answer")],
    summary="Answer a watch item",
    status_code=201,
    response_model=WatchItemOut,
    responses=raises(WatchItemUnknown, AlreadyClosed, UnderVerification, PromiseInThePast, Invalid),
)
async def answer_watch_item(
    session: Transaction, who: Who, item_id: UUID, body: AnswerIn
) -> WatchItem:
    return await actions.answers.answer_watch_item(session, who, item_id, body, clock.now())


@router.post(
    "/v1/watch-items/{item_id}/verify",
    dependencies=[may("cases:verify")],
    summary="Say whether an answer was enough",
    response_model=WatchItemOut,
    responses=raises(WatchItemUnknown, AlreadyClosed, NotAnswered, Invalid),
)
async def verify_watch_item(
    session: Transaction, who: Who, item_id: UUID, body: VerifyIn
) -> WatchItem:
    return await actions.answers.verify_watch_item(session, who, item_id, body, clock.now())


@router.post(
    "/v1/watch-items/{item_id}/findings",
    dependencies=[may("cases:add_finding")],
    summary="Add a finding to a watch item",
    status_code=201,
    response_model=EntryOut,
    responses=raises(WatchItemUnknown, Invalid),
)
async def add_finding(
    session: Transaction, who: Who, item_id: UUID, body: FindingIn
) -> WatchItemEntry:
    return await actions.answers.add_finding(session, who, item_id, body, clock.now())


@router.post(
    "/v1/watch-items/{item_id}/assignee",
    dependencies=[may("cases:assign")],
    summary="Name who answers for a watch item",
    response_model=WatchItemOut,
    responses=raises(WatchItemUnknown, AlreadyClosed, Invalid),
)
async def assign_watch_item(
    session: Transaction, who: Who, item_id: UUID, body: AssigneeIn
) -> WatchItem:
    return await actions.answers.assign_watch_item(session, who, item_id, body, clock.now())


@router.get(
    "/v1/policies",
    dependencies=[may("cases:read")],
    summary="Policies that may govern the caller's areas",
    response_model=Page[PolicyOut],
    responses=raises(CursorUnreadable, Invalid),
)
async def policies(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[PolicyFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Policy]:
    return await queries.policies.policies(session, filters, who.scope, cursor=cursor, limit=limit)


@router.post(
    "/v1/policies",
    dependencies=[may("cases:write_policies")],
    summary="Store a version of an area's policy",
    status_code=201,
    response_model=PolicyOut,
    responses=raises(AreaUnknown, PolicyVersionTaken, PolicyRefused, Invalid),
)
async def add_policy(session: Transaction, who: Who, body: PolicyIn) -> Policy:
    return await actions.policies.add_policy(session, who, body, clock.now())


@router.get(
    "/v1/proposals",
    dependencies=[may("cases:read")],
    summary="Proposals to open an arrears case, as a list or a sync",
    response_model=Page[ProposalOut],
    responses=raises(*_SYNC),
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


@router.get(
    "/v1/arrears-cases",
    dependencies=[may("cases:read")],
    summary="Arrears cases, as a list or a sync",
    response_model=Page[ArrearsCaseOut],
    responses=raises(*_SYNC),
)
async def arrears_cases(
    session: Transaction,
    who: Who,
    *,
    filters: Annotated[ArrearsCaseFilter, Query()],
    cursor: paging.Cursor,
    changed_after: paging.ChangedAfter,
    limit: paging.Limit,
) -> Found[ArrearsCase]:
    return await queries.proposals.arrears_cases(
        session, filters, who.scope, cursor=cursor, changed_after=changed_after, limit=limit
    )
