"""Areas of GB/T 2260 and what part of them a caller may see."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

# Two, four or six digits for province, city and county (GB/T 2260); nine for towns and
# sub-districts, twelve for villages and residents' committees (统计用区划代码).
_CODE = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?", re.ASCII)


def is_area_code(code: str) -> bool:
    """Say whether a code has one of the five lengths and only digits. "0" alone is the nation."""
    return code == NATION or bool(_CODE.fullmatch(code))


NATION = "0"
CANARY = "canary"
"""Where the platform's own synthetic miss lies. It is no area: nobody's scope holds it, not even
the nation's, and nothing that holds for the nation holds there. So no list can show it."""


@dataclass(frozen=True, slots=True)
class Area:
    """A row of the dated tree. `path` lists codes from the nation down, `/0/42/4228/422828/`."""

    code: str
    name: str
    path: str

    @property
    def lineage(self) -> tuple[str, ...]:
        """Give the codes from this area up to the nation, nearest first."""
        return tuple(reversed(self.path.strip("/").split("/")))


@dataclass(frozen=True, slots=True)
class Scope:
    """What rows a caller may see: those of its areas, and of its own projects if restricted.

    Areas are roots of subtrees; membership goes by the dated path in the database, never by a
    prefix of digits. `org` set means: only rows in which that organisation takes part.
    """

    areas: frozenset[str] = field(default_factory=frozenset)
    org: UUID | None = None


class Reach(StrEnum):
    """What of an area a person answers for: some named towns, those not named, or all of it."""

    TOWNS = "towns"
    OTHER_TOWNS = "other_towns"
    AREA = "area"


class Territory(Protocol):
    """What part of an area somebody answers for."""

    @property
    def area_code(self) -> str:
        """Give the area."""

    @property
    def reach(self) -> str:
        """Give what of it: a `Reach`, or its name."""

    @property
    def towns(self) -> Sequence[str]:
        """Give the codes that are named, for `towns`."""


_Territory = TypeVar("_Territory", bound=Territory)
_ORDER = tuple(Reach)


def distance(lineage: Sequence[str], territory: Territory) -> tuple[int, int] | None:
    """Give how near a territory is to a place, the smallest nearest; None if it lies outside.

    `lineage` are the place's codes, nearest first. A named town counts from itself, the others
    from their area: so at the same place a name beats "other towns", and those the whole area.
    What lies in an area but in no town of it is reached by the whole alone.
    """
    codes = territory.towns if territory.reach == Reach.TOWNS else (territory.area_code,)
    steps = [lineage.index(code) for code in codes if code in lineage]
    if not steps or (territory.reach == Reach.OTHER_TOWNS and steps == [0]):
        return None
    return min(steps), _ORDER.index(Reach(territory.reach))


def nearest_first(lineage: Sequence[str], territories: Iterable[_Territory]) -> list[_Territory]:
    """Give the territories in which a place lies, the nearest first; of equals as they come."""
    far = [(distance(lineage, one), one) for one in territories]
    reached = [(steps, one) for steps, one in far if steps is not None]
    return [one for _, one in sorted(reached, key=lambda pair: pair[0])]
