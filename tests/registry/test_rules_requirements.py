"""Rules of required systems: lists, limits, how one stands, what is told, what is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules import conditions, requirements, systems
from services.registry.rules.conditions import Condition, Site, Standing
from services.registry.rules.projects import ProjectStatus
from services.registry.rules.requirements import (
    Answerer,
    ConditionKind,
    Kind,
    Proof,
    RequirementStatus,
    State,
    Trigger,
)
from services.registry.rules.systems import Group, Grouping, SystemTally, Tally
from shared.workdays import national_calendar

CALENDAR = national_calendar(range(2022, 2027))
DAYS = st.dates(date(2022, 1, 1), date(2026, 12, 31))
SIGNED = date(2023, 4, 20)


def kind(code: str = "deposit", **changes: Any) -> Kind:
    row: Mapping[str, Any] = {
        "code": code,
        "zh": "工资保证金",
        "en": "deposit",
        "triggers": ["permit", "contract"],
        "length": 20,
        "unit": "wd",
        "answerer": "contractor",
        "exempt_months": 12,
        "condition": "deposit_missing",
        "basis": "65号",
        "certainty": "B",
    }
    return Kind.of({**row, **changes})


@pytest.mark.parametrize(
    ("triggered_on", "changes", "due_on"),
    [
        # 20 working days: with the make-up Sunday, over May Day, with the make-up Saturday.
        (SIGNED, {}, date(2023, 5, 19)),
        (date(2023, 1, 10), {}, date(2023, 2, 10)),
        # 30 days after 3 April end on 3 May, still May Day's holiday: the next working day.
        (date(2023, 4, 3), {"length": 30, "unit": "cd"}, date(2023, 5, 4)),
        (date(2023, 4, 20), {"length": 30, "unit": "cd"}, date(2023, 5, 22)),
        (date(2023, 4, 29), {"length": 0}, date(2023, 4, 29)),
        (None, {}, None),
    ],
)
def test_a_limit_ends_where_a_calendar_on_the_wall_says(
    triggered_on: date | None, changes: dict[str, Any], due_on: date | None
) -> None:
    assert kind(**changes).due_on(triggered_on, CALENDAR) == due_on


@given(DAYS, st.integers(0, 400), st.integers(0, 400), st.sampled_from(["wd", "cd"]))
def test_a_longer_limit_never_ends_earlier(day: date, one: int, more: int, unit: str) -> None:
    first = kind(length=one, unit=unit).due_on(day, CALENDAR)
    second = kind(length=one + more, unit=unit).due_on(day, CALENDAR)
    assert first is not None
    assert second is not None
    assert day <= first <= second
    assert one == 0 or CALENDAR.is_workday(first)


def test_the_first_event_that_is_known_sets_the_limit_going() -> None:
    signed = {Trigger.CONTRACT: SIGNED, Trigger.PERMIT: None}
    assert kind().triggered_on(signed) == SIGNED
    permitted = signed | {Trigger.PERMIT: date(2023, 5, 8)}
    assert kind().triggered_on(permitted) == date(2023, 5, 8)
    assert kind().triggered_on({}) is None


@given(
    st.builds(
        State,
        listed=st.booleans(),
        due_on=st.none() | DAYS,
        done_on=st.none() | DAYS,
        valid_until=st.none() | DAYS,
        exempt_until=st.none() | DAYS,
    ),
    DAYS,
)
def test_time_alone_only_takes_away(state: State, day: date) -> None:
    order = [
        RequirementStatus.DONE,
        RequirementStatus.EXEMPT,
        RequirementStatus.NOT_DONE,
        RequirementStatus.OVERDUE,
    ]
    now, later = state.on(day), state.on(day + timedelta(days=1))
    if not state.listed:
        assert now is later is RequirementStatus.NOT_REQUIRED
    else:
        assert order.index(now) <= order.index(later)


def test_the_last_day_of_evidence_an_exemption_and_a_limit_still_count() -> None:
    day = date(2023, 6, 30)
    after = day + timedelta(days=1)
    done = State(True, day, day, day, None)  # noqa: FBT003  listed
    assert (done.on(day), done.on(after)) == (RequirementStatus.DONE, RequirementStatus.OVERDUE)
    exempt = State(True, day, None, None, day)  # noqa: FBT003  listed
    assert exempt.on(day) is RequirementStatus.EXEMPT
    assert exempt.on(after) is RequirementStatus.OVERDUE
    open_ = State(True, day, None, None, None)  # noqa: FBT003  listed
    assert (open_.on(day), open_.on(after)) == (
        RequirementStatus.NOT_DONE,
        RequirementStatus.OVERDUE,
    )


@given(st.lists(st.builds(Proof, DAYS, st.none() | DAYS), min_size=1))
def test_evidence_lasts_as_long_as_its_longest_piece(proofs: list[Proof]) -> None:
    last = requirements.lasts_until(proofs)
    if any(each.valid_until is None for each in proofs):
        assert last is None
    else:
        assert last in {each.valid_until for each in proofs}
        assert all(each.valid_until <= last for each in proofs if each.valid_until and last)


@dataclass(frozen=True)
class AList:
    area_code: str
    valid_from: date
    version: int


def test_the_nearest_area_s_list_that_began_last_is_in_force() -> None:
    nation = AList("0", date(2020, 5, 1), 1)
    province = AList("42", date(2021, 1, 1), 1)
    later = AList("42", date(2023, 7, 1), 2)
    lists = [nation, province, later]
    here = ("422828101", "422828", "4228", "42", "0")
    assert requirements.in_force(lists, here, date(2020, 6, 1)) is nation
    assert requirements.in_force(lists, here, date(2023, 6, 30)) is province
    assert requirements.in_force(lists, here, date(2023, 7, 1)) is later
    assert requirements.in_force(lists, ("33", "0"), date(2023, 7, 1)) is nation
    assert requirements.in_force(lists, here, date(2020, 1, 1)) is None


def test_all_that_is_wrong_with_a_list_is_said_at_once() -> None:
    wrong = [
        kind("Deposit"),
        kind("roster", triggers=[]),
        kind("roster", unit="h", condition="no_systems"),
    ]
    found = [(each.place, each.code) for each in requirements.check_kinds(wrong)]
    assert found == [
        ("kinds[0].code", "CodeMalformed"),
        ("kinds[1].triggers", "TriggersWrong"),
        ("kinds[2].code", "CodeTwice"),
        ("kinds[2].unit", "UnitWrong"),
        ("kinds[2].condition", "ConditionWrong"),
    ]
    assert [each.code for each in requirements.check_kinds([])] == ["KindsOutOfRange"]


DEVELOPER, CONTRACTOR, PROJECT = uuid4(), uuid4(), uuid4()
DAY = date(2023, 5, 1)


def site(**changes: Any) -> Site:
    said: dict[str, Any] = {
        "project_id": PROJECT,
        "status": ProjectStatus.IN_PROGRESS,
        "supervised_since": date(2023, 4, 25),
        "started_on": date(2023, 4, 24),
        "developer_id": DEVELOPER,
        "contractor_id": CONTRACTOR,
    }
    return Site(**said | changes)


def stands(status: str, **changes: Any) -> Standing:
    said: dict[str, Any] = {
        "requirement_id": uuid4(),
        "triggered_on": date(2023, 4, 24),
        "lapsed_on": None,
        "condition": None,
        "answerer": Answerer.CONTRACTOR,
    }
    return Standing(status=RequirementStatus(status), **said | changes)


def kinds(found: list[Condition]) -> list[str]:
    return [each.kind.value for each in found]


def test_a_started_project_with_nothing_in_place_has_no_systems_since_its_start() -> None:
    nothing = [stands("not_done"), stands("overdue"), stands("exempt"), stands("not_required")]
    (one,) = conditions.found(site(), nothing, DAY)
    assert one == Condition(
        ConditionKind.NO_SYSTEMS, PROJECT, DEVELOPER, date(2023, 4, 24), ("works_started",)
    )
    assert list(conditions.found(site(), [*nothing, stands("done")], DAY)) == []


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({"started_on": date(2023, 5, 2)}, DAY),
        ({"supervised_since": None}, DAY),
        ({"supervised_since": date(2023, 5, 2)}, DAY),
        ({"status": ProjectStatus.APPROVED}, DAY),
        ({"status": ProjectStatus.COMPLETE}, DAY),
        ({"status": ProjectStatus.STOPPED}, DAY),
        ({}, date(2023, 4, 24)),
    ],
)
def test_what_is_not_supervised_and_at_work_is_no_such_finding(
    changes: dict[str, Any], day: date
) -> None:
    assert "no_systems" not in kinds(
        list(conditions.found(site(**changes), [stands("overdue")], day))
    )


def test_a_project_in_progress_without_a_first_day_counts_from_its_supervision() -> None:
    (one,) = conditions.found(site(started_on=None), [stands("not_done")], DAY)
    assert one.since == date(2023, 4, 25)


def test_one_missing_system_is_told_since_its_event_or_since_its_evidence_ran_out() -> None:
    board = stands("overdue", condition=ConditionKind.NOTICE_BOARD_MISSING)
    lapsed = stands(
        "overdue",
        condition=ConditionKind.PAYMENT_GUARANTEE_MISSING,
        answerer=Answerer.DEVELOPER,
        lapsed_on=date(2023, 4, 30),
    )
    done = stands("done", condition=ConditionKind.DEPOSIT_MISSING)
    found = list(conditions.found(site(), [board, lapsed, done], DAY))
    assert [(one.kind, one.unit_id, one.since) for one in found] == [
        ("notice_board_missing", CONTRACTOR, date(2023, 4, 24)),
        ("payment_guarantee_missing", DEVELOPER, date(2023, 4, 30)),
    ]
    assert {one.subject_id for one in found} == {board.requirement_id, lapsed.requirement_id}
    stopped = conditions.found(site(status=ProjectStatus.STOPPED), [board, done], DAY)
    assert [one.muted_by for one in stopped] == ["project_stopped"]


def test_without_an_event_nothing_is_missing_yet_and_without_contractor_the_developer_acts() -> (
    None
):
    missing = ConditionKind.DEPOSIT_MISSING
    ahead = stands("not_done", condition=missing, triggered_on=DAY + timedelta(days=1))
    silent = stands("not_done", condition=missing, triggered_on=None)
    here = stands("not_done", condition=missing)
    found = list(
        conditions.found(site(contractor_id=None), [ahead, silent, here, stands("done")], DAY)
    )
    assert [(one.subject_id, one.unit_id) for one in found] == [(here.requirement_id, DEVELOPER)]


def test_the_proof_that_ends_a_condition_has_its_word() -> None:
    def why(stood: str, **changes: Any) -> str:
        one = stands(stood)
        standings = {one.requirement_id: one}
        return conditions.why_ended(
            site(**changes), standings, ConditionKind.DEPOSIT_MISSING, one.requirement_id, DAY
        )

    assert why("done") == "evidence_filed"
    assert why("exempt") == "exempted"
    assert why("not_required") == "not_required"
    assert why("not_done") == "not_due"
    assert why("not_done", status=ProjectStatus.COMPLETE) == "project_closed"
    assert why("not_done", supervised_since=None) == "not_supervised"
    no_systems = {uuid4(): stands("done"), uuid4(): stands("overdue")}
    assert (
        conditions.why_ended(site(), no_systems, ConditionKind.NO_SYSTEMS, PROJECT, DAY)
        == "evidence_filed"
    )


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_share_is_rounded_half_up_to_one_decimal(done: int, required: int) -> None:
    told = systems.share(done, required)
    exact = Decimal(100 * done) / required
    assert told is not None
    assert told.as_tuple().exponent == -1
    assert Decimal("-0.05") < exact - told <= Decimal("0.05") or told == exact.quantize(
        Decimal("0.1"), "ROUND_HALF_UP"
    )
    assert systems.share(done, 0) is None


def test_the_county_s_shares_are_those_of_the_report() -> None:
    assert systems.share(242, 275) == Decimal("88.0")
    assert systems.share(38, 55) == Decimal("69.1")
    assert systems.share(1, 8) == Decimal("12.5")
    assert systems.share(1, 16) == Decimal("6.3")


def test_groups_with_most_gaps_stand_first_and_sum_up_system_by_system() -> None:
    few = Tally(3, 2, 0, (SystemTally("deposit", 3, 2, 1, 1), SystemTally("roster", 3, 3, 0, 0)))
    many = Tally(2, 0, 1, (SystemTally("deposit", 2, 0, 0, 2),))
    told = systems.summary(DAY, Grouping.DEVELOPER, [Group("a", "甲", few), Group("b", "乙", many)])
    assert [one.name for one in told.items] == ["乙", "甲"]
    total = told.total
    assert (total.projects, total.all_done, total.none_done) == (5, 2, 1)
    assert (total.required, total.done, total.share) == (8, 5, Decimal("62.5"))
    assert total.all_share == Decimal("40.0")
    assert total.systems == (
        SystemTally("deposit", 5, 2, 1, 3),
        SystemTally("roster", 3, 3, 0, 0),
    )
    assert total.systems[0].share == Decimal("40.0")


def test_an_exemption_is_not_longer_than_the_list_allows() -> None:
    today = date(2023, 8, 31)
    of = kind(exempt_months=6)

    def found(until: date) -> list[str]:
        return [each.code for each in requirements.check_exemption(until, of, today)]

    assert found(today) == found(date(2024, 2, 29)) == []
    assert found(date(2024, 3, 1)) == ["ExemptionTooLong"]
    assert found(date(2023, 8, 30)) == ["DayOver"]


def test_evidence_is_not_of_a_day_to_come_and_does_not_end_before_it_began() -> None:
    found = requirements.check_evidence(
        "items[2].", date(2023, 5, 2), date(2023, 5, 1), date(2023, 5, 1)
    )
    assert [(each.place, each.code) for each in found] == [
        ("items[2].done_on", "DayAhead"),
        ("items[2].valid_until", "DaysReversed"),
    ]


def test_ids_of_the_rule_s_subjects_are_the_requirement_s_own() -> None:
    one = stands("overdue", condition=ConditionKind.DEPOSIT_MISSING)
    found = {each.key for each in conditions.found(site(), [one], DAY)}
    assert found == {
        (ConditionKind.NO_SYSTEMS, PROJECT),
        (ConditionKind.DEPOSIT_MISSING, UUID(str(one.requirement_id))),
    }
