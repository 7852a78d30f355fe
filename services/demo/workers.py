"""Workers of a scenario, who are known by their numbers: what they are called, paid, and did."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from stdnum import luhn
from stdnum.cn import ric

Row = dict[str, str]
Files = Mapping[str, list[Row]]

MOST = 9_999
NOWHERE = "990101"
"""An area that GB/T 2260 never gave to any: nobody has a number that begins so."""
# Days of birth, each of one worker: those of thirty years, taken in leaps.
_BORN, _DAYS, _APART = date(1966, 1, 1), 11_000, 49


def id_number(number: int) -> str:
    """Give the ID number of the worker of a number, with its check digit."""
    born = _BORN + timedelta(days=number * _APART % _DAYS)
    digits = f"{NOWHERE}{born:%Y%m%d}001"
    return digits + ric.calc_check_digit(f"{digits}0")


def card_no(number: int) -> str:
    """Give the number of the worker's card: no bank's, with its check digit."""
    digits = f"990001{number:012d}"
    return f"{digits}{luhn.calc_check_digit(digits)}"


def phone(number: int) -> str:
    """Give the worker's phone number, out of a range that no network has."""
    return f"160{number:08d}"


def name(number: int) -> str:
    """Give what the worker is called: 工人零零一七."""
    return "工人" + "".join("零一二三四五六七八九"[int(digit)] for digit in f"{number:04d}")


def numbers(said: str) -> range:
    """Read `17` or `1-24`; raise ValueError."""
    if not (found := re.fullmatch("([0-9]{1,4})(?:-([0-9]{1,4}))?", said)):
        raise ValueError(f"{said} names no workers: 17 or 1-24")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 < first <= last:
        raise ValueError(f"{said} names no workers: from a number to a higher one")
    return range(first, last + 1)


def days(said: str) -> list[int]:
    """Read days of a month, `1-6|8|10-13`; raise ValueError."""
    found: list[int] = []
    for part in said.split("|"):
        for day in numbers(part):
            if found and day <= found[-1]:
                raise ValueError(f"{said}: days stand in their order")
            found.append(day)
    if found[-1] > 31:  # noqa: PLR2004  no month is longer
        raise ValueError(f"{found[-1]} is no day of a month")
    return found


def month_end(period: str) -> int:
    """Give how many days a month has."""
    year, month = map(int, period.split("-"))
    return monthrange(year, month)[1]


@dataclass(frozen=True, slots=True)
class Line:
    """What a worker did and gets in a month, as the contractor's clerk works it out."""

    number: int
    crew: str
    trade: str
    monthly: bool
    pay: Decimal
    days: int
    meals: Decimal

    @property
    def gross(self) -> Decimal:
        """Give a month's pay, or that of the days."""
        return self.pay if self.monthly else self.pay * self.days

    @property
    def net(self) -> Decimal:
        """Give what is paid out."""
        return self.gross - self.meals


def crews(files: Files, project: str) -> list[Row]:
    """Give the crews of a project in the order of the file."""
    return [row for row in files.get("crews.csv", ()) if row["project"] == project]


def attended(files: Files, project: str, period: str) -> dict[int, set[int]]:
    """Give on which days of a month each worker was at a project."""
    found: dict[int, set[int]] = {}
    for row in files.get("attendance.csv", ()):
        if (row["project"], row["period"]) == (project, period):
            for number in numbers(row["workers"]):
                found.setdefault(number, set()).update(days(row["days"]))
    return found


def seen(files: Files, project: str) -> dict[date, list[int]]:
    """Give who was at a project on each day."""
    found: dict[date, set[int]] = {}
    for row in files.get("attendance.csv", ()):
        if row["project"] == project:
            for day in days(row["days"]):
                on = date.fromisoformat(f"{row['period']}-{day:02d}")
                found.setdefault(on, set()).update(numbers(row["workers"]))
    return {day: sorted(there) for day, there in found.items()}


