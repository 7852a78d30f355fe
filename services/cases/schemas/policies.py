"""Policies: posted and answered alike."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from services.cases.rules.items import (
    WatchKind,
)
from services.cases.rules.ladder import Counts
from services.cases.rules.policies import Certainty, Mode
from services.cases.schemas.fields import (
    AreaCode,
    Asked,
    Code,
    Days,
    InBody,
    Measure,
    OutBody,
    TimeOfDay,
    Words,
)
from shared import clock
from shared.areas import is_area_code
from shared.problems import TextError
from shared.wording import Text
from shared.workdays import Unit


class LevelRow(InBody):
    """A row of an area's levels."""

    code: Code
    rank: Annotated[int, Field(ge=1, le=20)]
    """Its place, 1 for the lowest."""
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    label: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")]
    """What people call it, 红."""


class StepRow(InBody):
    """A rung: the opening, one at D + `after`, one of a threshold, or the repeated one."""

    code: Code
    level: Code | None = None
    """The level it raises to; none: it tells people something and leaves the level."""
    after: Annotated[int, Field(ge=-400, le=400)] | None = None
    """Days after D; before it, if negative. The opening has it where it comes later than D."""
    every: Days | None = None
    """Days after the rung before, again and again until the item is closed."""
    at: TimeOfDay = "09:00"
    """The time of day in Beijing."""
    unit: Unit | None = None
    """What this step counts; none: what the policy counts."""
    below: Measure | None = None
    """Reached while the measured value is lower than this; values need no days."""
    at_least: Measure | None = None
    """Reached while the measured value is as high as this, or higher."""


class JumpRow(InBody):
    """A rule that raises an item at once: so many misses, or a fact that is told of it."""

    code: Code
    counts: Counts | None = None
    count: Annotated[int, Field(ge=2, le=100)] | None = None
    fact: Code | None = None
    """`works_started`, `payroll_due` …, as finders tell them."""
    at_most: Measure | None = None
    """With a fact: only while the measured value is no higher than this."""
    to: Code
    """The step it raises to."""


class LimitRow(InBody):
    """How long an answer may take."""

    length: Days
    unit: Unit


class ProposalRow(InBody):
    """At which step an arrears case is proposed, and when it opens by itself."""

    step: Code
    opens_after: Days
    """Days after D of the project's oldest open miss."""
    at: TimeOfDay = "09:00"


class _PolicyRows(BaseModel):
    """What a policy says, posted and answered alike."""

    area_code: AreaCode
    kind: WatchKind
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    valid_from: clock.Day
    mode: Mode = Mode.LIVE
    unit: Unit = Unit.WD
    """What the steps count: `wd` or `cd`."""
    levels: Annotated[list[LevelRow], Field(min_length=1, max_length=20)]
    steps: Annotated[list[StepRow], Field(min_length=2, max_length=50)]
    jumps: Annotated[list[JumpRow], Field(max_length=20)] = []
    answer_within: dict[Code, LimitRow] = {}
    """By level."""
    proposal: ProposalRow | None = None
    """None: nobody is ever proposed an arrears case by this ladder."""
    basis: Words
    """Document and article, or whose practice it is."""
    certainty: Certainty


class PolicyIn(_PolicyRows, InBody):
    """A policy to be stored. Area, kind and version name it; the same again changes nothing."""

    @field_validator("area_code")
    @classmethod
    def _is_code(cls, value: str) -> str:
        if not is_area_code(value):
            raise TextError("area_code", Text("不是行政区划代码", "This is no area code"))
        return value


class PolicyOut(_PolicyRows, OutBody):
    """A stored policy."""

    id: UUID
    created_at: datetime
    created_by: str


class PolicyFilter(Asked):
    """Which policies."""

    area_code: AreaCode | None = None
    kind: WatchKind | None = None
    mode: Mode | None = None
