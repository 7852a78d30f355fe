"""Payroll sheets as contractors send them: exact values, each error at its cell, each row told."""

import csv
import io
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from python_calamine import CalamineWorkbook

from services.payroll.adapters import sheet_pieces
from services.payroll.adapters.sheet_types import ERROR, Flaw, Piece, severity
from tests.payroll.sheet_layouts import TRAPS, Drawn, Trap, draw, kinds_of

FIELDS = {
    "name": "name", "id": "id_number", "card": "card_no", "days": "days", "gross": "gross",
    "net": "net", "off": "deductions",
}  # fmt: skip
Where = tuple[str, int]


def pieces(content: bytes, kind: str = "payroll") -> list[Piece]:
    return list(sheet_pieces.read(io.BytesIO(content), kind, None))


def flaws(found: list[Piece]) -> list[Flaw]:
    return [flaw for piece in found for flaw in piece.flaws]


# ---- a second reader, which knows nothing of ours ----------------------------------------------


def rows_of(drawn: Drawn) -> set[Where]:
    """Give the rows in which anything stands, by sheet and number."""
    content = drawn.content
    if drawn.kind == "xlsx":
        return _of_xlsx(content)
    if drawn.kind == "xls":
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        faults = {
            (page.name, n)
            for page in drawn.pages
            for n, row in enumerate(page.grid, start=1)
            if any(isinstance(cell, str) and cell.startswith("#") for cell in row)
        }
        return faults | {
            (name, n)
            for name in book.sheet_names
            for n, row in enumerate(
                book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1
            )
            if any(str(cell).strip() for cell in row)
        }
    if drawn.kind == "html":
        counter = _Rows()
        counter.feed(_decoded(content))
        return {("", n) for n in counter.filled}
    text = _decoded(content)
    lines = csv.reader(io.StringIO(text), delimiter="\t" if drawn.kind == "tab" else ",")
    return {("", n) for n, row in enumerate(lines, start=1) if any(cell.strip() for cell in row)}


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.filled: set[int] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.number += tag == "tr"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.filled.add(self.number)


def _of_xlsx(content: bytes) -> set[Where]:
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  our own file
        names = [sheet.get("name") or "" for sheet in book.iterfind(".//m:sheet", space)]
        found: set[Where] = set()
        for n, name in enumerate(names, start=1):
            sheet = ET.fromstring(archive.read(f"xl/worksheets/sheet{n}.xml"))  # noqa: S314
            for row in sheet.iterfind(".//m:row", space):
                cells = row.iterfind("m:c", space)
                if any(c.find("m:v", space) is not None or c.find("m:f", space) is not None
                       for c in cells):  # fmt: skip
                    found.add((name, int(row.get("r") or 0)))
        return found


# ---- one file ----------------------------------------------------------------------------------


def judged(drawn: Drawn) -> None:
    """Hold what is read of a file against what was drawn."""
    found = pieces(drawn.content)
    named = drawn.kind in {"xlsx", "xls"}
    ended = found[-1].ended
    assert ended, (drawn.words, found[-1].refused)
    assert not ended.more
    values = _values(found)
    graves = {
        (f.sheet, f.row, f.column, f.code)
        for f in flaws(found)
        if severity("payroll", f.code) == ERROR
    }
    expected = {
        (page if named else "", row, _column(drawn, name), code)
        for page, row, name, code in drawn.wrong
    }
    assert graves == expected, drawn.words
    pages = drawn.pages if named else drawn.pages[:1]
    people = {
        (page.name if named else "", row): (page.name, who)
        for page in pages
        for row, who in page.people.items()
    }
    assert values.keys() == people.keys(), drawn.words
    for at, (page, who) in people.items():
        for name, field in FIELDS.items():
            if (page, at[1], name) in drawn.lost or field not in values[at]:
                continue
            told = getattr(who, name)
            read = values[at][field]
            assert read == (told * 100 if name == "days" else told), (drawn.words, at, name)
    rejected = {(sheet, row) for sheet, row, _, _ in graves if (sheet, row) in people}
    assert (ended.rows, ended.rejected) == (len(people), len(rejected)), drawn.words
    classes = {(sheet, row): kind for p in found for sheet, row, kind in p.classes}
    assert not classes.keys() & people.keys()
    assert classes.keys() | people.keys() == rows_of(drawn), drawn.words
    for page in pages:
        for n, kind in enumerate(page.kinds, start=1):
            if kind not in {"blank", "data"}:
                sheet = page.name if named else ""
                assert classes[sheet, n] == kind, (drawn.words, page.name, n, page.grid[n - 1])


def _column(drawn: Drawn, name: str) -> int | None:
    return int(name[1:]) if name[0] == "+" else drawn.at(name)


def _values(found: list[Piece]) -> dict[Where, dict[str, object]]:
    tables = [piece.table for piece in found if piece.table]
    values: dict[Where, dict[str, object]] = {}
    for lines in (piece.lines for piece in found if piece.lines):
        for n, row in enumerate(lines.rows):
            columns = {**lines.texts, **lines.sums}
            said = {name: column[n] for name, column in columns.items()}
            values[tables[lines.table].sheet, row] = said
    return values


@pytest.mark.parametrize("seed", range(40))
def test_awkward_sheets_are_read_exactly(seed: int) -> None:
    judged(draw(seed))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_each_trap_is_found_at_its_cell_in_each_kind_of_file(trap: Trap) -> None:
    for n, kind in enumerate(kinds_of(trap)):
        judged(draw(1_000 + n, kind, trap))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_traps_in_many_layouts(part: int) -> None:
    for seed in range(part * 50, part * 50 + 50):
        judged(draw(10_000 + seed))
        trap = TRAPS[seed % len(TRAPS)]
        kinds = kinds_of(trap)
        judged(draw(20_000 + seed, kinds[seed // len(TRAPS) % len(kinds)], trap))
