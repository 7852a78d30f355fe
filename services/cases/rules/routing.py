"""Which body an arrears case goes to: an area's table by place, trade, employer and level. Pure.

The first row that fits decides; what fits none goes to the body that is named for all else. None
of it is known here: each row is an area's, by version (domain section 8, plans of the field).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.areas import NATION


class GovernmentLevel(StrEnum):
    """Of the government whose works it is about, or which a petition was handed to."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a case is routed by."""

    lineage: Collection[str]
    """Of the place of work: its area and all above it."""
    industry: str
    employer_kind: str | None
    level: str | None


@dataclass(frozen=True, slots=True)
class Way:
    """A row of a table: what has to fit, and the body that has such cases."""

    unit_id: UUID
    area_code: str = NATION
    industry: str | None = None
    employer_kind: str | None = None
    level: str | None = None

    def fits(self, matter: Matter) -> bool:
        """Say whether a case is of this row; what the row does not name fits always."""
        return (
            self.area_code in matter.lineage
            and self.industry in {None, matter.industry}
            and self.employer_kind in {None, matter.employer_kind}
            and self.level in {None, matter.level}
        )


OTHERWISE = "construction"
"""The industry of what nobody says it of, and no trade tells."""


def industry_of(trades: Iterable[str], known: Mapping[str, str]) -> str | None:
    """Give the first industry that an employer's trades name, by code or as it is written."""
    by_words = {words: code for code, words in known.items()}
    found = (trade if trade in known else by_words.get(trade) for trade in trades)
    return next((code for code in found if code), None)


def competent(ways: Iterable[Way], matter: Matter, otherwise: UUID | None) -> UUID | None:
    """Give the body that a case goes to; None where an area names none."""
    return next((way.unit_id for way in ways if way.fits(matter)), otherwise)


def goes_up(hand_overs: int, most: int, holder: UUID | None, superior: UUID | None) -> bool:
    """Say whether one more hand-over goes to the common superior, wherever it was meant for.

    Two bodies send a case to each other; the so-manyth time whoever is above both decides
    (423号 art. 13). What the superior itself hands on goes where it says.
    """
    from_above = superior is not None and holder == superior
    return not from_above and hand_overs + 1 >= most
