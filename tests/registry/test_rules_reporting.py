"""The duty to report, and the comparison of what others saw with what is registered."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.rules import completeness, reporting, sightings
from services.registry.rules.completeness import Grouping, Tally
from services.registry.rules.reporting import Duty, GapReason, Half, Verdict, Works, WorksKind
from services.registry.rules.sightings import Known, Match, Traits

TODAY = date(2023, 6, 20)
DAYS = st.dates(date(2022, 1, 1), date(2024, 12, 31))
AMOUNTS = st.decimals(0, 10_000_000, places=2)
KINDS = st.sampled_from(WorksKind)
LINEAGE = ("422828104", "422828", "4228", "42", "0")
RURAL = Duty(
    "0", WorksKind.RURAL_REVITALISATION, 1, date(2020, 5, 1), Decimal(2_000_000), ("address",)
)
VILLAGE = Duty("0", WorksKind.VILLAGE_ROAD, 1, date(2020, 5, 1), None, ("address",))
DUTIES = st.lists(
    st.builds(
        Duty, st.sampled_from(LINEAGE), KINDS, st.integers(1, 4), DAYS, st.none() | AMOUNTS,
        st.just(("address",)),
    ),
    unique_by=lambda duty: (duty.area_code, duty.works_kind, duty.version),
)  # fmt: skip
WORKS = st.builds(Works, KINDS, st.none() | AMOUNTS, st.none() | DAYS)


@pytest.mark.parametrize(
    ("kind", "amount", "expected"),
    [
        (WorksKind.RURAL_REVITALISATION, "2600000.00", Verdict.DUE),
        (WorksKind.RURAL_REVITALISATION, "2000000.01", Verdict.DUE),
        (WorksKind.RURAL_REVITALISATION, "2000000.00", Verdict.BELOW),
        (WorksKind.RURAL_REVITALISATION, None, Verdict.AMOUNT_UNKNOWN),
        (WorksKind.VILLAGE_ROAD, "1.00", Verdict.DUE),
        (WorksKind.VILLAGE_ROAD, None, Verdict.DUE),
        (WorksKind.OTHER, "99000000.00", Verdict.BELOW),
    ],
)
def test_rural_works_above_two_millions_and_village_roads_at_any_amount_are_due(
    kind: WorksKind, amount: str | None, expected: Verdict
) -> None:
    duty = reporting.duty_in_force([RURAL, VILLAGE], LINEAGE, kind, TODAY)
    works = Works(kind, Decimal(amount) if amount else None, date(2023, 3, 1))
    assert reporting.verdict(duty, works, TODAY) is expected
    unstarted = replace(works, started_on=None)
    assert reporting.verdict(duty, unstarted, TODAY) is Verdict.NOT_STARTED
    assert (
        reporting.verdict(duty, replace(works, started_on=TODAY + timedelta(days=1)), TODAY)
        is Verdict.NOT_STARTED
    )


@given(DUTIES, KINDS, DAYS)
def test_the_nearest_area_that_has_a_row_in_force_counts_alone(
    rows: list[Duty], kind: WorksKind, today: date
) -> None:
    duty = reporting.duty_in_force(rows, LINEAGE, kind, today)
    usable = [row for row in rows if row.works_kind is kind and row.valid_from <= today]
    if duty is None:
        assert not usable
        return
    assert duty in usable
    for row in usable:
        assert LINEAGE.index(duty.area_code) <= LINEAGE.index(row.area_code)
        assert row.area_code != duty.area_code or row.version <= duty.version


@given(DUTIES, KINDS, DAYS)
def test_rows_that_come_into_force_later_change_no_day_before(
    rows: list[Duty], kind: WorksKind, today: date
) -> None:
    before = [row for row in rows if row.valid_from <= today]
    assert reporting.duty_in_force(rows, LINEAGE, kind, today) == reporting.duty_in_force(
        before[::-1], LINEAGE, kind, today
    )


@given(DUTIES, WORKS, DAYS, AMOUNTS)
def test_more_money_never_ends_a_duty_and_time_alone_never_does(
    rows: list[Duty], works: Works, today: date, more: Decimal
) -> None:
    duty = reporting.duty_in_force(rows, LINEAGE, works.works_kind, today)
    if reporting.verdict(duty, works, today) is not Verdict.DUE:
        return
    if works.amount is not None:
        richer = replace(works, amount=works.amount + more)
        assert reporting.verdict(duty, richer, today) is Verdict.DUE
    assert reporting.verdict(duty, works, today + timedelta(days=400)) is Verdict.DUE


@given(DAYS)
def test_each_day_lies_in_one_half_year_and_half_years_leave_no_day_out(day: date) -> None:
    half = Half.of(day)
    assert half.first <= day <= half.last
    assert Half.read(str(half)) == half
    assert half.after.first == half.last + timedelta(days=1)
    assert half.after.before == half
    assert half.before.after == half


@pytest.mark.parametrize("said", ["2023", "2023H3", "2023h1", "23H1", "2023H1 ", "２０２３H1", ""])
def test_what_is_no_half_year_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="no half-year"):
        Half.read(said)
    assert [one.code for one in reporting.check_half(said)] == ["HalfYearMalformed"]


def test_a_field_that_is_empty_is_missing_and_zero_is_not() -> None:
    duty = replace(RURAL, required=("address", "investment_amount", "permit_number"))
    given_now = {"address": "", "investment_amount": Decimal(0), "approval_number": "x"}
    assert reporting.missing(duty, given_now) == ["address", "permit_number"]
    assert reporting.missing(None, {}) == []


@pytest.mark.parametrize(
    ("due", "reported", "lacks", "overdue", "expected"),
    [
        (False, True, ["address"], True, None),
        (True, True, [], True, None),
        (True, True, ["address"], False, GapReason.FIELDS_MISSING),
        (True, False, ["address"], False, None),
        (True, False, [], True, GapReason.NOT_REPORTED),
    ],
)
def test_a_registered_project_is_a_gap_when_late_or_incomplete(
    *, due: bool, reported: bool, lacks: list[str], overdue: bool, expected: GapReason | None
) -> None:
    on = TODAY if reported else None
    assert reporting.gap_of(due=due, reported_on=on, lacks=lacks, overdue=overdue) is expected


def test_a_duty_names_known_fields_and_no_negative_amount() -> None:
    found = reporting.check_duty(["address", "colour"], Decimal(-1))
    assert [(one.place, one.code) for one in found] == [
        ("required[1]", "FieldUnknown"),
        ("above", "AmountNegative"),
    ]


# What is compared.


def traits(number: int, name: str, **known: object) -> Traits:
    """Give a registered project of the town."""
    whose = {"developer": "11422828000090004M", "developer_name": "太平镇"}
    return Traits(UUID(int=number), name, **(whose | known))  # type: ignore[arg-type]


def seen(number: int, name: str, **known: object) -> Traits:
    """Give a sighting of a project of the town; lists name it, without its credit code."""
    return traits(number, name, **({"developer": "太平镇", "registered": False} | known))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("石家堡至刘家屋场公路", "石家堡至刘家屋场公路工程"),
        ("石家堡至刘家屋场公路", " 石家堡 至刘家屋场公路（建设项目）"),
        ("Ａ标段公路", "a标段公路"),
        ("通组路-一标段", "通组路·一标段工程"),
    ],
)
def test_names_that_lists_write_differently_are_one(one: str, other: str) -> None:
    assert sightings.name_key(one) == sightings.name_key(other)


def test_lots_of_one_road_are_several() -> None:
    names = ["农村公路工程一标段", "农村公路工程二标段", "农村公路"]
    assert len({sightings.name_key(name) for name in names}) == 3


def test_a_name_that_is_nothing_but_works_stays_a_name() -> None:
    assert sightings.name_key("工程") == "工程"
    assert sightings.number_key(" ") is None


def test_a_number_decides_and_a_name_proposes() -> None:
    road = traits(1, "产业路", approval_number="鹤发改审〔2023〕12号", permit_number="P-1")
    bridge = traits(2, "便民桥", permit_number="P-2")
    known = Known([bridge, road])
    number = seen(9, "另一名称", approval_number="鹤发改审[2023] 12号")
    assert known.match(number) == Match(road, certain=True)
    assert known.match(seen(9, "产业路工程")) == Match(road, certain=False)
    assert known.match(seen(9, "产业路", permit_number="P-2")) == Match(bridge, certain=True)
    assert known.match(seen(9, "产业路"), [road.id]) is None
    assert known.match(seen(9, "产业路", developer="五里乡", developer_name="五里乡")) is None


def test_an_approval_of_several_lots_is_certain_only_with_the_name() -> None:
    lots = [traits(n, f"公路{n}标段", approval_number="A-1") for n in (1, 2)]
    known = Known(lots)
    assert known.match(seen(9, "公路2标段工程", approval_number="A-1")) == Match(
        lots[1], certain=True
    )
    match = known.match(seen(9, "公路", approval_number="A-1"))
    assert match == Match(lots[0], certain=False)


def test_a_registered_project_comes_before_an_earlier_sighting() -> None:
    early, project = seen(1, "产业路", permit_number="P"), traits(2, "产业路", permit_number="P")
    assert Known([early]).match(seen(9, "路", permit_number="P")) == Match(early, certain=True)
    named = Known([early, project]).match(seen(9, "产业路"))
    assert named == Match(project, certain=False)


NAMES = st.sampled_from(["产业路", "产业路工程", "便民桥", "河堤", "河堤（一期）", "产业路二标段"])
NUMBERS = st.none() | st.sampled_from(["A-1", "A-2", "〔2023〕3号", "(2023)3号"])
TRAITS = st.lists(
    st.tuples(NAMES, NUMBERS, NUMBERS, st.booleans()), max_size=8
).map(
    lambda rows: [
        (traits if registered else seen)(n, name, approval_number=approval, permit_number=permit)
        for n, (name, approval, permit, registered) in enumerate(rows)
    ]
)  # fmt: skip


@given(TRAITS, NAMES, NUMBERS, NUMBERS)
def test_the_order_of_rows_does_not_matter_and_what_is_certain_shares_a_number(
    rows: list[Traits], name: str, approval: str | None, permit: str | None
) -> None:
    one = seen(99, name, approval_number=approval, permit_number=permit)
    match = Known(rows).match(one)
    assert Known(rows[::-1]).match(one) == match
    shared = [
        row
        for row in rows
        if _shares(row, one) or sightings.name_key(row.name) == sightings.name_key(name)
    ]
    assert (match is not None) == bool(shared)
    if match and match.certain:
        assert _shares(match.known, one)


@given(TRAITS, NAMES, NUMBERS)
def test_refusing_leads_on_and_never_back(
    rows: list[Traits], name: str, approval: str | None
) -> None:
    one, refused = seen(99, name, approval_number=approval), []
    known = Known(rows)
    while match := known.match(one, refused):
        assert match.known.id not in refused
        refused.append(match.known.id)
    assert len(refused) <= len(rows)


def _shares(one: Traits, other: Traits) -> bool:
    return any(
        sightings.number_key(getattr(one, field)) is not None
        and sightings.number_key(getattr(one, field)) == sightings.number_key(getattr(other, field))
        for field in ("approval_number", "permit_number", "code")
    )


def test_several_sightings_together_say_what_the_newest_says() -> None:
    said = sightings.merged([{"a": 1, "b": 2}, {"a": None, "b": 3}, {"b": ""}])
    assert said == {"a": 1, "b": 3}


# How complete.


def test_the_share_is_of_what_is_known_to_one_decimal_half_up() -> None:
    assert completeness.share(55, 58) == Decimal("94.8")
    assert completeness.share(1, 8) == Decimal("12.5")
    assert completeness.share(1, 2000) == Decimal("0.1")
    assert completeness.share(0, 0) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), max_size=8))
def test_groups_sum_to_the_whole_and_the_least_complete_stands_first(
    counts: list[tuple[int, int, int]],
) -> None:
    tallies = [
        Tally(str(n), f"单位{n}", sum(parts), parts[0] + parts[1], parts[0])
        for n, parts in enumerate(counts)
    ]
    found = completeness.completeness("2023H1", Grouping.DEVELOPER, tallies, 0)
    assert found.total.known == sum(map(sum, counts))
    assert found.total.complete == sum(parts[0] for parts in counts)
    lacks = [one.known - one.complete for one in found.items]
    assert lacks == sorted(lacks, reverse=True)
