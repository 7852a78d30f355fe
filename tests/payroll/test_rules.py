"""Decisions of payroll against tables of cases and plain reference code."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules import allocation, feeds, obligations, periods, purposes
from services.payroll.rules.feeds import FeedStatus
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.periods import Basis, Terms, TransferMonth
from services.payroll.rules.standings import UnitCount, most_missing
from shared.workdays import DueShift, national_calendar

CALENDAR = national_calendar(range(2022, 2025))


def terms(**changes: object) -> Terms:
    """Give the terms of a contract of five months, with changes."""
    values: dict[str, object] = {
        "basis": Basis.PER_PERIOD,
        "contract_amount": Decimal("10000000.00"),
        "labour_cost": Decimal("500000.00"),
        "share": None,
        "first_period": "2023-01",
        "last_period": "2023-05",
        "transfer_day": 25,
        "transfer_month": TransferMonth.SAME,
        "due_shift": DueShift.BACKWARDS,
    }
    return Terms(**(values | changes))  # type: ignore[arg-type]  # a test changes what it likes


# ---- periods ---------------------------------------------------------------------------------


def test_due_days_are_those_of_the_county() -> None:
    due = {
        day: [str(one.due_on) for one in periods.plan(terms(transfer_day=day), CALENDAR)]
        for day in (25, 28)
    }
    assert due[25] == ["2023-01-20", "2023-02-24", "2023-03-24", "2023-04-25", "2023-05-25"]
    assert due[28] == ["2023-01-28", "2023-02-28", "2023-03-28", "2023-04-28", "2023-05-26"]


@pytest.mark.parametrize(
    ("period", "day", "month", "shift", "due"),
    [
        ("2023-06", 10, "same", "backwards", "2023-06-09"),
        ("2023-06", 25, "same", "backwards", "2023-06-25"),
        ("2023-02", 31, "same", "none", "2023-02-28"),
        ("2023-05", 10, "next", "backwards", "2023-06-09"),
        ("2023-12", 1, "next", "backwards", "2023-12-29"),
        ("2023-06", 10, "same", "none", "2023-06-10"),
    ],
)
def test_a_due_day_follows_the_terms(
    period: str, day: int, month: str, shift: str, due: str
) -> None:
    agreed = terms(transfer_day=day, transfer_month=TransferMonth(month), due_shift=DueShift(shift))
    assert str(periods.due_on(agreed, period, CALENDAR)) == due


def test_each_period_names_the_one_before_it() -> None:
    planned = periods.plan(terms(first_period="2022-11", last_period="2023-01"), CALENDAR)
    assert [(one.period, one.previous_period) for one in planned] == [
        ("2022-11", None),
        ("2022-12", "2022-11"),
        ("2023-01", "2022-12"),
    ]


@pytest.mark.parametrize(
    ("changes", "count", "amounts"),
    [
        ({}, 3, ["500000.00"] * 3),
        ({"basis": Basis.TOTAL, "labour_cost": Decimal(100)}, 3, ["33.33", "33.33", "33.34"]),
        ({"basis": Basis.TOTAL, "labour_cost": Decimal("0.02")}, 3, ["0.00", "0.00", "0.02"]),
        (
            {"basis": Basis.SHARE, "share": Decimal("25.5")},
            3,
            ["850000.00", "850000.00", "850000.00"],
        ),
        (
            {
                "basis": Basis.SHARE,
                "share": Decimal("33.3"),
                "contract_amount": Decimal("100.01"),
            },
            2,
            ["16.65", "16.65"],
        ),
        ({"basis": Basis.TOTAL, "labour_cost": Decimal(100)}, 0, []),
    ],
)
def test_amounts_are_spread_to_the_fen(
    changes: dict[str, object], count: int, amounts: list[str]
) -> None:
    assert [str(one) for one in periods.amounts(terms(**changes), count)] == amounts


@given(st.integers(1, 10**12), st.integers(1, 60))
def test_spread_amounts_sum_to_the_whole(fen: int, count: int) -> None:
    total = Decimal(fen) / 100
    spread = periods.amounts(terms(basis=Basis.TOTAL, labour_cost=total), count)
    assert sum(spread) == total
    assert len(set(spread[:-1])) <= 1
    assert 0 <= spread[-1] - spread[0] < Decimal("0.01") * count


def test_a_contract_whose_periods_are_reversed_owes_nothing() -> None:
    assert periods.plan(terms(first_period="2023-05", last_period="2023-04"), CALENDAR) == []


# ---- purposes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "named"),
    [
        ("2023年3月人工费", "2023-03"),
        ("拨付2023 年 03 月份人工费用", "2023-03"),
        ("２０２３年３月", "2023-03"),
        ("2023年三月人工费", "2023-03"),
        ("2023-03 人工费", "2023-03"),
        ("人工费2023/3", "2023-03"),
        ("2023.03人工费", "2023-03"),
        ("人工费(202303)", "2023-03"),
        ("3月份人工费", "2023-03"),
        ("三月人工费", "2023-03"),
        ("十二月", "2023-12"),
        ("十月", "2023-10"),
        ("2022年12月", "2022-12"),
        ("3月人工费、4月人工费", "2023-03"),
        ("2023年6月5日支付5月份人工费", "2023-05"),
        ("2023-06-05 支付 2023-05 人工费", "2023-05"),
        ("人工费", None),
        ("", None),
        (None, None),
        ("2023年13月", None),
        ("2023年6月5日", None),
        ("6月5日付", None),
        ("六月五日付", None),
        ("2023-06-05", None),
        ("1-3月人工费", None),
        ("1月至3月人工费", None),
        ("1、2月人工费", None),
        ("三个月人工费", None),
        ("流水120230399", None),
        ("合同2023-03号", None),
        ("金额2023.05元", None),
        ("20230605", None),
    ],
)
def test_a_purpose_names_a_period(purpose: str | None, named: str | None) -> None:
    assert purposes.named_period(purpose, date(2023, 6, 5)) == named


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("退汇", "returned"),
        ("退 汇：账号户名不符", "returned"),
        ("代发退回", "returned"),
        ("工资代发失败退回", "returned"),
        ("跨行汇款退款", "returned"),
        ("冲正", "returned"),
        ("2026年1月人工费", "ordinary"),
        ("退还投标保证金", "ordinary"),
        ("材料款退款", "ordinary"),
        ("退休人员工资", "ordinary"),
        ("", "ordinary"),
        (None, "ordinary"),
    ],
)
def test_a_purpose_says_whether_money_comes_back(purpose: str | None, kind: str) -> None:
    assert purposes.line_kind(purpose) == kind


def test_december_paid_in_january_is_last_years() -> None:
    assert purposes.named_period("12月份", date(2023, 1, 10)) == "2022-12"
    assert purposes.named_period("1月份", date(2023, 12, 28)) == "2023-01"
    assert purposes.named_period("7月份", date(2023, 1, 10)) == "2023-07"


@given(st.text())
def test_any_purpose_can_be_read(purpose: str) -> None:
    named = purposes.named_period(purpose, date(2023, 6, 5))
    assert named is None or date.fromisoformat(f"{named}-01")


# ---- how an obligation stands ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("credited", "on_time", "missed", "due", "status"),
    [
        (0, 0, False, False, ObligationStatus.PLANNED),
        (0, 0, False, True, ObligationStatus.DUE),
        (50, 50, False, True, ObligationStatus.DUE),
        (100, 100, False, False, ObligationStatus.FULL),
        # Money that came too late settles a miss, but does not prevent it.
        (100, 0, False, True, ObligationStatus.DUE),
        (100, 0, True, True, ObligationStatus.FULL),
        (0, 0, True, True, ObligationStatus.NONE),
        (99, 0, True, True, ObligationStatus.SHORT),
    ],
)
def test_an_obligation_stands_by_what_came_when(
    *, credited: int, on_time: int, missed: bool, due: bool, status: ObligationStatus
) -> None:
    said = obligations.status(
        Decimal(100), Decimal(credited), Decimal(on_time), missed=missed, due=due
    )
    assert said is status


# ---- feeds -----------------------------------------------------------------------------------


def test_a_feed_is_owed_on_the_next_working_day() -> None:
    # Before the days off of the Spring Festival of 2023.
    at = feeds.expected_at(date(2023, 1, 20), 1, time(10), CALENDAR)
    assert at == datetime(2023, 1, 28, 2, tzinfo=UTC)


@given(st.lists(st.sampled_from(FeedStatus), max_size=12))
def test_data_reach_to_the_first_gap(statuses: list[FeedStatus]) -> None:
    first = date(2023, 1, 1)
    days = [(first + timedelta(days=n), status) for n, status in enumerate(statuses)]
    until = feeds.fed_until(first - timedelta(days=1), days)
    count = 0
    for status in statuses:
        if status.value in {"expected", "late"}:
            break
        count += 1
    assert until == first + timedelta(days=count - 1)


def test_a_day_without_a_row_is_a_gap() -> None:
    days = [(date(2023, 1, 1), FeedStatus.COMPLETE), (date(2023, 1, 3), FeedStatus.COMPLETE)]
    assert feeds.fed_until(date(2022, 12, 31), days) == date(2023, 1, 1)


# ---- allocation ------------------------------------------------------------------------------


def _id(n: int) -> UUID:
    return UUID(int=n)


def _plain(
    owed: Sequence[allocation.Owed],
    lines: Sequence[tuple[allocation.Money, Decimal]],
) -> dict[tuple[UUID, UUID], Decimal]:
    """Share out in the order of booking: the named period, then the oldest that lacks."""
    got: dict[tuple[UUID, UUID], Decimal] = {}
    for line, amount in sorted(lines, key=lambda pair: pair[0].place):
        left = amount
        for one in [o for o in owed if o.period == line.period] + list(owed):
            lacks = one.amount - sum(got.get((one.id, other.id), Decimal(0)) for other, _ in lines)
            part = min(left, lacks)
            if part > 0:
                got[one.id, line.id] = got.get((one.id, line.id), Decimal(0)) + part
                left -= part
    return got


@st.composite
def _books(
    draw: st.DrawFn,
) -> tuple[list[allocation.Owed], list[tuple[allocation.Money, Decimal]], list[list[int]]]:
    """Draw obligations, lines, and the batches in whatever order in which the lines come."""
    names = [f"2023-{month:02d}" for month in range(1, draw(st.integers(1, 5)) + 1)]
    owed = [
        allocation.Owed(_id(n), name, Decimal(draw(st.integers(0, 300))) / 100)
        for n, name in enumerate(names)
    ]
    count = draw(st.integers(1, 7))
    lines = []
    for n in range(count):
        at = datetime(2023, 1, draw(st.integers(1, 9)), tzinfo=UTC)
        line = allocation.Money(
            _id(100 + n), (at, f"{n:03d}"), draw(st.sampled_from([None, *names, "2024-01"]))
        )
        lines.append((line, Decimal(draw(st.integers(1, 400))) / 100))
    order = draw(st.permutations(range(count)))
    cuts = sorted({0, count, *draw(st.lists(st.integers(0, count), max_size=3))})
    return owed, lines, [list(order[a:b]) for a, b in pairwise(cuts)]


@given(_books())
def test_money_counts_alike_in_whatever_order_it_comes(
    book: tuple[list[allocation.Owed], list[tuple[allocation.Money, Decimal]], list[list[int]]],
) -> None:
    owed, lines, batches = book
    known = {line.id: line for line, _ in lines}
    held: dict[tuple[UUID, UUID], Decimal] = {}
    left = {line.id: Decimal(0) for line, _ in lines}
    totals = {one.id: Decimal(0) for one in owed}
    for batch in batches:
        fresh = [(lines[n][0].id, lines[n][1]) for n in batch]
        rows = [(obligation, line, amount) for (obligation, line), amount in held.items()]
        result = allocation.allocate(owed, known, rows, fresh)
        held = {
            (obligation, line): amount
            for obligation, shares in result.shares.items()
            for line, amount in shares.items()
        }
        for line_id, amount in result.left.items():
            left[line_id] += amount
        for one in owed:
            total = sum(result.shares[one.id].values(), Decimal(0))
            # What a period has never decreases, and is never more than it is owed.
            assert totals[one.id] <= total <= one.amount
            totals[one.id] = total
    assert {key: amount for key, amount in held.items() if amount} == _plain(owed, lines)
    for line, amount in lines:
        counted = sum(part for (_, other), part in held.items() if other == line.id)
        assert counted + left[line.id] == amount


def test_an_older_line_takes_its_place_and_the_later_money_goes_on() -> None:
    owed = [allocation.Owed(_id(n), f"2023-0{n}", Decimal(100)) for n in (1, 2)]
    first = allocation.Money(_id(11), (datetime(2023, 1, 5, tzinfo=UTC), "A"), None)
    later = allocation.Money(_id(12), (datetime(2023, 1, 6, tzinfo=UTC), "B"), None)
    held = [(_id(1), later.id, Decimal(100))]
    result = allocation.allocate(
        owed, {first.id: first, later.id: later}, held, [(first.id, Decimal(60))]
    )
    assert result.shares[_id(1)] == {later.id: Decimal(40), first.id: Decimal(60)}
    assert result.shares[_id(2)] == {later.id: Decimal(60)}
    assert result.left == {}


def test_units_without_a_name_of_their_own_are_added_up_by_area() -> None:
    counts = [
        UnitCount("422801", "a", none=1, short=0, full=9),
        UnitCount("422801", "b", none=2, short=1, full=0),
        UnitCount("422801", "c", none=0, short=1, full=1),
        UnitCount("422828", "d", none=0, short=0, full=4),
    ]
    assert most_missing(counts, 1) == [
        counts[1],
        UnitCount("422801", "others", none=1, short=1, full=10),
        UnitCount("422828", "others", none=0, short=0, full=4),
    ]
    assert most_missing(counts, 4) == [counts[1], counts[0], counts[2], counts[3]]
