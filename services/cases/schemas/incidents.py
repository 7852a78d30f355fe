"""Incidents as they are recorded, decided on and ended, with their timelines."""

from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.incidents import (
    IncidentEntryKind,
    IncidentGrade,
    IncidentKind,
    IncidentState,
)
from services.cases.schemas.arrears import Line
from services.cases.schemas.fields import AreaCode, Asked, InBody, OutBody, Words
from services.cases.schemas.terms import TermsBody
from shared import clock
from shared.problems import TextError
from shared.wording import Text

_Persons = Annotated[int, Field(ge=1, le=100_000)]
_Size = Annotated[int, Field(ge=2, le=100_000)]
_Version = Annotated[int, Field(ge=1)]
_Written: TypeAlias = Literal[
    IncidentEntryKind.STARTED,
    IncidentEntryKind.FACTS,
    IncidentEntryKind.HANDLED,
    IncidentEntryKind.ANSWERED,
    IncidentEntryKind.CONTAINED,
    IncidentEntryKind.PROPOSED,
]


class IncidentIn(InBody):
    """What happened over unpaid wages, where, and how many take part. No names of workers."""

    kind: IncidentKind
    area_code: AreaCode
    project_id: UUID | None = None
    project_name: Line | None = None
    employer_id: UUID | None = None
    employer_name: Line | None = None
    place: Line
    persons: _Persons
    happened_at: clock.Instant
    text: Words
    """What is going on; the first line of the timeline."""
    proposal: Words | None = None
    """What is proposed to the level above."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if self.project_id is None and self.employer_id is None:
            raise TextError(
                "incident_about",
                Text(
                    "须指明项目或用人单位，以便提级",
                    "Name the project or the employer, which turn red",
                ),
            )
        return self


class IncidentEntryIn(InBody):
    """What was done or found, at which minute; no names of workers."""

    kind: _Written
    at: clock.Instant | None = None
    """Else now."""
    text: Words


class IncidentDecisionIn(InBody):
    """What the competent body decides; a later decision stands beside it on the timeline."""

    version: _Version
    text: Words


class IncidentEndIn(InBody):
    """That it is over, and how."""

    version: _Version
    text: Words


class IncidentEntryOut(OutBody):
    """A line of the timeline."""

    at: datetime
    kind: IncidentEntryKind
    text: str
    written_at: datetime
    written_by: str


class IncidentOut(OutBody):
    """An incident."""

    id: UUID
    version: int
    area_code: str
    kind: IncidentKind
    grade: IncidentGrade
    state: IncidentState
    project_id: UUID | None
    project_name: str | None
    employer_id: UUID | None
    employer_name: str | None
    place: str
    persons: int
    happened_at: datetime
    proposal: str | None
    terms_id: UUID
    unit_id: UUID | None
    recorded_at: datetime
    recorded_by: str
    decided_at: datetime | None
    decided_by: str | None
    ended_at: datetime | None
    ended_by: str | None


class WholeIncidentOut(IncidentOut):
    """An incident with its timeline, the earliest first."""

    entries: list[IncidentEntryOut]


class IncidentFilter(Asked):
    """Which incidents."""

    area_code: AreaCode | None = None
    """This area and all below it."""
    kind: IncidentKind | None = None
    state: IncidentState | None = None
    project_id: UUID | None = None
    employer_id: UUID | None = None


class _IncidentTerms(TermsBody):
    """From how many persons on an area speaks of an incident."""

    mass_persons: _Size
    """So many together are a mass incident; fewer are told of as a sign."""
    major_persons: _Size
    """So many make it a major one."""


class IncidentTermsIn(_IncidentTerms, InBody):
    """Terms to be stored. Area and version name them; the same again changes nothing."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.major_persons < self.mass_persons:
            raise TextError(
                "incident_sizes",
                Text("重大的人数不得少于群体性的人数", "A major one is no smaller than a mass one"),
            )
        return self


class IncidentTermsOut(_IncidentTerms, OutBody):
    """Stored sizes; what was recorded keeps those in force then."""

    id: UUID
