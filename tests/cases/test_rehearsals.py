"""Rehearsals: under the policy in force the past is as recorded, under another as counted by hand.

And no number of a default rule is there for nothing.
"""

import copy
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.cases import actions
from services.cases.models import WatchItem
from services.cases.rules.faults import faults
from services.cases.rules.items import TOLD_WHEN_WRONG, WatchKind
from services.cases.rules.ladder import Ladder, Step
from services.cases.rules.rehearsal import Course, Heard, News, Walk
from services.cases.schemas.extensions import ExtensionDecisionIn, ExtensionIn
from services.cases.schemas.policies import PolicyIn
from shared import clock, workdays
from shared.auth import Caller
from shared.db import Session
from shared.events.base import Event
from shared.events.conditions import RegistryConditionFound
from shared.events.payroll import TransferMissed
from tests.cases import factories as make
from tests.cases.factories import an_id, at
from tests.cases.policies import DEFAULTS, body

NATION = workdays.national_calendar([2022, 2023, 2024])
JANUARY, DECEMBER = date(2023, 1, 1), date(2023, 12, 31)


def policy(kind: str, **changes: Any) -> PolicyIn:
    """Give a nation's default row as it is posted."""
    names = ("unit", "levels", "steps", "jumps", "answer_within", "proposal")
    rows = {name: DEFAULTS[kind][name] for name in names}
    return PolicyIn(**body(**(rows | {"kind": kind, "area_code": "0"} | changes)))


STORIES: dict[str, list[Event]] = {
    "transfer_missed": [
        make.missed("2023-02"),
        make.missed("2023-04", occurred_at=at("2023-05-10 15:00")),
        make.received("2023-02", "0.00", "2023-03-31 10:00"),
        make.calendar_told(
            exceptions=dict(make.calendar_told().exceptions) | {date(2023, 5, 29): "holiday"},
            occurred_at=at("2023-05-26 12:00"),
        ),
        make.missed("2023-05"),
        make.missed("2023-05", project="q"),
        # The proof is of Monday, but was told after the rung of Tuesday.
        make.received("2023-05", "0.00", "2023-06-09 16:00", project="q"),
    ],
    "bank_feed_late": [
        make.feed_late(),
        make.feed_completed("2023-06-28", "2023-07-05 09:40"),
    ],
    "account_not_opened": [
        make.found("account_not_opened", "2023-01-03", "2023-01-04 10:00"),
        make.found(
            "account_not_opened", "2023-01-03", "2023-02-10 11:00", facts=["works_started"]
        ),
        make.ended("account_not_opened", "2023-02-20 11:00", "account_opened"),
    ],
    "reporting_gap": [
        make.found("reporting_gap", "2023-04-03", "2023-04-03 10:00"),
        make.found("reporting_gap", "2023-04-03", "2023-04-11 10:00", muted_by="project_stopped"),
        make.found("reporting_gap", "2023-04-01", "2023-06-01 10:00"),
    ],
    "cover_low": [
        make.found("cover_low", f"2023-03-{day:02d}", f"2023-03-{day:02d} 10:00",
                   value=Decimal(value), facts=facts)
        for day, value, facts in [
            (1, "3.40", []), (3, "1.19", []), (6, "0.49", []), (7, "0.99", []),
            (9, "0", ["payroll_due"]), (14, "1.30", []), (15, "0.80", []),
        ]
    ],
}  # fmt: skip


MORE = {
    # Money that had closed a miss is returned after three weeks, and comes again.
    "reversed": [
        make.missed(),
        make.received("2023-05", "0.00", "2023-06-02 10:00"),
        make.taken_back("2023-05", "300000.00", "2023-06-21 10:00"),
        make.received("2023-05", "0.00", "2023-07-04 10:00"),
    ],
    # A miss turns out to be none while it is open, so that the next one was no second in a row;
    # then it is one after all.
    "annulled": [
        make.missed(),
        make.missed("2023-06"),
        make.received("2023-05", "0.00", "2023-06-27 10:00", in_time=True),
        make.missed(occurred_at=at("2023-07-04 10:00")),
    ],
    # The same of one that was closed before, late, by the money that was then dated right.
    "annulled when closed": [
        make.missed(),
        make.received("2023-05", "0.00", "2023-06-02 10:00"),
        make.missed("2023-06"),
        make.received("2023-05", "0.00", "2023-07-05 10:00", in_time=True),
        make.taken_back("2023-05", "300000.00", "2023-07-11 10:00"),
    ],
}


