"""Templates of a project's sheets: filled with its roster, and read back as they are."""

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from httpx import AsyncClient
from sqlalchemy import select

from shared import tables
from shared.db import AuditRow, Session
from tests.fixtures.service import Time, Token
from tests.payroll import factories as make
from tests.payroll import people, sheets
from tests.payroll.test_attendance_sheets import found, known
from tests.payroll.test_attendance_sheets import send as send_attendance
from tests.payroll.test_sheet_uploads import send as send_payroll

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


async def filled(content: bytes, values: Mapping[str, Any]) -> bytes:
    """Read a template, fill in columns of each of its workers, and write it anew."""
    book = await tables.read(content)
    assert book.refusal is None
    [page] = book.sheets
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    written = made.add_worksheet(page.name)
    titles = {cell.text: at for at, cell in enumerate(page.rows[2].cells)}
    for row in page.rows:
        for at, cell in enumerate(row.cells):
            written.write_string(row.number - 1, at, cell.text)
        for title, value in values.items() if row.number > 3 else ():
            written.write(row.number - 1, titles[title], value)
    made.close()
    return file.getvalue()


MARKS = {"1日": "√", "2日": "√", "3日": "√", "4日": "0.5"}
PAY = {"出勤天数": 3.5, "应发工资": 700, "实发工资": 700}


async def test_templates_name_the_roster_and_come_back_without_an_error(
    client: AsyncClient, session: Session, time: Time, token: Token
) -> None:
    project: UUID = await known(session, time)
    said = {"period": "2023-03", "purpose": "编制三月考勤"}
    path = f"/payroll/v1/projects/{project}"
    given = await client.post(f"{path}/attendance-sheets/template", json=said)
    assert given.status_code == 200, given.text
    sheet = (await send_attendance(client, project, await filled(given.content, MARKS))).json()
    assert (sheet["rows"], sheet["accepted"], sheet["days"]) == (3, 3, "10.50")
    assert found(sheet) == []
    given = await client.post(f"{path}/sheets/template", json=said)
    paid = (await send_payroll(client, project, await filled(given.content, PAY))).json()
    assert (paid["sheet"]["rows"], paid["sheet"]["accepted"], paid["sheet"]["net"]) == (
        3, 3, "2100.00",
    )  # fmt: skip
    assert paid["findings"] == []
    rows = select(AuditRow.after).where(AuditRow.action == "reveal")
    assert [one["purpose"] for one in await session.scalars(rows)] == ["编制三月考勤"] * 2
    # Somebody else's people are nobody's to take away.
    stranger = {**said, "employer_id": str(people.EMPLOYER)}
    assert (await client.post(f"{path}/sheets/template", json=stranger)).status_code == 422
    client.headers.update(token("contractor", areas=[make.NEIGHBOUR], org=sheets.STRANGER))
    assert (await client.post(f"{path}/sheets/template", json=said)).status_code == 404
