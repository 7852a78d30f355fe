"""The table of proceedings is whole, and the crime amount is reached by one of two rules."""

from decimal import Decimal

import pytest

from services.cases.rules import enforcement
from services.cases.rules import proceedings as rules
from services.cases.rules.enforcement import Threshold
from services.cases.rules.proceedings import ProceedingKind


@pytest.mark.parametrize(
    ("months", "amounts", "expected"),
    [
        ("2023-02..2023-04", ["10000.00"], "one_worker"),
        ("2023-02..2023-04", ["9999.99"], None),
        ("2023-03..2023-04", ["50000.00"], None),
        ("2022-11..2023-01", ["10000.00"], "one_worker"),
        ("2023-04", ["6000.00"] * 10, "many_workers"),
        ("2023-04", ["6000.00"] * 9 + ["5999.99"], None),
        ("2023-04", ["20000.00"] * 9, None),
        ("2023-04", ["6000.00"] * 10 + ["0.00"], "many_workers"),
    ],
)
def test_the_crime_amount_is_reached_by_one_of_two_rules(
    months: str, amounts: list[str], expected: str | None
) -> None:
    class Line:
        def __init__(self, owed: str) -> None:
            self.months, self.owed = months, Decimal(owed)

    lines = [Line(one) for one in amounts]
    fixed = Threshold(3, Decimal(10_000), 10, Decimal(60_000))
    assert enforcement.reaches(fixed, lines) == expected
    assert enforcement.reaches(Threshold(3, None, 10, None), lines) is None


def test_every_stage_is_reached_and_left_and_has_a_limit_of_its_area() -> None:
    for kind in ProceedingKind:
        steps = [one for one in rules.STEPS if one.kind is kind]
        assert len({one.act for one in steps}) == len(steps)
        entered = {one.to for one in steps if one.to} | set(rules.MOVES.values())
        for stage in {one for step in steps for one in step.sources}:
            assert stage in entered, (kind, stage)
            timed = rules.clocks_of(kind, stage)
            assert timed or stage in rules.RESTING, (kind, stage)
        for stage in {one.to for one in steps if one.to}:
            assert (stage in rules.OVER) == (not rules.possible_steps(kind, stage)), (kind, stage)