def lines(files: Files, payroll: Row) -> list[Line]:
    """Give the lines of a month's payroll: of everybody in a crew who was there."""
    there = attended(files, payroll["project"], payroll["period"])
    meals = Decimal(payroll["meals"] or 0)
    return [
        Line(
            number,
            crew["name"],
            crew["trade"],
            crew["pay_unit"] == "month",
            Decimal(crew["pay"]),
            len(there[number]),
            meals * len(there[number]),
        )
        for crew in crews(files, payroll["project"])
        for number in numbers(crew["workers"])
        if number in there
    ]


def wrong(files: Files) -> Iterator[str]:
    """Find workers who are in two crews, and payrolls of months in which nobody was there."""
    crew_of: dict[int, str] = {}
    for place, row in _placed(files, "crews.csv"):
        for number in numbers(row["workers"]):
            if number in crew_of:
                yield f"crews.csv: row {place}: workers: {number} is in a crew already"
                break
            crew_of[number] = row["project"]
    there: set[tuple[str, str]] = set()
    for place, row in _placed(files, "attendance.csv"):
        crews_of = {crew_of.get(number) for number in numbers(row["workers"])}
        if crews_of - {None, row["project"]}:
            yield f"attendance.csv: row {place}: workers: in a crew of another project"
        if row["project"] in crews_of:
            there.add((row["project"], row["period"]))
        if days(row["days"])[-1] > month_end(row["period"]):
            yield f"attendance.csv: row {place}: days: the month is over before"
    for place, row in _placed(files, "payrolls.csv"):
        if (row["project"], row["period"]) not in there:
            yield f"payrolls.csv: row {place}: period: nobody of its crews was there"
        yield from _steps(place, row)
    yield from _returned(files, crew_of)
    yield from _disputed(files, crew_of)


def _returned(files: Files, crew_of: Mapping[int, str]) -> Iterator[str]:
    """Find wages that came back before anybody paid them."""
    paid = {(row["project"], row["period"]): row for row in files.get("payrolls.csv", ())}
    for place, row in _placed(files, "returned.csv"):
        payroll = paid.get((row["project"], row["period"]))
        if (
            not payroll
            or not payroll["paid_at"]
            or crew_of.get(int(row["worker"])) != row["project"]
        ):
            yield f"returned.csv: row {place}: worker: the bank pays him nothing of this month"
        elif row["again_at"] and not _before(payroll["paid_at"], row["again_at"]):
            yield f"returned.csv: row {place}: again_at: not later than paid_at"


def _disputed(files: Files, crew_of: Mapping[int, str]) -> Iterator[str]:
    """Find what is said of wages that nobody got yet, and what is settled before it is said."""
    paid = {
        (row["project"], row["period"]): row["paid_at"] for row in files.get("payrolls.csv", ())
    }
    back = {
        (row["project"], row["period"], row["worker"]): row["again_at"]
        for row in files.get("returned.csv", ())
    }
    for place, row in _placed(files, "disputes.csv"):
        key = row["project"], row["period"]
        got_at = back.get((*key, row["worker"]), paid.get(key))
        if not got_at or crew_of.get(int(row["worker"])) != row["project"]:
            yield f"disputes.csv: row {place}: worker: the bank pays him nothing of this month"
        elif not _before(got_at, row["said_at"]):
            yield f"disputes.csv: row {place}: said_at: not later than the payment"
        if bool(row["closed_at"]) != bool(row["proof"]):
            yield f"disputes.csv: row {place}: proof: stands beside closed_at, or neither does"
        elif row["closed_at"] and not _before(row["said_at"], row["closed_at"]):
            yield f"disputes.csv: row {place}: closed_at: not later than said_at"


def _before(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) < datetime.fromisoformat(other)


def _steps(place: int, row: Row) -> Iterator[str]:
    """Find steps that do not follow those before them."""
    steps = ("uploaded_at", "reviewed_at", "approved_at", "sent_at", "paid_at")
    for before, after in pairwise(steps):
        if row[after] and not (row[before] and _before(row[before], row[after])):
            yield f"payrolls.csv: row {place}: {after}: not later than {before}"


def _placed(files: Files, name: str) -> Iterable[tuple[int, Row]]:
    rows: Sequence[Row] = files.get(name, ())
    return enumerate(rows, start=2)
