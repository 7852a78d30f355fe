"""Reads a scenario's folder: facts only, each file with its columns, findings at their places."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.roles import KNOWN_ROLES

Row = dict[str, str]


class ScenarioRefused(ValueError):
    """The folder does not have the described form; every finding is named with its place."""

    def __init__(self, findings: list[str]) -> None:
        """Take all findings."""
        super().__init__("\n".join(findings))
        self.findings = findings


def _day(value: str) -> None:
    date.fromisoformat(value)


def _instant(value: str) -> None:
    if datetime.fromisoformat(value).tzinfo is None:
        raise ValueError("an instant needs its offset")


def _money(value: str) -> None:
    if not re.fullmatch("-?[0-9]+([.][0-9]+)?", value):
        raise ValueError(f"{value} is no amount")
    if Decimal(value).as_tuple().exponent not in {0, -1, -2}:
        raise ValueError("an amount has at most two decimals")


def _paid(value: str) -> None:
    _money(value)
    if Decimal(value) <= 0:
        raise ValueError("an amount is above zero; the direction says which way")


def _text(value: str) -> None:
    if value != value.strip() or not value.isprintable():
        raise ValueError("blanks at its ends, or signs that cannot be seen")


def _number(value: str) -> None:
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{value} is no whole number")


def _time(value: str) -> None:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("a time of day is HH:MM")


def _one_of(*choices: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in choices:
            raise ValueError(f"{value} is none of {', '.join(choices)}")

    return check


def _period(value: str) -> None:
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", value):
        raise ValueError("a period is YYYY-MM")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds; `ref` names the file and column in which its value must stand."""

    check: Callable[[str], None] = _text
    required: bool = True
    ref: tuple[str, str] | None = None


_PROJECT = Column(ref=("projects.csv", "code"))
_UNIT = Column(ref=("organisations.csv", "credit_code"))
_UNIT_OR_NONE = Column(required=False, ref=("organisations.csv", "credit_code"))
_SOURCE = Column(ref=("sources.csv", "code"))
_ACCOUNT = Column(ref=("wage_accounts.csv", "account_no"))
_AREA = Column(ref=("areas.csv", "code"))
_DAY, _DAY_OR_NONE = Column(_day), Column(_day, required=False)
_TEXT, _TEXT_OR_NONE = Column(), Column(required=False)
_MONEY, _MONEY_OR_NONE = Column(_money), Column(_money, required=False)
_NUMBER = Column(_number)

