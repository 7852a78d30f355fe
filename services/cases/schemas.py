"""Bodies of cases' interface: what may be asked, and what is answered."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.cases.rules.items import (
    CaseState,
    CloseReason,
    Happening,
    ItemState,
    ProposalState,
    WatchKind,
)
from services.cases.rules.ladder import Counts
from services.cases.rules.policies import Certainty, Mode
from shared import clock
from shared.areas import is_area_code
from shared.problems import TextError
from shared.wording import Text
from shared.workdays import Unit

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
# PostgreSQL keeps no NUL in a text.
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
AreaCode = Annotated[str, Field(pattern=r"^(0|[0-9]{2,12})$")]
Days = Annotated[int, Field(ge=1, le=400)]


class _In(BaseModel):
    """A body or a part of one: what is not known here is refused."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True
    )


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class _Filter(BaseModel):
    """What a list is narrowed by; it comes in the query, beside the page's cursor."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class LevelRow(_In):
    """A row of an area's levels."""

    code: Code
    rank: Annotated[int, Field(ge=1, le=20)]
    """Its place, 1 for the lowest."""
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    label: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")]
    """What people call it, 红."""


class StepRow(_In):
    """A rung: the opening (no `after`, no `every`), one at D + `after`, or the repeated one."""

    code: Code
    level: Code | None = None
    """The level it raises to; none: it tells people something and leaves the level."""
    after: Days | None = None
    """Days after D."""
    every: Days | None = None
    """Days after the rung before, again and again until the item is closed."""
    at: TimeOfDay = "09:00"
    """The time of day in Beijing."""


class JumpRow(_In):
    """A rule that raises an item at once: so many misses, in a row or in total."""

    code: Code
    counts: Counts
    count: Annotated[int, Field(ge=2, le=100)]
    to: Code
    """The step it raises to."""


class LimitRow(_In):
    """How long an answer may take."""

    length: Days
    unit: Unit


class ProposalRow(_In):
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
    valid_from: date
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


class PolicyIn(_PolicyRows, _In):
    """A policy to be stored. Area, kind and version name it; the same again changes nothing."""

    @field_validator("area_code")
    @classmethod
    def _is_code(cls, value: str) -> str:
        if not is_area_code(value):
            raise TextError("area_code", Text("不是行政区划代码", "This is no area code"))
        return value


class PolicyOut(_PolicyRows, _Out):
    """A stored policy."""

    id: UUID
    created_at: datetime
    created_by: str


class PolicyFilter(_Filter):
    """Which policies."""

    area_code: AreaCode | None = None
    kind: WatchKind | None = None
    mode: Mode | None = None


class AssigneeOut(_Out):
    """Who answers for an item."""

    unit_id: UUID
    person_id: UUID | None


class WatchItemOut(_Out):
    """A watch item."""

    id: UUID
    kind: WatchKind
    subject_id: UUID
    """The obligation, or the feed."""
    project_id: UUID | None
    area_code: str
    period: str
    """YYYY-MM, or the day for feeds."""
    level: str
    level_rank: int
    level_label: str
    level_colour: str
    state: ItemState
    assignee: AssigneeOut
    due_on: date
    """D: the day from which the ladder counts."""
    due_amount: Decimal | None
    lacking: Decimal | None
    bank_serials: list[str]
    opened_at: datetime
    due_at: datetime | None
    """The next rung or the answer limit, whichever is first; null once closed."""
    answer_due_at: datetime | None
    promised_on: date | None
    closed_at: datetime | None
    close_reason: CloseReason | None
    policy_id: UUID
    policy_version: int
    calendar_version: str
    changed_at: datetime


class EntryOut(_Out):
    """A line of a timeline."""

    id: UUID
    at: datetime
    actor: str
    what: Happening
    level: str
    step: str
    policy_version: int
    calendar_version: str
    details: dict[str, Any]


class WatchItemWithTimelineOut(WatchItemOut):
    """A watch item with everything that happened to it."""

    timeline: list[EntryOut]


class WatchItemFilter(_Filter):
    """Which watch items."""

    kind: WatchKind | None = None
    level: Code | None = None
    state: ItemState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""
    unit_id: UUID | None = None
    """The assignee's unit; its queue begins with what no person holds, then goes by due time."""
    period: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")] | None = None
    without_person: bool = False


class LevelCountOut(_Out):
    """How many items stand on a level in a state."""

    level: str
    state: ItemState
    count: int


class WatchItemCountsOut(_Out):
    """How many items there are, by level and state."""

    total: int
    items: list[LevelCountOut]


class AnswerIn(_In):
    """What the assignee says to an item; it closes nothing by itself."""

    explanation: Words
    promised_on: clock.Day | None = None


class FindingIn(_In):
    """What somebody found out on site."""

    text: Words


class AssigneeIn(_In):
    """Who shall answer for an item."""

    unit_id: UUID
    person_id: UUID | None = None


class VerifyIn(_In):
    """Whether an answer was enough to go on with."""

    enough: bool
    reason: Words


class ProposalOut(_Out):
    """A proposal to open an arrears case."""

    id: UUID
    project_id: UUID
    area_code: str
    watch_item_id: UUID
    state: ProposalState
    proposed_at: datetime
    due_at: datetime | None
    """When it becomes a case by itself."""
    decided_at: datetime | None
    decided_by: str | None
    by_rule: bool
    reason: str | None
    changed_at: datetime


class ProposalFilter(_Filter):
    """Which proposals."""

    state: ProposalState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None


class RefusalIn(_In):
    """Why no case is opened."""

    reason: Words


class ArrearsCaseOut(_Out):
    """An arrears case."""

    id: UUID
    project_id: UUID
    area_code: str
    proposal_id: UUID
    state: CaseState
    opened_at: datetime
    opened_by: str
    by_rule: bool
    changed_at: datetime


class ArrearsCaseFilter(_Filter):
    """Which arrears cases."""

    state: CaseState | None = None
    project_id: UUID | None = None
    area_code: AreaCode | None = None
