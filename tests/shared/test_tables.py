"""The reader of tables: kinds by bytes, typed cells, headers, classes of rows, hostile files."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from shared import tables
from shared.tables import Cell, CellKind, Field, RowClass, reading, words
from shared.tables.cells import Row

# A day of a table has no zone.
DAY = datetime.fromisoformat("2026-01-05")
FIRST, LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2090-01-01")


def xlsx(fill: Callable[[Workbook, Worksheet], object]) -> bytes:
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    fill(book, book.add_worksheet("明细"))
    book.close()
    return file.getvalue()


def parts(content: bytes) -> list[tables.Part]:
    return list(reading.parts(io.BytesIO(content)))


def rows(content: bytes) -> list[Row]:
    return [row for part in parts(content) for row in part.rows]


def refusal(content: bytes) -> str:
    last = parts(content)[-1].refusal
    assert last is not None
    assert words.refused(last, limit=32).remedy
    return last.code


def text(value: str) -> Cell:
    return Cell(CellKind.TEXT, value)


def spelled(kind: str, value: str) -> Cell:
    return Cell(CellKind(kind), value)


# ---- kinds -----------------------------------------------------------------------------------

LINES = '日期,金额\n2026-01-05,"1,234.50"\n'
PAGE = (
    "<html><head><title>x</title></head><table><tr><td rowspan=2>日期<td colspan=2>金额</tr>"
    "<tr><td>借</td><td>贷</td></tr><tr><td>2026-01-05</td><td>1&nbsp;</td><td>&yen;2</td></tr>"
    "</table></html>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_lines_of_text_are_read_in_any_spelling(encoding: str, delimiter: str) -> None:
    said = LINES.replace(",", delimiter, 1).replace("05,", f"05{delimiter}")
    found = rows(said.encode(encoding))
    assert [cell.text for row in found for cell in row.cells] == [
        "日期", "金额", "2026-01-05", "1,234.50",
    ]  # fmt: skip


def test_marks_that_keep_text_as_text_are_taken_off() -> None:
    (row,) = rows(b'="0123",\'0456,789\t,=A1+1,#REF!\n')
    assert row.cells == [
        text("0123"), text("0456"), text("789"),
        Cell(CellKind.FAULT, "="), Cell(CellKind.FAULT, "#REF!"),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_page_that_calls_itself_a_spreadsheet_is_read_by_its_tables(encoding: str) -> None:
    found = [[cell.text for cell in row.cells] for row in rows(PAGE.encode(encoding))]
    assert found == [["日期", "金额", ""], ["", "借", "贷"], ["2026-01-05", "1", "¥2"]]


def test_cells_of_xlsx_have_the_types_that_the_file_says() -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        sheet.write_row(1, 0, ["字", 1234.56, True])
        sheet.write_datetime(1, 3, DAY, book.add_format({"num_format": 14}))
        at = book.add_format({"num_format": "yyyy/m/d hh:mm:ss"})
        sheet.write_datetime(1, 4, DAY.replace(hour=10, minute=20, second=30), at)
        sheet.write_number(1, 5, 12.5, book.add_format({"num_format": '0.00"万元"'}))
        sheet.write_number(1, 6, 125000, book.add_format({"num_format": '0!.0,"万元"'}))
        sheet.write_datetime(1, 7, time(9, 5), book.add_format({"num_format": "h:mm"}))
        sheet.write_formula(1, 8, "=1+1", value=2)
        sheet.write_formula(1, 9, "=1/0", value="#DIV/0!")
        sheet.write_number(1, 10, 6222021234567890123)
        sheet.write_string(1, 12, "  全角　空格\u200b ")

    (row,) = rows(xlsx(fill))
    assert row.number == 2
    assert row.cells == [
        text("字"),
        spelled("number", "1234.56"),
        spelled("truth", "1"),
        spelled("date", "2026-01-05"),
        spelled("date", "2026-01-05T10:20:30"),
        Cell(CellKind.NUMBER, "12.5", 10_000),
        spelled("number", "125000"),
        spelled("time", "09:05:00"),
        spelled("number", "2"),
        spelled("fault", "#DIV/0!"),
        spelled("number", "6222021234567890000"),
        tables.BLANK,
        text("全角 空格"),
    ]
    assert row.cells[10].damaged
    assert not row.cells[1].damaged


def test_a_formula_that_nobody_calculated_is_a_fault() -> None:
    content = xlsx(lambda book, sheet: sheet.write_formula(0, 0, "=1+1", value=7))
    bare = rewritten(content, lambda body: body.replace(b"<v>7</v>", b""))
    assert rows(content)[0].cells == [spelled("number", "7")]
    assert rows(bare)[0].cells == [spelled("fault", "=")]


def test_hidden_sheets_say_so() -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        sheet.write(0, 0, "看得见")
        hidden = book.add_worksheet("底稿")
        hidden.hide()
        hidden.write(0, 0, "看不见")

    heads = [part.sheet for part in parts(xlsx(fill)) if part.sheet]
    assert heads == [("明细", False), ("底稿", True)]


def test_cells_of_xls_have_the_types_that_the_file_says() -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("明细")
    sheet.write(1, 0, "字")
    sheet.write(1, 1, 1234.56)
    sheet.write(1, 2, date(2026, 1, 5), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(1, 3, 12.5, xlwt.easyxf(num_format_str='0.00"万元"'))
    sheet.write(1, 4, xlwt.Formula("1+1"))
    sheet.row(1).set_cell_error(5, 0x17)
    file = io.BytesIO()
    book.save(file)
    (row,) = rows(file.getvalue())
    assert row.number == 2
    assert row.cells == [
        text("字"),
        spelled("number", "1234.56"),
        spelled("date", "2026-01-05"),
        Cell(CellKind.NUMBER, "12.5", 10_000),
        spelled("fault", "="),
        spelled("fault", "#REF!"),
    ]
    assert refusal(file.getvalue()[:3000]) == "truncated"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.integers(-(10**14), 10**14),
                st.decimals(-(10**8), 10**8, places=2).map(float),
                st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9),
                st.datetimes(FIRST, LAST).map(lambda at: at.replace(microsecond=0)),
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_xlsx_is_read_as_another_reader_reads_it(table: list[list[Any]]) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for n, values in enumerate(table):
            for m, value in enumerate(values):
                if isinstance(value, datetime):
                    sheet.write_datetime(n, m, value, day)
                elif isinstance(value, str):
                    sheet.write_string(n, m, value)
                elif value is not None:
                    sheet.write_number(n, m, value)

    content = xlsx(fill)
    ours = {(row.number - 1, n): cell for row in rows(content) for n, cell in enumerate(row.cells)}
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    read = {
        (n, m): value
        for n, values in enumerate(theirs.to_python(skip_empty_area=False))
        for m, value in enumerate(values)
        if value != ""
    }
    assert {at for at, cell in ours.items() if cell is not tables.BLANK} == read.keys()
    for at, value in read.items():
        assert as_calamine(ours[at]) == value


def as_calamine(cell: Cell) -> object:
    if cell.kind is CellKind.NUMBER:
        return pytest.approx(float(cell.text), rel=1e-14)
    if cell.kind is not CellKind.DATE:
        return cell.text
    at = datetime.fromisoformat(cell.text)
    return at if "T" in cell.text else at.date()


def spelled_again(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return rewritten(rewritten(content, change), change, "sharedStrings.xml")


@pytest.mark.parametrize(
    "change",
    [
        # Each is the same to an XML parser: patterns must leave it to one, or read the same.
        lambda body: body.replace(b"?>", b"?><!-- -->", 1),
        lambda body: body.replace(b"<row ", b"<!-- --><row ", 2),
        lambda body: re.sub(rb'<c r="(\w+)"', rb'<c  r="\1"', body),
        lambda body: re.sub(rb"<v>(\d)", lambda m: b"<v>&#%d;" % ord(m[1]), body),
        lambda body: body.replace(b"</row>", b"</row>\n  ").replace(b"<c ", b"\n<c "),
        lambda body: body.replace(b"<si><t>", b'<si><t xml:space="preserve">'),
        lambda body: re.sub(rb"<si><t>([^<]*)</t>", rb"<si><r><t>\1</t></r>", body),
        lambda body: body.replace(b"<sheetData>", b"<sheetData >"),
        lambda body: re.sub(rb' r="[A-Z]+\d+"', b"", body),
        lambda body: re.sub(rb'<row r="\d+"', b"<row", body),
    ],
)
def test_however_a_workbook_is_spelled_its_cells_are_the_same(
    change: Callable[[bytes], bytes],
) -> None:
    def fill(book: Workbook, sheet: Worksheet) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for n in range(1200):
            sheet.write_row(n, 0, ["序号", n, f"姓名{n} <甲>", 1.5 * n, "  a  b"])
            sheet.write_datetime(n, 5, DAY, day)
            sheet.write_formula(n, 6, "=1+1", value=n)

    content = xlsx(fill)
    again = spelled_again(content, change)
    assert again != content
    assert parts(again)[-1].refusal is None
    assert rows(again) == rows(content)
    assert len(rows(content)) == 1200


def test_text_within_cells_and_shared_text_are_the_same() -> None:
    content = xlsx(lambda book, sheet: sheet.write_row(0, 0, ["甲", "乙 丙", 3]))
    inline = rewritten(
        content,
        lambda body: body.replace(
            b't="s"><v>0</v>', b't="inlineStr"><is><t>' + "甲".encode() + b"</t></is>"
        ),
    )
    assert inline != content
    assert rows(inline) == rows(content)


# ---- hostile files ---------------------------------------------------------------------------


def rewritten(content: bytes, change: Callable[[bytes], bytes], part: str = "sheet1.xml") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for each in old.namelist():
            body = old.read(each)
            new.writestr(each, change(body) if each.endswith(part) else body)
    return file.getvalue()


PLAIN = xlsx(lambda book, sheet: sheet.write_row(0, 0, ["日期", 1]))
SHEET = PLAIN.index(b"xl/worksheets/sheet1.xml") + 40


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"Rar!\x1a\x07", "archive"),
        (b"<?xml version='1.0'?><Workbook/>", "xml"),
        (b"\x01\x00\x02\x00", "unknown"),
        (b"\xff\xff\xff\xff,\xff", "encoding_unknown"),
        (b'a,b\n"' + b"x" * 40_000, "quotes_open"),
        (b"," * 500 + b"x", "too_wide"),
        (PLAIN[:200], "truncated"),
        (PAGE[:-15].encode(), "truncated"),
        (b"a,b,c\n2026-01-05,2,3\n2026-01-06,6", "truncated"),
        (PLAIN[:-30], "truncated"),
        (PLAIN[:SHEET] + b"\x00" * 40 + PLAIN[SHEET + 40 :], "truncated"),
        (b"PK\x03\x04" + b"x" * 100, "truncated"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "truncated"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_entities_are_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'
    content = rewritten(PLAIN, lambda body: bomb + body.partition(b"?>")[2])
    assert refusal(content) == "xml_hostile"


def test_what_unpacks_to_far_more_is_refused_before_it_is_unpacked() -> None:
    content = rewritten(PLAIN, lambda body: body + b" " * (60 << 20))
    assert len(content) < 1 << 20
    assert refusal(content) == "bomb"


def test_a_cell_far_to_the_right_is_refused() -> None:
    content = xlsx(lambda book, sheet: sheet.write(4, 16_000, "远"))
    last = parts(content)[-1].refusal
    assert last == ("too_wide", "明细!5")


def test_a_new_file_behind_a_password_is_refused_by_name() -> None:
    # Only the name of a stream tells such a container from an old workbook's.
    file = io.BytesIO()
    old = xlwt.Workbook()
    old.add_sheet("x").write(0, 0, "x")
    old.save(file)
    named = file.getvalue().replace(
        "Workbook".encode("utf-16-le") + bytes(48) + b"\x12\x00",
        "EncryptedPackage".encode("utf-16-le") + bytes(32) + b"\x22\x00",
    )
    assert named != file.getvalue()
    assert refusal(named) == "encrypted"


# ---- the sandbox -----------------------------------------------------------------------------


async def test_a_book_is_read_in_a_child() -> None:
    book = await tables.read(xlsx(lambda book, sheet: sheet.write_row(0, 0, ["日期", 1.5])))
    assert book.refusal is None
    (sheet,) = book.sheets
    assert (sheet.name, sheet.hidden) == ("明细", False)
    assert sheet.rows == [Row(1, [text("日期"), spelled("number", "1.5")])]


async def test_too_many_rows_are_refused() -> None:
    book = await tables.read(b"1\n" * 3000, most_rows=1000)
    assert book.refusal
    assert book.refusal.code == "too_hard"


async def test_a_list_of_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_CELLS", 1000)
    book = await tables.read(b"1,2,3,4\n" * 300)
    assert book.refusal
    assert book.refusal.code == "too_hard"


# ---- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "2026-01-05", "2026/1/5", "2026.1.5", "20260105", "2026年1月5日", "２０２６－０１－０５",
        "2026 年 01 月 05 日", "5-Jan-2026", "2026-01-05 00:00:00", "2026/1/5 0:00",
    ],
)  # fmt: skip
def test_a_day_is_read_in_many_spellings(said: str) -> None:
    found = tables.moment(text(said))
    assert found
    assert found[0] == date(2026, 1, 5)


@pytest.mark.parametrize("said", ["05/01/2026", "26-1-5", "2026-13-01", "2026-02-30", "1月5日", ""])
def test_what_may_be_two_days_is_none(said: str) -> None:
    assert tables.moment(text(said)) is None


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [
        ("¥1,234.50", "1234.50", 1),
        ("￥1,234.50元", "1234.50", 1),
        ("(1,234.50)", "-1234.50", 1),
        ("1234.50-", "-1234.50", 1),
        ("−5", "-5", 1),
        ("１，２３４．５", "1234.5", 1),
        ("12.5万元", "12.5", 10_000),
        ("人民币100元整", "100", 1),
    ],
)
def test_an_amount_is_read_in_many_spellings(said: str, value: str, unit: int) -> None:
    assert tables.number(text(said)) == (Decimal(value), unit)


@pytest.mark.parametrize("said", ["1,23", "1.234,56", "-", "(5", "--5", "五", "1,2345", "5-6"])
def test_what_is_no_amount_is_none(said: str) -> None:
    assert tables.number(text(said)) is None


# ---- headers and rows ------------------------------------------------------------------------

FIELDS = [
    Field("day", ("日期",)),
    Field("out", ("借方", "支出")),
    Field("in", ("贷方", "收入")),
    Field("name", ("对方户名",)),
]
TABLE = """某银行流水,,,
账号：3300 1234　户名：某公司,,,
币种,,人民币,
,发生额（万元）,,对方 户名
日期[Date],借方,贷方,
2026-01-05,1,,张三
日期[Date],借方,贷方,
2026-01-06,,2,合计工程公司
本页合计,1,2,
备注：以上,,,
"""


def test_a_header_of_two_rows_is_found_and_each_row_has_its_class() -> None:
    found = rows(TABLE.encode())
    header = tables.find_header(found, FIELDS, least=3)
    assert header
    assert header.columns == {"day": 0, "out": 1, "in": 2, "name": 3}
    assert header.units == {"out": 10_000, "in": 10_000}
    kinds = [kind for kind, _ in tables.classes(found, header, anchors=["day"])]
    assert kinds == [
        *[RowClass.NOTE] * 3, RowClass.HEADER, RowClass.HEADER, RowClass.DATA, RowClass.REPEAT,
        RowClass.DATA, RowClass.TOTAL, RowClass.NOTE,
    ]  # fmt: skip


def test_a_row_of_data_without_its_day_is_no_note() -> None:
    found = rows("日期,借方,贷方\n,5,\n".encode())
    header = tables.find_header(found, FIELDS)
    assert header
    kinds = [kind for kind, _ in tables.classes(found, header, anchors=["day", "out", "in"])]
    assert kinds == [RowClass.HEADER, RowClass.DATA]


def test_labels_are_found_with_their_places() -> None:
    known = [Field("account", ("账号",)), Field("holder", ("户名",)), Field("currency", ("币种",))]
    found = tables.labels(rows(TABLE.encode())[:3], known)
    assert {
        name: [(each.value.text, each.row) for each in all_] for name, all_ in found.items()
    } == {
        "account": [("3300 1234", 2)],
        "holder": [("某公司", 2)],
        "currency": [("人民币", 3)],
    }


def test_places_are_named_as_spreadsheets_do() -> None:
    assert tables.place("明细", 12, 4) == "明细!E12"
    assert tables.place("", 3, 27) == "AB3"
    assert tables.place("明细", 3) == "明细!3"
