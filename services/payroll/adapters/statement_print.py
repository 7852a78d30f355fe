"""A statement file as `services read` prints it, for files that nobody here has seen."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.payroll.adapters import statement_child, statement_findings
from services.payroll.adapters.statement_types import Outcome, Refused, Said
from shared.tables import words


async def printed(content: bytes) -> Mapping[str, Any]:
    """Give rows, findings and what the file is; sums in yuan. Nothing is kept."""
    rows: list[dict[str, Any]] = []
    outcome: Outcome | None = None
    refused: Refused | None = None
    async with statement_child.reading(content) as pieces:
        async for piece in pieces:
            rows += [_row(line) for line in piece.lines]
            outcome, refused = piece.outcome, piece.refused
    if outcome is None:
        finding = statement_findings.refused(refused or Refused("workbook_broken"))
        return {"statement": None, "rows": [], "findings": [words.printed(finding)]}
    return {
        "statement": {
            "account": outcome.account,
            "sheet": outcome.sheet,
            "columns": {name: title for name, (_, title) in outcome.columns.items()},
            "from_day": outcome.from_day,
            "to_day": outcome.to_day,
            "opening": _yuan(outcome.opening),
            "closing": _yuan(outcome.closing),
            "oldest_first": outcome.ascending,
        },
        "rows": rows,
        "findings": [words.printed(each) for each in statement_findings.findings(outcome)],
        "more_findings": outcome.more,
    }


def _row(line: Said) -> dict[str, Any]:
    return {
        "row": line.row,
        "serial": line.serial,
        "day": line.day,
        "time": f"{line.second // 3600:02}:{line.second // 60 % 60:02}:{line.second % 60:02}",
        "direction": "in" if line.incoming else "out",
        "amount": _yuan(line.amount),
        "balance": _yuan(line.balance),
        "name": line.name,
        "account": line.account,
        "purpose": line.purpose,
    }


def _yuan(fen: int) -> str:
    return str(Decimal(fen).scaleb(-2))
