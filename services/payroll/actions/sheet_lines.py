"""Lines of a payroll sheet as rows: personal values sealed and found by blind index."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from services.payroll import rules
from services.payroll.rules.sheet_facts import Laid, Line
from services.payroll.rules.sheet_lines import Entry, bounded
from shared import pii
from shared.db import new_id


def rows(entries: Sequence[Entry], first: int = 1) -> list[dict[str, Any]]:
    """Give the rows of lines in their order, sealed, with all but their sheet and its period.

    `first` is the position of the first of them. It hashes much, so call it in a thread.
    """
    return [_row(entry, position) for position, entry in enumerate(entries, start=first)]


def placed(made: Sequence[dict[str, Any]], sheet_id: UUID, period: str) -> Sequence[dict[str, Any]]:
    """Say of rows whose they are."""
    for row in made:
        row["sheet_id"], row["period"] = sheet_id, period
    return made


class _Kept:
    """Holds the values of a row.

    The dictionaries of such objects share their names, so that one takes a third of the memory of
    another dictionary: fifty thousand rows may be held at once.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)


def _row(entry: Entry, position: int) -> dict[str, Any]:
    number, name, card = entry.id_number, entry.name, entry.card_no
    return vars(_Kept({
        "id": new_id(),
        "period": None,
        "sheet_id": None,
        "position": position,
        "sheet": entry.sheet,
        "row": entry.row,
        "id_type": entry.id_type,
        "id_number": pii.sealed(number) if number is not None else None,
        "id_index": pii.blind_index(number, "id_number") if number else None,
        "name": pii.sealed(name) if name is not None else None,
        "name_index": pii.blind_index(name, "name") if name else None,
        "phone": pii.sealed(entry.phone) if entry.phone is not None else None,
        "card_no": pii.sealed(card) if card is not None else None,
        "card_index": pii.blind_index(card, "card") if card else None,
        "bank_name": entry.bank_name,
        "bank_code": entry.bank_code,
        "crew": entry.crew,
        "trade": entry.trade,
        "days": bounded(entry.days),
        "hours": bounded(entry.hours),
        "items": {name: str(amount) for name, amount in _items(entry).items()},
        "earned": _sum(entry.earned) if entry.complete else None,
        "withheld": _sum(entry.withheld),
        "late": _sum(entry.late),
        "unpaid": bounded(entry.unpaid),
        "gross": bounded(entry.gross),
        "deductions": bounded(entry.deductions),
        "net": bounded(entry.net),
        "paid_on": entry.paid_on,
    }))  # fmt: skip


def _items(entry: Entry) -> Mapping[str, Decimal]:
    return {**entry.earned, **entry.late, **entry.withheld}


def _sum(items: Mapping[str, Decimal]) -> Decimal | None:
    return bounded(rules.sheets.total(list(items.values()))) if items else None


_LINE = itemgetter(*Line.__slots__)


def checked(made: Sequence[Mapping[str, Any]]) -> Laid:
    """Give rows as they are checked, and where in the file each stands."""
    lines = [Line(*_LINE(row)) for row in made]
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
