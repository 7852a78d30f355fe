"""Lines of a payroll sheet as rows: personal values sealed and found by blind index."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import rules
from services.payroll.rules.sheet_facts import Laid, Line
from services.payroll.rules.sheet_lines import Entry, bounded
from shared import pii
from shared.db import new_id


def rows(entries: Sequence[Entry], sheet_id: UUID, period: str) -> list[dict[str, Any]]:
    """Give the rows of a sheet's lines, in their order; it hashes much, so call it in a thread."""
    return [
        _row(entry, position, sheet_id, period) for position, entry in enumerate(entries, start=1)
    ]


def _row(entry: Entry, position: int, sheet_id: UUID, period: str) -> dict[str, Any]:
    return {
        "id": new_id(),
        "period": period,
        "sheet_id": sheet_id,
        "position": position,
        "sheet": entry.sheet,
        "row": entry.row,
        "id_type": entry.id_type,
        "id_number": entry.id_number,
        "id_index": _index(entry.id_number, "id_number"),
        "name": entry.name,
        "name_index": _index(entry.name, "name"),
        "phone": entry.phone,
        "card_no": entry.card_no,
        "card_index": _index(entry.card_no, "card"),
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
    }


def _items(entry: Entry) -> Mapping[str, Decimal]:
    return {**entry.earned, **entry.late, **entry.withheld}


def _index(value: str | None, kind: pii.Kind) -> str | None:
    return pii.blind_index(value, kind) if value else None


def _sum(items: Mapping[str, Decimal]) -> Decimal | None:
    return bounded(rules.sheets.total(list(items.values()))) if items else None


def checked(made: Sequence[Mapping[str, Any]]) -> Laid:
    """Give rows as they are checked, and where in the file each stands."""
    lines = [Line(*(row[name] for name in Line.__slots__)) for row in made]
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
