"""Files that are no lists of workers, or want to do harm: a cause in Chinese, bounded all along."""

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
import xlwt

from services.payroll.adapters import sheet_file, sheet_pieces
from services.payroll.adapters.sheet_types import Piece
from tests.payroll.sheet_layouts import draw, identity, rewritten

PLAIN = draw(3, "xlsx")
HEAD = "姓名,身份证号码,应发工资,实发工资"


async def read(content: bytes) -> sheet_file.SheetReading:
    return await sheet_file.read_sheet(content, "payroll")


def old(content: Callable[[xlwt.Workbook], object]) -> bytes:
    book = xlwt.Workbook()
    content(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def protected() -> bytes:
    """Name a stream as new files behind a password do."""
    plain = old(lambda book: book.add_sheet("x").write(0, 0, "x"))
    return plain.replace(
        "Workbook".encode("utf-16-le") + bytes(48) + b"\x12\x00",
        "EncryptedPackage".encode("utf-16-le") + bytes(32) + b"\x22\x00",
    )


def bomb() -> bytes:
    return rewritten(PLAIN.content, lambda body: body + b" " * (60 << 20))


def many(rows: int) -> bytes:
    one = identity(random.Random(1))
    return "\n".join([HEAD, *(f"王五,{one},1,1" for _ in range(rows))]).encode() + b"\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "file_picture"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "file_picture"),
        (b"%PDF-1.7 " + bytes(99), "file_pdf"),
        (PLAIN.content[: len(PLAIN.content) // 2], "file_truncated"),
        (PLAIN.content[:-40], "file_truncated"),
        (protected(), "file_encrypted"),
        (bomb(), "file_bomb"),
        (many(200_000), "file_too_many_rows"),
        (b"Rar!\x1a\x07\x00" + bytes(99), "file_archive"),
        (bytes(range(256)) * 9, "file_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
async def test_what_is_no_list_is_refused_with_its_cause(content: bytes, code: str) -> None:
    reading = await read(content)
    (finding,) = reading.findings
    assert (reading.refusal is not None, finding.code) == (True, code)
    assert finding.finding.remedy
    assert re.search("[一-龥]", finding.finding.detail.zh)
    assert (reading.rows, reading.accepted, reading.rejected) == ([], 0, 0)


def formatted(count: int) -> bytes:
    """Format a million rows in which nothing stands, below a list."""
    blank = b"".join(
        b'<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/><c r="B%d" s="1"/></row>' % (n, n, n)
        for n in range(1000, 1000 + count)
    )
    return rewritten(
        PLAIN.content, lambda body: body.replace(b"</sheetData>", blank + b"</sheetData>")
    )


async def test_empty_formatted_rows_are_no_rows() -> None:
    reading = await read(formatted(50_000))
    assert reading.refusal is None
    assert reading.counts["data"] == sum(len(page.people) for page in PLAIN.pages)


@pytest.mark.soak
async def test_a_million_empty_formatted_rows_are_no_rows() -> None:
    reading = await read(formatted(1_000_000))
    assert reading.refusal is None
    assert reading.counts["data"] == sum(len(page.people) for page in PLAIN.pages)


async def test_macros_and_links_to_elsewhere_are_not_looked_at() -> None:
    file = io.BytesIO(PLAIN.content)
    with zipfile.ZipFile(file, "a", 8) as archive:
        archive.writestr("xl/vbaProject.bin", bytes(5_000))
        archive.writestr("xl/externalLinks/externalLink1.xml", "<externalLink/>")
    reading = await read(file.getvalue())
    assert reading.counts["data"] == sum(len(page.people) for page in PLAIN.pages)


async def test_what_would_calculate_is_told_and_kept_as_text() -> None:
    one, two = identity(random.Random(1)), identity(random.Random(2))
    content = "\n".join([
        f"{HEAD},备注", f"王五,{one},1,1,@SUM(A1)", f"赵六,{two},1,1,=cmd|' /C calc'!A0",
    ]).encode()  # fmt: skip
    reading = await read(content + b"\n")
    assert {(f.row, f.column, f.code) for f in reading.findings} >= {
        (2, "E", "formula_text"), (3, "E", "formula_uncalculated"),
    }  # fmt: skip


async def test_when_every_row_is_wrong_each_is_told() -> None:
    content = "\n".join([HEAD, *(f"王{n},12345,若干,x" for n in range(400))]).encode()
    reading = await read(content + b"\n")
    assert (reading.accepted, reading.rejected) == (0, 400)
    assert {f.row for f in reading.findings if f.code == "id_shape"} == set(range(2, 402))


# ---- changed bytes -----------------------------------------------------------------------------

BASES = [draw(seed, kind) for seed, kind in enumerate(("xlsx", "xls", "csv", "tab", "html") * 3)]


def outcome(content: bytes) -> str:
    """Give why a file is refused, or nothing; whatever else the reader raises fails the test."""
    found: list[Piece] = list(sheet_pieces.read(io.BytesIO(content), "payroll", None))
    last = found[-1]
    if last.refused:
        return last.refused.code
    assert last.ended
    rows = sum(len(piece.lines.rows) for piece in found if piece.lines)
    assert rows == last.ended.rows
    assert 0 <= last.ended.rejected <= rows
    return ""


def changed(dice: random.Random, content: bytes) -> bytes:
    body = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 8))):
        at = dice.randrange(len(body))
        what = dice.randrange(4)
        if what == 0:
            body[at] ^= 1 << dice.randrange(8)
        elif what == 1:
            body[at] = dice.randrange(256)
        elif what == 2:
            del body[at : at + dice.choice((1, 4, 100))]
        else:
            body[at:at] = bytes(dice.randrange(256) for _ in range(dice.choice((1, 4))))
        body = body or bytearray(b"x")
    return bytes(body)


def fuzzed(seed: int) -> None:
    dice = random.Random(seed)
    outcome(changed(dice, dice.choice(BASES).content))


def inner(seed: int) -> None:
    """Change the XML of a sheet behind its checksum."""
    dice = random.Random(seed)
    base = dice.choice([each for each in BASES if each.kind == "xlsx"])
    outcome(rewritten(base.content, lambda body: changed(dice, body)))


SIGNS = "王5￥,，。\"'<>&\t =+-@#√元万0.（）\u200b\u3000\U00020000"


def typed(seed: int) -> str:
    """Change the text of one cell as people do, and say why the file is refused, if it is."""
    dice = random.Random(seed)
    drawn = draw(dice.randrange(500), dice.choice(("csv", "tab", "html")))
    encoding = "gb18030" if b"\xd0\xd5\xc3\xfb" in drawn.content else "utf-8"
    text = drawn.content.decode(encoding, "replace")
    cells = [m for m in re.finditer(r"[^,\t\r\n<>\"]{2,}", text) if m.start() > 60]
    cell = dice.choice(cells)
    at = dice.randrange(cell.start(), cell.end())
    sign = dice.choice([sign for sign in SIGNS if sign not in ',\t"<>'])
    words = text[:at] + sign + text[at + dice.randrange(2) :]
    return outcome(words.encode(encoding, "replace"))


@pytest.mark.parametrize("part", range(4))
def test_changed_bytes_are_read_or_refused_with_a_cause(part: int) -> None:
    for seed in range(part * 60, part * 60 + 60):
        fuzzed(seed)
        inner(seed)


def test_a_change_within_a_cell_hardly_ever_refuses_the_file() -> None:
    refused = [code for code in map(typed, range(150)) if code]
    assert len(refused) < 15, refused


@pytest.mark.soak
@pytest.mark.parametrize("part", range(40))
def test_twenty_thousand_changes_are_read_or_refused_with_a_cause(part: int) -> None:
    refused = 0
    for seed in range(100_000 + part * 200, 100_000 + part * 200 + 200):
        fuzzed(seed)
        inner(seed)
        refused += bool(typed(seed))
    assert refused < 20


def test_a_checksum_that_lies_is_a_damaged_file() -> None:
    body = bytearray(PLAIN.content)
    at = body.index(b"PK\x03\x04") + 14
    body[at : at + 4] = struct.pack("<I", zlib.crc32(b"x"))
    assert outcome(bytes(body)) in {"", "truncated"}
