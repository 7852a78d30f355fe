"""Whether a posted policy can be a ladder: everything that keeps it from being one. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from services.cases.rules.items import TOLD_WHEN_WRONG, WatchKind
from services.cases.rules.ladder import Jump, Ladder, Step
from shared.wording import Text
from shared.workdays import Unit

# n working days last n calendar days at least, and no more than this: the longest rests of a year
# are eight days of holiday with weekends beside them.
_WEEKS, _REST = 2, 10


class Fault(NamedTuple):
    """One thing that is wrong with a posted policy."""

    place: str
    code: str
    text: Text


def faults(kind: WatchKind, ladder: Ladder) -> list[Fault]:
    """Give everything that keeps rows from being a ladder, all at once."""
    return [
        *_level_faults(ladder),
        *_step_faults(kind, ladder),
        *_order_faults(ladder),
        *_value_faults(ladder),
        *_jump_faults(kind, ladder),
        *_limit_faults(ladder),
        *_proposal_faults(kind, ladder),
    ]


def _twice(codes: Iterable[object]) -> set[object]:
    return {code for code, times in Counter(codes).items() if times > 1}


def _level_faults(ladder: Ladder) -> Iterator[Fault]:
    if _twice(level.code for level in ladder.levels):
        yield Fault("levels", "level_twice", Text("等级代码重复", "A level is named twice"))
    ranks = [level.rank for level in ladder.levels]
    if ranks != list(range(1, len(ranks) + 1)):
        yield Fault(
            "levels",
            "levels_unordered",
            Text("等级须按 1、2、3 … 依次排列", "Levels are ranked 1, 2, 3 … in order"),
        )


def _step_faults(kind: WatchKind, ladder: Ladder) -> Iterator[Fault]:
    if Unit.H in {ladder.unit, *(step.unit for step in ladder.steps)}:
        words = Text("阶梯只按工作日或自然日计", "A ladder counts working or calendar days")
        yield Fault("unit", "unit_unfit", words)
    if _twice(step.code for step in ladder.steps):
        yield Fault("steps", "step_twice", Text("步骤代码重复", "A step is named twice"))
    known = {level.code for level in ladder.levels}
    for place, step in enumerate(ladder.steps):
        if step.level is not None and step.level not in known:
            words = Text("等级不在 levels 之内", "This level is not one of `levels`")
            yield Fault(f"steps[{place}].level", "level_unknown", words)
        yield from _timing_faults(kind, ladder, place, step)
    if ladder.steps[-1].every is None:
        words = Text(
            "最后一步须为重复步骤，预警不得沉默",
            "The last step repeats, so that no open item falls silent",
        )
        yield Fault("steps", "ladder_falls_silent", words)


def _timing_faults(kind: WatchKind, ladder: Ladder, place: int, step: Step) -> Iterator[Fault]:
    ways = (step.after, step.every, step.below, step.at_least)
    said = [way for way in ways if way is not None]
    by_fact = {jump.to for jump in ladder.jumps if jump.fact}
    if place == 0:
        yield from _opening_faults(kind, step)
    elif len(said) > 1 or (not said and step.code not in by_fact):
        words = Text(
            "须有 after、every、below、at_least 之一，或由事实直接到达",
            "A step has one of `after`, `every`, `below` and `at_least`, or a fact leads to it",
        )
        yield Fault(f"steps[{place}]", "step_untimed", words)
    if place and step.after is not None and step.after < 1 and kind in TOLD_WHEN_WRONG:
        words = Text(
            "该类事项自到期日之后起算", "This kind is told when its day is over: 1 or more"
        )
        yield Fault(f"steps[{place}].after", "after_unfit", words)
    last = step is ladder.steps[-1]
    if place and step.every is not None and (not last or step.level is not None):
        words = Text(
            "重复步骤须为最后一步，且不带等级", "The repeated step is the last, without a level"
        )
        yield Fault(f"steps[{place}]", "repeat_unfit", words)


def _opening_faults(kind: WatchKind, step: Step) -> Iterator[Fault]:
    ways = [way for way in (step.after, step.below, step.at_least) if way is not None]
    late, both = bool(ways), len(ways) > 1
    if step.level is None or step.every is not None or both or (late and kind in TOLD_WHEN_WRONG):
        words = Text(
            "第一步是开立：须有等级，不带 every；到期即报的事项也不带 after",
            "The first step is the opening: a level, no `every`; and no `after` where the news "
            "itself is the opening",
        )
        yield Fault("steps[0]", "opening_unfit", words)


def _order_faults(ladder: Ladder) -> Iterator[Fault]:
    fixed = [(place, step) for place, step in enumerate(ladder.steps) if step.after is not None]
    for (_, one), (place, other) in pairwise(fixed):
        if not _is_before(ladder, one, other):
            yield Fault(
                f"steps[{place}].after",
                "steps_not_ascending",
                Text("步骤须按时间先后排列", "Steps are in ascending order of time"),
            )
    ranks = {level.code: level.rank for level in ladder.levels}
    raising = [
        (place, ranks[step.level]) for place, step in enumerate(ladder.steps) if step.level in ranks
    ]
    for (_, low), (place, high) in pairwise(raising):
        if high <= low:
            yield Fault(
                f"steps[{place}].level",
                "levels_not_ascending",
                Text("等级须逐级升高", "Each level is higher than the one before"),
            )


def _is_before(ladder: Ladder, one: Step, other: Step) -> bool:
    """Say whether one step comes before another whatever the calendar."""
    if (one.unit or ladder.unit) is (other.unit or ladder.unit):
        return (one.after or 0, one.at) < (other.after or 0, other.at)
    return (_span(ladder, one)[1], one.at) < (_span(ladder, other)[0], other.at)


def _span(ladder: Ladder, step: Step) -> tuple[int, int]:
    """Give how many calendar days after D a step falls, at least and at most."""
    days = step.after or 0
    if (step.unit or ladder.unit) is not Unit.WD or days == 0:
        return days, days
    far = _WEEKS * days + (_REST if days > 0 else -_REST)
    return min(days, far), max(days, far)


def _value_faults(ladder: Ladder) -> Iterator[Fault]:
    """A value's ladder goes by thresholds alone, each worse than the one before."""
    if not ladder.is_of_value:
        return
    falling = [(at, step.below) for at, step in enumerate(ladder.steps) if step.below is not None]
    rising = [
        (at, step.at_least) for at, step in enumerate(ladder.steps) if step.at_least is not None
    ]
    timed = any(step.after is not None for step in ladder.steps)
    if timed or (falling and rising) or not ladder.steps[0].is_of_value:
        words = Text(
            "按数值定级的阶梯不得另带 after，第一步须有 below 或 at_least，二者不得混用",
            "A ladder of a value has no `after`, and its opening a threshold; all go one way",
        )
        yield Fault("steps", "value_unfit", words)
    for (_, high), (place, low) in pairwise(falling):
        if low >= high:
            words = Text("阈值须逐级降低", "Each threshold is lower than the one before")
            yield Fault(f"steps[{place}].below", "thresholds_not_falling", words)
    for (_, low), (place, high) in pairwise(rising):
        if high <= low:
            words = Text("阈值须逐级升高", "Each threshold is higher than the one before")
            yield Fault(f"steps[{place}].at_least", "thresholds_not_rising", words)


