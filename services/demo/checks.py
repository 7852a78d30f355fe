"""What a cell of a scenario may hold."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.demo import workers as people

# Beyond them there is no calendar, and in the end no time.
YEARS = range(1900, 2200)


def day(value: str) -> None:
    """Refuse what is no day."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError(f"{value} is no day: YYYY-MM-DD")
    year(date.fromisoformat(value))


def instant(value: str) -> None:
    """Refuse what is no instant."""
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("an instant needs its offset")
    year(at)


def year(of: date) -> None:
    """Refuse a year that no scenario has."""
    if of.year not in YEARS:
        raise ValueError(f"{of.year} is no year of a scenario")


def money(value: str) -> None:
    """Refuse what is no amount."""
    if not re.fullmatch("[0-9]{1,12}([.][0-9]+)?", value):
        raise ValueError(f"{value} is no amount")
    if Decimal(value).as_tuple().exponent not in {0, -1, -2}:
        raise ValueError("an amount has at most two decimals")


def paid(value: str) -> None:
    """Refuse an amount of nothing."""
    money(value)
    if Decimal(value) <= 0:
        raise ValueError("an amount is above zero")


def text(value: str) -> None:
    """Refuse signs that cannot be seen."""
    if value != value.strip() or not value.isprintable():
        raise ValueError("blanks at its ends, or signs that cannot be seen")


def number(value: str) -> None:
    """Refuse what is no whole number."""
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{value} is no whole number")


def numbers(value: str) -> None:
    """Refuse what names no workers."""
    people.numbers(value)


def days(value: str) -> None:
    """Refuse what names no days of a month."""
    people.days(value)


def between(least: int, most: int) -> Callable[[str], None]:
    """Give the check of a number between two."""

    def check(value: str) -> None:
        number(value)
        if not least <= int(value) <= most:
            raise ValueError(f"{value} does not lie between {least} and {most}")

    return check


def time(value: str) -> None:
    """Refuse what is no time of day."""
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("a time of day is HH:MM")


def one_of(*choices: str) -> Callable[[str], None]:
    """Give the check of one of some words."""

    def check(value: str) -> None:
        if value not in choices:
            raise ValueError(f"{value} is none of {', '.join(choices)}")

    return check


def amounts(value: str) -> None:
    """Refuse what is no list of amounts."""
    for part in value.split("|"):
        money(part)


def months(value: str) -> None:
    """Refuse what is no month or span of months."""
    for part in value.split(".."):
        period(part)


def period(value: str) -> None:
    """Refuse what is no month."""
    if not re.fullmatch("20[0-9]{2}-(0[1-9]|1[0-2])", value):
        raise ValueError("a period is YYYY-MM")


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds; `ref` names the file and column in which its value must stand.

    With a `role`, the organisation that it names must have that role.
    """

    check: Callable[[str], None] = text
    required: bool = True
    ref: tuple[str, str] | None = None
    role: str = ""
