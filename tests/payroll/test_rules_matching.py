"""How money is matched, what persons may decide, whose return a line is: tables, no I/O."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payroll.rules import allocation, matching
from services.payroll.rules.matching import Came, Match, MatchedAs, Wish

BEGAN = datetime(2023, 1, 1, tzinfo=UTC)
DUE = date(2023, 1, 20)
MATCH = Match(
    amount=Decimal(100),
    by_hand=Decimal(0),
    credited_on=date(2023, 1, 12),
    line_amount=Decimal(100),
    line_counted=Decimal(100),
    line_credits=1,
    foreign=False,
    due_amount=Decimal(100),
    due_on=DUE,
    period="2023-01",
    owed_credits=1,
)


@pytest.mark.parametrize(
    ("changes", "ways"),
    [
        ({}, [MatchedAs.EXACT]),
        ({"due_amount": Decimal(150)}, [MatchedAs.PART]),
        (
            {"line_amount": Decimal(250), "line_counted": Decimal(250), "line_credits": 3},
            [MatchedAs.SPLIT],
        ),
        ({"due_amount": Decimal(150), "owed_credits": 2}, [MatchedAs.COMBINED]),
        ({"credited_on": date(2022, 12, 31)}, [MatchedAs.EXACT, MatchedAs.EARLY]),
        ({"credited_on": DUE}, [MatchedAs.EXACT]),
        ({"credited_on": DUE + timedelta(days=1)}, [MatchedAs.EXACT, MatchedAs.LATE]),
        ({"line_amount": Decimal(130)}, [MatchedAs.OVER]),
        ({"foreign": True}, [MatchedAs.EXACT, MatchedAs.WRONG_ACCOUNT]),
        ({"by_hand": Decimal(1)}, [MatchedAs.EXACT, MatchedAs.BY_HAND]),
    ],
)
def test_a_credit_says_how_it_was_matched(
    changes: dict[str, object], ways: list[MatchedAs]
) -> None:
    assert replace(MATCH, **changes).matched_as == ways  # type: ignore[arg-type]  # by name


WISH = Wish(Decimal(10), came_in=True, returned=False, free=Decimal(10), owed=Decimal(10))


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"owed": None}, []),
        ({"came_in": False}, ["line_brought_no_money"]),
        ({"returned": True}, ["line_brought_no_money"]),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
        ({"free": Decimal("9.99")}, ["amount_not_free"]),
        ({"owed": Decimal("9.99")}, ["amount_not_owed"]),
        ({"closed": True, "owed": Decimal(0)}, ["obligation_closed"]),
        ({"return_fits": False}, ["return_does_not_fit"]),
        (
            {"came_in": False, "free": Decimal(0), "owed": Decimal(0)},
            ["line_brought_no_money", "amount_not_free", "amount_not_owed"],
        ),
    ],
)
def test_everything_is_said_that_keeps_a_decision_from_being_taken(
    changes: dict[str, object], codes: list[str]
) -> None:
    found = matching.findings(replace(WISH, **changes))  # type: ignore[arg-type]  # by name
    assert [one.code for one in found] == codes
    assert all(one.detail.zh and one.detail.en and one.remedy for one in found)


def came(serial: str, amount: int, left: int | None = None, who: str | None = None) -> Came:
    return Came(serial, Decimal(amount), Decimal(amount if left is None else left), (None, who))


@pytest.mark.parametrize(
    ("amount", "counterparty", "reference", "credits_", "found"),
    [
        (100, (None, "x"), None, [came("A", 100, who="x")], "A"),
        (100, (None, "x"), None, [came("A", 100, who="x"), came("B", 100, who="x")], "B"),
        (100, (None, "x"), None, [came("A", 100, who="x"), came("B", 100, 0, who="x")], "A"),
        (100, (None, "x"), None, [came("A", 100, who="y")], None),
        (100, (None, "x"), None, [came("A", 99, who="x")], None),
        (100, (None, None), None, [came("A", 100)], None),
        (100, (None, None), "A", [came("A", 100), came("B", 100)], "A"),
        (40, (None, None), "A", [came("A", 100)], "A"),
        (40, (None, None), "A", [came("A", 100, 30)], None),
        (40, (None, "x"), "C", [came("A", 40, who="x")], None),
        # The account number decides where both are known, the name only elsewhere.
        (100, ("n", "x"), None, [Came("A", Decimal(100), Decimal(100), ("n", "y"))], None),
        (100, ("n", "x"), None, [Came("A", Decimal(100), Decimal(100), ("n", None))], "A"),
    ],
)
def test_a_return_belongs_to_the_credit_that_it_fits(
    amount: int,
    counterparty: tuple[str | None, str | None],
    reference: str | None,
    credits_: list[Came],
    found: str | None,
) -> None:
    told = matching.original(Decimal(amount), counterparty, reference, credits_)
    assert (told.serial if told else None) == found


def test_a_return_leaves_less_for_what_was_decided_later() -> None:
    first, second, back = (UUID(int=n) for n in range(3))
    decided = [
        allocation.Decided(back, None, Decimal(60)),
        allocation.Decided(first, UUID(int=9), Decimal(30)),
        allocation.Decided(second, UUID(int=9), Decimal(30)),
    ]
    held, free = allocation.hold(Decimal(100), decided)
    assert (held, free) == ({back: Decimal(60), first: Decimal(30), second: Decimal(10)}, 0)


@given(st.data())
def test_what_is_owed_later_takes_nothing_that_counts_already(data: st.DataObject) -> None:
    """Contracts and money come in any order: placed one after the other or anew, it is the same."""
    owed: list[allocation.Owed] = []
    lines: dict[UUID, allocation.Money] = {}
    held: dict[tuple[UUID, UUID], Decimal] = {}
    amounts: dict[UUID, Decimal] = {}
    left: dict[UUID, Decimal] = {}
    months = st.integers(1, 3).map(lambda month: f"2023-{month:02d}")
    for n in range(data.draw(st.integers(1, 8))):
        at = BEGAN + timedelta(hours=n)
        if data.draw(st.booleans()):
            amount = Decimal(data.draw(st.integers(1, 5)))
            owed.append(allocation.Owed(UUID(int=n), data.draw(months), amount, at))
            owed.sort(key=lambda one: (one.period, one.id))
            fresh = [(line_id, rest) for line_id, rest in left.items() if rest]
        else:
            place = BEGAN + timedelta(days=data.draw(st.integers(0, 9))), str(n)
            named = data.draw(st.none() | months)
            line = allocation.Money(UUID(int=100 + n), place, named, at)
            lines[line.id], amounts[line.id] = line, Decimal(data.draw(st.integers(1, 9)))
            fresh = [(line.id, amounts[line.id])]
        before = {one.id: sum(v for k, v in held.items() if k[0] == one.id) for one in owed}
        left |= dict.fromkeys((line_id for line_id, _ in fresh), Decimal(0))
        result = allocation.allocate(owed, lines, [(*k, v) for k, v in held.items()], fresh)
        held = {(o, x): v for o, shares in result.shares.items() for x, v in shares.items()}
        for line_id, rest in result.left.items():
            left[line_id] += rest
        assert all(sum(result.shares[one.id].values()) >= before[one.id] for one in owed)
    anew = allocation.allocate(owed, lines, [], amounts.items())
    assert {key: amount for key, amount in held.items() if amount} == {
        (o, x): v for o, shares in anew.shares.items() for x, v in shares.items() if v
    }
