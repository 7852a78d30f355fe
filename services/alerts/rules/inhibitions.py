"""Which alerts a fact mutes: what cannot be put right while it lasts; pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol, TypeVar


class Fact(StrEnum):
    """What others tell that may mute alerts of the same project."""

    ACCOUNT_FROZEN = "account_frozen"


FACT = "fact"
"""The kind of timer by which a fact ends whose last day is known."""


class Muted(Protocol):
    """What a rule looks at in an alert."""

    @property
    def kind(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def major(self) -> bool: ...


class Rule(Protocol):
    """A version of a rule by which a fact mutes alerts."""

    @property
    def area_code(self) -> str: ...
    @property
    def source(self) -> Fact: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def kinds(self) -> list[str]: ...
    @property
    def levels(self) -> list[str]: ...


RuleT = TypeVar("RuleT", bound=Rule)


def muting(
    rules: Iterable[RuleT], facts: Iterable[Fact], about: Muted, lineage: Sequence[str]
) -> RuleT | None:
    """Give the rule by which a fact that holds mutes an alert; None: nothing does.

    Of the rules in force those of a fact in the nearest area that has one count. What is major
    is never muted.
    """
    by_place = {(rule.area_code, rule.source): rule for rule in rules}
    for fact in () if about.major else facts:
        near = next((by_place[area, fact] for area in lineage if (area, fact) in by_place), None)
        if near and near.enabled and about.kind in near.kinds and about.level in near.levels:
            return near
    return None
