"""Attendance of a site in Hefeng."""

from services.payroll import actions
from services.payroll.schemas import attendance
from shared import clock
from shared.auth import Caller
from shared.db import Session
from tests.contracts.access.rows import HERE, Rows
from tests.payroll import attendance as make

V1 = "/payroll/v1"
PROJECT = f"{V1}/projects/{{project_id}}/attendance"
VENDOR = Caller("key:gate", frozenset({"gate_vendor"}), frozenset({HERE}))


async def add(session: Session, rows: Rows) -> None:
    """Let a gate tell of somebody; whoever may tells of another day, and reads and reveals."""
    project_id = rows.ids["project_id"]
    sent = attendance.read(make.body(make.seen("1", "2023-01-03T07:00:00+08:00")))
    await actions.attendance.receive(session, VENDOR, project_id, sent, clock.now())
    rows.ids["attendee_id"] = await make.attendee_id(session, project_id)
    said = make.said(make.seen("2", "2023-01-04T07:00:00+08:00"))
    rows.requests[f"POST {PROJECT}"] = [{"json": said}]
    rows.requests[f"POST {V1}/attendees/{{attendee_id}}/reveal"] = [
        {"json": {"purpose": "核实未登记人员"}}
    ]
    for path in (PROJECT, f"{PROJECT}/days"):
        rows.requests[f"GET {path}"] = [{"params": {"period": "2023-01"}}]
