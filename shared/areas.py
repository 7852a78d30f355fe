"""Areas of GB/T 2260 and what part of them a caller may see."""

import re
from dataclasses import dataclass, field
from uuid import UUID

# Two, four or six digits for province, city and county (GB/T 2260); nine for towns and
# sub-districts, twelve for villages and residents' committees (统计用区划代码).
_CODE = re.compile(r"\d{2}(\d{2}(\d{2}(\d{3}(\d{3})?)?)?)?", re.ASCII)


def is_area_code(code: str) -> bool:
    """Say whether a code has one of the five lengths and only digits. "0" alone is the nation."""
    return code == NATION or bool(_CODE.fullmatch(code))


NATION = "0"


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