@pytest.mark.parametrize("story", MORE)
async def test_what_was_taken_back_is_taken_back_in_the_rehearsal_too(
    session: Session, story: str
) -> None:
    await make.world(session)
    await make.tell(session, *MORE[story])
    until = date(2023, 8, 31)
    await make.pass_time(session, clock.day_end(until))
    said = await actions.rehearsals.rehearse(session, policy("transfer_missed"), JANUARY, until)
    assert said["recorded"] == said["rehearsed"] == said["same"] > 0, said
    # As of a day between, the past is as it was then.
    for day in (date(2023, 6, 5), date(2023, 6, 26), date(2023, 7, 5)):
        said = await actions.rehearsals.rehearse(session, policy("transfer_missed"), JANUARY, day)
        assert said["recorded"] == said["same"] > 0, (day, said)


PAYER = Caller("payer", frozenset({"developer"}), frozenset({make.COUNTY}), make.DEVELOPER)
OFFICE = Caller("office", frozenset({"wage_office"}), frozenset({make.COUNTY}))


@pytest.mark.parametrize("kind", ["transfer_missed", "payment_guarantee_missing"])
async def test_more_time_that_was_granted_moves_the_rungs_of_the_rehearsal_too(
    session: Session, kind: str
) -> None:
    await make.world(session)
    found = make.found(kind, "2023-05-25", "2023-05-26 00:00") if kind in WAITS else make.missed()
    assert isinstance(found, TransferMissed | RegistryConditionFound)
    now = at("2023-06-07 11:00")
    await make.tell(session, found)
    await make.pass_time(session, now)
    subject = found.obligation_id if isinstance(found, TransferMissed) else found.subject_id
    item = await make.item_about(session, subject)
    await _grant(session, item, date(2023, 6, 13), now)
    await make.pass_time(session, clock.day_end(date(2023, 8, 31)))
    rows = policy(kind)
    said = await actions.rehearsals.rehearse(session, rows, JANUARY, date(2023, 8, 31))
    assert said["recorded"] == said["same"] == 1, said
    # Under another policy, by which orange comes a day later, the same time is granted.
    steps = copy.deepcopy(DEFAULTS[kind]["steps"])
    [orange] = [one for one in steps if one["level"] == "orange"]
    orange["after"] += 1
    said = await actions.rehearsals.rehearse(
        session, policy(kind, steps=steps), JANUARY, date(2023, 8, 31)
    )
    [changed] = said["changed"]
    reached = {
        name: {one["level"]: one["at"][:10] for one in reversed(changed[name]["reached"])}["orange"]
        for name in ("recorded", "rehearsed")
    }
    assert reached == ORANGE[kind]


WAITS = {"payment_guarantee_missing"}
# By hand, without more time: 8 June is the tenth working day after 25 May, 9 June the fifteenth
# day. More time takes out 7 to 13 June: five working days, seven days.
ORANGE = {
    "transfer_missed": {"recorded": "2023-06-15", "rehearsed": "2023-06-16"},
    "payment_guarantee_missing": {"recorded": "2023-06-16", "rehearsed": "2023-06-17"},
}


async def _grant(session: Session, item: WatchItem, until: date, now: datetime) -> None:
    wish = ExtensionIn(until_on=until, reason="资金在途")
    asked = await actions.extensions.ask_extension(session, PAYER, item.id, wish, now)
    yes = ExtensionDecisionIn(granted=True, reason="情况属实")
    await session.flush()  # The request must be seen by the query.
    await actions.extensions.decide_extension(session, OFFICE, asked.id, yes, now)
    await session.flush()


@pytest.mark.parametrize("kind", STORIES)
async def test_under_the_policy_in_force_the_past_is_as_recorded(
    session: Session, kind: str
) -> None:
    await make.world(session)
    await make.tell(session, *STORIES[kind])
    await make.pass_time(session, clock.day_end(date(2023, 8, 31)))
    said = await actions.rehearsals.rehearse(session, policy(kind), JANUARY, date(2023, 8, 31))
    assert said["recorded"] == said["rehearsed"] == said["same"] > 0, said
    assert said["changed"] == said["only_recorded"] == said["only_rehearsed"] == []


