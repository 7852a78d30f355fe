"""Reads a scenario's folder for the plain model: the same files, no code of the services."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from tests.flows.reference import Contract, County, Line, Project, at

FEN = Decimal("0.01")
# The ways in which a purpose names a month; without a year it is one of the line's year.
NAMES = (r"(20\d\d)年(\d\d?)月", r"(20\d\d)-(\d\d)", r"(20\d\d)(\d\d)(?!\d)", r"()(\d\d?)月份")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Give a file's rows; none if the folder does not have it."""
    path = folder / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def months(first: str, last: str) -> Iterator[str]:
    """Give the months from one to another, both included."""
    year, month = map(int, first.split("-"))
    while (period := f"{year}-{month:02d}") <= last:
        yield period
        year, month = year + month // 12, month % 12 + 1


def amounts(terms: Mapping[str, str], count: int) -> list[Decimal]:
    """Give what each of so many periods owes: a sum is spread evenly, the last takes the rest."""
    if terms["basis"] == "per_period":
        return [Decimal(terms["amount"])] * count
    total = Decimal(terms["amount"] or 0)
    if terms["basis"] == "share":
        total = Decimal(terms["contract_amount"]) * Decimal(terms["share"]) / 100
    total = total.quantize(FEN, ROUND_DOWN)
    each = (total / count).quantize(FEN, ROUND_DOWN)
    return [*[each] * (count - 1), total - each * (count - 1)]


def period_of(purpose: str, booked: datetime) -> str | None:
    """Give the period that a purpose names, if it names one."""
    for name in NAMES:
        if found := re.search(name, purpose):
            return f"{found[1] or booked.year}-{int(found[2]):02d}"
    return None


def county(folder: Path) -> County:
    """Give a folder's facts as the model takes them."""
    settings = json.loads((folder / "scenario.json").read_text("utf-8"))
    ends = datetime.fromisoformat(settings["until"])
    names = {row["credit_code"]: row["name"] for row in rows(folder, "organisations.csv")}
    accounts = {row["project"]: row for row in rows(folder, "wage_accounts.csv")}
    sources = rows(folder, "sources.csv")
    return County(
        datetime.fromisoformat(settings["from"]),
        ends,
        [
            _contract(row, accounts.get(row["project"], {}))
            for row in rows(folder, "works_contracts.csv")
        ],
        [_line(row) for row in rows(folder, "lines.csv") if row["direction"] == "in"],
        {row["code"]: date.fromisoformat(row["from_day"]) for row in sources},
        _arrivals(sources, rows(folder, "late_feeds.csv"), ends),
        projects=[_project(row, names) for row in rows(folder, "projects.csv")],
    )


def _project(row: Mapping[str, str], names: Mapping[str, str]) -> Project:
    since = row["supervised_since"]
    return Project(
        row["code"],
        names[row["developer"]],
        row["investment_type"],
        row["funding_source"],
        row["status"],
        date.fromisoformat(since) if since else None,
    )


def _contract(terms: Mapping[str, str], account: Mapping[str, str]) -> Contract:
    periods = list(months(terms["first_period"], terms["last_period"]))
    return Contract(
        terms["project"],
        account.get("account_no"),
        account.get("source"),
        periods,
        int(terms["transfer_day"]),
        amounts(terms, len(periods)),
        next_month=terms["transfer_month"] == "next",
        shifted=terms["due_shift"] == "backwards",
    )


def _line(row: Mapping[str, str]) -> Line:
    booked = datetime.fromisoformat(row["at"])
    period = period_of(row["purpose"], booked)
    return Line(row["account_no"], row["serial"], booked, Decimal(row["amount"]), period)


def _arrivals(
    sources: list[dict[str, str]], late: list[dict[str, str]], ends: datetime
) -> dict[tuple[str, date], datetime]:
    """Give when each day's feed comes: on the next day at the source's hour, or late."""
    told = {
        (row["source"], date.fromisoformat(row["day"])): datetime.fromisoformat(row["sent_at"])
        for row in late
    }
    came: dict[tuple[str, date], datetime] = {}
    for row in sources:
        day = date.fromisoformat(row["from_day"])
        while at(day + timedelta(days=1)) < ends:
            usual = at(day + timedelta(days=1), row["sends_at"])
            when = told.get((row["code"], day), usual)
            if when < ends:
                came[row["code"], day] = when
            day += timedelta(days=1)
    return came
