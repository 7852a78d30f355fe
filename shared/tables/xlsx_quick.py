"""Rows and shared strings of xlsx as most programs spell them, found by patterns.

An XML parser calls Python five times a cell; a pattern finds all cells of a row in one call. What
is spelled in any other way is given back as text, and the caller's XML parser reads it: one row, or
all that follows. Both ways give the same cells, which tests hold.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import IO, NamedTuple

from shared.tables.cells import Unreadable

CHUNK = 1 << 16
_HEAD = re.compile(
    rb"\s*(?:<\?xml version=[\"']1\.0[\"'](?: encoding=[\"']utf-8[\"'])?"
    rb"(?: standalone=[\"']\w+[\"'])?\s*\?>)?\s*<(?:worksheet|sst)[\s>]",
    re.IGNORECASE,
)
_ROW = re.compile(r"\s*<row\b([^<>]*)>")
_CLOSE = "</row>"
_NUMBER = re.compile(r'(?:^|\s)r="(\d+)"')
CELL = re.compile(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(0|[1-9]\d*)")?(?: t="(\w+)")?(?:/>|>'
    r"(<f(?:>[^<]*</f>|\s[^<>]*/>|\s[^<>]*>[^<]*</f>))?(?:<v>([^<&]*)</v>)?</c>)|(.)",
    re.DOTALL,
)
"""Of a cell: letters, style, kind, formula, value; last, whatever is no such cell."""
_STRING = re.compile(
    r"\s*<si><t(?: xml:space=\"preserve\")?>([^<&]*)</t></si>|\s*<si\b(.*?)</si>", re.DOTALL
)
_END = "</sheetData>"
_LONGEST = 8 << 20  # letters without the end of a row

_other = itemgetter(5)


class QuickRow(NamedTuple):
    """A row: its number (0: the next), its cells as text; without them, as it is spelled."""

    number: int
    cells: list[tuple[str, str, str, str, str, str]] | None
    spelled: str


def is_quick(head: bytes, opens: bytes) -> bool:
    """Say whether the first piece of a part is UTF-8 without declarations, and begins as usual."""
    begin = head.partition(opens)[0]
    return opens in head and b"<!" not in begin and _HEAD.match(head) is not None


def _texts(part: IO[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := part.read(CHUNK):
            if text := decoder.decode(chunk):
                yield text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unreadable("truncated") from None


def rows(part: IO[bytes], slow: Callable[[str], object]) -> Iterator[QuickRow | None]:
    """Give a sheet's rows; None stands for rows that went to `slow`, the caller's XML parser."""
    texts = _texts(part)
    text = next(texts, "").partition("<sheetData>")[2]
    while True:
        at = 0
        while found := _ROW.match(text, at):
            opened = close = end = found.end()
            if not found[1].endswith("/"):
                # Looked for by itself: a pattern would go through the row letter by letter.
                close = text.find(_CLOSE, opened)
                end = close + len(_CLOSE)
                if close < 0:
                    break
            number = _NUMBER.search(found[1])
            cells = _cells(text[opened:close])
            spelled = text[at:end] if cells is None else ""
            yield QuickRow(int(number[1]) if number else 0, cells, spelled)
            at = end
        text = text[at:]
        rest = text.lstrip()
        if rest.startswith(_END):
            break
        other = len(rest) > len(_END) and not rest.startswith("<row")
        if other or len(text) > _LONGEST:
            # Something else stands between the rows: an XML parser goes on from here.
            slow(f"<worksheet><sheetData>{text}")
            for more in texts:
                slow(more)
                yield None
            slow("")
            yield None
            return
        text += _more(texts)
    for _ in texts:  # to its end, where the archive's checksum is
        pass


def _more(texts: Iterator[str]) -> str:
    more = next(texts, None)
    if more is None:
        raise Unreadable("truncated")
    return more


def _cells(inner: str) -> list[tuple[str, str, str, str, str, str]] | None:
    """Give a row's cells; None if one of them is spelled in another way."""
    found: list[tuple[str, str, str, str, str, str]] = CELL.findall(inner)
    return None if any(map(_other, found)) else found


def strings(part: IO[bytes], slow: Callable[[str], str]) -> Iterator[str]:
    """Give shared strings; one of several pieces is read by `slow`, from its XML."""
    texts = _texts(part)
    text = next(texts, "")
    text = text[text.index("<si") :]
    while True:
        at = 0
        while found := _STRING.match(text, at):
            at = found.end()
            yield found[1] if found[1] is not None else slow(found[0])
        text = text[at:]
        if text.lstrip().startswith("</sst"):
            break
        if len(text) > _LONGEST:
            raise Unreadable("workbook_broken")
        text += _more(texts)
    for _ in texts:
        pass