async def test_what_opens_at_midnight_is_the_next_day_s_in_the_rehearsal_too(
    session: Session,
) -> None:
    await make.world(session)
    await make.tell(session, make.found("notice_board_missing", "2023-09-01", "2023-08-20 10:00"))
    last = date(2023, 8, 31)
    await make.pass_time(session, clock.day_end(last))
    for to_on, found in ((last, 0), (date(2023, 9, 1), 1)):
        said = await actions.rehearsals.rehearse(
            session, policy("notice_board_missing"), JANUARY, to_on
        )
        assert said["recorded"] == said["rehearsed"] == said["same"] == found, said


async def test_news_that_comes_after_a_rung_is_late_in_the_rehearsal_too(session: Session) -> None:
    await make.world(session)
    await make.tell(session, make.missed())
    await make.pass_time(session, at("2023-05-30 09:00"))
    item = await make.item_about(session, an_id("p", "2023-05"))
    assert item.level == "yellow"
    paid = make.received("2023-05", "0.00", "2023-05-29 16:00")
    await make.tell(session, paid)
    said = await actions.rehearsals.rehearse(session, policy("transfer_missed"), JANUARY, DECEMBER)
    assert (said["same"], said["changed"]) == (1, [])


async def test_another_policy_makes_the_difference_that_a_hand_counts(session: Session) -> None:
    """Yellow on the fifth working day in place of the third: 1 June in place of 30 May 2023."""
    await make.world(session)
    await make.tell(session, make.missed(), make.received("2023-05", "0.00", "2023-06-02 10:00"))
    steps = copy.deepcopy(DEFAULTS["transfer_missed"]["steps"])
    steps[2]["after"] = 5
    other = policy("transfer_missed", steps=steps)
    said = await actions.rehearsals.rehearse(session, other, JANUARY, DECEMBER)
    [changed] = said["changed"]
    reached = {
        name: {one["step"]: one["at"] for one in changed[name]["reached"]}
        for name in ("recorded", "rehearsed")
    }
    first = {"open": "2023-05-26T00:00:00+08:00", "notice": "2023-05-26T09:00:00+08:00"}
    assert reached["recorded"] == first | {"yellow": "2023-05-30T09:00:00+08:00"}
    assert reached["rehearsed"] == first | {"yellow": "2023-06-01T09:00:00+08:00"}
    assert changed["rehearsed"]["closed_at"] == "2023-06-02T10:00:00+08:00"


# ---- no number is there for nothing ----------------------------------------------------------


class Row:
    """A policy of the nation as far as a walk looks at it."""

    area_code, valid_from, version = "0", date(2020, 5, 1), 1

    def __init__(self, rows: dict[str, Any]) -> None:
        self.rows = rows

    def ladder(self) -> Ladder:
        return Ladder.of(self.rows)


