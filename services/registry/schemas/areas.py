"""Bodies of areas."""

from datetime import date

from pydantic import Field

from services.registry.rules.areas import AreaFact
from services.registry.schemas.fields import AreaCode, Body, Filter, Name, Row
from shared import clock

# What one request may carry: the areas of a prefecture, villages included.
MOST_ROWS = 10_000


class AreaIn(Body):
    """One dated row of an area; both days are included, no `valid_to`: it stands."""

    code: AreaCode
    name: Name
    parent_code: AreaCode | None = None
    valid_from: clock.Day
    valid_to: clock.Day | None = None


class AreasIn(Body):
    """Rows to be entered together; a parent may come after its children."""

    items: list[AreaIn] = Field(min_length=1, max_length=MOST_ROWS)

    def facts(self) -> list[AreaFact]:
        """Give the rows as the rules take them, each with its place."""
        return [
            AreaFact(
                item.code,
                item.name,
                item.parent_code,
                item.valid_from,
                item.valid_to,
                place=f"items[{at}]",
            )
            for at, item in enumerate(self.items)
        ]


class AreaFilter(Filter):
    """Which areas a list shows."""

    under: AreaCode | None = None
    """Only this area and what lies in it."""
    parent: AreaCode | None = None
    """Only what lies directly in this area."""
    code: AreaCode | None = None
    """All rows of one code."""


class AreaOut(Row):
    """One dated row of an area; `path` lists codes from the nation, `/0/42/4228/422828/`."""

    code: str
    name: str
    parent_code: str | None
    valid_from: date
    valid_to: date | None
    path: str | None


class EnteredOut(Row):
    """How many rows were new, corrected, or stood there already."""

    entered: int
    changed: int
    unchanged: int
