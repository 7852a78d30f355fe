"""Reads a scenario's folder: facts only, each file with its columns, findings at their places."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from services.demo import case_facts, workers
from services.demo.checks import YEARS, Column, instant
from services.demo.columns import (
    FILES,
    NAMED,
    OPTIONAL,
    ORDERED,
    ORGANISATION,
    SETTINGS,
    SPANS,
    heading,
)
from shared import clock

Row = dict[str, str]
Files: TypeAlias = Mapping[str, list[Row]]


class ScenarioRefused(ValueError):
    """The folder does not have the described form; every finding is named with its place."""

    def __init__(self, findings: list[str]) -> None:
        """Take all findings."""
        super().__init__("\n".join(findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Scenario:
    """A folder as read: its settings and the rows of each file."""

    name: str
    title: str
    area_code: str
    begins: datetime
    ends: datetime
    calendar_years: list[int]
    files: dict[str, list[Row]] = field(default_factory=dict)

    def rows(self, name: str) -> list[Row]:
        """Give a file's rows; none if the folder does not have it."""
        return self.files.get(name, [])

    def filed_at_entry(self, account: Row) -> dict[str, str]:
        """Give what was agreed and filed of an account when it is entered."""
        entered = self._entered_on(account)
        return {
            name: row[name]
            for row in self.rows("filings.csv")
            for name in ("agreement_on", "filed_on")
            if row["account_no"] == account["account_no"]
            and row[name]
            and date.fromisoformat(row[name]) <= entered
        }

    def filings_later(self) -> Iterator[tuple[str, datetime, str, dict[str, str]]]:
        """Give what was agreed and filed after that: of which account, when, what, with its day."""
        accounts = {row["account_no"]: row for row in self.rows("wage_accounts.csv")}
        for row in self.rows("filings.csv"):
            entered = self._entered_on(accounts[row["account_no"]])
            for column, path, name in (
                ("agreement_on", "agreement", "signed_on"),
                ("filed_on", "filing", "filed_on"),
            ):
                if row[column] and (day := date.fromisoformat(row[column])) > entered:
                    yield row["account_no"], clock.at(day, 11), path, {name: row[column]}

    def _entered_on(self, account: Row) -> date:
        return max(date.fromisoformat(account["opened_on"]), clock.day_of(self.begins))


def read(folder: Path) -> Scenario:
    """Read a folder; raise ScenarioRefused with every finding: file, row, column."""
    if not folder.is_dir():
        raise ScenarioRefused([f"{folder}: no such folder"])
    findings: list[str] = []
    present = {path.name for path in folder.iterdir()}
    described = set(FILES) | {"scenario.json", "README.md"}
    findings += [f"{name}: not a file of the format" for name in sorted(present - described)]
    findings += [f"{name}: missing" for name in sorted(described - present - OPTIONAL)]
    settings = _settings(folder, findings)
    files = {name: _rows(folder / name, FILES[name], findings) for name in FILES if name in present}
    _references(files, findings)
    _roles(files, findings)
    _twice(files, findings)
    if settings and not findings:
        findings += _early(files, datetime.fromisoformat(settings["from"]))
        findings += workers.wrong(files)
        findings += case_facts.wrong(files)
    if settings and settings["area_code"] not in {
        row["code"] for row in files.get("areas.csv", ())
    }:
        findings.append(f"scenario.json: area_code: {settings['area_code']} is not in areas.csv")
    if findings:
        raise ScenarioRefused(findings)
    return Scenario(
        folder.name,
        settings["title"],
        settings["area_code"],
        datetime.fromisoformat(settings["from"]),
        datetime.fromisoformat(settings["until"]),
        settings["calendar_years"],
        files,
    )


def _settings(folder: Path, findings: list[str]) -> dict[str, Any]:
    """Read the settings; give none where something is wrong with them."""
    path = folder / "scenario.json"
    if not path.is_symlink() and not path.exists():
        return {}  # Told as missing.
    try:
        settings = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        findings.append(f"scenario.json: {error}")
        return {}
    if not isinstance(settings, dict):
        findings.append("scenario.json: not an object with names")
        return {}
    found = _headings(settings, SETTINGS) or _wrong_settings(settings)
    findings += [f"scenario.json: {each}" for each in found]
    return {} if found else settings


def _wrong_settings(settings: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name}: no text that can be shown"
        for name in ("title", "area_code")
        if type(settings[name]) is not str or not settings[name].isprintable()
    ]
    years = settings["calendar_years"]
    if not isinstance(years, list) or any(
        type(year) is not int or year not in YEARS for year in years
    ):
        found.append("calendar_years: no list of years")
    instants = []
    for name in ("from", "until"):
        try:
            instant(str(settings[name]))
            instants.append(datetime.fromisoformat(settings[name]))
        except (ValueError, TypeError) as error:
            found.append(f"{name}: {error}")
    if instants != sorted(instants):
        found.append("until: earlier than from")
    return found


def _headings(names: Iterable[str], described: Iterable[str]) -> list[str]:
    """Find headings that are missing, that nobody described, or that stand here twice."""
    names = list(names)
    found = [f"{name}: missing" for name in sorted(set(described) - set(names))]
    found += [f"{name}: {heading(name)}" for name in sorted(set(names) - set(described))]
    found += [f"{name}: stands here twice" for name in sorted(set(names)) if names.count(name) > 1]
    return found


