"""Payroll sheets in Hefeng, of a subcontractor, at each step."""

from uuid import UUID

from services.payroll.models import Sheet
from services.payroll.rules.sheets import SheetStatus
from shared import clock
from shared.db import Session, new_id
from shared.files import FileKind
from tests.contracts.access.rows import Rows
from tests.fixtures.service import kept_files
from tests.payroll import sheets as make

V1 = "/payroll/v1"
SHEET = f"{V1}/sheets/{{sheet_id}}"
PERIODS = {
    "2022-10": SheetStatus.CHECKED,
    "2022-11": SheetStatus.SUBMITTED,
    "2022-12": SheetStatus.REVIEWED,
}


FILE = f"姓名,身份证号码,实发工资\n张三丰,{make.ID_CARD},5500\n".encode()
COLUMNS = {"name": "A", "id_number": "B", "net": "C"}


async def add(session: Session, rows: Rows) -> None:
    """Make sheets that somebody else made, and ask for each step of one that it waits for."""
    project_id = rows.ids["project_id"]
    await make.subcontractor(session, project_id)
    made = {status: blank(project_id, period, status) for period, status in PERIODS.items()}
    session.add_all(made.values())
    sheet = made[SheetStatus.CHECKED]
    kept = await kept_files().keep(FILE, kind=FileKind.CSV, name="x.csv")
    sheet.file_id = kept.file_id
    await session.flush()  # The queries of the tests must see all of it.
    rows.parties["employer"] = make.SUBCONTRACTOR
    rows.ids["sheet_id"] = sheet.id
    rows.marks[f"GET {V1}/sheets"] = sheet.id
    for name, status in (
        ("review", SheetStatus.SUBMITTED),
        ("return", SheetStatus.SUBMITTED),
        ("approve", SheetStatus.REVIEWED),
    ):
        rows.own_ids[f"POST {SHEET}/{name}"] = {"sheet_id": made[status].id}
    said = make.body(period="2023-01", employer_id=str(make.SUBCONTRACTOR))
    rows.requests[f"POST {V1}/projects/{{project_id}}/sheets"] = [{"json": said}]
    taken = {"period": "2023-01", "employer_id": str(make.SUBCONTRACTOR), "purpose": "编制工资表"}
    for name in ("sheets", "attendance-sheets"):
        rows.requests[f"POST {V1}/projects/{{project_id}}/{name}/template"] = [{"json": taken}]
    rows.requests[f"POST {SHEET}/reveal"] = [{"json": {"purpose": "核对原件"}}]
    rows.requests[f"POST {SHEET}/annotated"] = [{"json": {"purpose": "对照修改"}}]
    rows.requests[f"POST {SHEET}/return"] = [{"json": {"reason": "缺考勤"}}]
    rows.requests[f"POST {SHEET}/move"] = [{"json": {"period": "2022-09", "reason": "月份错"}}]
    rows.requests[f"PUT {SHEET}/columns"] = [{"json": {"columns": COLUMNS}}]
    for name in ("check", "submit", "review", "approve"):
        rows.requests[f"POST {SHEET}/{name}"] = [{}]


def blank(
    project_id: UUID, period: str, status: SheetStatus, employer_id: UUID = make.SUBCONTRACTOR
) -> Sheet:
    """Give a sheet without lines, at a step."""
    now = clock.now()
    return Sheet(
        id=new_id(), project_id=project_id, employer_id=employer_id, period=period, run=1,
        version=1, status=status, digest=period, size=0, columns=[], said_periods=[], rows=0,
        accepted=0, rejected=0, row_counts={}, totals=[], gross=0, net=0, checks=0, checked_at=now,
        rules={}, errors=0, warnings=0, hints=0, made_by="maker", made_at=now,
        submitted_at=None if status is SheetStatus.CHECKED else now,
    )  # fmt: skip
