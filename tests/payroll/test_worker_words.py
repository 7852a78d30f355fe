"""Titles of lists of workers: each means one thing in a list of its kind."""

from collections import Counter

import pytest

from services.payroll.adapters import worker_words
from shared.identities import check_digit, resident_fault
from shared.tables import people
from shared.tables.headers import spellings


@pytest.mark.parametrize("kind", ["payroll", "roster", "attendance"])
def test_no_title_means_two_fields_of_a_kind(kind: str) -> None:
    claimed: dict[str, set[str]] = {}
    for field in worker_words.fields(kind):
        for word in field.words:
            claimed.setdefault(spellings(word)[0], set()).add(field.name)
    assert {word: names for word, names in claimed.items() if len(names) > 1} == {}


def test_a_field_is_in_one_group() -> None:
    groups = (
        people.PERSON, worker_words.PLACE, worker_words.STAY, worker_words.PAY,
        worker_words.LEAVE,
    )  # fmt: skip
    counted = Counter(name for group in groups for name in group)
    assert [name for name, often in counted.items() if often > 1] == []
    assert worker_words.words("id_number")[0] == "身份证号码"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X", None),
        ("440524188001010014", None),
        ("110105194912310021", "id_check_digit"),
        ("110105194913310029", "id_birth"),
        ("110105491231002", "id_old"),
        ("11010519491231002", "id_shape"),
        ("E12345678", "id_shape"),
        ("１１０", "id_shape"),
    ],
)
def test_numbers_of_identity_cards(number: str, fault: str | None) -> None:
    assert resident_fault(number) == fault


def test_every_wrong_digit_is_seen() -> None:
    number = "11010519491231002X"
    for n in range(17):
        for digit in "0123456789":
            changed = f"{number[:n]}{digit}{number[n + 1 :]}"
            assert (changed == number) == (check_digit(changed[:17]) == changed[17])
