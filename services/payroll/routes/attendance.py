"""Attendance over HTTP: sent in batches, seen by person and month, and by day."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request

from services.payroll import actions, queries
from services.payroll.actions.attendance import Taken
from services.payroll.errors import AttendanceRefused, ProjectUnknown, RetentionOver
from services.payroll.models import Attendee
from services.payroll.routes.router import router
from services.payroll.rules.attendance import Batch
from services.payroll.schemas import attendance as bodies
from services.payroll.schemas.lines import RevealIn
from shared import clock, paging, turns, uploads
from shared.auth import Who, may
from shared.db import Transaction
from shared.paging import Found, Page
from shared.problems import NotFound, raises


async def _sent(request: Request) -> AsyncIterator[Batch]:
    """Read a batch before the transaction begins, when it is its turn: it takes long."""
    body = await request.body()
    async with turns.turn():
        yield await turns.aside(bodies.read, body)


Sent = Annotated[Batch, Depends(_sent, scope="function")]


def _schema() -> dict[str, Any]:
    """Give the form of the body in one piece: nothing else in the document refers to its parts."""
    schema = bodies.AttendanceIn.model_json_schema()
    parts = schema.pop("$defs")
    record = parts.pop("AttendanceRecordIn")
    forms = [form for field in record["properties"].values() for form in field.get("anyOf", [])]
    for form in forms:
        if "$ref" in form:
            form.update(parts[form.pop("$ref").rpartition("/")[2]])
    schema["properties"]["records"]["items"] = record
    return schema


_BODY = {"required": True, "content": {"application/json": {"schema": _schema()}}}


@router.post(
    "/v1/projects/{project_id}/attendance",
    status_code=201,
    response_model=bodies.AttendanceTakenOut,
    dependencies=[may("payroll:send_attendance")],
    responses=raises(ProjectUnknown, AttendanceRefused, uploads.BodyTooLarge),
    openapi_extra={"requestBody": _BODY},
    summary="Send attendance, 100,000 records at most; each counts once, however often it is sent",
)
async def receive_attendance(
    sent: Annotated[Batch, Depends(_sent, scope="function")],
    session: Transaction,
    caller: Who,
    project_id: UUID,
) -> Taken:
    """Late records are welcome. Those with findings are left out and told; all others count."""
    return await actions.attendance.receive(session, caller, project_id, sent, clock.now())


@router.get(
    "/v1/projects/{project_id}/attendance",
    response_model=Page[bodies.AttendedMonthOut],
    dependencies=[may("payroll:read_attendance")],
    responses=raises(ProjectUnknown, paging.CursorUnreadable),
    summary="List who attended in a month, on how many days; numbers are masked",
)
async def attended_months(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    *,
    only: Annotated[bodies.AttendanceFilter, Query()],
    cursor: paging.Cursor,
    limit: paging.Limit,
) -> Found[Any]:
    return await queries.attendance.months(
        session, project_id, caller.scope, only.period, cursor=cursor, limit=limit
    )


@router.get(
    "/v1/projects/{project_id}/attendance/days",
    response_model=bodies.AttendedDaysOut,
    dependencies=[may("payroll:read_attendance")],
    responses=raises(ProjectUnknown),
    summary="Count the people seen on each day of a month",
)
async def attended_days(
    session: Transaction,
    caller: Who,
    project_id: UUID,
    only: Annotated[bodies.AttendanceFilter, Query()],
) -> dict[str, Any]:
    days = await queries.attendance.days(session, project_id, caller.scope, only.period)
    return {"period": only.period, "days": days}


@router.post(
    "/v1/attendees/{attendee_id}/reveal",
    response_model=bodies.RevealedAttendeeOut,
    dependencies=[may("payroll:reveal")],
    responses=raises(NotFound, RetentionOver),
    openapi_extra={"x-shows-secret": True},
    summary="Show the number of somebody whom gates saw; who read it and why is recorded",
)
async def reveal_attendee(
    session: Transaction, caller: Who, attendee_id: UUID, body: RevealIn
) -> Attendee:
    return await actions.attendance.reveal(session, attendee_id, caller.scope, body.purpose)
