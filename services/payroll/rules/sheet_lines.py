"""A payroll sheet as it was read or sent, before anything is looked up; pure.

Clear personal values pass through here and are kept nowhere: `actions.sheet_lines` seals them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.payroll.rules.sheet_facts import Total
from services.payroll.rules.sheets import Severity
from shared.wording import Text


class Entry(NamedTuple):
    """One worker's row with clear values; None where the cell is empty or unreadable.

    A tuple is made in a third of the time of a frozen dataclass, and a sheet has ten thousand.
    """

    sheet: str
    row: int
    id_type: str | None = None
    id_number: str | None = None
    name: str | None = None
    phone: str | None = None
    card_no: str | None = None
    bank_name: str | None = None
    bank_code: str | None = None
    crew: str | None = None
    trade: str | None = None
    days: Decimal | None = None
    hours: Decimal | None = None
    earned: Mapping[str, Decimal] = {}
    """Items of gross by field, in yuan."""
    withheld: Mapping[str, Decimal] = {}
    """Items of deductions by field, in yuan."""
    late: Mapping[str, Decimal] = {}
    """Items that come on top of gross."""
    complete: bool = True
    """Whether the items of gross are all of them, so that their sum is gross."""
    gross: Decimal | None = None
    deductions: Decimal | None = None
    net: Decimal | None = None
    unpaid: Decimal | None = None
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """What the reader found at a cell, a row (no column) or the file (row 0)."""

    code: str
    severity: Severity
    detail: Text
    remedy: Text | None
    sheet: str = ""
    row: int = 0
    column: str = ""
    """In letters."""
    field: str = ""


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column as it was understood; `field` is None where nobody knows what it is."""

    sheet: str
    column: str
    title: str
    field: str | None
    header: int = 0
    """The last row of its header: a sheet may have several tables, one below the other."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sheet as it came."""

    entries: Sequence[Entry]
    """Of a file none: its rows are taken while they are read, and not held as well."""
    noted: Sequence[Noted] = ()
    columns: Sequence[ReadColumn] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """All rows that are not blank, by class."""
    totals: Sequence[Total] = ()
    said_periods: Sequence[str] = ()
    said_project: str | None = None
    refused: bool = False
    """It is no sheet at all; `noted` says why."""


def bounded(amount: Decimal | None) -> Decimal | None:
    """Give an amount that a column holds (numeric 14,2), else None: its cell was found."""
    return amount if amount is None or -_MOST < amount < _MOST else None


_MOST = Decimal(10) ** 12
