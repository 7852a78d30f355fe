"""What all imported lists have in common: rows against bodies, areas by name, rows twice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.problems import Finding, Problem, findings
from shared.tables.forms import Line
from shared.wording import Text

_Body = TypeVar("_Body", bound=BaseModel)
COMPARE = Text("请核对后修改", "Compare it and correct it")
_AREA = re.compile(r"(\d{2,12})\D*", re.ASCII)


def body(
    line: Line, kind: type[_Body], values: Mapping[str, Any], columns: Mapping[str, str]
) -> _Body | None:
    """Give a row as the body that the interface takes, or find what does not fit."""
    try:
        return kind.model_validate({name: one for name, one in values.items() if one is not None})
    except ValidationError as error:
        tell(line, findings(error.errors()), columns)
        return None


def tell(line: Line, found: Iterable[Finding], columns: Mapping[str, str]) -> None:
    """Put findings that name fields at the cells that these came from."""
    for one in found:
        field = one.place.rpartition(".")[2] or one.place
        line.find(columns.get(field, field), one.code, one.detail, one.remedy or COMPARE)


def tell_problem(line: Line, name: str, problem: Problem, columns: Mapping[str, str]) -> None:
    """Put a problem at a row's cell, or each of its findings at its own."""
    if problem.errors:
        tell(line, problem.errors, columns)
    else:
        line.find(name, type(problem).__name__, problem.detail or problem.title, COMPARE)


def place(line: Line, names: Mapping[str, str]) -> None:
    """Read a row's area, by code or by name, as one of some areas; find it where it is none."""
    said = line.values["area_code"]
    if said is None:
        return
    code = _AREA.fullmatch(said)
    alike = [one for one, name in names.items() if name == said]
    if code and code[1] in names:
        line.values["area_code"] = code[1]
    elif len(alike) == 1:
        line.values["area_code"] = alike[0]
    elif alike:
        line.find(
            "area_code",
            "AreaAmbiguous",
            Text("有多个同名区划", "Several areas have this name"),
            Text("请改填区划代码", "Write the area's code"),
        )
    else:
        line.find(
            "area_code",
            "AreaUnknown",
            Text("没有此区划，或不在本次导入的区域内", "No such area within the area of this list"),
            Text("请填写代码或全称", "Write its code or its full name"),
        )


def twice(lines: Sequence[Line], *names: str) -> None:
    """Find rows that say the same in the fields that name a row."""
    first: dict[tuple[Any, ...], int] = {}
    for line in lines:
        key = tuple(line.values[name] for name in names)
        if None in key[:1]:
            continue
        if first.setdefault(key, line.row) != line.row:
            line.find(
                names[0],
                "RowTwice",
                Text("与第 {row} 行重复", "The same as row {row}").fill(row=first[key]),
                Text("请删去其中一行", "Leave one of them out"),
            )
