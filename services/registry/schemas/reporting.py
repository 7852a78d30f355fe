"""Bodies of the duty to report: duties, reports, what others saw, gaps, and the summary."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator

from services.registry.rules.completeness import Grouping, Standing
from services.registry.rules.reporting import GapReason, Half, WorksKind
from services.registry.rules.sightings import SightingSource, SightingState
from services.registry.schemas.fields import Amount, AreaCode, Body, Code, Filter, Name, Row
from shared import clock
from shared.problems import TextError
from shared.wording import Text

# What one request may carry: the projects of a prefecture.
MOST_ROWS = 1_000


def _half(said: str) -> str:
    try:
        return str(Half.read(said))
    except ValueError as error:
        words = Text("半年度应为 YYYYH1 或 YYYYH2，如 2023H1", "A half-year is like 2023H1")
        raise TextError("half_year_malformed", words) from error


HalfYear = Annotated[
    str, Field(max_length=6, description="Half a year, `2023H1`"), AfterValidator(_half)
]


class ReportingDutyIn(Body):
    """What must be reported of works of a kind, from a day on; a new version, none is changed."""

    area_code: AreaCode
    works_kind: WorksKind
    valid_from: clock.Day
    above: Amount | None = None
    """Yuan, not included; left out: at any amount."""
    required: list[Code] = Field(min_length=1, max_length=50)
    """Codes of fields: `approval_number`, `works_contract`, `responsible_person` …"""
    basis: Name
    certainty: Annotated[str, Field(pattern="^[ABC]$")]
    """A: official wording read; B: secondary text; C: to be verified."""


class ReportingDutyFilter(Filter):
    """Which duties a list shows."""

    area_code: AreaCode | None = None
    works_kind: WorksKind | None = None


class ReportingDutyOut(Row):
    """A version of a duty; of an area and kind the highest in force counts."""

    id: UUID
    area_code: str
    works_kind: WorksKind
    version: int
    valid_from: date
    above: Decimal | None
    required: list[str]
    basis: str
    certainty: str
    entered_at: datetime


class ReportIn(Body):
    """That a project was reported on a day."""

    project_id: UUID
    reported_on: clock.Day


class ReportsIn(Body):
    """Reports of several projects, entered together."""

    items: list[ReportIn] = Field(min_length=1, max_length=MOST_ROWS)


class ReportOut(Row):
    """A project's report of a half-year: the first day counts, and what still lacks."""

    id: UUID
    project_id: UUID
    half_year: str
    reported_on: date
    missing: list[str]
    complete_on: date | None


class ReportsOut(Row):
    """What became of reports: new ones, those that are complete now, those that stood already."""

    entered: int
    completed: int
    unchanged: int
    items: list[ReportOut]


class SightingIn(Body):
    """A project as others know it."""

    seen_on: clock.Day
    """The day of the approval, the permit or the award; or of the inspection."""
    name: Name
    area_code: AreaCode
    developer_name: Name
    developer_code: Code | None = None
    """统一社会信用代码 of the developer, if the list has it."""
    works_kind: WorksKind = WorksKind.OTHER
    code: Code | None = None
    approval_number: Code | None = None
    permit_number: Code | None = None
    investment_amount: Amount | None = None
    started_on: clock.Day | None = None
    address: Name | None = None
    contractor: Name | None = None
    note: Name | None = None


class ApprovalsIn(Body):
    """A list of one kind; the same rows again change nothing."""

    source: SightingSource
    """`approval`, `permit` or `tender`; findings of inspectors come by their own route."""
    items: list[SightingIn] = Field(min_length=1, max_length=MOST_ROWS)

    @field_validator("source")
    @classmethod
    def _listed(cls, source: SightingSource) -> SightingSource:
        if source is SightingSource.INSPECTION:
            words = Text("巡查发现请用巡查接口报送", "Findings come by their own route")
            raise TextError("source_not_listed", words)
        return source


class InspectedIn(Body):
    """What inspectors came upon; the same rows again change nothing."""

    items: list[SightingIn] = Field(min_length=1, max_length=MOST_ROWS)


class RefusalIn(Body):
    """Why a sighting is not what was proposed."""

    note: Name


class SightingFilter(Filter):
    """Which sightings a list shows."""

    state: SightingState | None = None
    source: SightingSource | None = None
    project_id: UUID | None = None
    developer_id: UUID | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""


class SightingOut(Row):
    """A project that others saw, and what became of it."""

    id: UUID
    source: SightingSource
    seen_on: date
    name: str
    area_code: str
    developer_name: str
    developer_code: str | None
    developer_id: UUID | None
    unit_id: UUID
    works_kind: WorksKind
    code: str | None
    approval_number: str | None
    permit_number: str | None
    investment_amount: Decimal | None
    started_on: date | None
    note: str | None
    state: SightingState
    project_id: UUID | None
    same_as_id: UUID | None
    candidate_id: UUID | None
    """The project or earlier sighting that it may be: confirm or refuse."""
    received_at: datetime


class SightingsOut(Row):
    """What became of a list: new rows, changed ones, those that stood already; how they match."""

    entered: int
    changed: int
    unchanged: int
    matched: int
    proposed: int
    unregistered: int
    """Rows whose project nobody registered."""
    gaps: int
    """Of them those that should have been reported."""
    items: list[SightingOut]


class ReportingFilter(Filter):
    """Which known projects a half-year's list shows, and its summary counts."""

    half_year: HalfYear
    developer_id: UUID | None = None
    works_kind: WorksKind | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""


class ReportingListFilter(ReportingFilter):
    """The same, of some standings."""

    standing: list[Standing] = Field(default=[], max_length=len(Standing))
    """May be given more than once."""


class ReportingSummaryFilter(ReportingFilter):
    """The same, told apart by something."""

    by: Grouping


class KnownProjectOut(Row):
    """A project that should be reported in a half-year, and how its report stands."""

    id: UUID
    """Of the project, or of the sighting where nobody registered it."""
    registered: bool
    code: str | None
    name: str
    area_code: str
    works_kind: WorksKind
    developer_id: UUID | None
    developer_name: str
    standing: Standing
    reported_on: date | None
    complete_on: date | None
    missing: list[str]


class TallyOut(Row):
    """How many of the known projects are reported, and in full."""

    group: str
    """The developer's id, the kind or the area's code; `all`: the sum."""
    name: str
    known: int
    """Projects that should be reported: registered ones, and those that only others saw."""
    reported: int
    complete: int
    """Reported with every field that the duty asks for."""
    share: Decimal | None
    """complete / known in per cent, one decimal, half up; null where nothing is known."""


class ReportingSummaryOut(Row):
    """A half-year's tallies, the least complete group first."""

    half_year: str
    by: Grouping
    items: list[TallyOut]
    total: TallyOut
    undecided: int
    """Sightings that look like a known project; until a person decides they count as nothing."""


class GapFilter(Filter):
    """Which gaps a list shows."""

    open: bool | None = None
    """Those that still stand, or those that ended."""
    unit_id: UUID | None = None
    project_id: UUID | None = None
    reason: GapReason | None = None
    area_code: AreaCode | None = None
    """This area and what lies in it."""


class GapOut(Row):
    """A project that should be reported and is not, or not in full: which, what lacks, whose."""

    id: UUID
    project_id: UUID | None
    sighting_id: UUID | None
    name: str
    area_code: str
    works_kind: WorksKind
    developer_id: UUID | None
    unit_id: UUID
    unit_name: str
    """Who should report it."""
    reason: GapReason
    missing: list[str]
    since: date
    ended_on: date | None
    end_reason: str | None