# The whole format: each file, each column. `scenarios/README.md` says it in words.
FILES: Mapping[str, Mapping[str, Column]] = {
    "areas.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "parent_code": _TEXT_OR_NONE,
        "valid_from": _DAY,
        "valid_to": _DAY_OR_NONE,
    },
    "organisations.csv": {
        "credit_code": _TEXT,
        "name": _TEXT,
        "area_code": _AREA,
        "roles": _TEXT,
        "trades": _TEXT_OR_NONE,
    },
    "projects.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "area_code": _AREA,
        "investment_type": Column(_one_of("government", "state_firm", "ppp", "private")),
        "funding_source": _TEXT_OR_NONE,
        "developer": _UNIT,
        "contractor": _UNIT_OR_NONE,
        "sector_authority": _UNIT_OR_NONE,
        "status": Column(_one_of("001", "002", "003", "004", "005")),
        "supervised_since": _DAY_OR_NONE,
        "started_on": _DAY_OR_NONE,
    },
    "works_contracts.csv": {
        "project": _PROJECT,
        "number": _TEXT,
        "contractor": _UNIT,
        "signed_on": _DAY,
        "contract_amount": _MONEY,
        "basis": Column(_one_of("per_period", "total", "share")),
        "amount": _MONEY_OR_NONE,
        "share": _MONEY_OR_NONE,
        "first_period": Column(_period),
        "last_period": Column(_period),
        "cycle_months": _NUMBER,
        "transfer_day": _NUMBER,
        "transfer_month": Column(_one_of("same", "next")),
        "due_shift": Column(_one_of("backwards", "none")),
    },
    "persons.csv": {
        "project": _PROJECT,
        "name": _TEXT,
        "post": _TEXT,
        "unit": _UNIT,
        "role": _TEXT,
        "from_on": _DAY,
        "until_on": _DAY_OR_NONE,
    },
    "sources.csv": {
        "code": _TEXT,
        "name": _TEXT,
        "bank": _UNIT,
        "area_code": _AREA,
        "expected_by": Column(_time),
        "expected_after_wd": _NUMBER,
        "from_day": _DAY,
        "sends_at": Column(_time),
    },
    "wage_accounts.csv": {
        "project": _PROJECT,
        "source": _SOURCE,
        "account_no": _TEXT,
        "account_name": _TEXT,
        "bank_name": _TEXT,
        "opened_on": _DAY,
        "opening_balance": _MONEY,
    },
    "recipients.csv": {
        "name": _TEXT,
        "role": _TEXT,
        "area_code": _AREA,
        "organisation": _UNIT_OR_NONE,
        "person": Column(required=False, ref=("projects.csv", "code")),
        "channels": _TEXT,
    },
    "late_feeds.csv": {"source": _SOURCE, "day": _DAY, "sent_at": Column(_instant)},
    "lines.csv": {
        "account_no": _ACCOUNT,
        "serial": _TEXT,
        "at": Column(_instant),
        "direction": Column(_one_of("in", "out")),
        "amount": Column(_paid),
        "counterparty_name": _TEXT_OR_NONE,
        "counterparty_account": _TEXT_OR_NONE,
        "purpose": _TEXT_OR_NONE,
    },
    "acts.csv": {
        "at": Column(_instant),
        "role": Column(_one_of(*sorted(KNOWN_ROLES))),
        "organisation": _UNIT_OR_NONE,
        "act": Column(_one_of("acknowledge", "answer", "confirm", "refuse")),
        "project": _PROJECT,
        "period": _TEXT_OR_NONE,
        "text": _TEXT_OR_NONE,
        "promised_on": _DAY_OR_NONE,
    },
}
OPTIONAL = {"late_feeds.csv", "acts.csv", "persons.csv", "README.md"}
# What names a row; no two have the same.
_NAMED = {
    "organisations.csv": ("credit_code",),
    "projects.csv": ("code",),
    "works_contracts.csv": ("project", "number"),
    "sources.csv": ("code",),
    "wage_accounts.csv": ("account_no",),
    "late_feeds.csv": ("source", "day"),
    "lines.csv": ("account_no", "serial"),
}
# Files whose rows must stand in order of this column, an instant.
_ORDERED = {"acts.csv": "at"}
# Columns of a row of which the second may not come before the first.
_SPANS = {
    "areas.csv": ("valid_from", "valid_to"),
    "works_contracts.csv": ("first_period", "last_period"),
    "persons.csv": ("from_on", "until_on"),
    "late_feeds.csv": ("day", "sent_at"),
}
_SCENARIO = {"title", "area_code", "from", "until", "calendar_years"}


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
    _twice(files, findings)
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
    if not path.is_file():
        return {}
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        findings.append(f"scenario.json: {error}")
        return {}
    if not isinstance(settings, dict):
        findings.append("scenario.json: not an object with names")
        return {}
    found = [f"{name}: missing or not described" for name in sorted(set(settings) ^ _SCENARIO)]
    found += [] if found else _wrong_settings(settings)
    findings += [f"scenario.json: {each}" for each in found]
    return {} if found else settings


def _wrong_settings(settings: Mapping[str, Any]) -> list[str]:
    found = [
        f"{name}: no text" for name in ("title", "area_code") if type(settings[name]) is not str
    ]
    years = settings["calendar_years"]
    if not isinstance(years, list) or any(type(year) is not int for year in years):
        found.append("calendar_years: no list of years")
    instants = []
    for name in ("from", "until"):
        try:
            _instant(str(settings[name]))
            instants.append(datetime.fromisoformat(settings[name]))
        except (ValueError, TypeError) as error:
            found.append(f"{name}: {error}")
    if instants != sorted(instants):
        found.append("until: earlier than from")
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
    findings += [
        f"{path.name}: column {name}: missing or not described"
        for name in sorted(set(names) ^ set(columns))
    ]
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
    column, found = _ORDERED.get(file), []
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
    begin, end = _SPANS.get(name, ("", ""))
    # Days, periods and the days of instants are in order as their signs are.
    if not found and row.get(end) and row[end] < row[begin]:
        found.append(f"{name}: row {number}: {end}: earlier than {begin}")
    return found


def _twice(files: Mapping[str, list[Row]], findings: list[str]) -> None:
    for file, columns in _NAMED.items():
        seen: set[tuple[str, ...]] = set()
        for number, row in enumerate(files.get(file, ()), start=2):
            name = tuple(row[column] for column in columns)
            if name in seen:
                findings.append(
                    f"{file}: row {number}: {columns[-1]}: {name[-1]} stands here twice"
                )
            seen.add(name)


def _references(files: Mapping[str, list[Row]], findings: list[str]) -> None:
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
