"""What sheets are checked for: each check, every number of the default rows, and versions."""

import copy
import runpy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules import sheets
from services.payroll.rules.attendance import counted
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_checks import NUMBERS, Check, Found, check
from services.payroll.rules.sheet_facts import Against, Elsewhere, Line, OnRoster, Total
from services.payroll.rules.sheet_words import WORDS
from services.payroll.rules.sheets import Change, Compared, SheetStatus, Standing
from services.payroll.schemas.policies import FORMS

_MIGRATIONS = Path("services/payroll/migrations")
_FIRST, _ADDED = (
    next(_MIGRATIONS.glob(name)) for name in ("*_sheets.py", "*_attendance_in_checks.py")
)
CHECKS: Mapping[str, Mapping[str, Any]] = {
    **runpy.run_path(str(_FIRST))["CHECKS"], **runpy.run_path(str(_ADDED))["ADDED_CHECKS"],
}  # fmt: skip
WORKER, OTHER, SHEET = UUID(int=1), UUID(int=2), UUID(int=3)


def amount(value: int | str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def line(position: int = 1, **changes: Any) -> Line:
    """Give a line with which nothing is wrong."""
    values: dict[str, Any] = {
        "id_index": f"id{position}", "name_index": f"name{position}",
        "card_index": f"card{position}", "days": 22, "gross": 6000, "deductions": 500, "net": 5500,
    } | changes  # fmt: skip
    for name in ("days", "gross", "deductions", "net", "earned", "withheld", "late", "unpaid"):
        values[name] = amount(values.get(name))
    return Line(position, **values)


def worker(position: int = 1, **changes: Any) -> OnRoster:
    values: dict[str, Any] = {
        "worker_id": UUID(int=position), "names": frozenset({f"name{position}"}),
        "has_contract": True, "cards": frozenset({f"card{position}"}),
        "spells": [(date(2023, 1, 1), None)],
        "attended": Decimal(22),
    }  # fmt: skip
    return OnRoster(**(values | changes))


def against(**changes: Any) -> Against:
    values: dict[str, Any] = {
        "period": "2023-03", "today": date(2023, 4, 3), "project_name": "鹤峰县某道路工程",
        "roster": {f"id{n}": worker(n) for n in range(1, 41)}, "attendance": True,
        "minimum": Decimal(1520),
    }  # fmt: skip
    return Against(**(values | changes))


def roster(**changes: Any) -> Against:
    return against(roster={"id1": worker(**changes)})


Case = tuple[Sequence[Line], Against]
# One sheet for each check, in which it alone finds something.
CASES: dict[Check, Case] = {
    Check.NET_DIFFERS: ([line(net=5499)], against()),
    Check.ITEMS_DIFFER: ([line(earned=6001)], against()),
    Check.PERSON_TWICE: ([line(), line()._replace(position=2)], against()),
    Check.CARD_TWICE: (
        [line(), line(2, card_index="card1")],
        against(roster={"id1": worker(), "id2": worker(2, cards=frozenset({"card1"}))}),
    ),
    Check.PERSON_ELSEWHERE: ([line()], against(elsewhere=[Elsewhere(SHEET, "id1", "card1")])),
    Check.CARD_ELSEWHERE: ([line()], against(elsewhere=[Elsewhere(SHEET, "id99", "card1")])),
    Check.CARD_MISSING: ([line(card_index=None)], against()),
    Check.CARD_NOT_OWN: ([line(card_index="card9")], against()),
    Check.CARD_UNKNOWN: ([line()], roster(cards=frozenset())),
    Check.NAME_DIFFERS: ([line(name_index="name9")], against()),
    Check.NOT_ON_ROSTER: ([line(id_index="id99")], against()),
    Check.NO_CONTRACT: ([line()], roster(has_contract=False)),
    Check.OUTSIDE_STAY: (
        [line()],
        roster(spells=[(date(2023, 1, 1), date(2023, 2, 27)), (date(2023, 6, 1), None)]),
    ),
    Check.ATTENDANCE_UNKNOWN: (
        [line(), line(2)],
        # Whoever is seen on fewer days, or on none, is not accused.
        against(
            roster={"id1": worker(attended=Decimal(0)), "id2": worker(2, attended=Decimal(9))},
            unheard_since=date(2023, 3, 12),
        ),
    ),
    Check.PAID_WITHOUT_ATTENDANCE: ([line()], roster(attended=Decimal(0))),
    Check.ATTENDED_WITHOUT_PAY: (
        [line()],
        replace(against(), absent=[worker(), worker(2, attended=Decimal(1))]),
    ),
    Check.DAYS_DIFFER: ([line(days=24)], against()),
    Check.DAYS_IMPOSSIBLE: ([line(days=32)], against(attendance=False)),
    Check.BELOW_MINIMUM: (
        [line(days=11, gross=700, deductions=0, net=700)],
        against(attendance=False),
    ),
    Check.IMPLAUSIBLE_AMOUNT: (
        [line(days=10, gross=16000, deductions=0, net=16000)],
        against(attendance=False),
    ),
    Check.AMOUNT_NEGATIVE: ([line(deductions=-1, net=6001)], against()),
    Check.DEDUCTIONS_HIGH: ([line(deductions=3600, net=2400)], against()),
    Check.TOTAL_DIFFERS: (
        [line(), line(2)],
        against(totals=[Total("", 9, "F", "net", Decimal(11001), 1, 1, 2)]),
    ),
    Check.PERIOD_DIFFERS: ([line()], against(said_periods=["2023-02"])),
    Check.PERIOD_AHEAD: ([line()], against(today=date(2023, 2, 28))),
    Check.PERIOD_OLD: ([line()], against(today=date(2025, 4, 1))),
    Check.PROJECT_DIFFERS: ([line()], against(said_project="另一个项目")),
}
# A number with which the same sheet is right.
RIGHT: dict[tuple[Check, str], Any] = {
    (Check.NET_DIFFERS, "tolerance"): "1.00",
    (Check.ITEMS_DIFFER, "tolerance"): "1.00",
    (Check.OUTSIDE_STAY, "days"): "2",
    (Check.ATTENDED_WITHOUT_PAY, "days"): "2",
    (Check.DAYS_DIFFER, "days"): "2",
    (Check.BELOW_MINIMUM, "full_days"): "26",
    (Check.IMPLAUSIBLE_AMOUNT, "per_day"): "1600.00",
    (Check.DEDUCTIONS_HIGH, "share"): "0.60",
    (Check.TOTAL_DIFFERS, "tolerance"): "1.00",
    (Check.PERIOD_AHEAD, "months"): 1,
    (Check.PERIOD_OLD, "months"): 25,
}


def found(case: Case, rows: Mapping[str, Mapping[str, Any]] = CHECKS) -> list[Found]:
    return list(check(*case, rows))


def codes(case: Case, rows: Mapping[str, Mapping[str, Any]] = CHECKS) -> list[Check]:
    return [one.code for one in found(case, rows)]


def test_a_sheet_with_which_nothing_is_wrong_has_no_finding() -> None:
    assert codes(([line(), line(2)], against())) == []


def test_every_check_has_a_case_words_and_a_row() -> None:
    assert set(CASES) == set(WORDS) == set(Check)
    assert set(CHECKS) == {str(code) for code in Check}
    named = {code: set(row) - {"severity"} for code, row in CHECKS.items()}
    assert {code: names for code, names in named.items() if names} == {
        str(code): set(names) for code, names in NUMBERS.items()
    }
    FORMS[PolicyKind.SHEET_CHECKS].model_validate(CHECKS)


@pytest.mark.parametrize("code", CASES)
def test_each_check_finds_its_case_alone_and_can_be_switched_off(code: Check) -> None:
    assert codes(CASES[code]) == [code]
    changed = copy.deepcopy(dict(CHECKS))
    changed[code] = {**changed[code], "severity": "off"}
    assert codes(CASES[code], changed) == []


@pytest.mark.parametrize(
    ("code", "name"),
    [(code, name) for code, names in NUMBERS.items() for name in sorted(names)],
)
def test_each_number_of_each_row_changes_an_outcome(code: Check, name: str) -> None:
    changed = copy.deepcopy(dict(CHECKS))
    if name == "per_month":
        monthly = [line(gross=39000, deductions=0, net=39000, days=None)], against(attendance=False)
        assert codes(monthly) == []
        changed[code] = {**changed[code], name: "38000.00"}
        assert codes(monthly, changed) == [code]
        return
    assert codes(CASES[Check(code)]) == [code]
    changed[code] = {**changed[code], name: RIGHT[Check(code), name]}
    assert codes(CASES[Check(code)], changed) == []


@pytest.mark.parametrize(
    "values",
    [
        {"deductions": None, "withheld": 500},
        {"deductions": 300, "withheld": 200},
        {"deductions": 500, "withheld": 500},
        {"deductions": 0, "unpaid": 500},
        {"gross": 5800, "late": 200},
    ],
)
def test_a_row_adds_up_in_each_way_that_people_write(values: dict[str, Any]) -> None:
    assert codes(([line(**values)], against())) == []
    assert codes(([line(**{**values, "net": 5501})], against())) == [Check.NET_DIFFERS]


def test_items_of_deductions_that_are_not_their_sum_are_found() -> None:
    [one] = found(([line(deductions=500, withheld=400)], against()))
    assert (one.code, one.field, one.values) == (
        Check.ITEMS_DIFFER, "deductions", {"said": "500", "sum": "400"},
    )  # fmt: skip


def test_a_row_of_totals_may_sum_up_its_part_its_table_or_the_parts() -> None:
    lines = [line(n, days=None) for n in (1, 2, 3)]

    def totals(*said: tuple[int, int, int]) -> Against:
        rows = [
            Total("", 90 + n, "F", "net", Decimal(amount), 1, since, last)
            for n, (amount, since, last) in enumerate(said)
        ]
        return against(totals=rows)

    parts = (11000, 1, 2), (5500, 3, 3), (16500, 4, 3)
    assert codes((lines, totals(*parts))) == []
    assert codes((lines, totals((11000, 1, 2), (16500, 3, 3)))) == []
    assert codes((lines, totals((11000, 1, 2), (5400, 3, 3)))) == [Check.TOTAL_DIFFERS]
    unsure = replace(totals((1, 1, 3)), unsure=frozenset({"net"}))
    assert codes((lines, unsure)) == []


def test_what_nobody_knows_is_not_judged() -> None:
    bare = against(attendance=False, minimum=None)
    assert codes(([line(id_index=None, gross=1, deductions=0, net=1)], bare)) == []
    # As long as nobody told of attendance at the project, nobody was away.
    unseen = replace(roster(attended=Decimal(0)), attendance=False, absent=[worker(2)])
    assert codes(([line()], unseen)) == []


def test_a_worker_of_another_sheet_of_the_month_is_not_unpaid() -> None:
    absent = [worker(2)]
    paid = against(absent=absent, elsewhere=[Elsewhere(SHEET, "id2", "card2")])
    assert codes(([line()], paid)) == []
    assert codes(([line()], against(absent=absent))) == [Check.ATTENDED_WITHOUT_PAY]


def test_days_seen_beyond_the_sheet_count_even_where_not_all_was_told() -> None:
    told = {"gate_vendor": Decimal(26), "sheet": Decimal(22)}
    silent = replace(roster(attended=Decimal(26), told=told), unheard_since=date(2023, 3, 28))
    [days, hint] = found(([line()], silent))
    assert (days.code, dict(days.values)) == (
        Check.DAYS_DIFFER,
        {"worker_id": str(WORKER), "days": "22", "attended": "26",
         "attended_gate_vendor": "26", "attended_sheet": "22"},
    )  # fmt: skip
    assert (hint.code, hint.values["since"]) == (Check.ATTENDANCE_UNKNOWN, "2023-03-28")


def test_who_is_believed_first_speaks_for_a_month() -> None:
    days = {"sheet": Decimal(26), "gate_vendor": Decimal(3)}
    assert counted(days, ["gate_vendor", "contractor", "sheet"]) == 3
    assert counted(days, ["sheet", "gate_vendor"]) == 26
    assert counted({"contractor": Decimal(7)}, ["gate_vendor"]) == 7
    assert counted({}, ["gate_vendor"]) == 0


def test_findings_hold_amounts_and_ids_and_no_personal_value() -> None:
    for case in CASES.values():
        for one in found(case):
            said = " ".join(one.values.values())
            assert not any(word in said for word in ("id1", "name1", "card1", "id9", "card9"))


_AMOUNTS = st.decimals(0, 99999, places=2)


@given(st.lists(st.tuples(_AMOUNTS, _AMOUNTS), min_size=1, max_size=30), _AMOUNTS)
def test_sums_are_exact_to_the_fen(rows: list[tuple[Decimal, Decimal]], off: Decimal) -> None:
    """Right sums are never found wrong, and a total that is off by a fen always is."""
    lines = [
        line(n, gross=gross + net, deductions=gross, net=net, days=None)
        for n, (gross, net) in enumerate(rows, start=1)
    ]
    summed = sum((net for _, net in rows), Decimal(0))
    for said in (summed, summed + off):
        total = Total("", 99, "F", "net", said, 1, 1, len(rows))
        wanted = {Check.TOTAL_DIFFERS} if said != summed else set()
        seen = set(codes((lines, against(totals=[total]))))
        assert seen & {Check.TOTAL_DIFFERS, Check.NET_DIFFERS} == wanted


@given(st.permutations(range(1, 9)), st.integers(1, 8))
def test_a_person_is_found_as_often_as_it_is_repeated(order: list[int], same: int) -> None:
    lines = [line(n, id_index=f"id{min(number, same)}") for n, number in enumerate(order, start=1)]
    repeats = len(lines) - len({one.id_index for one in lines})
    assert codes((lines, against())).count(Check.PERSON_TWICE) == repeats


# ---- versions ------------------------------------------------------------------------------


def compared(row: int, person: str | None, **values: Any) -> Compared:
    return Compared(row, {"id_index": person, "net": Decimal(10), "card_index": "c"} | values)


def test_versions_are_compared_by_person_and_personal_values_are_not_told() -> None:
    former = [compared(3, "a"), compared(4, "b"), compared(5, "c")]
    present = [
        compared(3, "b", net=Decimal(12)),
        compared(4, "c", card_index="d"),
        compared(5, "e"),
    ]
    told = {(one.change, one.row, one.former_row): one.fields
            for one in sheets.differences(former, present)}  # fmt: skip
    assert told == {
        (Change.CHANGED, 3, 4): {"net": ("10", "12")},
        (Change.CHANGED, 4, 5): {"card_no": None},
        (Change.ADDED, 5, None): {},
        (Change.GONE, None, 3): {},
    }


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_what_is_added_less_what_is_gone_is_what_there_is_more(
    former: list[str], present: list[str]
) -> None:
    changes = [
        one.change
        for one in sheets.differences(
            [compared(n, who) for n, who in enumerate(former)],
            [compared(n, who) for n, who in enumerate(present)],
        )
    ]
    grown = changes.count(Change.ADDED) - changes.count(Change.GONE)
    assert grown == len(present) - len(former)


@pytest.mark.parametrize("status", SheetStatus)
@pytest.mark.parametrize("version", [1, 3])
def test_a_version_takes_the_place_of_what_stands_and_of_former_ones(
    status: SheetStatus, version: int
) -> None:
    ends = sheets.takes_place_of(2, Standing(version, status))
    standing = status in {SheetStatus.SUBMITTED, SheetStatus.REVIEWED, SheetStatus.APPROVED}
    assert ends == (standing or (status is SheetStatus.CHECKED and version == 1))
