"""Payroll sheets as files: kept, read and checked; columns corrected once; what is no sheet."""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll.actions import sheet_lines
from services.payroll.adapters import sheet_file, sheet_reading
from services.payroll.models import ColumnMapping
from services.payroll.rules.sheet_checks import Check, check
from services.payroll.rules.sheet_facts import Against
from services.payroll.rules.sheet_lines import Reading
from shared import clock, tables
from shared.db import AuditRow, Session, Sessions
from tests.fixtures.service import Time, Token
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.sheet_layouts import TRAPS, Trap, draw, kinds_of
from tests.payroll.test_rules_sheets import CHECKS

SHEETS = "/payroll/v1/sheets"
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
TITLES = ("序号", "姓名", "身份证号码", "银行卡号", "出勤天数", "应发工资", "扣款合计", "实发工资")
ROWS: Sequence[Sequence[Any]] = (
    (1, "张三丰", sheets.ID_CARD, sheets.BANK_CARD, 22, 6000, 500, 5500),
    (2, "李四", sheets.OTHER_CARD, sheets.OTHER_BANK_CARD, 20, 5000.5, 0, 5000.5),
)


def workbook(
    *rows: Sequence[Any], titles: Sequence[str] = TITLES, above: str = "2023年3月农民工工资支付表"
) -> bytes:
    """Give a workbook with a title, a header, rows, and their totals."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("工资表")
    rows = rows or tuple(ROWS)
    sheet.write_row(0, 0, [above])
    sheet.write_row(1, 0, titles)
    for n, row in enumerate(rows, start=2):
        sheet.write_row(n, 0, row)
    book.close()
    return file.getvalue()


def totals(amount: float) -> Sequence[Any]:
    return ("合计", "", "", "", "", 11000.5, 500, amount)


async def send(client: AsyncClient, project: UUID, content: bytes, **said: str) -> Response:
    return await client.post(
        f"/payroll/v1/projects/{project}/sheets",
        data={"period": sheets.PERIOD} | said,
        files={"file": ("工资表.xlsx", content)},
    )


async def known(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await session.flush()  # The roster looks for it.
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


async def test_a_file_is_read_checked_and_given_back_to_the_office(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    content = workbook(*ROWS, totals(10500.6))
    answer = await send(client, project, content)
    sheet = answer.json()["sheet"]
    assert answer.status_code == 201
    assert (sheet["rows"], sheet["accepted"], sheet["rejected"]) == (2, 2, 0)
    assert sheet["row_counts"] == {"note": 1, "header": 1, "data": 2, "total": 1}
    assert (sheet["gross"], sheet["net"]) == ("11000.50", "10500.50")
    [wrong] = [one for one in answer.json()["findings"] if one["severity"] == "error"]
    assert (wrong["code"], wrong["place"]) == ("total_differs", "工资表!H5")
    assert wrong["compared"] == {"said": "10500.60", "sum": "10500.50"}
    client.headers.update(token("wage_office", areas=[make.COUNTY]))
    given = await client.post(f"{SHEETS}/{sheet['id']}/reveal", json={"purpose": "核对原件"})
    assert (given.status_code, given.content) == (200, content)
    name = f'attachment; filename="{sheet["id"]}.xlsx"'
    assert given.headers["content-disposition"] == name


async def test_another_month_in_the_title_is_an_error_until_the_sheet_is_moved(
    client: AsyncClient, project: UUID
) -> None:
    sheet = (await send(client, project, workbook(), period="2023-02")).json()["sheet"]
    refused = await sheets.step(client, sheet["id"], "submit")
    assert [one["code"] for one in refused.json()["errors"]] == ["period_differs"]
    moved = await sheets.step(client, sheet["id"], "move", period="2023-03", reason="月份填错")
    assert moved.json()["sheet"]["errors"] == 0
    done = await sheets.step(client, moved.json()["sheet"]["id"], "submit")
    assert done.status_code == 200


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 200, "file_picture"),
        (workbook()[:-300], "file_truncated"),
        ("说明\n本月无工资\n".encode(), "header_missing"),
    ],
)
async def test_what_is_no_sheet_is_refused_with_its_cause_and_can_be_found_again(
    client: AsyncClient, project: UUID, content: bytes, code: str
) -> None:
    answer = await send(client, project, content)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/sheet-unreadable")
    assert code in [one["code"] for one in answer.json()["errors"]]
    again = await send(client, project, content)
    assert again.json()["sheet_id"] == answer.json()["sheet_id"]
    [kept] = (await client.get(f"{SHEETS}?status=refused")).json()["items"]
    assert (kept["id"], kept["rows"]) == (answer.json()["sheet_id"], 0)
    found = (await client.get(f"{SHEETS}/{kept['id']}/findings")).json()["items"]
    assert code in [one["code"] for one in found]


async def test_a_form_without_its_parts_says_all_that_is_missing(
    client: AsyncClient, project: UUID
) -> None:
    path = f"/payroll/v1/projects/{project}/sheets"
    answer = await client.post(path, data={"run": "0"}, files={"other": ("x", b"y")})
    places = [one["place"] for one in answer.json()["errors"]]
    assert (answer.status_code, places) == (422, ["file", "period", "run"])


async def test_columns_are_corrected_once_and_remembered_for_the_contractor(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    titles = ("号", "甲", "身份证号码", "银行卡号", "出勤天数", "应发工资", "乙", "实发工资")
    first = (await send(client, project, workbook(titles=titles))).json()["sheet"]
    assert first["errors"] > 0
    shown = (await client.get(f"{SHEETS}/{first['id']}/columns")).json()["columns"]
    assert [one["column"] for one in shown if one["field"] is None][:1] == ["B"]
    wanted = {
        "name": "B", "id_number": "C", "card_no": "D", "days": "E", "gross": "F",
        "deductions": "G", "net": "H",
    }  # fmt: skip
    path = f"{SHEETS}/{first['id']}/columns"
    twice = await client.put(path, json={"columns": wanted | {"hours": "B"}})
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (422, "column_twice")
    unknown = await client.put(path, json={"columns": wanted | {"nett": "A"}})
    said = [(one["place"], one["code"]) for one in unknown.json()["errors"]]
    assert (unknown.status_code, said) == (422, [("columns.nett", "field_unknown")])
    answer = await client.put(path, json={"columns": wanted})
    assert answer.status_code == 200, answer.text
    sheet = answer.json()["sheet"]
    assert (sheet["version"], sheet["errors"], sheet["rows"]) == (2, 0, 2)
    former = (await client.get(f"{SHEETS}/{first['id']}")).json()
    assert (former["status"], former["archive_cause"]) == ("archived", "superseded")
    [kept] = await session.scalars(select(ColumnMapping))
    assert (kept.organisation_id, kept.fields) == (make.CONTRACTOR, wanted)
    later = workbook(*ROWS[:1], titles=titles)
    assert (await send(client, project, later)).json()["sheet"]["errors"] == 0
    lines = (await client.get(f"{SHEETS}/{sheet['id']}/lines")).json()["items"]
    assert [(one["name"], one["deductions"]) for one in lines] == [
        ("张*", "500.00"),
        ("李*", "0.00"),
    ]


async def test_columns_of_which_none_is_read_leave_rows_that_lack_everything(
    client: AsyncClient, project: UUID
) -> None:
    sheet = (await send(client, project, workbook())).json()["sheet"]
    bare = {"columns": {"serial": "A", "signature": "J"}}
    answer = await client.put(f"{SHEETS}/{sheet['id']}/columns", json=bare)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["sheet"]["rows"], told["sheet"]["accepted"]) == (2, 0)
    assert "column_missing" in {one["code"] for one in told["findings"]}


async def test_the_same_file_from_two_at_once_is_one_sheet(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    content = workbook()
    answers = await asyncio.gather(*(send(client, project, content) for _ in range(3)))
    assert len({one.json()["sheet"]["id"] for one in answers}) == 1


async def test_a_file_comes_back_with_each_finding_at_its_cell_and_no_formula(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    wrong = (2, "=cmd|' /C calc'!A0", sheets.OTHER_CARD, sheets.OTHER_BANK_CARD, 20, 5000, 0, 4000)
    book = io.BytesIO()
    made = xlsxwriter.Workbook(book, {"in_memory": True, "strings_to_formulas": False})
    page = made.add_worksheet("工资表")
    for n, row in enumerate((TITLES, ROWS[0], wrong)):
        page.write_row(n, 0, row)
    made.close()
    sheet = (await send(client, project, book.getvalue())).json()["sheet"]
    path = f"{SHEETS}/{sheet['id']}/annotated"
    answer = await client.post(path, json={"purpose": "对照修改"})
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        parts = {name: files.read(name).decode() for name in files.namelist()}
    drawn = parts["xl/worksheets/sheet1.xml"] + parts["xl/worksheets/sheet2.xml"]
    assert "<f>" not in drawn
    assert 'ref="H3"' in parts["xl/comments1.xml"]
    assert "应发减扣款不等于实发" in parts["xl/comments1.xml"]
    again = (await tables.read(answer.content)).sheets
    assert [one.name for one in again] == ["工资表", "检查结果"]
    first = [[cell.text for cell in row.cells] for row in again[0].rows]
    assert first == [[str(cell) for cell in row] for row in (TITLES, ROWS[0], wrong)]
    audit = await session.scalars(select(AuditRow).where(AuditRow.action == "reveal"))
    assert [row.after for row in audit] == [{"purpose": "对照修改"}]


# ---- what is read becomes what is checked ------------------------------------------------------

# Told by the check of the same name, or by the name that policy knows.
NAMED = {"gross_differs": "items_differ", "deductions_differ": "items_differ"}
TRIED = [(trap, seed) for seed, trap in enumerate(TRAPS, start=500)][::2]


@pytest.mark.parametrize(("trap", "seed"), TRIED, ids=lambda value: getattr(value, "__name__", ""))
async def test_each_seeded_error_is_found_at_its_cell_whoever_finds_it(
    trap: Trap, seed: int
) -> None:
    """The reader's findings and the checks' together are what was made wrong, and no more."""
    drawn = draw(seed, kinds_of(trap)[0], trap)
    read = await sheet_file.read_sheet(drawn.content, "payroll")
    if drawn.refused:
        assert sheet_reading.of(read).refused
        return
    reading = sheet_reading.of(read)
    assert len(reading.entries) == len(read.rows)
    told = {
        (one.row, NAMED.get(one.code, one.code)) for one in reading.noted if one.severity == "error"
    }
    told |= _checked(reading)
    wanted = {(row, NAMED.get(code, code)) for _, row, _, code in drawn.wrong}
    assert wanted - told == set(), drawn.words
    own = {(row, code) for row, code in told - wanted if code in {str(one) for one in Check}}
    assert own == set(), drawn.words


def _checked(reading: Reading) -> set[tuple[int, str]]:
    laid = sheet_lines.checked(sheet_lines.rows(reading.entries))
    unsure = frozenset(one.field for one in reading.noted if one.severity == "error")
    months = reading.said_periods
    against = Against(
        period=months[0] if months else "2023-03", today=date(2026, 12, 1), project_name="某",
        roster={},
        said_periods=months, totals=reading.totals, unsure=unsure,
    )  # fmt: skip
    # What the titles of a file say of two months the reader tells at their place.
    quiet = {
        Check.PERIOD_DIFFERS,
        Check.PERIOD_OLD,
        Check.DEDUCTIONS_HIGH,
        Check.IMPLAUSIBLE_AMOUNT,
        Check.CARD_MISSING,
        Check.NOT_ON_ROSTER,
    }
    return {
        (
            laid.places[one.position][1] if one.position else one.total.row if one.total else 0,
            one.code,
        )
        for one in check(laid.lines, against, CHECKS)
        if one.code not in quiet
    }
