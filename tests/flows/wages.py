"""Works out the payrolls of a scenario's folder for the plain model: no code of the services."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tests.flows.written import rows


def span(said: str) -> range:
    """Read `17` or `1-24`."""
    first, _, last = said.partition("-")
    return range(int(first), int(last or first) + 1)


def days_of(folder: Path) -> dict[tuple[str, str], Counter[int]]:
    """Count by project and month the days on which each worker was there."""
    seen: dict[tuple[str, str], set[tuple[int, int]]] = defaultdict(set)
    for row in rows(folder, "attendance.csv"):
        days = {day for part in row["days"].split("|") for day in span(part)}
        there = seen[row["project"], row["period"]]
        there |= {(number, day) for number in span(row["workers"]) for day in days}
    return {key: Counter(number for number, _ in there) for key, there in seen.items()}


def people_by_day(folder: Path, project: str, period: str) -> dict[int, int]:
    """Count who was at a project on each day of a month."""
    there: dict[int, set[int]] = defaultdict(set)
    for row in rows(folder, "attendance.csv"):
        if (row["project"], row["period"]) == (project, period):
            for part in row["days"].split("|"):
                for day in span(part):
                    there[day] |= set(span(row["workers"]))
    return {day: len(people) for day, people in sorted(there.items())}


def people_of(folder: Path, project: str, period: str, until: int) -> set[int]:
    """Give who was at a project in a month up to a day."""
    return {
        number
        for row in rows(folder, "attendance.csv")
        if (row["project"], row["period"]) == (project, period)
        if any(day <= until for part in row["days"].split("|") for day in span(part))
        for number in span(row["workers"])
    }


def nets(folder: Path) -> Iterator[tuple[str, str, int, Decimal]]:
    """Give project, month, worker and what is paid out, of everybody on a payroll."""
    crews = rows(folder, "crews.csv")
    there = days_of(folder)
    for payroll in rows(folder, "payrolls.csv"):
        key = payroll["project"], payroll["period"]
        for crew in crews:
            for number in span(crew["workers"]) if crew["project"] == key[0] else ():
                if days := there[key][number]:
                    pay = Decimal(crew["pay"])
                    gross = pay if crew["pay_unit"] == "month" else pay * days
                    yield *key, number, gross - Decimal(payroll["meals"] or 0) * days


def total(folder: Path, period: str, *, paid: bool = False) -> Decimal:
    """Add up what is due of a month; with `paid` of those projects whose bank is to pay it."""
    told = rows(folder, "payrolls.csv")
    sent = {row["project"] for row in told if row["period"] == period and row["paid_at"]}
    return sum(
        (
            net
            for project, month, _, net in nets(folder)
            if month == period and (project in sent or not paid)
        ),
        Decimal(0),
    )