def _rows(path: Path, columns: Mapping[str, Column], findings: list[str]) -> list[Row]:
    """Read a file; rows that are too long or too short for its header are findings."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = list(csv.reader(file, strict=True))
    except (csv.Error, OSError, UnicodeDecodeError) as error:
        findings.append(f"{path.name}: not a CSV file in UTF-8 ({error})")
        return []
    names = cells[0] if cells else []
    findings += [f"{path.name}: row 1: {each}" for each in _headings(names, columns)]
    rows = []
    for number, found in enumerate(cells[1:], start=2):
        row = dict.fromkeys(columns, "") | dict(zip(names, found, strict=False))
        if len(found) == len(names):
            findings += _wrong(path.name, number, row, columns)
        else:
            findings.append(f"{path.name}: row {number}: {len(found)} cells, not {len(names)}")
        rows.append(row)
    findings += _disorder(path.name, rows)
    return rows


def _disorder(file: str, rows: list[Row]) -> list[str]:
    """Find rows that are earlier than the one before; what cannot be read is found elsewhere."""
    column, found = ORDERED.get(file), []
    before: datetime | None = None
    for number, row in enumerate(rows, start=2):
        with suppress(ValueError, TypeError):
            at = datetime.fromisoformat(row[column]) if column else None
            if before and at and at < before:
                found.append(f"{file}: row {number}: {column}: earlier than the row before")
            before = at or before
    return found


def _wrong(name: str, number: int, row: Row, columns: Mapping[str, Column]) -> list[str]:
    found = []
    for column, rule in columns.items():
        value = row.get(column)
        if not value:
            if rule.required:
                found.append(f"{name}: row {number}: {column}: empty")
            continue
        try:
            rule.check(value)
        except ValueError as error:
            found.append(f"{name}: row {number}: {column}: {error}")
    begin, end = SPANS.get(name, ("", ""))
    # Days, periods and the days of instants are in order as their signs are.
    if not found and row.get(end) and row[end] < row[begin]:
        found.append(f"{name}: row {number}: {end}: earlier than {begin}")
    return found


def _twice(files: Files, findings: list[str]) -> None:
    for file, columns in NAMED.items():
        seen: set[tuple[str, ...]] = set()
        for number, row in enumerate(files.get(file, ()), start=2):
            name = tuple(row[column] for column in columns)
            if name in seen:
                findings.append(
                    f"{file}: row {number}: {columns[-1]}: {name[-1]} stands here twice"
                )
            seen.add(name)


def _references(files: Files, findings: list[str]) -> None:
    known = {
        rule.ref: {row.get(rule.ref[1], "") for row in files.get(rule.ref[0], [])}
        for columns in FILES.values()
        for rule in columns.values()
        if rule.ref
    }
    for name, rows in files.items():
        for number, row in enumerate(rows, start=2):
            for column, rule in FILES[name].items():
                value = row.get(column)
                if rule.ref and value and value not in known[rule.ref]:
                    findings.append(
                        f"{name}: row {number}: {column}: {value} is not in "
                        f"{rule.ref[0]} ({rule.ref[1]})"
                    )


def _roles(files: Files, findings: list[str]) -> None:
    """Find units that are named as what they are not."""
    roles = {
        row.get(ORGANISATION[1], ""): row.get("roles", "").split("|")
        for row in files.get(ORGANISATION[0], ())
    }
    for name, rows in files.items():
        for column, rule in FILES[name].items():
            findings += [
                f"{name}: row {number}: {column}: {row[column]} does not have the role {rule.role}"
                for number, row in enumerate(rows, start=2)
                if rule.role and row.get(column) in roles and rule.role not in roles[row[column]]
            ]


def _early(files: Files, begins: datetime) -> Iterator[str]:
    """Find what happened before that without which it cannot be: no feed would ever tell of it."""
    first = {row["code"]: date.fromisoformat(row["from_day"]) for row in files["sources.csv"]}
    open_since = {}
    for number, row in enumerate(files["wage_accounts.csv"], start=2):
        opened = date.fromisoformat(row["opened_on"])
        open_since[row["account_no"]] = max(opened, first[row["source"]])
        # What was there before the story begins is entered at its beginning.
        if max(opened, clock.day_of(begins)) < first[row["source"]]:
            yield f"wage_accounts.csv: row {number}: opened_on: earlier than its source's from_day"
    opened_on = {row["account_no"]: row["opened_on"] for row in files["wage_accounts.csv"]}
    for number, row in enumerate(files.get("filings.csv", ()), start=2):
        if row["filed_on"] and row["filed_on"] < opened_on[row["account_no"]]:
            yield f"filings.csv: row {number}: filed_on: earlier than the account's opened_on"
    for number, row in enumerate(files["lines.csv"], start=2):
        if clock.day_of(datetime.fromisoformat(row["at"])) < open_since[row["account_no"]]:
            yield (
                f"lines.csv: row {number}: at: earlier than the account's opened_on or its "
                "source's from_day"
            )
    for number, row in enumerate(files.get("late_feeds.csv", ()), start=2):
        day = date.fromisoformat(row["day"])
        if day < first[row["source"]]:
            yield f"late_feeds.csv: row {number}: day: earlier than its source's from_day"
        if datetime.fromisoformat(row["sent_at"]) < clock.day_end(day):
            yield f"late_feeds.csv: row {number}: sent_at: earlier than the end of its day"
