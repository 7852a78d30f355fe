"""Attendance of a site in Hefeng."""

from services.payroll import actions
from services.payroll.models import AttendanceSheet
from services.payroll.rules.attendance_sheets import AttendanceSheetState
from services.payroll.schemas import attendance
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import FileKind
from tests.contracts.access.rows import HERE, Rows
from tests.fixtures.service import kept_files
from tests.payroll import attendance as make
from tests.payroll import sheets

V1 = "/payroll/v1"
PROJECT = f"{V1}/projects/{{project_id}}/attendance"
FILE = f"姓名,身份证号码,1,2,3,4,5,出勤天数\n张三丰,{sheets.ID_CARD},√,√,√,√,√,5\n".encode()
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
    file = await kept_files().keep(FILE, kind=FileKind.CSV, name="x.csv")
    sheet = AttendanceSheet(
        id=new_id(), project_id=project_id, employer_id=sheets.SUBCONTRACTOR, period="2023-01",
        version=1, state=AttendanceSheetState.STANDING, source="sheet:1", file_id=file.file_id,
        digest="x", size=9, columns=[], rows=0, accepted=0, rejected=0, row_counts={}, days=0,
        findings=[], errors=0, warnings=0, hints=0, made_by="maker", made_at=clock.now(),
    )  # fmt: skip
    session.add(sheet)
    await session.flush()  # The queries of the tests must see it.
    rows.ids["attendance_sheet_id"] = sheet.id
    rows.marks[f"GET {V1}/attendance-sheets"] = sheet.id
    employer = {"period": "2023-01", "employer_id": str(sheets.SUBCONTRACTOR)}
    rows.requests[f"POST {PROJECT}-sheets"] = [
        {"data": employer, "files": {"file": ("考勤.csv", FILE)}}
    ]
    rows.requests[f"POST {V1}/attendance-sheets/{{attendance_sheet_id}}/annotated"] = [
        {"json": {"purpose": "对照修改"}}
    ]
    for path in (PROJECT, f"{PROJECT}/days"):
        rows.requests[f"GET {path}"] = [{"params": {"period": "2023-01"}}]
