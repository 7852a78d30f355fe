"""How wage accounts stand, what keeps them from being closed, what they cover."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.payroll import rules
from services.payroll.rules.accounts import AccountFacts, AccountStatus, CloseReason, Closing, Gate
from services.payroll.rules.conditions import AccountLife, ConditionKind, ProjectFacts
from services.payroll.rules.policies import PayrollPurpose
from services.payroll.rules.reserves import NOTHING, Month

DAY = date(2023, 3, 1)


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (AccountFacts(opened=False), "pending"),
        (AccountFacts(opened=True), "open"),
        (AccountFacts(opened=True, used_since=DAY), "open"),
        (AccountFacts(opened=True, filed_on=DAY), "filed"),
        (AccountFacts(opened=True, filed_on=DAY, used_since=DAY), "in_use"),
        (AccountFacts(opened=True, used_since=DAY, noticed_on=DAY), "closing_notice"),
        (AccountFacts(opened=True, noticed_on=DAY, closed_on=DAY), "closed"),
    ],
)
def test_an_account_stands_as_far_as_its_facts_allow(facts: AccountFacts, status: str) -> None:
    assert rules.accounts.account_status(facts) is AccountStatus(status)


def closing(**changes: Any) -> Closing:
    values: dict[str, Any] = {
        "reason": CloseReason.COMPLETED, "noticed_on": DAY, "complete": True,
        "cases": 0, "missed": 0, "ahead": 0, "frozen": False,
    }  # fmt: skip
    return Closing(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "gates"),
    [
        ({}, []),
        ({"noticed_on": None, "reason": None}, [Gate.NOT_ANNOUNCED]),
        ({"complete": False}, [Gate.PROJECT_NOT_COMPLETE]),
        ({"ahead": 1}, [Gate.TRANSFER_AHEAD]),
        ({"reason": CloseReason.BANK_CHANGED, "complete": False, "ahead": 3}, []),
        ({"cases": 1, "missed": 2}, [Gate.ARREARS_CASE_OPEN, Gate.TRANSFER_MISSED]),
        ({"reason": CloseReason.BANK_CHANGED, "missed": 1}, [Gate.TRANSFER_MISSED]),
        ({"frozen": True}, [Gate.FROZEN]),
    ],
)
def test_everything_that_keeps_an_account_from_being_closed_is_said(
    changes: dict[str, Any], gates: list[Gate]
) -> None:
    assert rules.accounts.gates(closing(**changes), 30, date(2023, 6, 1)) == gates


def test_the_notice_runs_for_thirty_days_after_the_one_on_which_it_was_given() -> None:
    # 1 March and 30 days: 31 March is the last of them, and on 1 April it has run out.
    assert rules.accounts.gates(closing(), 30, date(2023, 3, 31)) == [Gate.NOTICE_RUNNING]
    assert rules.accounts.gates(closing(), 30, date(2023, 4, 1)) == []
    assert rules.accounts.gates(closing(), 31, date(2023, 4, 1)) == [Gate.NOTICE_RUNNING]


PROJECT = ProjectFacts(
    UUID(int=1), "003", supervised=True, started=True, developer_id=UUID(int=2),
    contractor_id=UUID(int=3), area_code="422828", signed_on=date(2023, 1, 5),
)  # fmt: skip
LIFE = AccountLife(UUID(int=9), date(2023, 2, 1), None, None, frozen=False)


def held(project: ProjectFacts = PROJECT, account: AccountLife | None = LIFE) -> list[Any]:
    return [
        (one.kind, one.subject_id, one.unit_id, one.since, one.facts, one.muted_by)
        for one in rules.conditions.found(project, account, None, DAY)
    ]


def test_a_contract_without_account_is_the_contractors_since_it_was_signed() -> None:
    assert held(account=None) == [
        (
            ConditionKind.ACCOUNT_NOT_OPENED, UUID(int=1), UUID(int=3), date(2023, 1, 5),
            ("works_started",), None,
        )
    ]  # fmt: skip


def test_an_account_that_was_closed_before_the_end_leaves_the_next_one_owed_since_then() -> None:
    (one,) = rules.conditions.found(PROJECT, None, date(2023, 2, 20), DAY)
    assert one.since == date(2023, 2, 20)


def test_filing_and_agreement_are_owed_since_the_opening() -> None:
    said = [(kind, subject, since) for kind, subject, _, since, *_ in held()]
    assert said == [
        (ConditionKind.ACCOUNT_NOT_FILED, UUID(int=9), date(2023, 2, 1)),
        (ConditionKind.AGREEMENT_MISSING, UUID(int=9), date(2023, 2, 1)),
    ]


def test_what_is_unsupervised_complete_or_without_contract_owes_no_account() -> None:
    owing_none: list[dict[str, Any]] = [
        {"supervised": False},
        {"status": "004"},
        {"signed_on": None},
    ]
    for changes in owing_none:
        assert rules.conditions.found(replace(PROJECT, **changes), None, None, DAY) == []


def test_a_stop_or_a_freeze_mutes_what_stays_visible() -> None:
    stopped = replace(PROJECT, status="005")
    assert {each[-1] for each in held(stopped)} == {"project_stopped"}
    assert {each[-1] for each in held(account=replace(LIFE, frozen=True))} == {"account_frozen"}


# ---- reserves ------------------------------------------------------------------------------


def test_the_reserve_of_a_county_project_is_there_to_the_fen() -> None:
    """Forty million came first, 5.3 million each month, 698 wages of 6,000 went out five times."""
    months = [
        Month("2023-01", Decimal("45300000.00"), NOTHING, Decimal("4188000.00"), 1),
        *(
            Month(f"2023-0{n}", Decimal("5300000.00"), Decimal("4188000.00"),
                  Decimal("4188000.00"), 1)
            for n in range(2, 6)
        ),
        Month("2023-06", Decimal("5300000.00"), Decimal("4188000.00")),
    ]  # fmt: skip
    found = rules.reserves.reserve(NOTHING, months, date(2023, 6, 30), 12)
    assert found.balance == Decimal("50860000.00")
    assert (found.average_payroll, found.months) == (Decimal("4188000.00"), 5)
    assert (found.cover, found.months_covered) == (Decimal("12.14"), Decimal("12.1"))


MONEY = some.decimals(0, 10_000_000, places=2)
MONTHS = some.dictionaries(
    some.dates(date(2022, 1, 1), date(2024, 12, 31)).map(lambda day: f"{day:%Y-%m}"),
    some.tuples(MONEY, MONEY, MONEY),
    max_size=24,
)


@given(MONTHS, MONEY, some.dates(date(2022, 1, 1), date(2025, 1, 31)), some.integers(1, 24))
def test_a_cover_is_never_more_than_the_balance_lasts(
    moved: dict[str, tuple[Decimal, Decimal, Decimal]], opening: Decimal, today: date, window: int
) -> None:
    months = [Month(name, *sums, 1) for name, sums in moved.items()]
    found = rules.reserves.reserve(opening, months, today, window)
    assert found.balance == opening + sum(m.came_in for m in months) - sum(
        m.went_out for m in months
    )
    closed = sorted(m.month for m in months if m.month < f"{today:%Y-%m}" and m.payroll)
    assert found.months == min(len(closed), window)
    if found.cover is None:
        assert not closed
        return
    spent = sum(m.payroll for m in months if m.month in closed[-window:])
    exact = max(found.balance, NOTHING) * found.months / spent
    assert found.cover == exact.quantize(Decimal("0.01"), ROUND_DOWN)


@given(MONTHS, MONEY, MONEY, some.dates(date(2022, 1, 1), date(2025, 1, 31)))
def test_more_money_never_covers_less(
    moved: dict[str, tuple[Decimal, Decimal, Decimal]], opening: Decimal, more: Decimal, today: date
) -> None:
    months = [Month(name, *sums, 1) for name, sums in moved.items()]
    before = rules.reserves.reserve(opening, months, today, 12).cover
    after = rules.reserves.reserve(opening + more, months, today, 12).cover
    assert (before is None and after is None) or (after or 0) >= (before or 0)


def test_wages_that_came_back_are_settled_no_longer() -> None:
    month = Month("2023-05", NOTHING, NOTHING, Decimal(9), payroll_lines=698, returned_lines=2)
    assert month.settled_share == Decimal("99.7")
    assert Month("2023-05", payroll_lines=3).settled_share == Decimal("100.0")
    assert Month("2023-05").settled_share is None


@pytest.mark.parametrize(
    ("purpose", "on", "month"),
    [
        ("2023年5月工资", date(2023, 6, 9), "2023-05"),
        ("工资代发", date(2023, 6, 9), "2023-06"),
        # Wages of a month ahead are those of the day: nobody pays in advance.
        ("2023年8月工资", date(2023, 6, 9), "2023-06"),
        (None, date(2023, 6, 9), "2023-06"),
    ],
)
def test_wages_count_for_the_month_that_they_name(
    purpose: str | None, on: date, month: str
) -> None:
    assert rules.reserves.wage_month(purpose, on) == month


def test_what_counts_as_wages_is_a_row_of_words() -> None:
    wages = PayrollPurpose(["工资", "代发"], ["保证金"])
    assert wages.matches("5月工资")
    assert wages.matches("代发劳务报酬")
    assert not wages.matches("工资保证金")
    assert not wages.matches("材料款")
    assert not wages.matches(None)
    assert not PayrollPurpose(["劳务"]).matches("5月工资")


@given(some.dates(date(2022, 1, 1), date(2025, 12, 31)))
def test_the_month_before_is_the_one_that_ended_last(today: date) -> None:
    last = today.replace(day=1) - timedelta(days=1)
    assert rules.reserves.month_before(today) == f"{last:%Y-%m}"
