"""Bodies of inhibitions: rules by which a fact mutes alerts of its project."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.alerts.rules.inhibitions import Fact
from services.alerts.schemas.forms import AreaCode, Asked, Code, InBody, Line, OutBody, Word
from shared import clock


class InhibitionIn(InBody):
    """Which alerts of a project are not sent while a fact holds of it, from a day on.

    They stay in the inbox and are told when it ends. What is major is never muted.
    """

    area_code: AreaCode
    source: Fact
    valid_from: clock.Day
    enabled: bool = True
    kinds: Annotated[list[Code], Field(min_length=1, max_length=50)]
    levels: Annotated[list[Word], Field(min_length=1, max_length=10)]
    basis: Line
    certainty: Literal["A", "B", "C"] = "C"


class InhibitionFilter(Asked):
    """Which rules."""

    area_code: AreaCode | None = None
    source: Fact | None = None


class InhibitionOut(OutBody):
    """A version of a rule by which a fact mutes alerts."""

    id: UUID
    area_code: str
    source: Fact
    version: int
    valid_from: date
    enabled: bool
    kinds: list[str]
    levels: list[str]
    basis: str
    certainty: str
    created_at: datetime
