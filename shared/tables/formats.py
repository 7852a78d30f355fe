"""Numbers of spreadsheets: their digits, and whether they are a day, a time, or count in 万元."""

import re
from decimal import Decimal
from enum import StrEnum
from math import isfinite
from typing import NamedTuple

from shared.tables.cells import Cell, CellKind, Unreadable


class Shape(StrEnum):
    """What a formatted number is."""

    NUMBER = "number"
    DAY = "day"
    TIME = "time"


class Format(NamedTuple):
    """A number format, as far as it changes what a number means."""

    shape: Shape = Shape.NUMBER
    unit: int = 1


GENERAL = Format()
_MOST_KEPT = 20_000
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
# Formats without a text of their own (ECMA-376 18.8.30), those of Chinese spreadsheets included.
_BUILT_IN = {
    **dict.fromkeys([14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58], Shape.DAY),
    **dict.fromkeys([18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56], Shape.TIME),
}
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|!(.)|_.|\*.|\[[^\]]*\]')
_UNITS = (("千元", 1_000), ("万元", 10_000), ("万", 10_000), ("亿", 10**8))


def built_in(number: int) -> Format:
    """Give a format that is known by its number alone."""
    return Format(_BUILT_IN.get(number, Shape.NUMBER))


def read_format(code: str) -> Format:
    """Read a format's text, of positive numbers.

    `0.00"万元"` counts in 万元. `0!.0,"万元"` only shows yuan like that: it moves the point itself.
    """
    code = code.partition(";")[0]
    said = "".join("".join(found.groups("")) for found in _LITERAL.finditer(code))
    bare = _LITERAL.sub("", code)
    letters = bare.lower().replace("general", "")
    if re.search(r"[yd年日]|m+[-/年]|[-/]m", letters):
        return Format(Shape.DAY)
    if re.search(r"[hs时]", letters):
        return Format(Shape.TIME)
    shifted = re.search(r"[0#?],+(?![0#?])", bare) or "." in said
    words = said + bare
    unit = next((size for word, size in _UNITS if word in words), 1)
    return Format(Shape.NUMBER, 1 if shifted else unit)


def digits(value: str) -> str:
    """Give a number as a spreadsheet shows it: fifteen digits, no exponent."""
    if len(value) < 15 and (value.isdecimal() or _PLAIN.fullmatch(value)):  # noqa: PLR2004
        return value  # it has fewer
    if not isfinite(number := float(value)):
        raise Unreadable("workbook_broken")
    return format(Decimal(format(number, ".15g")), "f")


class Numbers(dict[str, Cell]):
    """Cells of numbers by how they are spelled: a list has the same ones again and again."""

    def __missing__(self, value: str) -> Cell:
        cell = Cell(CellKind.NUMBER, digits(value))
        if len(self) < _MOST_KEPT:
            self[value] = cell
        return cell