def histories(kind: WatchKind) -> list[list[News]]:
    """Give pasts in which each rung, rule and threshold of a kind has its turn."""
    due_on = date(2023, 5, 25)
    told = clock.day_end(due_on) if kind in TOLD_WHEN_WRONG else clock.at(date(2023, 4, 3), 10)

    def news(period: str = "", **said: Any) -> News:
        fields: dict[str, Any] = {
            "key": f"{kind}:{period}", "kind": kind, "what": Heard.FOUND, "at": told,
            "known_at": told, "period": period, "due_on": due_on,
            "due_at": told if kind in TOLD_WHEN_WRONG else None,
            "contract_id": an_id("c"), "previous_period": make.before(period) if period else None,
        }  # fmt: skip
        return News(**(fields | said))

    if kind is WatchKind.TRANSFER_MISSED:
        return [
            [news("2023-05")],
            [news("2023-04"), news("2023-05")],
            [news("2023-03"), news("2023-05"), news("2023-07")],
            [news(f"2023-{month:02d}") for month in range(3, 8)],
        ]
    if kind in {WatchKind.COVER_LOW, WatchKind.PAID_SHARE_LOW}:
        whole = 100 if kind is WatchKind.COVER_LOW else 1
        cents = [Decimal(value) / whole for value in range(130, -1, -1)]
        days = [told + timedelta(hours=number) for number in range(len(cents))]
        falling = [
            news(at=day, known_at=day, value=value) for day, value in zip(days, cents, strict=True)
        ]
        later = days[-1] + timedelta(days=60)
        due = [
            news(at=later + timedelta(hours=hour), known_at=later + timedelta(hours=hour),
                 value=value, facts=frozenset({"payroll_due"}))
            for hour, value in enumerate(reversed(cents[-20:]))
        ]  # fmt: skip
        return [falling, [*falling[:20]], [*falling, *due]]
    if kind in {WatchKind.UNREGISTERED_ON_SITE, WatchKind.BELOW_MINIMUM_WAGE}:
        many = kind is WatchKind.UNREGISTERED_ON_SITE
        steps = [Decimal(n if many else 110 - n) / (1 if many else 100) for n in range(20)]
        days = [told + timedelta(days=number) for number in range(len(steps))]
        told_of = [
            news(at=day, known_at=day, value=value) for day, value in zip(days, steps, strict=True)
        ]
        later = days[-1] + timedelta(days=60)
        again = news(at=later, known_at=later, value=steps[-1], facts=frozenset({"second_month"}))
        return [told_of, told_of[:12], [*told_of, again]]
    if kind is WatchKind.WATCHED_AFTER_RED:
        periods = [(told + timedelta(days=30 * number), number) for number in range(3)]
        return [[news(at=day, known_at=day, value=Decimal(clean)) for day, clean in periods]]
    facts = frozenset({"works_started", "repeated", "next_month_over"})
    return [[news()], [news(facts=facts)]]


def outcome(rows: dict[str, Any], kind: WatchKind) -> list[list[Course]]:
    """Give what comes of all pasts under a policy, levels with their ranks."""
    until = clock.day_end(date(2023, 10, 31))
    calendars = [(at("2022-01-01 00:00"), NATION)]
    return [Walk([Row(rows)], ("0",), calendars).through(past, until) for past in histories(kind)]


def numbers(rows: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each number of a row, and the row with it one higher, or a hundredth, or an hour."""
    for name in ("levels", "steps", "jumps", "answer_within", "proposal"):
        for path, value in _leaves(rows[name], (name,)):
            if path[-1] == "at" and not _is_timed(rows, path):
                continue
            if (other := _other(path[-1], value)) is not None:
                changed = copy.deepcopy(rows)
                place: Any = changed
                for part in path[:-1]:
                    place = place[part]
                place[path[-1]] = other
                yield ".".join(map(str, path)), changed


def _leaves(
    value: object, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, (*path, name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _leaves(part, (*path, place))
    else:
        yield path, value


def _is_timed(rows: dict[str, Any], path: tuple[str | int, ...]) -> bool:
    """Say whether a time of day is one of a rung that time reaches; else no clock looks at it."""
    return path[0] != "steps" or Step.of(rows["steps"][int(path[1])]).is_timed


def _other(name: str | int, value: object) -> object:
    if isinstance(value, int):
        return value + 1
    if name == "at" and isinstance(value, str):
        return f"{int(value[:2]) + 1:02d}{value[2:]}"
    if name in {"below", "at_most"} and isinstance(value, str):
        return str(Decimal(value) + Decimal("0.01"))
    return None


CHANGES = [
    pytest.param(kind, rows, id=f"{kind}-{place}")
    for kind, default in DEFAULTS.items()
    for place, rows in numbers(default)
]


@pytest.mark.parametrize(("kind", "rows"), CHANGES)
def test_each_number_of_a_default_rule_changes_an_outcome(kind: str, rows: dict[str, Any]) -> None:
    """A rank that is out of order is refused, which is an outcome; all else shows in a course."""
    code = WatchKind(kind)
    if not faults(code, Ladder.of(rows)):
        assert outcome(rows, code) != outcome(DEFAULTS[kind], code)


def test_the_numbers_that_are_changed_are_all_of_them() -> None:
    assert len(CHANGES) == sum(len(list(numbers(rows))) for rows in DEFAULTS.values()) > 150
