"""No file of a scenario says how something stands: levels, misses, shares and totals come out."""

import csv
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flows import page

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FOLDERS = sorted(path.parent for path in SCENARIOS.glob("*/scenario.json"))
# Headings of what is computed, whatever the page of the format may come to describe.
HEADINGS = re.compile(
    "(^|_)(levels?|colour|miss(es|ed)?|lacking|none|short|shares?|totals?|sum|counts?|percent"
    "|rate|standing|due|credited)(_|$)|等级|预警|未拨付|不足|占比|合计|差额"
)
# What stands in a cell only if somebody worked it out.
CELLS = re.compile(
    r"(blue|yellow|orange|red|[蓝黄橙红](色?预警)?|missed|transfer_missed|bank_feed_late|short|full"
    r"|未拨付|拨付不足|足额|\d+([.]\d+)?\s*[%％]|\d+\s*/\s*\d+)"
)
# Words of the terms of a contract, which mean nothing computed there.
TERMS = {("works_contracts.csv", "share"), ("works_contracts.csv", "due_shift")}


def computed(folder: Path) -> Iterator[str]:
    """Give each place of a folder at which something stands that must come out of the rules."""
    described = page.files()
    for path in sorted(folder.iterdir()):
        if path.suffix == ".md":
            continue
        if path.name not in described:
            yield f"{path.name}: not described"
        elif path.suffix == ".json":
            for name in json.loads(path.read_text("utf-8")):
                if name not in described[path.name].columns:
                    yield f"{path.name}: {name}"
        else:
            yield from _computed(path, set(described[path.name].columns))


def _computed(path: Path, described: set[str]) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        heads, *rows = csv.reader(file)
    for head in heads:
        named = (path.name, head) not in TERMS and HEADINGS.search(head.lower())
        if named or head not in described:
            yield f"{path.name}: {head}"
    sums = {
        head: [float(row[place]) for row in rows if row[place]]
        for place, head in enumerate(heads)
        if "amount" in head
    }
    for number, row in enumerate(rows, start=2):
        for head, cell in zip(heads, row, strict=True):
            if CELLS.fullmatch(cell.strip()):
                yield f"{path.name}: row {number}: {head}: {cell}"
            elif len(rows) > 2 and cell and head in sums and _is_sum(float(cell), sums[head]):
                yield f"{path.name}: row {number}: {head}: {cell} is the sum of the others"


def _is_sum(value: float, values: list[float]) -> bool:
    return round(sum(values) - value, 2) == round(value, 2)


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_scenario_holds_facts_only(folder: Path) -> None:
    assert list(computed(folder)) == []


def heading(file: str, name: str) -> Callable[[Path], object]:
    return lambda folder: _rewrite(folder / file, lambda rows: [rows[0] + [name], *_more(rows[1:])])


def _more(rows: list[list[str]]) -> list[list[str]]:
    return [[*row, ""] for row in rows]


def cell(file: str, column: str, value: str) -> Callable[[Path], object]:
    def put(rows: list[list[str]]) -> list[list[str]]:
        rows[3][rows[0].index(column)] = value
        return rows

    return lambda folder: _rewrite(folder / file, put)


def total(rows: list[list[str]]) -> list[list[str]]:
    """Add a row that is the sum of those above it."""
    place = rows[0].index("amount")
    last = list(rows[-1])
    last[place] = f"{sum(float(row[place]) for row in rows[1:]):.2f}"
    return [*rows, last]


def _rewrite(path: Path, change: Callable[[list[list[str]]], list[list[str]]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = change(list(csv.reader(file)))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    "plant",
    [
        heading("projects.csv", "level"),
        heading("projects.csv", "预警等级"),
        heading("works_contracts.csv", "missed"),
        heading("organisations.csv", "share"),
        heading("organisations.csv", "none_or_short"),
        heading("lines.csv", "total"),
        cell("projects.csv", "name", "red"),
        cell("lines.csv", "purpose", "未拨付"),
        cell("organisations.csv", "trades", "56.4 %"),
        cell("recipients.csv", "name", "31/55"),
        lambda folder: _rewrite(folder / "lines.csv", total),
        lambda folder: (folder / "board.csv").write_text("developer,none\n"),
        lambda folder: (folder / "scenario.json").write_text('{"none": 18}'),
    ],
)
def test_what_is_planted_there_is_found(tmp_path: Path, plant: Callable[[Path], object]) -> None:
    folder = shutil.copytree(SCENARIOS / "hefeng", tmp_path / "hefeng")
    plant(folder)
    assert list(computed(folder))
