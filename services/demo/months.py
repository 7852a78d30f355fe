"""Wages month by month, as payroll tells them: who was there, on a sheet, paid; who is not."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from services.demo.stage import Client

Say = Callable[[str], None]
Told: TypeAlias = Mapping[str, Any]
Table = Callable[[Sequence[Sequence[str]], Say], None]
# States of a month of which the projects are named, with the kind of item that each opens once a
# pay day is over: that no sheet was submitted is another thing than that wages are unpaid.
NAMED = {
    "not_submitted": ("payroll_not_submitted", "未报工资表 payroll not submitted"),
    "unpaid": ("wages_unpaid", "工资未发 wages unpaid"),
}
# More projects than these are told by their number.
MOST_NAMES = 12


async def of_all(client: Client) -> list[dict[str, Any]]:
    """Give each month of which anything is known: its sums, and the projects of those states."""
    found: dict[str, list[Told]] = defaultdict(list)
    for row in sorted(map(_plain, await client.everything(_MONTHS)), key=_by_name):
        found[row["period"]].append(row)
    return [await _month(client, period, rows) for period, rows in sorted(found.items())]


async def _month(client: Client, period: str, rows: Sequence[Told]) -> dict[str, Any]:
    return {
        "period": period,
        **await client.call("GET", f"{_MONTHS}/counts", query={"period": period}),
        "attendance_told": sum(row["attended"] is not None for row in rows),
        **{state: [row for row in rows if row["state"] == state] for state in NAMED},
    }


async def of_project(client: Client, project_id: str) -> list[Told]:
    """Give the months of a project, the first one first."""
    months = await client.everything(f"/payroll/v1/projects/{project_id}/months")
    return list(map(_plain, reversed(months)))


def _plain(row: Told) -> Told:
    """Give a month without when it was last looked at, which says nothing of it."""
    return {name: value for name, value in row.items() if name != "looked_at"}


def _by_name(row: Told) -> str:
    return str(row["project_name"])


_MONTHS = "/payroll/v1/months"


def show(told: Sequence[Told], items: Iterable[Told], say: Say, table: Table) -> None:
    """Print a line for each month, then whose sheets are not there, and whose wages."""
    if not told:
        return
    say("\n工资月度 wages by month; 出勤 attended: 有考勤数据的项目数 sites that tell in brackets")
    head = ["月份 month", "项目 projects", "足额 paid in full", "出勤 attended", "在表 on sheets"]
    rows = [[*head, "应发 due", "已付人数 paid", "已付 settled", "占比 share", *_LAST]]
    rows += [_row(one) for one in told]
    table(rows, say)
    levels = {
        (one["project_id"], one["period"], one["kind"]): f"{one['level_label']} {one['level']}"
        for one in items
        if one["state"] != "closed"
    }
    for state, (kind, title) in NAMED.items():
        lines = [line for one in told for line in _lines(one, state, kind, levels)]
        if lines:
            say(f"  {title}")
            for line in lines:
                say(f"    {line}")


_LAST = ("异议 disputed", "退回 returned")


def _row(one: Told) -> list[str]:
    attended = f"{one['attended']} ({one['attendance_told']})" if one["attendance_told"] else ""
    share = f"{one['settled_share']} %" if one["settled_share"] is not None else ""
    return [
        *(one["period"], f"{one['projects']}", f"{one['months_paid'] or ''}", attended),
        *(f"{one['on_sheet'] or ''}", _yuan(one["on_sheet_total"])),
        *(f"{one['settled'] or ''}", _yuan(one["settled_total"]), share),
        *(f"{one[name] or ''}" for name in ("disputed", "returned")),
    ]


def _yuan(amount: str) -> str:
    return f"{Decimal(amount):,.2f}" if Decimal(amount) else ""


def _lines(
    one: Told, state: str, kind: str, levels: Mapping[tuple[str, str, str], str]
) -> Iterable[str]:
    """Give a month's projects of a state by their level; without one the pay day is not over."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in one[state]:
        level = levels.get((row["project_id"], one["period"], kind), "")
        found[level].append(row["project_name"])
    for level, names in sorted(found.items()):
        many = len(names) > MOST_NAMES
        who = f"{len(names)} 个项目 projects" if many else "、".join(names)
        yield f"{one['period']}  {level or '未到应发日 not due yet'}: {who}"
