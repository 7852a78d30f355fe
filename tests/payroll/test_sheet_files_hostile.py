"""Files that are no lists of workers, or want to do harm: a cause in Chinese, bounded all along."""

import io
import random
import re
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from pydantic import TypeAdapter

from services.payroll.adapters import sheet_file, sheet_findings, sheet_pieces, sheet_reading
from services.payroll.adapters.sheet_types import ERROR, Piece, severity
from shared import sandbox
from shared.tables import words
from tests.payroll import hostile_files
from tests.payroll.hostile_files import HEAD, REFUSED
from tests.payroll.sheet_layouts import Drawn, Formula, Layout, draw, identity, rewritten
from tests.payroll.test_sheet_files import rows_of

PLAIN = draw(3, "xlsx")


async def read(content: bytes) -> sheet_file.SheetReading:
    return await sheet_file.read_sheet(content, "payroll")


def test_what_is_no_list_is_refused_with_its_cause() -> None:
    for name, (content, code) in REFUSED.items():
        found = list(sheet_pieces.read(io.BytesIO(content), "payroll", None))
        if refusal := found[-1].refused:
            said = words.refused(refusal, limit="")
        else:
            (said,) = (
                sheet_findings.finding(flaw)
                for piece in found
                for flaw in piece.flaws
                if severity("payroll", flaw.code) == ERROR
            )
        assert said.code == code, name
        assert said.remedy, name
        assert re.search("[一-龥]{2}", said.detail.zh), name
        assert re.search("[一-龥]{2}", said.remedy.zh), name


async def test_a_refusal_reaches_over_from_the_child() -> None:
    reading = await read(hostile_files.bomb())
    assert [one.code for one in reading.findings] == ["file_bomb"]
    assert (reading.rows, reading.accepted, reading.rejected) == ([], 0, 0)


@pytest.mark.soak
async def test_a_million_empty_formatted_rows_are_no_rows() -> None:
    reading = await read(hostile_files.formatted(1_000_000))
    assert reading.refusal is None
    assert reading.counts["data"] == 2


@pytest.mark.soak
async def test_two_hundred_thousand_rows_of_a_workbook_are_too_many() -> None:
    reading = await read(hostile_files.many_cells(200_000))
    assert [one.code for one in reading.findings] == ["file_too_many_rows"]


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
# Every way to refuse a file names a cause but one, which is for what is no table at all.
CAUSES = {f"file_{code}" for code in words.REFUSALS if code != "unknown"} | {
    "header_missing",
    "no_rows",
}
_PIECES = TypeAdapter(Piece)


@asynccontextmanager
async def at_home(
    function: Callable[..., Iterator[Piece]], content: bytes, *args: object, **_: object
) -> AsyncIterator[AsyncIterator[Piece]]:
    """Stand in for the sandbox: the child's pieces cross as there, but no child is started."""

    async def pieces() -> AsyncIterator[Piece]:
        for piece in function(io.BytesIO(content), *args):
            yield _PIECES.validate_json(_PIECES.dump_json(piece))

    yield pieces()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "stream", at_home)


async def outcome(content: bytes, drawn: Drawn | None = None) -> str:
    """Give why a file is refused, or nothing; whatever else either side raises fails the test.

    No row of a file that is drawn is skipped.
    """
    reading = await read(content)
    assert reading.accepted + reading.rejected == len(reading.rows)
    assert reading.accepted >= 0 <= reading.rejected
    taken = sheet_reading.of(reading)
    grave = [one.code for one in reading.findings if one.severity == ERROR]
    if drawn and reading.refusal is None:
        told = {(sheet, row) for sheet, row, _ in reading.classes}
        data = {(row.table.sheet, row.row) for row in reading.rows}
        assert told | data == rows_of(drawn), drawn.words
        assert not told & data, drawn.words
    return grave[0] if taken.refused else ""


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


async def fuzzed(seed: int) -> str:
    dice = random.Random(seed)
    return await outcome(changed(dice, dice.choice(BASES).content))


async def inner(seed: int) -> str:
    """Change the XML of a sheet behind its checksum."""
    dice = random.Random(seed)
    base = dice.choice([each for each in BASES if each.kind == "xlsx"])
    return await outcome(rewritten(base.content, lambda body: changed(dice, body)))


SIGNS = "王5￥,，。\"'<>&\t =+-@#√元万0.（）\u200b\u3000\U00020000"


def slip(layout: Layout, drawn: Drawn) -> None:
    """Change the text of one cell, wherever it stands, as people do who type."""
    dice = layout.dice
    page = dice.choice([page for page in drawn.pages if page.people])
    n, m = dice.choice([
        (n, m) for n, row in enumerate(page.grid) for m, cell in enumerate(row)
        if str(cell) and not isinstance(cell, Formula)
    ])  # fmt: skip
    told = str(page.grid[n][m])
    at = dice.randrange(len(told) + 1)
    sign = dice.choice(SIGNS if at else SIGNS.replace("#", ""))
    page.grid[n][m] = told[:at] + sign + told[at + dice.randrange(2) :]


async def typed(seed: int) -> str:
    drawn = draw(seed, trap=slip)
    return await outcome(drawn.content, drawn)


async def counted(seeds: range) -> dict[str, Counter[str]]:
    """Try all ways with some seeds, and count what files are refused for."""
    found: dict[str, Counter[str]] = {}
    for way in (fuzzed, inner, typed):
        found[way.__name__] = Counter([await way(seed) for seed in seeds])
        refused = set(found[way.__name__]) - {""}
        assert refused <= CAUSES, (way.__name__, seeds, refused - CAUSES)
    slips = found["typed"]
    assert (slips.total() - slips[""]) * 10 < slips.total(), slips
    return found


@pytest.mark.usefixtures("home")
async def test_changed_files_are_read_or_refused_with_a_cause() -> None:
    found = await counted(range(250))
    assert found["fuzzed"]["file_truncated"]
    assert found["inner"]["file_truncated"]


@pytest.mark.soak
@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("part", range(40))
async def test_twenty_thousand_changes_are_read_or_refused_with_a_cause(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    found = await counted(range(100_000 + part * 200, 100_000 + part * 200 + 200))
    for way, codes in found.items():
        record_property(way, dict(codes))


@pytest.mark.usefixtures("home")
async def test_a_checksum_that_lies_is_a_damaged_file() -> None:
    body = bytearray(PLAIN.content)
    at = body.index(b"PK\x03\x04") + 14
    body[at : at + 4] = struct.pack("<I", zlib.crc32(b"x"))
    assert await outcome(bytes(body)) in {"", "file_truncated"}
