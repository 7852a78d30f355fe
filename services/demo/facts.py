"""Reads a scenario's folder: facts only, each file with its columns, findings at their places."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

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
    if Decimal(value).as_tuple().exponent not in {0, -1, -2}:
        raise ValueError("an amount has at most two decimals")


def _text(value: str) -> None:
    if value != value.strip():
        raise ValueError("blanks at its ends")


def _period(value: str) -> None:
    date.fromisoformat(f"{value}-01")


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
        "investment_type": _TEXT,
        "funding_source": _TEXT_OR_NONE,
        "developer": _UNIT,
        "contractor": _UNIT_OR_NONE,
        "sector_authority": _UNIT_OR_NONE,
        "status": _TEXT,
        "supervised_since": _DAY_OR_NONE,
        "started_on": _DAY_OR_NONE,
    },
    "works_contracts.csv": {
        "project": _PROJECT,
        "number": _TEXT,
        "contractor": _UNIT,
        "signed_on": _DAY,
        "contract_amount": _MONEY,
        "basis": _TEXT,
        "amount": _MONEY_OR_NONE,
        "share": _MONEY_OR_NONE,
        "first_period": Column(_period),
        "last_period": Column(_period),
        "cycle_months": _TEXT,
        "transfer_day": _TEXT,
        "transfer_month": _TEXT,
        "due_shift": _TEXT,
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
        "expected_by": _TEXT,
        "expected_after_wd": _TEXT,
        "from_day": _DAY,
        "sends_at": _TEXT,
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
        "direction": _TEXT,
        "amount": _MONEY,
        "counterparty_name": _TEXT_OR_NONE,
        "counterparty_account": _TEXT_OR_NONE,
        "purpose": _TEXT_OR_NONE,
    },
    "acts.csv": {
        "at": Column(_instant),
        "role": _TEXT,
        "organisation": _UNIT_OR_NONE,
        "act": _TEXT,
        "project": _PROJECT,
        "period": _TEXT_OR_NONE,
        "text": _TEXT_OR_NONE,
        "promised_on": _DAY_OR_NONE,
    },
}
OPTIONAL = {"late_feeds.csv", "acts.csv", "persons.csv", "README.md"}
# Files whose rows must stand in order of this column.
_ORDERED = {"acts.csv": "at"}
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
    findings: list[str] = []
    present = {path.name for path in folder.iterdir() if path.is_file()}
    described = set(FILES) | {"scenario.json", "README.md"}
    findings += [f"{name}: not a file of the format" for name in sorted(present - described)]
    findings += [f"{name}: missing" for name in sorted(described - present - OPTIONAL)]
    settings = _settings(folder, findings)
    files = {name: _rows(folder / name, FILES[name], findings) for name in FILES if name in present}
    _references(files, findings)
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
    path = folder / "scenario.json"
    if not path.exists():
        return {}
    try:
        settings = json.loads(path.read_text())
        strange = set(settings) ^ _SCENARIO
        findings += [f"scenario.json: {name}: missing or not described" for name in sorted(strange)]
        for name in ("from", "until"):
            _instant(str(settings.get(name)))
    except (ValueError, TypeError) as error:
        findings.append(f"scenario.json: {error}")
        return {}
    return dict(settings)


def _rows(path: Path, columns: Mapping[str, Column], findings: list[str]) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or [])
        findings += [
            f"{path.name}: column {name}: missing or not described"
            for name in sorted(set(names) ^ set(columns))
        ]
        rows = list(reader)
    last = ""
    for number, row in enumerate(rows, start=2):
        findings += _wrong(path.name, number, row, columns)
        if name := _ORDERED.get(path.name):
            if (row.get(name) or "") < last:
                findings.append(f"{path.name}: row {number}: {name}: earlier than the row before")
            last = row.get(name) or ""
    return rows


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
        except (ValueError, InvalidOperation) as error:
            found.append(f"{name}: row {number}: {column}: {error}")
    return found


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
