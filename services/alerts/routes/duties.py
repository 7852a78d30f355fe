"""Patterns of duties, gaps of rosters, and leaves over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import AreaUnknown, DutyOver, LeaveRefused, RecipientUnknown
from services.alerts.models import DutyPattern, Leave
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.duties import (
    DutyPatternFilter,
    DutyPatternIn,
    DutyPatternOut,
    DutyPatternPatch,
    GapFilter,
    GapsOut,
    LeaveFilter,
    LeaveIn,
    LeaveOut,
    LeavePatch,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, Stale, raises


@router.get(
    "/v1/duty-rosters/gaps", summary="When nobody on a roster can be told, in the next days",
    response_model=GapsOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown),
)  # fmt: skip
async def find_gaps(
    session: Transaction, caller: Who, asked: Annotated[GapFilter, Query()]
) -> dict[str, Any]:
    return await actions.duties.find_gaps(session, caller, asked, clock.now())


@router.get(
    "/v1/duty-patterns", summary="Duties that come again by the calendar",
    response_model=Page[DutyPatternOut], dependencies=[may("alerts:write_recipients")],
    responses=LIST,
)  # fmt: skip
async def duty_patterns(
    session: Transaction,
    caller: Who,
    asked: Annotated[DutyPatternFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[DutyPattern]:
    return await queries.duties.duty_patterns(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/duty-patterns", summary="Let duties come again, of one recipient or several in turn",
    status_code=201, response_model=DutyPatternOut,
    dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown, RecipientUnknown),
)  # fmt: skip
async def enter_pattern(session: Transaction, caller: Who, body: DutyPatternIn) -> DutyPattern:
    return await actions.duties.enter_pattern(session, caller, body, clock.now())


@router.patch(
    "/v1/duty-patterns/{pattern_id}", summary="Give a pattern its last day",
    response_model=DutyPatternOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(NotFound, Stale, DutyOver),
)  # fmt: skip
async def end_pattern(
    session: Transaction, caller: Who, pattern_id: UUID, body: DutyPatternPatch
) -> DutyPattern:
    return await actions.duties.end_pattern(session, caller, pattern_id, body, clock.now())


@router.get(
    "/v1/leaves", summary="Who is on leave when, and who stands in",
    response_model=Page[LeaveOut], dependencies=[may("alerts:write_recipients")], responses=LIST,
)  # fmt: skip
async def leaves(
    session: Transaction,
    caller: Who,
    asked: Annotated[LeaveFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Leave]:
    return await queries.duties.leaves(session, caller.scope, asked, cursor=cursor, limit=limit)


@router.post(
    "/v1/leaves", summary="Let somebody else be told in a recipient's place for some days",
    status_code=201, response_model=LeaveOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(RecipientUnknown, LeaveRefused),
)  # fmt: skip
async def enter_leave(session: Transaction, caller: Who, body: LeaveIn) -> Leave:
    return await actions.duties.enter_leave(session, caller, body, clock.now())


@router.patch(
    "/v1/leaves/{leave_id}", summary="End a leave, change who stands in, or cancel it",
    response_model=LeaveOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(NotFound, RecipientUnknown, Stale, DutyOver, LeaveRefused),
)  # fmt: skip
async def change_leave(
    session: Transaction, caller: Who, leave_id: UUID, body: LeavePatch
) -> Leave:
    return await actions.duties.change_leave(session, caller, leave_id, body, clock.now())
