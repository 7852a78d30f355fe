"""Files of areas: CSV text as spreadsheets save it."""

import csv
import io
import re
from datetime import date

from services.registry.errors import AreaFileUnreadable
from services.registry.rules.areas import AreaFact
from services.registry.schemas.areas import MOST_ROWS
from shared.problems import Finding
from shared.wording import Text

REQUIRED = ("code", "name", "parent_code", "valid_from")
COLUMNS = (*REQUIRED, "valid_to")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# Stands for a day that could not be read, so that the rest of its row is still looked at.
_UNREAD = date.min


def read(body: bytes) -> tuple[list[AreaFact], list[Finding]]:
    """Give the rows of a file and what could not be read in them, each with its row's number.

    UTF-8, or GB 18030 as Chinese spreadsheets save CSV. The header is row 1 and names the columns
    in any order; empty rows are passed over. Raises AreaFileUnreadable for what is no such file.
    """
    reader = csv.reader(io.StringIO(_text(body), newline=""), strict=True)
    facts: list[AreaFact] = []
    found: list[Finding] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(facts) == MOST_ROWS:
                raise _unreadable("rows", "RowsTooMany", Text(
                    "每次最多 {most} 行，请分次导入", "At most {most} rows at a time"
                ).fill(most=MOST_ROWS))  # fmt: skip
            facts.append(_fact(header, cells, f"rows[{reader.line_num}]", found))
    except csv.Error as error:
        raise _unreadable(
            f"rows[{reader.line_num}]", "NotCsv",
            Text("该行不是有效的 CSV", "This row is not valid CSV"),
        ) from error  # fmt: skip
    if not facts:
        raise _unreadable("rows", "NoRows", Text("文件没有数据行", "The file has no rows"))
    return facts, found


def _text(body: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    detail = Text("应为 UTF-8 或 GB 18030 文本", "It must be UTF-8 or GB 18030")
    raise _unreadable("file", "EncodingUnknown", detail)


def _unreadable(place: str, code: str, detail: Text) -> AreaFileUnreadable:
    return AreaFileUnreadable(errors=[Finding(place, code, detail)])


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    strange = [name for name in header if name not in COLUMNS]
    if missing or strange or len(set(header)) != len(header):
        raise _unreadable(
            "rows[1]",
            "HeaderWrong",
            Text(
                "首行应为列名：code,name,parent_code,valid_from,valid_to",
                "The first row names the columns: code,name,parent_code,valid_from,valid_to",
            ),
        )


def _fact(header: list[str], cells: list[str], place: str, found: list[Finding]) -> AreaFact:
    if len(cells) > len(header):
        found.append(
            Finding(place, "RowTooLong", Text("列数多于表头", "It has more cells than columns"))
        )
    row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
    valid_from, valid_to = (
        _day(row.get(name, ""), f"{place}.{name}", found) for name in ("valid_from", "valid_to")
    )
    if not row.get("valid_from"):
        found.append(
            Finding(f"{place}.valid_from", "DayMissing", Text("缺少生效日期", "The day is missing"))
        )
    return AreaFact(
        row.get("code", ""),
        row.get("name", ""),
        row.get("parent_code") or None,
        valid_from or _UNREAD,
        valid_to,
        place=place,
    )


def _day(said: str, place: str, found: list[Finding]) -> date | None:
    if not said:
        return None
    try:
        if _DAY.fullmatch(said):
            return date.fromisoformat(said)
    except ValueError:
        pass
    found.append(
        Finding(place, "DayMalformed", Text("日期应为 YYYY-MM-DD", "A date is YYYY-MM-DD"))
    )
    return None
