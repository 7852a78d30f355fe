"""Wages month by month: what sheets say, and what became of it at the bank."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

Say = Callable[[str], None]
Told: TypeAlias = Mapping[str, Any]
Table = Callable[[Sequence[Sequence[str]], Say], None]
STANDINGS = ("held", "sent", "pending", "settled", "returned", "disputed")


def by_month(sheets: Iterable[Told], batches: Iterable[Told]) -> list[dict[str, Any]]:
    """Give what the sheets of each month say together, and how their payments stand."""
    said: dict[str, list[Told]] = defaultdict(list)
    paid: dict[str, list[Told]] = defaultdict(list)
    for sheet in sheets:
        said[sheet["period"]].append(sheet)
    for batch in batches:
        paid[batch["disbursement"]["period"]].append(batch["tally"])
    return [
        {
            "period": period,
            "sheets": len(mine),
            "workers": sum(one["rows"] for one in mine),
            "net": _sum(one["net"] for one in mine),
            "approved": sum(one["approved_at"] is not None for one in mine),
            "batches": len(paid[period]),
            **{
                name: {
                    "lines": sum(one[name]["lines"] for one in paid[period]),
                    "total": _sum(one[name]["total"] for one in paid[period]),
                }
                for name in STANDINGS
            },
        }
        for period, mine in sorted(said.items())
    ]


def _sum(amounts: Iterable[str]) -> str:
    return f"{sum(map(Decimal, amounts), Decimal(0)):.2f}"


def show(told: Sequence[Told], say: Say, table: Table) -> None:
    """Print a line for each month."""
    if not told:
        return
    say("\n工资月度 wages by month: 工资表 sheets, 人数 workers, 应付 due; 已到本人账户 settled")
    head = ["月份 month", "工资表 sheets", "人数 workers", "应付 due"]
    rows = [[*head, "已付人数 paid", "已付 settled", "占比 share", "退回 returned"]]
    for one in told:
        settled, net = one["settled"], Decimal(one["net"])
        share = f"{100 * Decimal(settled['total']) / net:.1f} %" if net else ""
        rows.append(
            [
                *(one["period"], str(one["sheets"]), str(one["workers"]), f"{net:,.2f}"),
                *(str(settled["lines"]), f"{Decimal(settled['total']):,.2f}", share),
                str(one["returned"]["lines"] or ""),
            ]
        )
    table(rows, say)
