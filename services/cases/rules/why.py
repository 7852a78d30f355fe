"""Why an item stands where it stands: what each rung was reached by, and how much time is left.

Pure. What happened is read off the item's timeline, what it means off the policy it keeps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from services.cases.rules import leavers, policies, proofs
from services.cases.rules.incidents import RULE
from services.cases.rules.items import MOVED, Happening
from services.cases.rules.ladder import Counts, Jump, Ladder, Step
from shared.wording import Text
from shared.workdays import Calendar, Unit


class Cause(StrEnum):
    """By what a rung was reached."""

    TIME = "time"
    RULE = "rule"
    """A rule raised it at once: so many misses, or a fact."""
    VALUE = "value"
    CORRECTION = "correction"
    """A miss that counted turned out to be none."""


_OTHERS: Mapping[str, Text] = {
    RULE: Text("发生群体性或极端事件", "A mass or extreme incident was recorded"),
    leavers.RULE: Text("退场农民工已投诉", "A worker who left has complained"),
}
"""Rules that no policy writes."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline, as far as it tells of a rung."""

    what: Happening
    at: datetime
    level: str
    step: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rung that was reached: when, by what, and that in words."""

    step: str
    level: str
    at: datetime
    cause: Cause
    rule: str | None
    """The rule's code, where one raised it."""
    value: Decimal | None
    """What had been measured."""
    should_have_been_at: datetime | None
    """When time reached it, where that was found out later."""
    passed: bool
    """It was passed on the way to another one, and nobody was told of it alone."""
    why: Text


def reasons(
    lines: Iterable[Line], ladder: Ladder, due_on: date, *, told_when_wrong: bool
) -> list[Reason]:
    """Give the rungs that an item has reached, in order, each with its cause."""
    return [
        _reason(line, ladder, due_on, told_when_wrong=told_when_wrong)
        for line in lines
        if line.what in MOVED
    ]


def _reason(line: Line, ladder: Ladder, due_on: date, *, told_when_wrong: bool) -> Reason:
    said = line.details
    rule, value, late = said.get("by_rule"), said.get("value"), said.get("would_have_been_at")
    jump = next((one for one in ladder.jumps if one.code == rule), None)
    step = ladder.steps[ladder.place(line.step)]
    cause = _cause(line, ladder, rule)
    measured = None if value is None else Decimal(str(value))
    if cause is Cause.RULE:
        other = _OTHERS.get(str(rule), Text(f"规则 {rule}", f"rule {rule}"))
        why = _by_rule(jump) if jump else other
    elif cause is Cause.VALUE:
        why = _by_value(step, measured)
    elif cause is Cause.CORRECTION:
        why = Text(
            "有一期经查并未逾期，按其余情形重新定级",
            "A miss that counted was none; it stands where the others put it",
        )
    else:
        why = by_time(step, ladder, due_on, told_when_wrong=told_when_wrong)
    return Reason(
        line.step,
        line.level,
        line.at,
        cause,
        rule,
        measured,
        datetime.fromisoformat(late) if late else None,
        bool(said.get("passed")),
        why,
    )


def _cause(line: Line, ladder: Ladder, rule: str | None) -> Cause:
    if rule:
        return Cause.RULE
    if ladder.steps[ladder.place(line.step)].is_timed:
        return Cause.CORRECTION if line.what is Happening.LOWERED else Cause.TIME
    if ladder.is_of_value:
        return Cause.VALUE
    return Cause.CORRECTION if line.what is Happening.LOWERED else Cause.TIME


def by_time(step: Step, ladder: Ladder, due_on: date, *, told_when_wrong: bool) -> Text:
    """Say in words when time reaches a step."""
    unit = step.unit or ladder.unit
    zh, en = ("个工作日", "working days") if unit is Unit.WD else ("日", "calendar days")
    hour = f"{step.at:%H:%M}"
    if step.every is not None:
        return Text(
            f"仍未办结：每 {step.every} {zh}重复提醒",
            f"not put right: again every {step.every} {en}",
        )
    if step.after is None:
        if told_when_wrong:
            return Text(f"{due_on} 已过，尚未办结", f"{due_on} is over and it is not put right")
        return Text(f"自 {due_on} 起存在该情形", f"it has been so since {due_on}")
    if step.after < 0:
        return Text(
            f"{due_on} 前 {-step.after} {zh}（{hour}）",
            f"{-step.after} {en} before {due_on}, {hour}",
        )
    return Text(
        f"{due_on} 后第 {step.after} {zh}（{hour}）仍未办结",
        f"not put right by {step.after} {en} after {due_on}, {hour}",
    )


def _by_rule(jump: Jump) -> Text:
    if jump.fact is not None:
        known = proofs.fact(jump.fact)
        if jump.at_most is not None:
            return Text(
                f"{known.zh}，且数值不高于 {jump.at_most}",
                f"{known.en}, and the value is no higher than {jump.at_most}",
            )
        return Text(f"{known.zh}，直接升级", f"{known.en}, which raises it at once")
    if jump.counts is Counts.IN_A_ROW:
        return Text(f"连续 {jump.count} 期未足额拨付", f"{jump.count} periods missed in a row")
    return Text(f"累计 {jump.count} 期未足额拨付", f"{jump.count} periods missed in total")


def _by_value(step: Step, value: Decimal | None) -> Text:
    measured = "" if value is None else f"{value.normalize():f}"
    if step.at_least is not None:
        return Text(
            f"数值 {measured} 达到阈值 {step.at_least}".replace("  ", " "),
            f"the value {measured} is {step.at_least} or more".replace("  ", " "),
        )
    if step.below is None:
        return Text(f"数值 {measured}", f"the value is {measured}")
    return Text(
        f"数值 {measured} 低于阈值 {step.below}".replace("  ", " "),
        f"the value {measured} is below {step.below}".replace("  ", " "),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """How much time is left until an instant, counted from today (which is not counted)."""

    at: datetime
    """Up to this instant, which is not part of it any more."""
    last_on: date
    """The last day on which it is in time."""
    workdays: int
    days: int
    """Calendar days."""
    over: bool
    provisional: bool
    """No notice has settled the working days of that year yet, so it may move."""


def left(at: datetime, now: datetime, calendar: Calendar) -> Left:
    """Give the time that is left until an instant, 0 once it is over."""
    today = policies.day_of(now)
    last = policies.day_of(at - timedelta(microseconds=1))
    over = at <= now
    return Left(
        at,
        last,
        0 if over else max(0, calendar.workdays_between(today, last)),
        0 if over else max(0, (last - today).days),
        over,
        calendar.is_provisional(last),
    )
