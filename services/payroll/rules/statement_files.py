"""A statement file over its life, and what days of it mean beside those that are known; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

MOST_DAYS = 400


class StatementStatus(StrEnum):
    """How far a statement file has come."""

    READING = "reading"
    """It is large and is read in the background."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Nothing of it counts; it is kept with its findings."""


@dataclass(frozen=True, slots=True)
class DayRead:
    """One day of a file: its balances, its first and last row; rows are 0 where nothing moved."""

    day: date
    opening: Decimal
    closing: Decimal
    first_row: int = 0
    last_row: int = 0
    fresh: int = 0
    """Lines that are not here yet."""
    fresh_row: int = 0


def every_day(
    since: date, until: date, opening: Decimal, moved: Mapping[date, DayRead]
) -> Iterator[DayRead]:
    """Give each day of a file, those on which nothing moved too: they carry the balance on."""
    day, balance = since, opening
    while day <= until:
        read = moved.get(day) or DayRead(day, balance, balance)
        yield read
        balance, day = read.closing, day + timedelta(days=1)


def names_same_account(said: str, full: str) -> bool:
    """Say whether a number that may hide digits behind stars can be this account's."""
    if "*" not in said:
        return said == full
    head, _, rest = said.partition("*")
    tail = rest.rpartition("*")[2] if "*" in rest else rest
    return full.startswith(head) and full.endswith(tail.lstrip("*"))
