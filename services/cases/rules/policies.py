"""Whether a policy can be a ladder, and which policy is in force where and when. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple, Protocol, TypeVar

from services.cases.rules.items import WatchKind
from services.cases.rules.ladder import Ladder, Step
from shared.wording import Text
from shared.workdays import Unit


class Mode(StrEnum):
    """Whether a policy opens items, or is only stored to be looked at."""

    LIVE = "live"
    SHADOW = "shadow"


class Certainty(StrEnum):
    """How well a number is known: official wording, secondary text, to be verified."""

    A = "A"
    B = "B"
    C = "C"


class Fault(NamedTuple):
    """One thing that is wrong with a posted policy."""

    place: str
    code: str
    text: Text


class Row(Protocol):
    """What of a stored policy decides whether it is in force."""

    area_code: str
    valid_from: date
    version: int


_Row = TypeVar("_Row", bound=Row)


def in_force(rows: Iterable[_Row], lineage: Sequence[str], day: date) -> _Row | None:
    """Give the policy of the nearest area up the lineage; there the latest one begun by the day."""
    begun = [row for row in rows if row.valid_from <= day and row.area_code in lineage]
    return min(
        begun,
        key=lambda row: (
            lineage.index(row.area_code),
            -row.valid_from.toordinal(),
            -row.version,
        ),
        default=None,
    )


def faults(kind: WatchKind, ladder: Ladder) -> list[Fault]:
    """Give everything that keeps rows from being a ladder, all at once."""
    return [
        *_level_faults(ladder),
        *_step_faults(ladder),
        *_order_faults(ladder),
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


def _step_faults(ladder: Ladder) -> Iterator[Fault]:
    if ladder.unit is Unit.H:
        words = Text("阶梯只按工作日或自然日计", "A ladder counts working or calendar days")
        yield Fault("unit", "unit_unfit", words)
    if _twice(step.code for step in ladder.steps):
        yield Fault("steps", "step_twice", Text("步骤代码重复", "A step is named twice"))
    known = {level.code for level in ladder.levels}
    for place, step in enumerate(ladder.steps):
        if step.level is not None and step.level not in known:
            words = Text("等级不在 levels 之内", "This level is not one of `levels`")
            yield Fault(f"steps[{place}].level", "level_unknown", words)
        yield from _timing_faults(ladder, place, step)
    if ladder.steps[-1].every is None:
        words = Text(
            "最后一步须为重复步骤，预警不得沉默",
            "The last step repeats, so that no open item falls silent",
        )
        yield Fault("steps", "ladder_falls_silent", words)


def _timing_faults(ladder: Ladder, place: int, step: Step) -> Iterator[Fault]:
    timed = (step.after is not None) + (step.every is not None)
    if place == 0 and (step.level is None or timed):
        words = Text(
            "第一步是开立，须有等级，且不带 after、every",
            "The first step is the opening: a level, no `after`, no `every`",
        )
        yield Fault("steps[0]", "opening_unfit", words)
    if place and timed != 1:
        words = Text("须有 after 或 every 之一", "A step has either `after` or `every`")
        yield Fault(f"steps[{place}]", "step_untimed", words)
    last = step is ladder.steps[-1]
    if place and step.every is not None and (not last or step.level is not None):
        words = Text(
            "重复步骤须为最后一步，且不带等级", "The repeated step is the last, without a level"
        )
        yield Fault(f"steps[{place}]", "repeat_unfit", words)


def _order_faults(ladder: Ladder) -> Iterator[Fault]:
    fixed = [(place, step) for place, step in enumerate(ladder.steps) if step.after is not None]
    for (_, one), (place, other) in pairwise(fixed):
        if (one.after or 0, one.at) >= (other.after or 0, other.at):
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


def _jump_faults(kind: WatchKind, ladder: Ladder) -> Iterator[Fault]:
    if ladder.jumps and kind is not WatchKind.TRANSFER_MISSED:
        yield Fault(
            "jumps",
            "jumps_unfit",
            Text("该类事项没有连续或累计次数", "This kind has no misses to count"),
        )
    if _twice(jump.code for jump in ladder.jumps):
        yield Fault("jumps", "jump_twice", Text("跳级规则代码重复", "A jump is named twice"))
    raising = {step.code for step in ladder.steps[1:] if step.level}
    for place, jump in enumerate(ladder.jumps):
        if jump.to not in raising:
            yield Fault(
                f"jumps[{place}].to",
                "step_unknown",
                Text("须为升级的步骤", "This is no step that raises the level"),
            )


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
