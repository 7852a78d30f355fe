"""Recipients and duty rosters over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.alerts import actions, queries
from services.alerts.errors import (
    AreaUnknown,
    RecipientUnknown,
    RobotUnknown,
)
from services.alerts.models import (
    DutyRoster,
    Recipient,
)
from services.alerts.routes.router import LIST, router
from services.alerts.schemas.recipients import (
    DutyRosterFilter,
    DutyRosterIn,
    DutyRosterOut,
    RecipientFilter,
    RecipientFind,
    RecipientIn,
    RecipientOut,
    RecipientPatch,
    RevealedOut,
    RevealIn,
)
from shared import clock, paging
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import Stale, raises


@router.get(
    "/v1/recipients", summary="Who can be told, addresses masked",
    response_model=Page[RecipientOut], dependencies=[may("alerts:write_recipients")],
    responses=LIST,
)  # fmt: skip
async def recipients(
    session: Transaction,
    caller: Who,
    asked: Annotated[RecipientFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Recipient]:
    return await queries.recipients.recipients(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/recipients", summary="Enter a person or post that can be told", status_code=201,
    response_model=RecipientOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown, RobotUnknown),
)  # fmt: skip
async def enter_recipient(session: Transaction, caller: Who, body: RecipientIn) -> Recipient:
    return await actions.recipients.enter_recipient(session, caller, body, clock.now())


@router.post(
    "/v1/recipients/find", summary="Find recipients by a whole phone number or mail address",
    response_model=Page[RecipientOut], dependencies=[may("alerts:write_recipients")],
)  # fmt: skip
async def find_recipients(
    session: Transaction, caller: Who, body: RecipientFind
) -> Found[Recipient]:
    return await actions.recipients.find_recipients(session, caller, body)


@router.get(
    "/v1/recipients/{recipient_id}", summary="A recipient, addresses masked",
    response_model=RecipientOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(RecipientUnknown),
)  # fmt: skip
async def recipient(session: Transaction, caller: Who, recipient_id: UUID) -> Recipient:
    return await queries.recipients.recipient(session, recipient_id, caller.scope)


@router.patch(
    "/v1/recipients/{recipient_id}", summary="Change a recipient", response_model=RecipientOut,
    dependencies=[may("alerts:write_recipients")],
    responses=raises(RecipientUnknown, RobotUnknown, Stale),
)  # fmt: skip
async def change_recipient(
    session: Transaction, caller: Who, recipient_id: UUID, body: RecipientPatch
) -> Recipient:
    return await actions.recipients.change_recipient(
        session, caller, recipient_id, body, clock.now()
    )


@router.post(
    "/v1/recipients/{recipient_id}/reveal", summary="Show clear addresses; this is recorded",
    response_model=RevealedOut, dependencies=[may("alerts:reveal")],
    responses=raises(RecipientUnknown), openapi_extra={"x-shows-secret": True},
)  # fmt: skip
async def reveal_recipient(
    session: Transaction, caller: Who, recipient_id: UUID, body: RevealIn
) -> Recipient:
    return await actions.recipients.reveal_recipient(session, caller, recipient_id, body)


@router.get(
    "/v1/duty-rosters", summary="Who is on duty where and when",
    response_model=Page[DutyRosterOut], dependencies=[may("alerts:write_recipients")],
    responses=LIST,
)  # fmt: skip
async def duty_rosters(
    session: Transaction,
    caller: Who,
    asked: Annotated[DutyRosterFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[DutyRoster]:
    return await queries.recipients.duty_rosters(
        session, caller.scope, asked, cursor=cursor, limit=limit
    )


@router.post(
    "/v1/duty-rosters", summary="Put a recipient on duty", status_code=201,
    response_model=DutyRosterOut, dependencies=[may("alerts:write_recipients")],
    responses=raises(AreaUnknown, RecipientUnknown),
)  # fmt: skip
async def enter_duty(session: Transaction, caller: Who, body: DutyRosterIn) -> DutyRoster:
    return await actions.recipients.enter_duty(session, caller, body, clock.now())
