"""Who holds the delay: by hand, and as a property of any chain whatever."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cases.rules import delay
from services.cases.rules.delay import STAGES, Party, Run, Stage
from shared import workdays

NATION = workdays.national_calendar([2022, 2023, 2024])
DUE = date(2023, 5, 25)
# As the chain will be once sheets are there.
LONG = (
    *STAGES,
    Stage("sheet_submitted", Party.SUBCONTRACTOR),
    Stage("sheet_reviewed", Party.CONTRACTOR),
    Stage("bank_paid", Party.CONTRACTOR),
    Stage("worker_credited", Party.BANK),
)


def days(reached: dict[str, str], today: str, due_on: date = DUE) -> dict[str, int]:
    told = {code: date.fromisoformat(day) for code, day in reached.items()}
    chain = delay.held(due_on, told, date.fromisoformat(today), NATION)
    return {party.value: count for party, count in delay.charged(chain).items()}


@pytest.mark.parametrize(
    ("reached", "today", "expected"),
    [
        # Friday 26 May is the first working day after Thursday 25 May.
        ({}, "2023-05-25", {"developer": 0, "bank": 0}),
        ({}, "2023-05-26", {"developer": 1, "bank": 0}),
        ({}, "2023-05-28", {"developer": 1, "bank": 0}),
        ({}, "2023-05-29", {"developer": 2, "bank": 0}),
        # Paid on Monday, credited on Wednesday: two days each.
        (
            {"developer_paid": "2023-05-29", "credited": "2023-05-31"},
            "2023-06-30",
            {"developer": 2, "bank": 2},
        ),
        ({"developer_paid": "2023-05-29"}, "2023-06-02", {"developer": 2, "bank": 4}),
        # Nobody told when the developer paid: the days are his.
        ({"credited": "2023-05-31"}, "2023-06-30", {"developer": 4, "bank": 0}),
        # In time, whatever came first.
        ({"credited": "2023-05-25"}, "2023-06-30", {"developer": 0, "bank": 0}),
        (
            {"developer_paid": "2023-05-22", "credited": "2023-05-24"},
            "2023-06-30",
            {"developer": 0, "bank": 0},
        ),
        # The treasury's file says a day after the credit: the credit proves that it was earlier.
        (
            {"developer_paid": "2023-06-05", "credited": "2023-05-31"},
            "2023-06-30",
            {"developer": 4, "bank": 0},
        ),
        # 22 to 24 June are off, Sunday 25 June is worked.
        ({"credited": "2023-06-26"}, "2023-06-30", {"developer": 21, "bank": 0}),
        # What is told of a day to come has not happened.
        ({"credited": "2023-06-26"}, "2023-05-29", {"developer": 2, "bank": 0}),
    ],
)
def test_each_working_day_is_charged_to_who_held_the_money(
    reached: dict[str, str], today: str, expected: dict[str, int]
) -> None:
    assert days(reached, today) == expected


def test_while_the_developer_has_not_paid_nobody_elses_clock_runs() -> None:
    chain = delay.held(DUE, {}, date(2023, 7, 31), NATION, LONG)
    assert [one.run for one in chain] == [Run.RUNNING] + [Run.WAITING] * 5
    assert [one.days for one in chain[1:]] == [0] * 5
    assert delay.holder(chain) is Party.DEVELOPER


def test_the_next_clock_begins_on_the_day_the_stage_before_is_reached() -> None:
    chain = delay.held(DUE, {"credited": date(2023, 6, 1)}, date(2023, 6, 5), NATION, LONG)
    assert delay.holder(chain) is Party.SUBCONTRACTOR
    assert (chain[2].after, chain[2].days, chain[2].run) == (date(2023, 6, 1), 2, Run.RUNNING)


def test_a_stage_that_nobody_told_of_is_marked() -> None:
    chain = delay.held(DUE, {"credited": date(2023, 6, 1)}, date(2023, 6, 5), NATION)
    assert [one.assumed for one in chain] == [True, False]
    assert delay.holder(chain) is None


DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))
CHAINS = st.lists(st.sampled_from(list(Party)), min_size=1, max_size=6).map(
    lambda parties: tuple(Stage(f"stage_{n}", party) for n, party in enumerate(parties))
)


@given(CHAINS, DAYS, DAYS, st.data())
def test_the_days_charged_are_the_working_days_between_the_ends(
    stages: tuple[Stage, ...], due_on: date, today: date, data: st.DataObject
) -> None:
    told = data.draw(st.lists(st.sampled_from([one.code for one in stages]), unique=True))
    reached = {code: data.draw(DAYS, code) for code in told}
    chain = delay.held(due_on, reached, today, NATION, stages)

    over = stages[-1].code in reached and reached[stages[-1].code] <= today
    end = max(due_on, reached[stages[-1].code] if over else today)
    # Counted one by one, by a plain loop that knows no chain.
    every = [due_on + timedelta(days=n + 1) for n in range((end - due_on).days)]
    worked = [day for day in every if NATION.is_workday(day)]
    assert sum(delay.charged(chain).values()) == len(worked)

    # Each day lies in exactly one stage, and the stages follow each other without a gap.
    assert all(before.until == after.after for before, after in pairwise(chain))
    for day in worked:
        assert [one.after < day <= one.until for one in chain].count(True) == 1
    assert all(one.days >= 0 for one in chain)
    assert (delay.holder(chain) is None) is over


@given(DAYS, st.lists(DAYS, min_size=2, max_size=2), DAYS, st.integers(0, 40))
def test_what_the_developer_pays_later_costs_only_the_developer(
    due_on: date, told: list[date], today: date, later: int
) -> None:
    paid, credited = sorted(told)
    moved = min(paid + timedelta(days=later), credited)
    reached = {"developer_paid": paid, "credited": credited}
    before = delay.held(due_on, reached, today, NATION)
    after = delay.held(due_on, reached | {"developer_paid": moved}, today, NATION)
    assert after[0].days >= before[0].days
    assert sum(one.days for one in after) == sum(one.days for one in before)
