"""Whether a statement holds together: each thing that can be wrong with it, at its place."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules import statements
from services.payroll.rules.statements import Direction, Known, Line, Link, Reading, Statement
from shared.clock import BEIJING

DAY = date(2023, 3, 24)


def line(n: int, amount: str, balance: str, /, **changes: object) -> Line:
    """Give the n-th line of the day; a negative amount goes out."""
    at = datetime(2023, 3, 24, 9, n, tzinfo=BEIJING)
    size = Decimal(amount)
    values: dict[str, object] = {
        "serial": f"S{n}",
        "at": at,
        "day": DAY,
        "direction": Direction.IN if size > 0 else Direction.OUT,
        "amount": abs(size),
        "balance": Decimal(balance),
    }
    return Line(**(values | changes))  # type: ignore[arg-type]  # a test changes what it likes


def statement(opening: str, closing: str, *lines: Line) -> Statement:
    return Statement(Decimal(opening), Decimal(closing), lines)


def read(said: Statement, known: Known | None = None) -> Reading:
    return statements.read("accounts[0]", DAY, said, known or Known())


def found(said: Statement, known: Known | None = None) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in read(said, known).findings]


GOOD = statement("100", "130", line(1, "50", "150"), line(2, "-20", "130"))


def test_a_statement_that_chains_is_taken() -> None:
    reading = read(GOOD)
    assert reading.findings == []
    assert [n for n, _ in reading.fresh] == [0, 1]
    assert (reading.opening, reading.closing) == (Decimal(100), Decimal(130))


@pytest.mark.parametrize(
    ("said", "findings"),
    [
        (
            statement("100", "140", line(1, "50", "150"), line(2, "-20", "130")),
            [("accounts[0].closing", "closing_does_not_chain")],
        ),
        (
            statement("100", "130", line(1, "50", "151"), line(2, "-20", "130")),
            [
                ("accounts[0].lines[0].balance", "balance_does_not_chain"),
                ("accounts[0].lines[1].balance", "balance_does_not_chain"),
            ],
        ),
        (
            statement("100", "150", line(1, "50", "150", amount=Decimal(-50))),
            [("accounts[0].lines[0].amount", "amount_not_positive")],
        ),
        (
            statement("100", "100", line(1, "50", "100", amount=Decimal(0))),
            [("accounts[0].lines[0].amount", "amount_not_positive")],
        ),
        (
            statement("100", "150", line(1, "50", "150", day=DAY - timedelta(days=1))),
            [("accounts[0].lines[0].at", "line_of_another_day")],
        ),
        (
            statement("100", "130", line(2, "50", "150"), line(1, "-20", "130")),
            [("accounts[0].lines[1].at", "lines_out_of_order")],
        ),
        (
            # Sent in the wrong order, the balances do not chain either.
            statement("100", "130", line(2, "-20", "130"), line(1, "50", "150")),
            [
                ("accounts[0].lines[1].at", "lines_out_of_order"),
                ("accounts[0].lines[0].balance", "balance_does_not_chain"),
                ("accounts[0].lines[1].balance", "balance_does_not_chain"),
                ("accounts[0].closing", "closing_does_not_chain"),
            ],
        ),
        (
            statement("100", "130", line(1, "50", "150"), line(2, "-20", "130", serial="S1")),
            [("accounts[0].lines[1].serial", "serial_reused")],
        ),
        (statement("100", "110"), [("accounts[0].closing", "closing_does_not_chain")]),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    said: Statement, findings: list[tuple[str, str]]
) -> None:
    assert sorted(found(said)) == sorted(findings)


def test_every_finding_has_words_in_both_languages_and_a_remedy() -> None:
    said = statement("1", "2", line(2, "5", "9", amount=Decimal(-5)), line(1, "4", "1"))
    for finding in read(said, Known(previous=Decimal(7))).findings:
        assert finding.detail.zh != finding.detail.en
        assert finding.remedy
        assert finding.remedy.zh != finding.remedy.en


def test_the_day_begins_where_the_day_before_ended() -> None:
    assert found(GOOD, Known(previous=Decimal(100))) == []
    assert found(GOOD, Known(previous=Decimal(99))) == [
        ("accounts[0].opening", "opening_does_not_chain")
    ]


def _seen(*lines: Line) -> Mapping[str, Line]:
    return {each.serial: each for each in lines}


def test_a_line_that_came_before_is_no_news() -> None:
    known = Known(Decimal(100), Decimal(130), None, _seen(*GOOD.lines))
    reading = read(GOOD, known)
    assert not reading.findings
    assert not reading.fresh
    assert reading.closing == Decimal(130)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal(51)},
        {"direction": Direction.OUT},
        {"balance": Decimal(151)},
        {"purpose": "other"},
        {"counterparty": ("x", None)},
        {"at": datetime(2023, 3, 24, 9, 2, tzinfo=BEIJING)},
    ],
)
def test_a_serial_with_another_content_is_refused(change: dict[str, object]) -> None:
    before = line(1, "50", "150", **change)
    said = statement("100", "150", line(1, "50", "150"))
    known = Known(Decimal(100), Decimal(150), None, _seen(before))
    assert ("accounts[0].lines[0].serial", "serial_reused") in found(said, known)


@pytest.mark.parametrize(
    "said",
    [
        statement("130", "140", line(3, "10", "140")),
        # All lines of the day again, and one more.
        statement("100", "140", *GOOD.lines, line(3, "10", "140")),
        # The last one again, and one more.
        statement("150", "140", GOOD.lines[1], line(3, "10", "140")),
    ],
)
def test_a_day_may_come_in_parts(said: Statement) -> None:
    known = Known(Decimal(100), Decimal(130), None, _seen(*GOOD.lines))
    reading = read(said, known)
    assert reading.findings == []
    assert [each.serial for _, each in reading.fresh] == ["S3"]
    assert (reading.opening, reading.closing) == (Decimal(100), Decimal(140))


def test_a_part_that_leaves_lines_out_is_refused() -> None:
    known = Known(Decimal(100), Decimal(130), None, _seen(*GOOD.lines))
    said = statement("150", "160", line(3, "10", "160"))
    assert found(said, known) == [("accounts[0].lines[0].balance", "lines_missing_before")]


def test_a_line_that_came_before_cannot_follow_a_new_one() -> None:
    known = Known(Decimal(100), Decimal(150), None, _seen(GOOD.lines[0]))
    said = statement("150", "150", line(0, "-50", "100"), GOOD.lines[0])
    assert ("accounts[0].lines[1].serial", "lines_out_of_order") in found(said, known)


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (statement("100", "130"), True),
        (statement("130", "130"), True),
        (statement("100", "131"), False),
        (statement("99", "130"), False),
        (statement("131", "131"), False),
    ],
)
def test_a_statement_without_lines_must_fit_what_came(*, said: Statement, good: bool) -> None:
    known = Known(Decimal(100), Decimal(130))
    assert (found(said, known) == []) is good


@given(st.lists(st.integers(-(10**6), 10**6).filter(bool), max_size=12), st.data())
def test_only_the_lines_as_booked_chain(fen: list[int], data: st.DataObject) -> None:
    """Right balances are taken; any single balance or amount that is changed is found."""
    balance = opening = Decimal(10**9)
    lines = []
    for n, change in enumerate(fen):
        balance += Decimal(change) / 100
        lines.append(line(n, str(Decimal(change) / 100), str(balance)))
    assert found(Statement(opening, balance, lines)) == []
    if lines:
        n = data.draw(st.integers(0, len(lines) - 1))
        other = Decimal(data.draw(st.integers(1, 10**6))) / 100
        which = data.draw(st.sampled_from(["amount", "balance"]))
        changed = line(n, "1", "1", **_fields(lines[n]) | {which: getattr(lines[n], which) + other})
        assert found(Statement(opening, balance, [*lines[:n], changed, *lines[n + 1 :]]))


def _fields(said: Line) -> dict[str, object]:
    return {
        name: getattr(said, name) for name in ("serial", "at", "direction", "amount", "balance")
    }


def test_a_day_must_meet_the_days_beside_it() -> None:
    before, after = DAY - timedelta(days=1), DAY + timedelta(days=2)
    links = [
        Link("accounts[0].opening", before, Decimal(1), DAY, Decimal(2)),
        Link("accounts[0].closing", DAY, Decimal(3), after, Decimal(4)),
        Link("accounts[1].closing", DAY, Decimal(5), after, Decimal(5)),
    ]
    broken = statements.broken_links(DAY, links)
    assert [(finding.place, finding.code) for finding in broken] == [
        ("accounts[0].opening", "opening_does_not_chain"),
        ("accounts[0].closing", "closing_does_not_chain"),
    ]
    assert "2023-03-26" in broken[1].detail.zh
