"""Shares, tallies and days of the summary; against plain reckoning with fractions."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules.standings import (
    Developer,
    DeveloperTally,
    FundingTally,
    Grouping,
    InvestmentTally,
    Tally,
    last_due,
    share,
    summary,
)

DAY = date(2023, 6, 30)


def unit(n: int, name: str, projects: int, ways: tuple[int, int], lacking: str) -> DeveloperTally:
    """Give a unit's tally; `ways` are none and short."""
    return DeveloperTally.of(projects, *ways, Decimal(lacking), Developer(UUID(int=n), name))


@pytest.mark.parametrize(
    ("misses", "projects", "said"),
    [
        (31, 55, "56.4"),
        (30, 55, "54.5"),
        (6, 55, "10.9"),
        (5, 55, "9.1"),
        (6, 31, "19.4"),
        (5, 31, "16.1"),
        (0, 7, "0.0"),
        (7, 7, "100.0"),
        (1, 16, "6.3"),  # 6.25: a half goes up, not to the even digit.
        (1, 2000, "0.1"),  # 0.05
        (1, 2001, "0.0"),
        (1999, 2000, "100.0"),  # 99.95
        (2, 3, "66.7"),
    ],
)
def test_a_share_has_one_decimal_half_up(misses: int, projects: int, said: str) -> None:
    assert str(share(misses, projects)) == said


def test_of_no_project_there_is_no_share() -> None:
    assert share(0, 0) is None
    assert summary(DAY, Grouping.DEVELOPER, []).total == Tally(0, 0, 0, 0, Decimal("0.00"), None)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_share_is_the_nearest_tenth(misses: int, more: int) -> None:
    projects = misses + more
    exact, said = Fraction(100 * misses, projects), share(misses, projects)
    assert said is not None
    assert said.as_tuple().exponent == -1
    off = Fraction(said) - exact
    assert -Fraction(1, 20) < off <= Fraction(1, 20)


counts = st.tuples(*[st.integers(0, 60)] * 3, st.decimals(0, 10**11, places=2))


@given(st.lists(counts, max_size=12))
def test_a_summary_sums_up_and_puts_most_misses_first(
    drawn: list[tuple[int, int, int, Decimal]],
) -> None:
    tallies = [
        FundingTally.of(none + short + full, none, short, lacking, f"来源{n}")
        for n, (none, short, full, lacking) in enumerate(drawn)
    ]
    found = summary(DAY, Grouping.FUNDING_SOURCE, tallies)
    assert sorted(map(id, found.items)) == sorted(map(id, tallies))
    misses = [one.none + one.short for one in found.items]
    assert misses == sorted(misses, reverse=True)
    none, short = sum(one[0] for one in drawn), sum(one[1] for one in drawn)
    full = sum(one[2] for one in drawn)
    total = found.total
    assert (total.none, total.short, total.full) == (none, short, full)
    assert total.projects == none + short + full
    assert total.shortfall == sum(one[3] for one in drawn)
    assert total.share == share(none + short, total.projects)


def test_groups_that_miss_as_many_stand_by_what_they_lack_then_by_name() -> None:
    groups = [
        unit(1, "丙", 9, (2, 0), "5.00"),
        unit(2, "乙", 9, (1, 1), "5.00"),
        unit(3, "甲", 2, (1, 1), "7.00"),
        unit(5, "乙", 9, (0, 2), "5.00"),
        unit(4, "丁", 9, (3, 0), "0.00"),
    ]
    found = summary(DAY, Grouping.DEVELOPER, groups).items
    assert [one.place for one in found] == [
        ("丁", str(UUID(int=4))),
        ("甲", str(UUID(int=3))),
        ("丙", str(UUID(int=1))),
        ("乙", str(UUID(int=2))),
        ("乙", str(UUID(int=5))),
    ]


def test_every_kind_of_group_has_its_place() -> None:
    kinds = [InvestmentTally.of(1, 1, 0, Decimal(1), kind) for kind in ("ppp", "government")]
    found = summary(DAY, Grouping.INVESTMENT_TYPE, kinds)
    assert [one.place[0] for one in found.items] == ["government", "ppp"]
    sources = [FundingTally.of(1, 1, 0, Decimal(1), source) for source in ("专项债", None)]
    found = summary(DAY, Grouping.FUNDING_SOURCE, sources)
    assert [one.place[0] for one in found.items] == ["", "专项债"]


@pytest.mark.parametrize(
    ("as_of", "today", "last"),
    [
        ("2023-06-30", "2023-07-01", "2023-06-30"),
        ("2023-06-30", "2023-12-31", "2023-06-30"),
        ("2023-06-30", "2023-06-30", "2023-06-29"),
        ("2023-03-01", "2023-03-01", "2023-02-28"),
    ],
)
def test_what_is_due_today_is_not_open_before_midnight(as_of: str, today: str, last: str) -> None:
    found = last_due(date.fromisoformat(as_of), date.fromisoformat(today))
    assert found == date.fromisoformat(last)
