"""Rules of people and their days: ID numbers, ages, spells, the gate, shares."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules import workers
from services.payroll.rules.roster import (
    Gate,
    GateMode,
    Insurance,
    PayeeHold,
    Spell,
    object_to_days,
)
from services.payroll.rules.trades import IdType
from services.payroll.rules.workers import AgeLimits, Objection
from tests.payroll.people import CHECKS, card_no, id_number

TODAY = date(2023, 3, 1)
DAYS = st.dates(date(1930, 1, 1), date(2005, 1, 1))


def codes(found: object) -> list[str]:
    assert hasattr(found, "__iter__")
    return [one.code for one in found if isinstance(one, Objection)]


def number_codes(number: str, id_type: IdType = IdType.RESIDENT) -> list[str]:
    return codes(workers.object_to_number(id_type, number, TODAY))


@given(DAYS, st.integers(0, 99), st.booleans())
def test_a_right_id_number_is_let_through_and_read(born: date, n: int, male: bool) -> None:  # noqa: FBT001
    number = id_number(n, born, male=male)
    assert number_codes(number) == []
    assert workers.born_on(number) == born
    assert workers.is_male(number) is male


@given(DAYS, st.integers(0, 99), st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(born: date, n: int, place: int, digit: str) -> None:
    number = id_number(n, born)
    changed = number[:place] + digit + number[place + 1 :]
    assert bool(number_codes(changed)) is (changed != number)


@given(DAYS, st.integers(0, 99), st.integers(0, 16))
def test_two_digits_that_changed_places_are_found(born: date, n: int, place: int) -> None:
    number = id_number(n, born)
    if place == 16 and number[17] == "X":
        return
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert bool(number_codes(swapped)) is (swapped != number)


@given(st.text(max_size=40), st.sampled_from(list(IdType)))
def test_whatever_stands_there_is_judged_and_never_repeated(said: str, id_type: IdType) -> None:
    for one in workers.object_to_number(id_type, said, TODAY):
        assert len(said) < 4 or said not in one.said.zh + one.said.en


def test_what_is_wrong_in_an_id_number_is_named() -> None:
    assert number_codes("990101850301001") == ["id_15_digits"]
    assert number_codes("99010119850301001") == ["id_form"]
    assert number_codes(id_number(1, date(2023, 3, 2))) == ["id_birth_date"]
    assert number_codes(id_number(1, date(1899, 12, 31))) == ["id_birth_date"]
    right = id_number(1)
    wrong = right[:17] + CHECKS[(CHECKS.index(right[17]) + 1) % 11]
    assert number_codes(wrong) == ["id_check_digit"]
    no_day = f"{right[:10]}0230{right[14:]}"
    assert "id_birth_date" in number_codes(no_day)


@pytest.mark.parametrize(
    ("id_type", "right", "wrong"),
    [
        (IdType.PASSPORT, "EA1234567", "E-1"),
        (IdType.HK_MACAU_RETURN, "H12345678", "X12345678"),
        (IdType.HK_MACAU_RETURN, "M1234567801", "M123456780"),
        (IdType.TAIWAN_PASS, "12345678", "1234567"),
        (IdType.HK_MACAU_PASS, "CA1234567", "A1234567"),
        (IdType.OFFICER, "军字第2001988号", "军"),
        (IdType.HONG_KONG, "A1234563", "A1234564"),
        (IdType.HONG_KONG, "AB9876543", "AB9876540"),
    ],
)
def test_other_documents_have_their_own_form(id_type: IdType, right: str, wrong: str) -> None:
    assert number_codes(right, id_type) == []
    assert number_codes(wrong, id_type)


LIMITS = AgeLimits(16, 18, 60, 50, None, 65)


@pytest.mark.parametrize(
    ("born", "male", "found"),
    [
        (date(2007, 3, 2), True, ["too_young"]),
        (date(2007, 3, 1), True, ["minor"]),
        (date(2005, 3, 1), True, []),
        (date(1963, 3, 2), True, []),
        (date(1963, 3, 1), True, ["elderly"]),
        (date(1973, 3, 1), False, ["elderly"]),
        (date(1958, 3, 1), False, ["too_old"]),
    ],
)
def test_an_age_counts_on_the_day_of_entry(born: date, male: bool, found: list[str]) -> None:  # noqa: FBT001
    number = id_number(1, born, male=male)
    assert codes(LIMITS.object_to(number, TODAY, manages=False)) == found
    young = [code for code in found if code in {"too_young", "minor"}]
    assert codes(LIMITS.object_to(number, TODAY, manages=True)) == young


def test_what_a_row_of_the_area_leaves_out_is_no_limit() -> None:
    nobody = AgeLimits.of({})
    assert codes(nobody.object_to(id_number(1, date(2020, 1, 1)), TODAY, manages=False)) == []


def test_a_card_s_digits_are_looked_at() -> None:
    right = card_no(7)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    assert codes(workers.object_to_card(right)) == []
    [odd] = workers.object_to_card(wrong)
    assert (odd.code, odd.refuses) == ("card_check_digit", False)
    assert codes(workers.object_to_card("6228x")) == ["card_form"]
    assert codes(workers.object_to_phone("13900001111")) == []
    assert codes(workers.object_to_phone("1390000111x")) == ["phone_form"]


SPELLS = st.builds(
    lambda first, length: Spell(first, None if length is None else first + timedelta(length)),
    st.dates(date(2023, 1, 1), date(2023, 2, 1)),
    st.none() | st.integers(0, 30),
)


@given(SPELLS, SPELLS)
def test_spells_meet_both_ways_and_only_where_they_share_days(one: Spell, other: Spell) -> None:
    assert one.meets(other) is other.meets(one)
    days = [date(2023, 1, 1) + timedelta(n) for n in range(90)]
    shared = [day for day in days if one.holds(day) and other.holds(day)]
    if one.meets(other):
        assert shared
    if len(shared) > 1:
        assert one.meets(other)


def test_who_leaves_one_site_and_enters_another_that_day_is_not_at_two() -> None:
    first = Spell(date(2023, 1, 1), date(2023, 1, 10))
    assert not first.meets(Spell(date(2023, 1, 10)))
    assert first.meets(Spell(date(2023, 1, 9)))


def test_days_lie_in_their_order_and_not_ahead() -> None:
    def found(entered: date, left: date | None) -> list[str]:
        return codes(object_to_days(entered, left, TODAY, ahead=7))

    assert found(TODAY + timedelta(7), None) == []
    assert found(TODAY + timedelta(8), None) == ["day_in_future"]
    assert found(TODAY, TODAY + timedelta(1)) == ["day_in_future"]
    assert found(TODAY, TODAY - timedelta(1)) == ["left_before_entry"]


def test_the_gate_asks_for_contract_and_registration_before_entry() -> None:
    def found(mode: GateMode, entered: date, *, contracted: bool) -> list[tuple[str, bool]]:
        gate = Gate(mode, 7)
        told = gate.object_to(entered, TODAY, contracted=contracted)
        return [(one.code, one.refuses) for one in told]

    day_before = TODAY - timedelta(1)
    assert found(GateMode.OFF, day_before, contracted=False) == []
    assert found(GateMode.WARN, TODAY, contracted=True) == []
    assert found(GateMode.WARN, TODAY, contracted=False) == [("contract_missing", False)]
    assert found(GateMode.REFUSE, day_before, contracted=True) == [("registered_late", True)]


def test_only_a_changed_card_waits() -> None:
    hold, now = PayeeHold(72), datetime(2023, 3, 1, tzinfo=UTC)
    assert hold.usable_from(now, first=True) == now
    assert hold.usable_from(now, first=False) == now + timedelta(hours=72)


def test_a_share_is_half_up_and_none_of_nobody() -> None:
    assert Insurance(TODAY, 8, 1, 3, 0).insured_share == "12.5"
    assert Insurance(TODAY, 3, 2, 3, 0).insured_share == "66.7"
    assert Insurance(TODAY, 3, 2, 3, 0).injury_insured_share == "100.0"
    assert Insurance(TODAY, 0, 0, 0, 0).insured_share is None
