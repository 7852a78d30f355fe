"""Reads `scenarios/README.md` as somebody does who has only that page, and writes folders by it."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "scenarios" / "README.md"
_SECTION = re.compile(r"^## `(?P<name>[^`]+)`\n(?P<told>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<holds>.*) \| (?P<empty>[^|]+) \|$", re.MULTILINE)
_EXAMPLE = re.compile(r"^```(?:csv|json)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Column:
    """What the page says of a column."""

    holds: str
    may_be_empty: bool

    @property
    def codes(self) -> list[str]:
        """Give the values that it names."""
        return re.findall(r"`([a-z0-9_]+)`", self.holds)


@dataclass(frozen=True, slots=True)
class File:
    """What the page says of a file."""

    may_be_missing: bool
    columns: Mapping[str, Column]
    example: str

    def rows(self) -> list[dict[str, str]]:
        """Give the example's rows."""
        return list(csv.DictReader(io.StringIO(self.example), strict=True))


@cache
def files() -> Mapping[str, File]:
    """Give every file that the page describes, in its order."""
    found = {}
    for section in _SECTION.finditer(PAGE.read_text("utf-8")):
        told = section["told"]
        (example,) = _EXAMPLE.finditer(told)
        columns = {
            row["name"]: Column(row["holds"], row["empty"].strip() != "no")
            for row in _ROW.finditer(told)
        }
        missing = "The file may be missing." in told
        found[section["name"]] = File(missing, columns, example["text"])
    return found


def example(folder: Path) -> None:
    """Write the page's example rows into their files."""
    folder.mkdir(parents=True)
    for name, file in files().items():
        (folder / name).write_text(file.example, "utf-8")


def write(folder: Path, name: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a file with the columns that the page names; a row gives each of them, or it is empty.

    Raises KeyError for a file, ValueError for a column that the page does not name.
    """
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(files()[name].columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_settings(folder: Path, **settings: Any) -> None:
    """Write `scenario.json` with the names that the page gives."""
    assert set(settings) == set(files()["scenario.json"].columns)
    text = json.dumps(settings, ensure_ascii=False, default=str)
    (folder / "scenario.json").write_text(text, "utf-8")
