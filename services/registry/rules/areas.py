"""The dated tree of areas: what may be entered, and where each area lies on a day."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.areas import NATION, is_area_code
from shared.problems import Finding
from shared.wording import Text

# The length of the code above each length: nation, province, prefecture, county, town, village.
_ABOVE = {2: 1, 4: 2, 6: 4, 9: 6, 12: 9}
LONGEST_NAME = 200
NATION_PATH = f"/{NATION}/"


@dataclass(frozen=True, slots=True)
class AreaFact:
    """One dated row of an area: its name and parent from a day until a day (included) or open.

    A row with a later `valid_from` replaces an earlier one from that day on. `place` says where
    in the body or file the row stands.
    """

    code: str
    name: str
    parent_code: str | None
    valid_from: date
    valid_to: date | None = None
    place: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[str, date]:
        """Give what the row is known by."""
        return self.code, self.valid_from


@dataclass(frozen=True, slots=True)
class Told:
    """What every service was told of an area last."""

    name: str
    path: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Entered:
    """What an import did: rows that are new, that were corrected, that stood there already."""

    entered: int
    changed: int
    unchanged: int


def area_unknown(place: str) -> Finding:
    """Say that a row names an area in which the caller can enter nothing."""
    return Finding(
        place,
        "AreaUnknown",
        Text(
            "行政区划不存在、已撤销或不在您的管辖范围内",
            "This area is unknown, has ended, or is outside your areas",
        ),
        Text("请先导入行政区划，或由上级录入", "Load the area first, or ask the level above"),
    )


def check(
    facts: Sequence[AreaFact],
    known: Mapping[str, Sequence[AreaFact]],
    paths: Mapping[str, str],
    roots: frozenset[str],
) -> list[Finding]:
    """Give all that is wrong with rows to be entered; parents may come later among them.

    `known` are the rows that stand already, of these codes, their parents and all above; `paths`
    the paths in force of these codes; `roots` the caller's areas. Whoever enters a row needs the
    area's parent, old and new, within his own.
    """
    rows = _by_code([*(fact for code in known for fact in known[code]), *facts])
    found = [finding for fact in facts for finding in _check_one(fact, rows)]
    found += _twice(facts)
    parents = {code: latest(rows[code]).parent_code for code in rows}
    for fact in facts:
        if not is_area_code(fact.code) or NATION in roots:
            continue
        moved_from = set(paths.get(fact.code, "").strip("/").split("/")) - {fact.code, ""}
        above = _above(fact, parents)
        if not roots & set(above) or (moved_from and not roots & moved_from):
            found.append(area_unknown(f"{fact.place}.code"))
    return found


def _check_one(fact: AreaFact, rows: Mapping[str, Sequence[AreaFact]]) -> Iterator[Finding]:
    if not is_area_code(fact.code):
        yield Finding(
            f"{fact.place}.code",
            "CodeMalformed",
            Text(
                "行政区划代码应为 2、4、6、9 或 12 位数字，全国为 0",
                "An area code has 2, 4, 6, 9 or 12 digits; the nation is 0",
            ),
        )
    else:
        yield from _check_parent(fact, rows)
    if not fact.name.strip() or len(fact.name) > LONGEST_NAME or not fact.name.isprintable():
        yield Finding(
            f"{fact.place}.name",
            "NameWrong",
            Text("名称应为 1–200 个可见字符", "A name has 1 to 200 printed characters"),
        )
    if fact.valid_to and fact.valid_to < fact.valid_from:
        yield Finding(
            f"{fact.place}.valid_to",
            "EndsBeforeStart",
            Text("终止日期早于生效日期", "It ends before it begins"),
        )


def _check_parent(fact: AreaFact, rows: Mapping[str, Sequence[AreaFact]]) -> Iterator[Finding]:
    place = f"{fact.place}.parent_code"
    if fact.code == NATION:
        if fact.parent_code:
            yield Finding(place, "ParentLevel", Text("全国没有上级", "The nation has no parent"))
        return
    if not fact.parent_code:
        yield Finding(
            place,
            "ParentMissing",
            Text("缺少上级代码", "The parent's code is missing"),
            Text("省级的上级为 0", "A province's parent is 0"),
        )
    elif len(fact.parent_code) != _ABOVE[len(fact.code)] or not is_area_code(fact.parent_code):
        yield Finding(
            place,
            "ParentLevel",
            Text(
                "上级代码的级次不符：省 2、市州 4、县 6、乡镇 9、村 12 位",
                "The parent must be one level up: 2, 4, 6, 9, 12 digits, the nation 0",
            ),
        )
    elif fact.parent_code != NATION and fact.parent_code not in rows:
        yield Finding(
            place,
            "ParentUnknown",
            Text(
                "上级代码既不在系统中，也不在本文件中",
                "The parent is neither here nor in this file",
            ),
        )
    elif fact.parent_code != NATION and not any(
        row.valid_to is None or row.valid_to >= fact.valid_from for row in rows[fact.parent_code]
    ):
        yield Finding(
            place,
            "ParentEnded",
            Text("上级区划在该行生效之前已终止", "The parent had ended before this row begins"),
        )


def _twice(facts: Sequence[AreaFact]) -> Iterator[Finding]:
    first: dict[tuple[str, date], AreaFact] = {}
    for fact in facts:
        if first.setdefault(fact.key, fact) != fact:
            yield Finding(
                f"{fact.place}.code",
                "RowTwice",
                Text(
                    "同一代码、同一生效日期在 {place} 已出现且内容不同",
                    "This code and day stand at {place} with other content",
                ).fill(place=first[fact.key].place),
            )


def _above(fact: AreaFact, parents: Mapping[str, str | None]) -> list[str]:
    """Give the codes above a row, nearest first; levels only shrink, so it ends."""
    codes: list[str] = []
    code = fact.parent_code
    while code and (not codes or len(code) < len(codes[-1])):
        codes.append(code)
        code = NATION if _ABOVE.get(len(code)) == 1 else parents.get(code)
    return codes


def _by_code(facts: Iterable[AreaFact]) -> dict[str, list[AreaFact]]:
    rows: dict[str, list[AreaFact]] = {}
    for fact in facts:
        rows.setdefault(fact.code, []).append(fact)
    return rows


def latest(rows: Sequence[AreaFact]) -> AreaFact:
    """Give the row that begins last."""
    return max(rows, key=lambda row: row.valid_from)


def in_force(rows: Collection[AreaFact], today: date) -> AreaFact | None:
    """Give the row that counts on a day: the last that has begun, also when it has ended.

    An area that ended keeps its place, so that what lies in it is still found from above.
    """
    begun = [row for row in rows if row.valid_from <= today]
    return latest(begun) if begun else None


def lay_paths(
    rows: Iterable[AreaFact], paths: Mapping[str, str], today: date
) -> dict[str, tuple[AreaFact, str]]:
    """Give the row in force and the path of each code on a day.

    `rows` are all rows of the codes to lay out, `paths` those in force of the areas above them.
    A code whose row or whose parent has not begun yet is left out: it is told when it has.
    """
    laid: dict[str, tuple[AreaFact, str]] = {}
    by_code = _by_code(rows)
    for code in sorted(by_code, key=len):
        row = in_force(by_code[code], today)
        if row is None:
            continue
        if code == NATION:
            laid[code] = row, NATION_PATH
            continue
        above = str(row.parent_code)
        path = laid[above][1] if above in laid else paths.get(above)
        if above == NATION:
            path = NATION_PATH
        if path:
            laid[code] = row, f"{path}{code}/"
    return laid
