"""What people do about watch items, over HTTP."""

from typing import Any
from uuid import UUID

from services.cases import actions
from services.cases.errors import (
    AlreadyClosed,
    EvidenceRefused,
    NotAnswered,
    NotYoursToAnswer,
    PromiseInThePast,
    UnderVerification,
    WatchItemUnknown,
)
from services.cases.models import WatchItem, WatchItemEntry
from services.cases.routes.router import router
from services.cases.schemas.answers import (
    AnswerIn,
    AnswersIn,
    AnswersOut,
    AssigneeIn,
    FindingIn,
    VerifyIn,
)
from services.cases.schemas.items import EntryOut, WatchItemOut
from shared import clock
from shared.auth import Who, may
from shared.db import Transaction
from shared.problems import Invalid, raises


@router.post(
    "/v1/watch-items/{item_id}/answers",
    dependencies=[may("cases:answer")],
    summary="Answer a watch item",
    status_code=201,
    response_model=WatchItemOut,
    responses=raises(
        WatchItemUnknown,
        NotYoursToAnswer,
        AlreadyClosed,
        UnderVerification,
        PromiseInThePast,
        EvidenceRefused,
        Invalid,
    ),
)
async def answer_watch_item(
    session: Transaction, who: Who, item_id: UUID, body: AnswerIn
) -> WatchItem:
    return await actions.answers.answer_watch_item(session, who, item_id, body, clock.now())


@router.post(
    "/v1/watch-items/answers",
    dependencies=[may("cases:answer")],
    summary="Answer up to 200 watch items with the same words, each by its rules",
    response_model=AnswersOut,
)
async def answer_several(session: Transaction, who: Who, body: AnswersIn) -> dict[str, Any]:
    return await actions.answers.answer_several(session, who, body, clock.now())


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
