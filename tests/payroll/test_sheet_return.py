"""What contractors take home: their rows with what was found, and a sheet with their workers."""

import io
import random
import re
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from services.payroll.adapters import sheet_return
from services.payroll.adapters.sheet_file import read_sheet
from shared import tables
from tests.payroll.sheet_layouts import (
    TRAPS,
    bank_card,
    draw,
    identity,
    kinds_of,
)

TRAP = {trap.__name__: trap for trap in TRAPS}


def part(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "html"])
@pytest.mark.parametrize("trap", ["id_id_check_digit", "wrong_net", "same_person"])
async def test_a_file_comes_back_with_its_findings_on_the_cells(kind: str, trap: str) -> None:
    drawn = draw(7, kind, TRAP[trap])
    reading = await read_sheet(drawn.content, "payroll")
    back = sheet_return.annotated(await tables.read(drawn.content), reading)
    again = await read_sheet(back, "payroll")
    assert again.refusal is None
    assert [row.values for row in again.rows] == [row.values for row in reading.rows]
    assert [row.row for row in again.rows] == [row.row for row in reading.rows]
    told = {f"{finding.column or 'A'}{finding.row}" for finding in reading.findings if finding.row}
    with zipfile.ZipFile(io.BytesIO(back)) as archive:
        comments = "".join(
            archive.read(name).decode() for name in archive.namelist() if "comments" in name
        )
    assert set(re.findall(r'<comment ref="([A-Z]+\d+)"', comments)) == told
    grave = next(finding for finding in reading.findings if finding.severity == "error")
    assert grave.finding.detail.zh in comments
    assert "F8B4B4" in part(back, "xl/styles.xml")
    listed = CalamineWorkbook.from_filelike(io.BytesIO(back)).get_sheet_by_name("问题清单")
    assert len(listed.to_python()) == len(reading.findings) + 1


async def test_nothing_that_comes_back_calculates() -> None:
    one = identity(random.Random(1))
    rows = ("姓名,身份证号码,应发工资,实发工资,备注", f"王五,{one},1,1,@SUM(A1)+cmd|x!A0")
    content = "\n".join(rows).encode()
    reading = await read_sheet(content, "payroll")
    back = sheet_return.annotated(await tables.read(content), reading)
    assert "<f>" not in part(back, "xl/worksheets/sheet1.xml")
    assert "@SUM(A1)+cmd|x!A0" in part(back, "xl/sharedStrings.xml")
    file = sheet_return.template({"项目名称": "=1+1"}, "2026-03", [{"name": "=HYPERLINK(1)"}])
    assert "<f>" not in part(file, "xl/worksheets/sheet1.xml")


async def test_a_template_with_its_workers_is_read_as_it_was_made() -> None:
    dice = random.Random(5)
    workers = [
        {
            "name": "王建国",
            "id_number": identity(dice),
            "card_no": bank_card(dice),
            "crew": "木工班",
        }
        for _ in range(20)
    ]
    file = sheet_return.template(
        {"项目名称": "某安置小区", "用工单位": "某劳务公司"}, "2026-03", workers
    )
    reading = await read_sheet(file, "payroll")
    assert (reading.period, reading.label("project")) == ("2026-03", "某安置小区")
    assert reading.label("employer") == "某劳务公司"
    said = [{name: row.values[name] for name in worker} for row, worker in
            zip(reading.rows, workers, strict=True)]  # fmt: skip
    assert said == workers
    # Only what the contractor has to fill in is missing.
    assert {finding.code for finding in reading.findings} == {"gross_missing", "net_missing"}


def test_traps_of_these_tests_can_be_laid_in_each_kind() -> None:
    for trap in ("id_id_check_digit", "wrong_net", "same_person"):
        assert set(kinds_of(TRAP[trap])) >= {"xlsx", "xls", "csv", "html"}
