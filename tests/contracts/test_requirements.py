"""Each row of docs/requirements.md names a test that is there; no rule of the watch lacks one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "requirements.md"
LINE = re.compile(r"^\| ([RBP]\d+(?:\.\d+)?) \| `([^`]+)` \|$")
# Every rule that a finder or payroll tells of today has a line.
RULES = {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P10", "P18", "P19", "P22", "P23", "P24", "P25"}


def lines(page: str) -> list[tuple[str, str]]:
    """Give the rows of the table with their tests; a line of another shape is refused."""
    table = [line for line in page.splitlines() if line.startswith("|")][2:]
    found = [LINE.match(line) for line in table]
    assert all(found), [line for line, good in zip(table, found, strict=True) if not good]
    return [(one[1], one[2]) for one in found if one]


LINES = lines(PAGE.read_text("utf-8"))


def is_there(test: str) -> bool:
    """Say whether a file has a test of this name."""
    file, _, name = test.partition("::")
    if not (ROOT / file).is_file() or not name.startswith("test_"):
        return False
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
        for node in tree.body
    )


@pytest.mark.parametrize(("row", "test"), LINES, ids=[f"{row}-{test}" for row, test in LINES])
def test_a_row_names_a_test_that_is_there(row: str, test: str) -> None:
    assert is_there(test), row


def test_no_line_stands_twice() -> None:
    assert len(set(LINES)) == len(LINES)


def test_every_rule_of_the_watch_has_a_line() -> None:
    assert RULES - {row for row, _ in LINES} == set()


def test_what_is_not_there_is_seen() -> None:
    assert not is_there("tests/cases/test_rules.py::test_that_nobody_wrote")
    assert not is_there("tests/cases/test_nothing.py::test_a_rung")
