"""Silences and their terms over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import (
    AreaUnknown,
    PersonNeeded,
    SecondPersonNeeded,
    SilenceOver,
    SilenceRefused,
    VersionNotLater,
)
from services.alerts.models import Silence, SilenceTerms
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.silences import (
    ApprovalIn,
    SilenceEndIn,
    SilenceFilter,
    SilenceIn,
    SilenceOut,
    SilenceTermsFilter,
    SilenceTermsIn,
    SilenceTermsOut,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, Stale, raises


@router.get(
    "/v1/silences", summary="Silences, the newest first", response_model=Page[SilenceOut],
    dependencies=[may("alerts:silence")], responses=LIST,
)  # fmt: skip
async def silences(
    session: Transaction,
    caller: Who,
    asked: Annotated[SilenceFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Silence]:
    return await queries.silences.silences(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/silences", summary="Send nothing of some alerts to persons for a while",
    status_code=201, response_model=SilenceOut, dependencies=[may("alerts:silence")],
    responses=raises(PersonNeeded, AreaUnknown, SilenceRefused),
)  # fmt: skip
async def silence(session: Transaction, caller: Who, body: SilenceIn) -> Silence:
    return await actions.silences.silence(session, caller, body, clock.now())


@router.post(
    "/v1/silences/{silence_id}/approve", summary="Let a proposed silence begin, as second person",
    response_model=SilenceOut, dependencies=[may("alerts:silence")],
    responses=raises(
        PersonNeeded, NotFound, Stale, SilenceOver, SecondPersonNeeded, SilenceRefused
    ),
)  # fmt: skip
async def approve_silence(
    session: Transaction, caller: Who, silence_id: UUID, body: ApprovalIn
) -> Silence:
    return await actions.silences.approve_silence(session, caller, silence_id, body, clock.now())


@router.post(
    "/v1/silences/{silence_id}/end", summary="End a silence before its time",
    response_model=SilenceOut, dependencies=[may("alerts:silence")],
    responses=raises(PersonNeeded, NotFound, Stale, SilenceOver),
)  # fmt: skip
async def end_silence(
    session: Transaction, caller: Who, silence_id: UUID, body: SilenceEndIn
) -> Silence:
    return await actions.silences.end_silence(session, caller, silence_id, body, clock.now())


@router.get(
    "/v1/silence-terms", summary="How long who may silence, in all versions",
    response_model=Page[SilenceTermsOut], dependencies=[may("alerts:read")], responses=LIST,
)  # fmt: skip
async def silence_terms(
    session: Transaction,
    caller: Who,
    asked: Annotated[SilenceTermsFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[SilenceTerms]:
    return await queries.silences.terms(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/silence-terms", summary="Enter the next version of an area's terms of silences",
    status_code=201, response_model=SilenceTermsOut, dependencies=[may("alerts:write_routes")],
    responses=raises(AreaUnknown, VersionNotLater),
)  # fmt: skip
async def enter_silence_terms(
    session: Transaction, caller: Who, body: SilenceTermsIn
) -> SilenceTerms:
    return await actions.silences.enter_terms(session, caller, body, clock.now())
