"""Lines of a payroll sheet as rows: personal values sealed and found by blind index."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from services.payroll import rules
from services.payroll.rules.sheet_facts import Laid, Line
from services.payroll.rules.sheet_lines import Entry, bounded
from shared import pii_sets, turns
from shared.db import new_id


def rows(entries: Sequence[Entry], first: int = 1) -> list[dict[str, Any]]:
    """Give the rows of lines in their order, sealed, with all but their sheet and its period.

    `first` is the position of the first of them. It hashes much, so call it in a thread.
    """
    numbers = [entry.id_number for entry in entries]
    names = [entry.name for entry in entries]
    cards = [entry.card_no for entry in entries]
    columns = zip(
        pii_sets.sealed(numbers),
        pii_sets.blind_indexes(numbers, "id_number"),
        pii_sets.sealed(names),
        pii_sets.blind_indexes(names, "name"),
        pii_sets.sealed(entry.phone for entry in entries),
        pii_sets.sealed(cards),
        pii_sets.blind_indexes(cards, "card"),
        strict=True,
    )
    whole = turns.unhurried(zip(entries, columns, strict=True))
    return [
        vars(_Row(entry, position, hidden))
        for position, (entry, hidden) in enumerate(whole, start=first)
    ]


def placed(made: Sequence[dict[str, Any]], sheet_id: UUID, period: str) -> Sequence[dict[str, Any]]:
    """Say of rows whose they are."""
    for row in made:
        row["sheet_id"], row["period"] = sheet_id, period
    return made


class _Row:
    """Holds the values of a row.

    The dictionaries of such objects share their names, so that one takes a third of the memory of
    another dictionary: fifty thousand rows may be held at once.
    """

    def __init__(self, entry: Entry, position: int, hidden: tuple[Any, ...]) -> None:
        self.id = new_id()
        self.period = self.sheet_id = None
        self.position = position
        self.sheet, self.row = entry.sheet, entry.row
        self.id_type = entry.id_type
        self.id_number, self.id_index, self.name, self.name_index = hidden[:4]
        self.phone, self.card_no, self.card_index = hidden[4:]
        self.bank_name, self.bank_code = entry.bank_name, entry.bank_code
        self.crew, self.trade = entry.crew, entry.trade
        self.days, self.hours = bounded(entry.days), bounded(entry.hours)
        self.items = {
            item: str(amount)
            for items in (entry.earned, entry.late, entry.withheld)
            for item, amount in items.items()
        }
        self.earned = _sum(entry.earned) if entry.complete else None
        self.withheld, self.late = _sum(entry.withheld), _sum(entry.late)
        self.unpaid = bounded(entry.unpaid)
        self.gross, self.deductions = bounded(entry.gross), bounded(entry.deductions)
        self.net = bounded(entry.net)
        self.paid_on = entry.paid_on


def _sum(items: Mapping[str, Decimal]) -> Decimal | None:
    return bounded(sum(items.values(), _NIL)) if items else None


_NIL = Decimal(0)
_LINE = itemgetter(*Line._fields)


def checked(made: Sequence[Mapping[str, Any]]) -> Laid:
    """Give rows as they are checked, and where in the file each stands."""
    lines = list(map(Line._make, map(_LINE, made)))
    return Laid(lines, {row["position"]: (row["sheet"], row["row"]) for row in made})


_COMPARED = (
    "id_index", "name_index", "card_index", "crew", "days", "hours", "gross", "deductions", "net",
)  # fmt: skip


def compared(made: Sequence[Mapping[str, Any]]) -> list[rules.sheets.Compared]:
    """Give rows as they are compared with another version's."""
    return [
        rules.sheets.Compared(
            row["row"], {**{name: row[name] for name in _COMPARED}, **row["items"]}
        )
        for row in made
    ]
