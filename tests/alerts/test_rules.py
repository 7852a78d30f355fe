"""Routing, ladders and retries by tables of cases; no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.rules import deliveries, ladders, notices, routing
from services.alerts.rules.deliveries import Answer, Channel, Verdict
from services.alerts.rules.ladders import EscalationStep, WaitUnit, WorkingDay
from services.alerts.rules.notices import Reason
from services.alerts.rules.routing import Matter
from shared import clock, workdays
from shared.wording import Text

CALENDAR = workdays.national_calendar([2023])
HOURS = WorkingDay(time(9), time(17, 30))
LINEAGE = ("422828", "4228", "42", "0")


# ---- routing ---------------------------------------------------------------------------------


@dataclass
class Person:
    roles: list[str]
    area_code: str = "422828"
    org_id: UUID | None = None
    person_id: UUID | None = None
    id: UUID = field(default_factory=uuid4)


ORG, OTHER, WHO = uuid4(), uuid4(), uuid4()


def matter(**changes: object) -> Matter:
    fields: dict[str, object] = {
        "kind": "transfer_missed", "about_id": uuid4(), "subject_id": uuid4(),
        "area_code": "422828", "period": "2023-03", "level": "blue", "level_rank": 1,
        "level_label": "蓝", "developer_id": ORG, "unit_id": ORG, "person_id": WHO,
    }  # fmt: skip
    return Matter(**fields | changes)  # type: ignore[arg-type]  # a table of keyword arguments


def found(receivers: Iterable[str], *people: Person) -> list[UUID]:
    named = routing.addressees(receivers, matter(), LINEAGE, people)
    return [each.recipient_id for each in named.found]


def test_a_developer_is_found_by_its_organisation_and_no_other() -> None:
    ours, others = Person(["developer"], org_id=ORG), Person(["developer"], org_id=OTHER)
    assert found(["developer"], ours, others) == [ours.id]


def test_a_role_of_an_organisation_that_takes_no_part_names_nobody() -> None:
    nobody = Person(["contractor"])  # The matter has no contractor; None is not an organisation.
    assert found(["contractor"], nobody) == []


def test_the_assignee_is_anybody_of_the_unit() -> None:
    ours = Person(["bank"], org_id=ORG)
    assert found(["assignee"], ours, Person(["bank"], org_id=OTHER)) == [ours.id]


def test_the_responsible_person_is_found_by_person() -> None:
    right = Person(["responsible_person"], area_code="42", person_id=WHO)
    wrong = Person(["responsible_person"], person_id=uuid4())
    assert found(["responsible_person"], wrong, right) == [right.id]


def test_an_inspector_is_the_nearest_one() -> None:
    near, far = Person(["inspector"], "4228"), Person(["inspector"], "42")
    beside = Person(["inspector"], "422822")
    assert found(["inspector"], far, beside, near) == [near.id]


def test_an_operator_is_found_anywhere() -> None:
    somewhere = Person(["operator"], "110000")
    assert found(["operator"], somewhere) == [somewhere.id]


def test_who_holds_two_roles_is_told_once_with_both() -> None:
    both = Person(["developer", "unit_head"], org_id=ORG)
    named = routing.addressees(["developer", "unit_head", "bank"], matter(), LINEAGE, [both])
    assert [(each.recipient_id, each.roles) for each in named.found] == [
        (both.id, ("developer", "unit_head"))
    ]
    assert named.unfilled == ("bank",)


def test_nobody_found_falls_back_on_the_nearest_duty_then_on_operators() -> None:
    near, far, operator = uuid4(), uuid4(), uuid4()
    duties = {"42": [far], "4228": [near, near]}
    assert [a.recipient_id for a in routing.fall_back(LINEAGE, duties, [operator])] == [near]
    assert [a.recipient_id for a in routing.fall_back(LINEAGE, {}, [operator])] == [operator]
    assert routing.fall_back(LINEAGE, {}, []) == ()


@pytest.mark.parametrize("changed", ["kind", "about_id", "period", "level"])
def test_the_key_of_an_alert_tells_kind_subject_period_and_level_apart(changed: str) -> None:
    about = uuid4()
    one = matter(about_id=about)
    other = matter(**{"about_id": about, changed: uuid4() if changed == "about_id" else "other"})
    assert one.dedupe_key != other.dedupe_key
    assert one.dedupe_key == matter(about_id=about, lacking=Decimal(5)).dedupe_key


# ---- ladders ---------------------------------------------------------------------------------

HOUR, DAY = WaitUnit.WH, WaitUnit.WD


@pytest.mark.parametrize(
    ("entered", "wait", "unit", "due"),
    [
        # Tuesday 24:00, so Wednesday; Thursday and Friday count, Saturday is none.
        (clock.day_end(date(2023, 4, 25)), 2, DAY, clock.at(date(2023, 4, 28), 9)),
        (clock.day_end(date(2023, 4, 25)), 4, HOUR, clock.at(date(2023, 4, 26), 13)),
        # Friday 16:30: one hour left, then May Day until the 3rd; Thursday the 4th goes on.
        (clock.at(date(2023, 4, 28), 16, 30), 4, HOUR, clock.at(date(2023, 5, 4), 12)),
        # A make-up Saturday (6 May) is a working day.
        (clock.at(date(2023, 5, 5), 17), 1, HOUR, clock.at(date(2023, 5, 6), 9, 30)),
        (clock.at(date(2023, 4, 29), 3), 30, WaitUnit.H, clock.at(date(2023, 4, 30), 9)),
    ],
)
def test_a_wait_is_counted_in_working_time(
    entered: datetime, wait: int, unit: WaitUnit, due: datetime
) -> None:
    assert ladders.due_at(entered, EscalationStep(wait, unit), HOURS, CALENDAR) == due


LADDER = [
    EscalationStep(4, HOUR, again=True),
    EscalationStep(1, DAY, ("wage_office",)),
    EscalationStep(1, DAY, again=True, repeats=True),
]


def test_a_ladder_is_climbed_rung_by_rung_and_its_last_repeats() -> None:
    due, number, seen = clock.at(date(2023, 4, 26), 13), 0, []
    for _ in range(5):
        rungs, following = ladders.climb(
            LADDER, number, due, until=due, hours=HOURS, calendar=CALENDAR
        )
        assert len(rungs) == 1
        assert following is not None
        number, due = rungs[0].number, following
        seen.append((number, rungs[0].entered_at))
    assert seen == [
        (1, clock.at(date(2023, 4, 26), 13)),
        (2, clock.at(date(2023, 4, 27), 9)),
        (3, clock.at(date(2023, 4, 28), 9)),
        (3, clock.at(date(2023, 5, 4), 9)),  # over May Day
        (3, clock.at(date(2023, 5, 5), 9)),
    ]


def test_after_downtime_all_missed_rungs_are_passed_at_once() -> None:
    due, until = clock.at(date(2023, 4, 26), 13), clock.at(date(2023, 5, 4), 9)
    rungs, following = ladders.climb(LADDER, 0, due, until=until, hours=HOURS, calendar=CALENDAR)
    assert [rung.number for rung in rungs] == [1, 2, 3, 3]
    assert following == clock.at(date(2023, 5, 5), 9)


def test_a_ladder_without_repeats_ends() -> None:
    rungs, following = ladders.climb(
        LADDER[:1], 0, clock.at(date(2023, 4, 26)), until=clock.at(date(2023, 6, 1)),
        hours=HOURS, calendar=CALENDAR,
    )  # fmt: skip
    assert ([rung.number for rung in rungs], following) == ([1], None)


def _minute_by_minute(entered: datetime, step: EscalationStep) -> datetime:
    """Walk the clock: the plain reading of what a wait is."""
    minute, passed = timedelta(minutes=1), 0
    now = entered
    while True:
        local = now.astimezone(clock.BEIJING)
        worked = CALENDAR.is_workday(local.date())
        if step.unit is WaitUnit.WD:
            opening = worked and local.time() == HOURS.opens
            first_day = local.date() == entered.astimezone(clock.BEIJING).date()
            passed += opening and not first_day
            if passed == step.wait:
                return now
        elif passed == 60 * step.wait:
            return now
        elif worked and HOURS.opens <= local.time() < HOURS.closes:
            passed += 1
        now += minute


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 500_000),
    st.integers(1, 20),
    st.sampled_from([WaitUnit.WH, WaitUnit.WD]),
)
def test_a_wait_agrees_with_a_walk_over_the_minutes(minute: int, wait: int, unit: WaitUnit) -> None:
    entered = clock.at(date(2023, 1, 2)) + timedelta(minutes=minute)
    step = EscalationStep(wait, unit)
    assert ladders.due_at(entered, step, HOURS, CALENDAR) == _minute_by_minute(entered, step)


# ---- deliveries ------------------------------------------------------------------------------

SCHEDULE = (0, 5, 300)


@pytest.mark.parametrize(
    ("attempts", "roll", "retry_after", "wait"),
    [
        (1, 0.5, None, 5),
        (1, 0.0, None, 4),
        (2, 1.0, None, 360),
        (1, 0.5, 60.0, 60),  # Retry-After lengthens
        (2, 0.5, 60.0, 300),  # and never shortens
        (1, 0.5, 1e9, 86_400),  # nor silences
    ],
)
def test_the_wait_before_a_retry(
    attempts: int, roll: float, retry_after: float | None, wait: float
) -> None:
    delay = deliveries.retry_delay(attempts, SCHEDULE, 0.2, roll, retry_after)
    assert delay == timedelta(seconds=wait)


def test_a_schedule_ends() -> None:
    assert deliveries.retry_delay(3, SCHEDULE, 0.2, 0.5) is None


@pytest.mark.parametrize(
    ("channel", "answer", "verdict"),
    [
        (Channel.WEBHOOK, Answer(204), Verdict.DELIVERED),
        (Channel.WEBHOOK, Answer(410), Verdict.GONE),
        (Channel.WEBHOOK, Answer(302), Verdict.AGAIN),
        (Channel.WEBHOOK, Answer(404), Verdict.AGAIN),
        (Channel.WEBHOOK, Answer(error="timeout"), Verdict.AGAIN),
        (Channel.MAIL, Answer(250), Verdict.DELIVERED),
        (Channel.MAIL, Answer(410), Verdict.AGAIN),
        (Channel.MAIL, Answer(250, error="recipient"), Verdict.AGAIN),
    ],
)
def test_what_an_answer_means(channel: Channel, answer: Answer, verdict: Verdict) -> None:
    assert deliveries.verdict(channel, answer) is verdict


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("bad whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw here", "bad [secret] here"),
        ("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "[secret]"),
        ("Authorization: Bearer abc.def-1", "Authorization: [secret]"),
        ("call 13812345678 or 33010119900307123X", "call [number] or [number]"),
        ("the word is mellon", "the word is [secret]"),
        ("id 0189a1b2-aaaa-7000-8000-000000000001\0", "id 0189a1b2-aaaa-7000-8000-000000000001"),
    ],
)
def test_answers_are_scrubbed(said: str, kept: str) -> None:
    assert deliveries.scrub(said, ["mellon", ""]) == kept


# ---- words -----------------------------------------------------------------------------------


@dataclass
class Alert:
    id: str = "7"
    kind: str = "transfer_missed"
    level_label: str = "橙"
    project_name: str | None = "金凤路安置小区"
    period: str = "2023-03"
    due_on: date | None = date(2023, 4, 25)
    lacking: Decimal | None = Decimal("1200.50")


def test_a_title_says_level_kind_project_and_period() -> None:
    assert notices.title(Alert(), Reason.RAISED) == Text(
        "【橙】预警：人工费用未拨付或拨付不足 金凤路安置小区（2023-03）",
        "[橙] Alert: labour-cost transfer missing or short, 金凤路安置小区 (2023-03)",
    )


def test_a_letter_says_what_is_owed_and_what_to_do() -> None:
    body = notices.letter(Alert(), Reason.ESCALATED).zh.splitlines()
    assert body[1:] == ["应到日 2023-04-25，尚欠 1200.50 元。", "请登录平台查看并签收。编号 7"]


def test_a_project_name_with_braces_breaks_nothing() -> None:
    assert "{x}" in notices.letter(Alert(project_name="{x}"), Reason.CLOSED).zh
