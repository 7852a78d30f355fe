"""What stands around a table: whose project, which month, and sums in the letters of cheques."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from services.payroll.adapters.sheet_types import Said
from services.payroll.adapters.worker_words import LABELS
from shared.tables import Row, labels, plain

_MONTH = re.compile(
    r"(?<!\d)(20\d\d)(?:年(?:度)?(0?[1-9]|1[0-2])月(?!\d{1,2}[日号])|[-/.](0?[1-9]|1[0-2])(?![-/.\d])|(0[1-9]|1[0-2])(?!\d))",
    re.ASCII,
)
_HAN = {letter: n for n, letter in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0}
_HAN_MONTH = re.compile(
    r"([二][〇零○O][〇零一二三四五六七八九]{2})年(十[一二]?|[一二三四五六七八九])月"
)
_SPAN = re.compile(
    r"(20\d\d)[年/.-](\d{1,2})[月/.-](\d{1,2})日?(?:至|到|-|~|—|–)+"
    r"(?:(20\d\d)[年/.-])?(\d{1,2})[月/.-](\d{1,2})日?",
    re.ASCII,
)
_MADE = re.compile(r"制表|填表|打印|填报日|编制日|报送日|制单[日时人]|导出|签订")
_MOST_DAYS = 31


def months(text: str) -> list[str]:
    """Give the months that a text names, `2026-03`; a day alone names none, a span its month."""
    close = unicodedata.normalize("NFKC", text).replace(" ", "")
    found: list[str] = []
    for span in _SPAN.finditer(close):
        year, month, first, _, until, last = span.groups()
        if month.lstrip("0") == until.lstrip("0") and int(last) - int(first) < _MOST_DAYS:
            found.append(f"{year}-{int(month):02d}")
    rest = _SPAN.sub(" ", close)
    if not _MADE.search(rest):
        for year, *month in _MONTH.findall(rest):
            found.append(f"{year}-{int(''.join(month)):02d}")
        for year, month in _HAN_MONTH.findall(rest):
            digits = "".join(str(_HAN[letter]) for letter in year)
            number = 10 + _HAN[month[1]] if len(month) > 1 else _HAN.get(month, 10)
            found.append(f"{digits}-{number:02d}")
    return list(dict.fromkeys(found))


def said_of(sheet: str, rows: list[Row]) -> Iterator[Said]:
    """Give what rows outside a table say: what has a label, and months in titles."""
    periods: set[tuple[int, int]] = set()
    for name, found in labels(rows, LABELS).items():
        for each in found:
            if name == "period":
                periods.add((each.row, each.column))
                for month in months(each.value.text):
                    yield Said("period", month, sheet, each.row, each.column)
            elif each.value.text and not _UNIT.match(plain(each.value.text)):
                yield Said(name, each.value.text, sheet, each.row, each.column)
    for row in rows:
        for column, cell in enumerate(row.cells):
            if cell.text and (row.number, column) not in periods:
                for month in months(_unlabelled(cell.text)):
                    yield Said("period", month, sheet, row.number, column)


_UNIT = re.compile(r"(?:人民币)?[千万亿]?元(?![一-龥])")


def _unlabelled(text: str) -> str:
    """Give a text without what stands behind labels: a project's name may have a month in it."""
    text = text.replace("：", ":")
    if ":" not in text:
        return text
    return " ".join(piece.partition(":")[0] for piece in text.split(" "))


_DIGITS = {letter: n for n, letter in enumerate("零壹贰叁肆伍陆柒捌玖")} | {"两": 2, "〇": 0}
_PLACES = {"拾": 10, "佰": 100, "仟": 1000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
_SMALL = {"角": 10, "分": 1}
_SPOKEN = re.compile(r"[零〇壹贰叁肆伍陆柒捌玖两拾佰仟万亿]+[元圆][零壹贰叁肆伍陆柒捌玖角分整正]*")


def spoken(text: str) -> int | None:
    """Give the fen of a sum in the letters of cheques, `壹万贰仟元伍角整`; None if it has none."""
    found = _SPOKEN.search(plain(text).replace("贰拾", "贰拾"))
    if not found:
        return None
    whole, _, part = found[0].replace("圆", "元").partition("元")
    total = section = digit = 0
    for letter in whole:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _PLACES:
            section, digit = section + (digit or 1) * _PLACES[letter], 0
        else:
            total = (total + section + digit) * _LARGE[letter]
            section = digit = 0
    fen = int(Decimal(total + section + digit).scaleb(2))
    digit = 0
    for letter in part:
        if letter in _DIGITS:
            digit = _DIGITS[letter]
        elif letter in _SMALL:
            fen, digit = fen + digit * _SMALL[letter], 0
    return fen
