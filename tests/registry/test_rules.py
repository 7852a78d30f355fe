"""Rules of registry: tables of cases, no I/O."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from services.registry.rules import (
    calendars,
    codes,
    contracts,
    keys,
    organisations,
    persons,
    projects,
)
from services.registry.rules.contracts import LabourCostBasis, LabourCostTerms, TransferMonth
from services.registry.rules.organisations import OrganisationRole
from shared.problems import Finding
from shared.roles import KNOWN_ROLES
from shared.workdays import NOTICES, DayKind, DueShift
from tests.registry.factories import BEGUN, credit_code


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in findings]


@pytest.mark.parametrize(
    "code", ["91110000600037341L", " 91110000 600037341l ", "９１１１００００６０００３７３４１Ｌ"]
)
def test_a_real_credit_code_is_right_however_it_is_typed(code: str) -> None:
    kept = organisations.normal_credit_code(code)
    assert kept == "91110000600037341L"
    assert organisations.check_credit_code("credit_code", kept) == []


@pytest.mark.parametrize(
    "code", ["911100006000373411", "9111000060003734", "A1110000600037341L", "91110000I00037341L"]
)
def test_a_wrong_credit_code_is_found(code: str) -> None:
    found = organisations.check_credit_code("credit_code", code)
    assert said(found) == [("credit_code", "CreditCodeWrong")]


@given(st.integers(0, 10**9 - 1), st.integers(0, 16), st.sampled_from(uscc._alphabet))  # noqa: SLF001
def test_a_credit_code_with_one_wrong_character_is_found(at: int, place: int, wrong: str) -> None:
    code = credit_code(at)
    changed = code[:place] + wrong + code[place + 1 :]
    assert bool(organisations.check_credit_code("", changed)) is (changed != code)


def test_a_hardship_tag_that_ends_before_it_begins_is_found() -> None:
    spans = [(BEGUN, None), (BEGUN, BEGUN), (BEGUN, date(1999, 1, 1))]
    found = organisations.check_hardship(spans)
    assert said(found) == [("hardship[2].until_on", "EndsBeforeStart")]


@pytest.mark.parametrize(
    ("roles", "code"),
    [(None, "OrganisationUnknown"), (["bank"], "RoleMissing"), (["bank", "developer"], None)],
)
def test_a_party_must_be_registered_in_its_role(roles: list[str] | None, code: str | None) -> None:
    found = organisations.unknown_or_without_role("developer_id", roles, OrganisationRole.DEVELOPER)
    assert said(found) == ([("developer_id", code)] if code else [])


def test_codes_are_checked_against_their_tables() -> None:
    assert projects.check_codes("05", "01") == []
    assert projects.check_codes(None, None) == []
    assert said(projects.check_codes("13", "1")) == [
        ("category", "CodeUnknown"),
        ("size", "CodeUnknown"),
    ]


def test_every_status_of_a_project_stands_in_its_code_table() -> None:
    assert [status.value for status in projects.ProjectStatus] == list(codes.PROJECT_STATUS.codes)


def test_counts_are_summed_by_both_codes() -> None:
    status, kind = projects.ProjectStatus, projects.InvestmentType
    counted = projects.counts(
        [
            (status.IN_PROGRESS, kind.GOVERNMENT, 3),
            (status.IN_PROGRESS, kind.PRIVATE, 2),
            (status.COMPLETE, kind.PRIVATE, 1),
        ]
    )
    assert counted == projects.Counts(
        6,
        {status.IN_PROGRESS: 5, status.COMPLETE: 1},
        {kind.GOVERNMENT: 3, kind.PRIVATE: 3},
    )


TERMS = LabourCostTerms(
    basis=LabourCostBasis.PER_PERIOD,
    amount=Decimal("300000.00"),
    share=None,
    first_period="2023-01",
    last_period="2023-06",
    cycle_months=1,
    transfer_day=25,
    transfer_month=TransferMonth.SAME,
    due_shift=DueShift.BACKWARDS,
)
SHARE = replace(TERMS, basis=LabourCostBasis.SHARE, amount=None, share=Decimal(25))
TOTAL = replace(TERMS, basis=LabourCostBasis.TOTAL, amount=Decimal(9_000_000))
CONTRACT = Decimal(9_000_000)


@pytest.mark.parametrize("terms", [TERMS, SHARE, TOTAL])
def test_right_terms_have_no_findings(terms: LabourCostTerms) -> None:
    assert contracts.check(CONTRACT, terms) == []


def test_a_contract_without_labour_cost_names_both_articles() -> None:
    (found,) = contracts.check(CONTRACT, None)
    assert found.code == "LabourCostMissing"
    for article in ("国务院令第724号第二十四条", "人社部发〔2021〕53号第五条"):
        assert article in found.detail.zh
    for article in ("724号 art. 24", "53号 art. 5"):
        assert article in found.detail.en


def test_a_cycle_above_a_month_names_its_article() -> None:
    (found,) = contracts.check(CONTRACT, replace(TERMS, cycle_months=2))
    assert found.code == "CycleTooLong"
    assert "国务院令第724号第二十四条" in found.detail.zh
    assert "724号 art. 24" in found.detail.en


@pytest.mark.parametrize(
    ("terms", "changes", "place", "code"),
    [
        (TERMS, {"amount": None}, "amount", "AmountMissing"),
        (TERMS, {"amount": Decimal(0)}, "amount", "AmountNotPositive"),
        (TERMS, {"amount": Decimal(-1)}, "amount", "AmountNotPositive"),
        (TERMS, {"share": Decimal(20)}, "share", "NotOfThisBasis"),
        (TOTAL, {"amount": Decimal("9000000.01")}, "amount", "AmountAboveContract"),
        (SHARE, {"share": None}, "share", "ShareMissing"),
        (SHARE, {"share": Decimal(0)}, "share", "ShareOutOfRange"),
        (SHARE, {"share": Decimal("100.01")}, "share", "ShareOutOfRange"),
        (SHARE, {"amount": Decimal(1)}, "amount", "NotOfThisBasis"),
        (TERMS, {"cycle_months": 0}, "cycle_months", "CycleWrong"),
        (TERMS, {"transfer_day": 0}, "transfer_day", "TransferDayWrong"),
        (TERMS, {"transfer_day": 32}, "transfer_day", "TransferDayWrong"),
        (TERMS, {"first_period": "2023-13"}, "first_period", "PeriodMalformed"),
        (TERMS, {"last_period": "202306"}, "last_period", "PeriodMalformed"),
        # Whoever plans the transfers would stumble over these, and the project's events wait.
        (TERMS, {"first_period": "２０２３-01"}, "first_period", "PeriodMalformed"),
        (TERMS, {"first_period": "0000-01"}, "first_period", "PeriodMalformed"),
        (TERMS, {"last_period": "9999-12"}, "last_period", "PeriodMalformed"),
        (TERMS, {"last_period": "2022-12"}, "last_period", "PeriodsReversed"),
        (TERMS, {"last_period": "2043-01"}, "last_period", "PeriodsTooMany"),
    ],
)
def test_wrong_terms_are_found(
    terms: LabourCostTerms, changes: dict[str, Any], place: str, code: str
) -> None:
    found = contracts.check(CONTRACT, replace(terms, **changes))
    assert said(found) == [(f"labour_cost.{place}", code)]


def test_all_findings_of_a_contract_come_at_once() -> None:
    wrong = replace(TERMS, amount=Decimal(-1), cycle_months=3, transfer_day=32, last_period="x")
    assert [finding.code for finding in contracts.check(Decimal(0), wrong)] == [
        "AmountNotPositive", "AmountNotPositive", "CycleTooLong", "TransferDayWrong",
        "PeriodMalformed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("2023-01", "2023-01", 1), ("2022-11", "2023-02", 4), ("2023-02", "2023-01", 0)],
)
def test_periods_are_counted_with_both_ends(first: str, last: str, count: int) -> None:
    assert contracts.periods_between(first, last) == count


def test_an_assignment_may_end_on_its_first_day_and_not_before() -> None:
    assert persons.check_span(BEGUN, BEGUN) == []
    assert said(persons.check_span(BEGUN, date(1999, 1, 1))) == [("until_on", "EndsBeforeStart")]


def test_the_nation_s_year_comes_from_its_notice() -> None:
    year = calendars.year_of(2023, None, None)
    assert (year.provisional, year.source) == (False, NOTICES[2023])
    assert year.exceptions["2023-06-25"] == "makeup_workday"
    assert year.exceptions["2023-06-23"] == "holiday"


def test_a_year_without_notice_is_provisional() -> None:
    year = calendars.year_of(2031, None, None)
    assert year.provisional
    assert year.source == calendars.NOT_YET


@pytest.mark.parametrize(("source", "provisional"), [(None, True), ("州政府通知", False)])
def test_days_without_a_source_are_provisional(source: str | None, *, provisional: bool) -> None:
    days = {date(2023, 8, 19): DayKind.HOLIDAY}
    assert calendars.year_of(2023, days, source).provisional is provisional


def test_all_findings_of_a_year_come_at_once() -> None:
    days = {date(2022, 8, 19): DayKind.HOLIDAY, date(2023, 8, 19): DayKind.REST_DAY}
    assert said(calendars.check("422828", 2023, days)) == [
        ("exceptions.2022-08-19", "DayOutsideYear"),
        ("exceptions.2023-08-19", "DayKindWrong"),
    ]


def test_only_the_nation_s_days_may_be_left_out() -> None:
    assert calendars.check("0", 2023, None) == []
    assert said(calendars.check("422828", 2023, None)) == [("exceptions", "ExceptionsMissing")]


def test_a_year_s_digest_tells_its_days_and_whether_they_are_settled() -> None:
    days = {"2023-08-19": "holiday"}
    one = calendars.digest("422828", 2023, days, provisional=False)
    assert one == calendars.digest("422828", 2023, dict(days), provisional=False)
    assert one != calendars.digest("422828", 2023, {}, provisional=False)
    assert one != calendars.digest("422828", 2023, days, provisional=True)


@pytest.mark.parametrize("role", sorted(KNOWN_ROLES))
def test_every_role_but_the_operator_s_may_be_given_to_a_key(role: str) -> None:
    found = keys.check_roles([role], UUID(int=1))
    assert said(found) == ([("roles[0]", "RoleNotForKeys")] if role == "operator" else [])


def test_a_key_s_roles_are_known_and_own_rows_need_an_owner() -> None:
    assert said(keys.check_roles(["wizard"], UUID(int=1))) == [("roles[0]", "RoleUnknown")]
    assert said(keys.check_roles(["bank"], None)) == [("org_id", "OrganisationNeeded")]
    assert keys.check_roles(["bank", "provincial_system"], None) == []
