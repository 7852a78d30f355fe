"""`services read --kind payroll`: a list that nobody here has seen, as JSON that tells nobody."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.payroll.adapters import sheet_print
from tests.payroll.sheet_layouts import draw

ROOT = Path(__file__).parents[2]


def read(file: Path, kind: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "services", "read", str(file), "--kind", kind]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def test_rows_and_findings_are_printed_and_nobody_is_named(tmp_path: Path) -> None:
    drawn = draw(3, "xlsx")
    file = tmp_path / "list.xlsx"
    file.write_bytes(drawn.content)
    _, printed = read(file, "payroll")
    said: dict[str, Any] = json.loads(printed)
    people = [who for page in drawn.pages for who in page.people.values()]
    assert said["counts"]["data"] == said["accepted"] + said["rejected"] == len(people)
    assert [row["values"]["net"] for row in said["rows"]] == [
        f"{who.net / 100:.2f}" for who in people
    ]
    assert said["period"] == "2026-03"
    for who in people:
        assert not any(each in printed for each in (who.name, who.id, who.card))


@pytest.mark.parametrize("printed", [sheet_print.roster, sheet_print.attendance])
async def test_a_list_of_another_kind_says_what_it_lacks(
    printed: Callable[[bytes], Awaitable[Mapping[str, Any]]],
) -> None:
    said = await printed("品名,单价\n水泥,300\n".encode())
    assert [found["code"] for found in said["findings"]] == ["header_missing"]
    assert said["findings"][0]["remedy_zh"]
    assert said["counts"] == {"header": 0, "data": 0, "total": 0, "note": 2, "repeat": 0}
