"""Rules of wage deposits: how much is due and why, what covers it, each step's limit."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules import deposits
from services.registry.rules.deposits import (
    DepositTerms,
    Held,
    Limit,
    Reason,
    Record,
    SecurityForm,
    SecurityPurpose,
    Step,
    deposit_due,
)
from shared.workdays import Unit, months_after, national_calendar

CALENDAR = national_calendar(range(2022, 2027))
DAY = date(2023, 6, 1)
DAYS = st.dates(date(2015, 1, 1), date(2026, 12, 31))
YUAN = st.decimals(Decimal("0.01"), Decimal("900000000.00"), places=2)
TERMS = DepositTerms(
    rate=Decimal("2.00"),
    several_rate=Decimal("1.50"),
    floor_rate=Decimal("0.50"),
    cap=None,
    small_below=Decimal("3000000.00"),
    small_years=1,
    reduce_years=2,
    reduce_by=Decimal("50.00"),
    exempt_years=3,
    raise_years=2,
    raise_by=Decimal("50.00"),
    listed_raise_by=Decimal("100.00"),
    guarantee_months=12,
)
RECORDS = st.builds(
    Record, st.none() | DAYS, st.none() | DAYS, st.booleans(), st.booleans(), st.booleans()
)


def years_ago(years: int) -> date:
    return months_after(DAY, -12 * years)


@pytest.mark.parametrize(
    ("amount", "record", "due", "reason"),
    [
        ("6000000.00", Record(), "120000.00", "standard"),
        ("6000000.00", Record(several_works=True), "90000.00", "several_works"),
        # Small works are exempt only with proof of a year without arrears.
        ("2999999.99", Record(), "60000.00", "standard"),
        ("2999999.99", Record(clean_since=years_ago(1)), "0.00", "small_works"),
        ("3000000.00", Record(clean_since=years_ago(1)), "60000.00", "standard"),
        ("6000000.00", Record(clean_since=years_ago(2)), "60000.00", "reduced"),
        ("6000000.00", Record(years_ago(2) + timedelta(days=1)), "120000.00", "standard"),
        ("6000000.00", Record(clean_since=years_ago(3)), "60000.00", "reduced"),
        ("6000000.00", Record(clean_since=years_ago(3), systems_done=True), "0.00", "exempt"),
        ("6000000.00", Record(arrears_on=years_ago(2)), "120000.00", "standard"),
        ("6000000.00", Record(arrears_on=date(2021, 6, 2)), "180000.00", "raised"),
        ("6000000.00", Record(years_ago(5), date(2022, 1, 1)), "180000.00", "raised"),
        ("2000000.00", Record(years_ago(5), listed=True), "80000.00", "listed"),
    ],
)
def test_the_amount_and_its_reason_are_those_of_the_articles(
    amount: str, record: Record, due: str, reason: str
) -> None:
    found = deposit_due(Decimal(amount), record, TERMS, DAY)
    assert (str(found.amount), found.reason.value) == (due, reason)


@given(YUAN, RECORDS, DAYS)
def test_an_amount_lies_between_its_floor_and_the_highest_raise(
    amount: Decimal, record: Record, day: date
) -> None:
    found = deposit_due(amount, record, TERMS, day)
    assert found.amount == found.amount.quantize(Decimal("0.01"))
    if found.reason in {Reason.SMALL_WORKS, Reason.EXEMPT}:
        assert found.amount == 0
    else:
        fen = Decimal("0.01")
        assert amount * TERMS.floor_rate / 100 - fen < found.amount
        assert found.amount <= amount * TERMS.rate / 100 * 2 + fen


@given(YUAN, RECORDS, DAYS)
def test_the_list_and_arrears_never_cost_less_and_a_clean_record_never_more(
    amount: Decimal, record: Record, day: date
) -> None:
    plain = replace(record, arrears_on=None, clean_since=None, listed=False)
    standard = deposit_due(amount, plain, TERMS, day).amount
    listed = deposit_due(amount, replace(record, listed=True), TERMS, day).amount
    raised = deposit_due(amount, replace(plain, arrears_on=day), TERMS, day).amount
    clean = replace(plain, clean_since=date(2000, 1, 1), systems_done=False)
    reduced = deposit_due(max(amount, TERMS.small_below), clean, TERMS, day)
    assert standard <= raised <= listed
    assert reduced.reason is Reason.REDUCED
    assert reduced.amount <= deposit_due(max(amount, TERMS.small_below), plain, TERMS, day).amount


@given(YUAN, YUAN, RECORDS, DAYS)
def test_a_bigger_contract_never_owes_less(
    one: Decimal, more: Decimal, record: Record, day: date
) -> None:
    small, big = (deposit_due(each, record, TERMS, day) for each in (one, one + more))
    assert small.amount <= big.amount


@given(YUAN, YUAN, RECORDS, DAYS)
def test_a_cap_holds_before_a_raise(
    amount: Decimal, cap: Decimal, record: Record, day: date
) -> None:
    free = deposit_due(amount, record, TERMS, day)
    capped = deposit_due(amount, record, replace(TERMS, cap=cap), day)
    assert capped.amount <= free.amount
    assert capped.amount <= cap * 2
    assert capped.reason is free.reason


@pytest.mark.parametrize(
    ("step", "start", "last"),
    [
        # Over May Day: 28 April, 4 and 5 May, the make-up Saturday, Monday.
        (Limit(5, Unit.WD), date(2023, 4, 27), date(2023, 5, 8)),
        (Limit(10, Unit.WD), date(2023, 6, 16), date(2023, 7, 3)),
        (Limit(30, Unit.CD), date(2023, 5, 25), date(2023, 6, 25)),
        (Limit(3, Unit.WD), date(2023, 6, 21), date(2023, 6, 27)),
    ],
)
def test_a_step_s_limit_ends_where_the_calendar_on_the_wall_says(
    step: Limit, start: date, last: date
) -> None:
    assert step.last_day(start, CALENDAR) == last


@given(DAYS.filter(lambda day: day.year >= 2022), st.integers(1, 60), st.sampled_from(["wd", "cd"]))
def test_a_limit_ends_on_a_working_day_and_later_the_longer_it_is(
    start: date, length: int, unit: str
) -> None:
    one, other = (
        Limit(each, Unit(unit)).last_day(start, CALENDAR) for each in (length, length + 1)
    )
    assert start < one <= other
    assert CALENDAR.is_workday(one)


def test_limits_are_read_as_an_area_s_row_keeps_them() -> None:
    read = deposits.limits({"bank_pays": {"length": 5, "unit": "wd"}})
    assert read == {Step.BANK_PAYS: Limit(5, Unit.WD)}


def held(amount: str, until: date | None = None) -> Held:
    return Held(uuid4(), SecurityPurpose.DEPOSIT, Decimal(amount), date(2023, 1, 1), until)


HELD = st.builds(
    Held,
    st.uuids(),
    st.just(SecurityPurpose.DEPOSIT),
    YUAN,
    st.just(date(2023, 1, 1)),
    st.none() | DAYS,
)


@given(st.lists(HELD, max_size=6), YUAN)
def test_an_amount_is_covered_through_the_last_day_on_which_enough_stands(
    given_: list[Held], due: Decimal
) -> None:
    enough, until = deposits.covered_until(given_, due)

    def stands(day: date) -> Decimal:
        return sum(
            (one.amount for one in given_ if one.valid_until is None or day <= one.valid_until),
            Decimal(0),
        )

    assert enough == (sum((one.amount for one in given_), Decimal(0)) >= due)
    if enough and until:
        assert stands(until) >= due > stands(until + timedelta(days=1))
    elif enough:
        assert stands(date(2200, 1, 1)) >= due


def test_a_guarantee_expires_unless_what_lasts_longer_is_enough() -> None:
    june, july = held("100.00", date(2023, 6, 30)), held("60.00", date(2023, 7, 31))
    cash = held("40.00")
    due = Decimal("100.00")
    assert list(deposits.expiring([june], due)) == [june]
    assert list(deposits.expiring([june, july], due)) == [june, july]
    assert list(deposits.expiring([june, july, cash], due)) == [july]
    assert list(deposits.expiring([cash], due)) == []


def test_a_security_that_is_no_cash_ends_and_after_it_began() -> None:
    def found(form: SecurityForm, until: date | None) -> list[str]:
        return [each.code for each in deposits.check_security(form, DAY, until)]

    assert found(SecurityForm.CASH, None) == found(SecurityForm.INSURANCE, DAY) == []
    assert found(SecurityForm.CASH, DAY) == ["CashDoesNotEnd"]
    assert found(SecurityForm.BANK_GUARANTEE, None) == ["EndMissing"]
    assert found(SecurityForm.COMPANY_GUARANTEE, DAY - timedelta(days=1)) == ["DaysReversed"]


def test_terms_that_contradict_each_other_are_refused() -> None:
    wrong = replace(TERMS, floor_rate=Decimal("1.60"), exempt_years=1)
    found = [each.code for each in deposits.check_terms(wrong)]
    assert found == ["RateOutOfRange", "YearsOutOfOrder"]
    assert list(deposits.check_terms(TERMS)) == []
