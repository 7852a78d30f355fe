"""Each row that has to be shown stands in docs/requirements.md, with tests that are there."""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from services.cases.rules.items import WatchKind

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "requirements.md"
ROW = r"[RLPWB]\d+(?:\.\d+)?"
LINE = re.compile(rf"\| ({ROW}) \| `([^`]+)` \|")
WORDS = re.compile(rf"\| ({ROW}) \| (\S.*\S) \|")
# What has to be shown, told apart from the page, so that no edit of the page alone loses a row.
SHOWN = {
    "R1": {*range(3, 14), 15, 16, *range(19, 22), *range(23, 27)},
    "R2": {4, 6, 8, 16, 18, 19, 20, 24, 25, 26, 29, 30},
    "R3": {1, 5, 6, 7, 17, 19, 20, 21, 24, 26},
    "R4": {1, 2, 7, 13, 16, 17, 19, 26, 29, 33, 34, 35, 50, 54},
    "R5": {1, 2, 3, 4, 6, 7, 8, 11, 14, 17, 25, 33, 34, 36, 39},
    "P": {*range(1, 20), *range(21, 26)},
    "L1": {*range(1, 5), *range(7, 24), 26, 27, 29, 30, 34, 36},
    "L2": {*range(1, 13), *range(14, 18)},
    "L3": {*range(1, 15)},
    "W": {1, 2, 5, *range(7, 14)},
    "B": {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 14, 19, 22, 23},
}
# How many rows each part of the law has.
LAW = {"L1": 36, "L2": 17, "L3": 14}
# The rule of each kind of watch item.
KINDS = {
    "account_not_opened": "P1",
    "account_not_filed": "P2",
    "agreement_missing": "P3",
    "deposit_missing": "P4",
    "guarantee_expiring": "P5",
    "deposit_not_replenished": "P6",
    "transfer_missed": "P7",
    "cover_low": "P10",
    "notice_board_missing": "P18",
    "wage_officer_missing": "P18",
    "payment_guarantee_missing": "P19",
    "no_systems": "P22",
    "reporting_gap": "P23",
    "nobody_in_charge": "P24",
    "watched_after_red": "P7",
    # Of a deposit, as what is not replenished is.
    "deposit_statement_missing": "P6",
    "case_limit_near": "P21",
    # A limit of a step, as those of the whole case are.
    "case_step_overdue": "P21",
    "bank_feed_late": "P25",
    "unregistered_on_site": "P11",
    "attendance_stopped": "P12",
    "below_minimum_wage": "P13",
    "implausible_pay": "P14",
    "feed_silent": "P25",
    "payroll_not_submitted": "P8",
    "wages_unpaid": "P8",
    "paid_share_low": "P9",
    "leaver_not_settled": "P17",
    "payment_outside_account": "P15",
    "payment_returned": "P16",
    # Wages on a card that is not in the worker's own hand, as what came back.
    "receipt_disputed": "P16",
}


def asked() -> set[str]:
    """Give every row that has to be shown."""
    return {
        f"{family}.{number}" if family[-1].isdigit() else f"{family}{number}"
        for family, numbers in SHOWN.items()
        for number in numbers
    }


def section(page: str, title: str, shape: re.Pattern[str]) -> list[tuple[str, str]]:
    """Give the lines of a section's table; one of another shape is refused."""
    text = page.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    table = [line for line in text.splitlines() if line.startswith("|")][2:]
    found = [shape.fullmatch(line) for line in table]
    assert all(found), [line for line, good in zip(table, found, strict=True) if not good]
    return [(one[1], one[2]) for one in found if one]


TEXT = PAGE.read_text("utf-8")
ROWS, LINES = section(TEXT, "Rows", WORDS), section(TEXT, "Tests", LINE)


def lost(rows: Iterable[tuple[str, str]]) -> set[str]:
    """Give what has to be shown and is in no line."""
    return asked() - {row for row, _ in rows}


@cache
def names_in(file: str) -> frozenset[str]:
    """Give the names of a file's tests."""
    if not (ROOT / file).is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.parse((ROOT / file).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def is_there(test: str) -> bool:
    """Say whether a file has a test of this name."""
    file, _, name = test.partition("::")
    return name in names_in(file)


@pytest.mark.parametrize(("row", "test"), LINES, ids=[f"{row}-{test}" for row, test in LINES])
def test_a_row_names_a_test_that_is_there(row: str, test: str) -> None:
    assert is_there(test), row


def test_no_line_stands_twice() -> None:
    assert len(set(LINES)) == len(LINES)
    assert len({row for row, _ in ROWS}) == len(ROWS)


def test_every_row_that_has_to_be_shown_has_words_and_tests() -> None:
    assert lost(LINES) == lost(ROWS) == set()
    assert {row for row, _ in ROWS} == {row for row, _ in LINES} == asked()


def test_every_kind_of_watch_item_has_a_rule_that_is_shown() -> None:
    # The canary is the platform's own, and no row of what people ask for.
    assert {kind.value for kind in WatchKind} - {"canary"} == set(KINDS)
    assert set(KINDS.values()) == {f"P{number}" for number in SHOWN["P"]}


def test_every_row_of_the_law_is_shown_or_said_to_be_not_yet() -> None:
    later = [row for row, _ in section(TEXT, "Not yet", WORDS)]
    assert len(set(later)) == len(later)
    law = {f"{part}.{number}" for part, last in LAW.items() for number in range(1, last + 1)}
    assert law <= {row for row, _ in ROWS} | set(later)
    assert set(later) <= law | {row for row, _ in ROWS}


@pytest.mark.parametrize("row", ["R1.9", "P10", "L2.7", "W12", "B11"])
def test_a_row_whose_lines_are_deleted_is_seen(row: str) -> None:
    assert lost(one for one in LINES if one[0] != row) == {row}


def test_what_is_not_there_is_seen() -> None:
    assert not is_there("tests/cases/test_rules.py::test_that_nobody_wrote")
    assert not is_there("tests/cases/test_nothing.py::test_a_rung")
