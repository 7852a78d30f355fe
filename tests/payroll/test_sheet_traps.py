"""Awkward files through the door: exact money, each seeded error at its cell, each row counted.

What is drawn is known by `sheet_layouts`, which shares nothing with what reads it.
"""

import ast
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from shared import clock, sandbox
from shared.tables.cells import column_name
from tests.fixtures.service import Time
from tests.payroll import factories as make
from tests.payroll.sheet_layouts import TRAPS, Drawn, Trap, draw, kinds_of
from tests.payroll.test_sheet_files import rows_of
from tests.payroll.test_sheet_files_hostile import at_home
from tests.payroll.test_sheet_uploads import project

__all__ = ["project"]
HERE = Path(__file__).parent
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
# Told by the check of another name, or under the name that policy has for it.
NAMED = {"gross_differs": "items_differ", "deductions_differ": "items_differ"}
# Nobody of these files is on the roster, some earn much, and the file's month is the one sent.
APART = {"not_on_roster", "implausible_amount", "deductions_high", "below_minimum"}


def test_the_generator_shares_nothing_with_the_reader() -> None:
    """What it imports is the standard library and writers of other people."""
    for name in ("sheet_layouts.py", "layouts.py"):
        tree = ast.parse((HERE / name).read_text())
        found = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not found & {"services", "shared", "tests", ""}, name
        assert not {"open", "read_text"} & {
            node.id if isinstance(node, ast.Name) else node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Name | ast.Attribute)
        } - ({"open"} if name == "layouts.py" else set()), name


def both(first: Trap, second: Trap) -> Trap:
    """Lay two traps in one file."""

    def trap(layout: Any, drawn: Drawn) -> None:  # noqa: ANN401  a layout, whichever
        first(layout, drawn)
        second(layout, drawn)

    trap.__name__ = f"{first.__name__}, {second.__name__}"
    return trap


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "stream", at_home)


async def held(client: AsyncClient, project: UUID, drawn: Drawn) -> None:
    """Send a file, and hold what is answered against what was drawn."""
    answer = await client.post(
        f"/payroll/v1/projects/{project}/sheets",
        data={"period": "2026-03"},
        files={"file": ("工资表", drawn.content)},
    )
    assert answer.status_code == 201, (drawn.words, answer.text)
    said = answer.json()
    sheet, named = said["sheet"], drawn.kind in {"xlsx", "xls"}
    pages = drawn.pages if named else drawn.pages[:1]
    people = {
        (page.name if named else "", row): (page.name, who)
        for page in pages
        for row, who in page.people.items()
    }
    # Every row in which anything stands is counted once, and data is what is taken or rejected.
    assert sheet["rows"] == sheet["row_counts"]["data"] == len(people), drawn.words
    assert sheet["accepted"] + sheet["rejected"] == sheet["rows"], drawn.words
    assert sum(sheet["row_counts"].values()) == len(rows_of(drawn)), drawn.words
    drew = Counter(
        kind for page in pages for kind in page.kinds if kind in {"header", "repeat", "total"}
    )
    assert {name: sheet["row_counts"].get(name, 0) for name in drew} == drew, drawn.words
    errors = {
        (one["sheet"], one["row"], one["column"], NAMED.get(one["code"], one["code"]))
        for one in said["findings"]
        if one["severity"] == "error" and one["code"] not in APART
    }
    wanted = {
        (page if named else "", row, letters(drawn, name), NAMED.get(code, code))
        for page, row, name, code in drawn.wrong
    }
    if any(code == "period_differs" for *_, code in wanted):
        # The month that is not the one sent is also told of the sheet as a whole.
        errors -= {("", 0, "", "period_differs")}
    assert errors == wanted, drawn.words
    lines = await all_lines(client, sheet["id"])
    assert {(one["sheet"], one["row"]) for one in lines} == set(people), drawn.words
    for one in lines:
        page, who = people[one["sheet"], one["row"]]
        for name, field in (("gross", "gross"), ("net", "net"), ("off", "deductions")):
            if (page, one["row"], name) not in drawn.lost and one[field] is not None:
                told = Decimal(getattr(who, name)) / 100
                assert Decimal(one[field]) == told, (drawn.words, one["row"], name)
        if (page, one["row"], "id") not in drawn.lost:
            assert one["id_number"][:4] + one["id_number"][-4:] == who.id[:4] + who.id[-4:]


def letters(drawn: Drawn, name: str) -> str:
    return column_name(int(name[1:]) if name[0] == "+" else drawn.at(name))


async def all_lines(client: AsyncClient, sheet_id: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/payroll/v1/sheets/{sheet_id}/lines", params={"limit": 200})
    assert answer.json()["next"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def each(start: int) -> Sequence[Drawn]:
    """Draw a file with each trap, by turns in each kind of file."""
    return [
        draw(start + n, kinds[n % len(kinds)], trap)
        for n, trap in enumerate(TRAPS)
        if (kinds := kinds_of(trap))
    ]


async def test_each_trap_is_told_at_its_cell_by_the_door(
    client: AsyncClient, project: UUID, time: Time
) -> None:
    time.move_to(clock.at(date(2026, 4, 3), 9))
    for drawn in each(2_000):
        await held(client, project, drawn)


LAID_OUT = ("heading_rows", "empty_lines", "hidden_list", "second_table")
"""Traps that are no errors, but move what stands where; the last one stands below all."""
PAIRS = [
    (one, moved) if moved.__name__ == LAID_OUT[-1] else (moved, one)
    for moved in TRAPS
    for one in TRAPS
    if moved.__name__ in LAID_OUT and one.__name__ not in LAID_OUT
]


@pytest.mark.parametrize("part", [7, *(pytest.param(n, marks=pytest.mark.soak) for n in range(7))])
async def test_two_traps_in_one_file_are_told_at_their_cells(
    client: AsyncClient, project: UUID, time: Time, part: int
) -> None:
    time.move_to(clock.at(date(2026, 4, 3), 9))
    for n, (one, other) in enumerate(PAIRS[part::7]):
        kinds = [kind for kind in kinds_of(one) if kind in kinds_of(other)]
        await held(client, project, draw(3_000 + n, kinds[n % len(kinds)], both(one, other)))