def _jump_faults(kind: WatchKind, ladder: Ladder) -> Iterator[Fault]:
    if kind is not WatchKind.TRANSFER_MISSED and any(jump.counts for jump in ladder.jumps):
        yield Fault(
            "jumps",
            "jumps_unfit",
            Text("该类事项没有连续或累计次数", "This kind has no misses to count"),
        )
    if kind in TOLD_WHEN_WRONG and any(jump.fact for jump in ladder.jumps):
        yield Fault("jumps", "facts_unfit", Text("该类事项不报事实", "This kind is told no facts"))
    if _twice(jump.code for jump in ladder.jumps):
        yield Fault("jumps", "jump_twice", Text("跳级规则代码重复", "A jump is named twice"))
    raising = {step.code for step in ladder.steps if step.level}
    if kind in TOLD_WHEN_WRONG:
        raising.discard(ladder.steps[0].code)
    for place, jump in enumerate(ladder.jumps):
        yield from _terms_faults(ladder, place, jump)
        if jump.to not in raising:
            yield Fault(
                f"jumps[{place}].to",
                "step_unknown",
                Text("须为升级的步骤", "This is no step that raises the level"),
            )


def _terms_faults(ladder: Ladder, place: int, jump: Jump) -> Iterator[Fault]:
    counted = (jump.counts is not None) + (jump.count is not None)
    if counted + 2 * (jump.fact is not None) != 2:  # noqa: PLR2004 -- both words, or the fact
        words = Text(
            "须有 counts 与 count，或有 fact", "A jump has `counts` and `count`, or a `fact`"
        )
        yield Fault(f"jumps[{place}]", "jump_untold", words)
    if jump.at_most is not None and (jump.fact is None or not ladder.is_of_value):
        words = Text("at_most 只用于按数值定级的事实", "`at_most` goes with a fact of a value")
        yield Fault(f"jumps[{place}].at_most", "at_most_unfit", words)


def _limit_faults(ladder: Ladder) -> Iterator[Fault]:
    known = {level.code for level in ladder.levels}
    for level in ladder.answer_within:
        if level not in known:
            yield Fault(
                f"answer_within.{level}",
                "level_unknown",
                Text("等级不在 levels 之内", "This level is not one of `levels`"),
            )


def _proposal_faults(kind: WatchKind, ladder: Ladder) -> Iterator[Fault]:
    terms = ladder.proposal
    if terms is None:
        return
    if kind is not WatchKind.TRANSFER_MISSED:
        yield Fault(
            "proposal",
            "proposal_unfit",
            Text("该类事项不得建议立案", "This kind never proposes an arrears case"),
        )
    steps = {step.code: step for step in ladder.steps}
    if terms.step not in steps:
        yield Fault("proposal.step", "step_unknown", Text("没有该步骤", "There is no such step"))
    elif terms.opens_after < (steps[terms.step].after or 0):
        yield Fault(
            "proposal.opens_after",
            "opens_too_early",
            Text("自动立案不得早于建议立案", "A case does not open before it is proposed"),
        )
