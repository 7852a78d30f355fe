"""Projects that others saw (立项, 施工许可, 招投标, 巡查), and whether they are registered."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

# Signs that two lists write differently about one project, and the words that one of them leaves
# out at a name's end.
_LETTERS = re.compile(r"[^\w]|_")
_TAIL = re.compile(r"(?<=.)(建设工程|建设项目|工程项目|项目工程|工程|项目)$")


class SightingSource(StrEnum):
    """Who saw a project: a list of approvals, permits or tenders, or an inspection."""

    APPROVAL = "approval"
    PERMIT = "permit"
    TENDER = "tender"
    INSPECTION = "inspection"


class SightingState(StrEnum):
    """What became of it."""

    OPEN = "open"
    """Nobody registered it."""
    PROPOSED = "proposed"
    """It looks like a known one by its name; a person decides."""
    MATCHED = "matched"
    """It is a registered project."""
    JOINED = "joined"
    """It is the same as an earlier sighting."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a project is known by, registered or seen. `id` is of the row that holds them."""

    id: UUID
    name: str
    developer: str
    """The developer's credit code if known, else its name."""
    developer_name: str = ""
    code: str | None = None
    approval_number: str | None = None
    permit_number: str | None = None
    registered: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """Which known project a sighting is; `certain` by a number, else by name and developer."""

    known: Traits
    certain: bool


# By which number two are the same: the surest first. An approval may cover several lots.
_NUMBERS = ("code", "permit_number", "approval_number")


def name_key(name: str) -> str:
    """Give a name without what lists write differently: width, case, signs, 工程 at its end."""
    plain = _LETTERS.sub("", unicodedata.normalize("NFKC", name)).casefold()
    while (shorter := _TAIL.sub("", plain)) != plain:
        plain = shorter
    return plain


def number_key(number: str | None) -> str | None:
    """Give a number as it is compared: half width, upper case, without blanks, brackets alike."""
    if number is None:
        return None
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", number)).upper()
    return plain.translate(str.maketrans("〔【[〕】]", "((()))")) or None


class Known:
    """Known projects, found by their numbers and names; registered ones before sightings."""

    def __init__(self, known: Iterable[Traits]) -> None:
        """Take registered projects and open sightings, in any order."""
        self._numbers: dict[tuple[str, str], list[Traits]] = {}
        self._names: dict[tuple[str, str], list[Traits]] = {}
        for each in sorted(known, key=lambda one: (not one.registered, str(one.code), one.id)):
            self.add(each)

    def add(self, each: Traits) -> None:
        """Know one more."""
        for field in _NUMBERS:
            if number := number_key(getattr(each, field)):
                self._numbers.setdefault((field, number), []).append(each)
        for developer in _developers(each):
            self._names.setdefault((developer, name_key(each.name)), []).append(each)

    def match(self, seen: Traits, refused: Sequence[UUID] = ()) -> Match | None:
        """Give the known project that a sighting is, or may be; those refused are left out.

        A number that several carry (one approval, several lots) is certain only with the name.
        """
        for field in _NUMBERS:
            number = number_key(getattr(seen, field))
            found = self._others(self._numbers.get((field, number or "")), seen, refused)
            if len(found) == 1:
                return Match(found[0], certain=True)
            if found:
                named = [one for one in found if name_key(one.name) == name_key(seen.name)]
                return Match((named or found)[0], certain=len(named) == 1)
        for developer in _developers(seen):
            alike = self._names.get((developer, name_key(seen.name)))
            if found := self._others(alike, seen, refused):
                return Match(found[0], certain=False)
        return None

    def _others(
        self, found: Iterable[Traits] | None, seen: Traits, refused: Sequence[UUID]
    ) -> list[Traits]:
        return [one for one in found or () if one.id != seen.id and one.id not in refused]


def _developers(of: Traits) -> list[str]:
    """Give what a developer is known by: its code, and its name."""
    said = (of.developer, name_key(of.developer_name))
    return [each for each in dict.fromkeys(said) if each]


def merged(facts: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Give what several sightings of one project say together: the newest that says it counts.

    `facts` stand in order of their days.
    """
    together: dict[str, object] = {}
    for each in facts:
        together |= {name: value for name, value in each.items() if value not in {None, ""}}
    return together
