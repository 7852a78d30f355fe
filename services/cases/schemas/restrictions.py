"""Restrictions: proposed, decided, lifted, and asked for by credit code."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.restrictions import RestrictionKind, RestrictionState
from services.cases.schemas.arrears import Line
from services.cases.schemas.fields import AreaCode, Asked, InBody, OutBody, Words
from services.cases.schemas.proceedings import CreditCode
from shared import clock
from shared.problems import TextError
from shared.wording import Text

_Version = Annotated[int, Field(ge=1)]


class RestrictionIn(InBody):
    """A restriction that somebody proposes; another person decides."""

    kind: RestrictionKind
    name: Line
    credit_code: CreditCode
    basis: Words
    """Document and article."""


class RestrictionDecisionIn(InBody):
    """What a person decides on a proposal."""

    version: _Version
    decided: bool
    """False: it is dropped, with the reason."""
    reason: Words
    credit_code: CreditCode | None = None
    """Of the unit, where the proposal has none."""
    name: Line | None = None
    document_number: Line | None = None
    from_on: clock.Day | None = None
    to_on: clock.Day | None = None
    """The last day of it."""

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.decided and not (self.from_on and self.to_on and self.document_number):
            raise TextError(
                "restriction_days",
                Text(
                    "决定限制须填写文号、起止日期",
                    "A decision has a document number, a first and a last day",
                ),
            )
        return self


class LiftingIn(InBody):
    """Why a restriction ends before its day."""

    version: _Version
    reason: Words


class RestrictionFilter(Asked):
    """Which restrictions."""

    case_id: UUID | None = None
    kind: RestrictionKind | None = None
    state: RestrictionState | None = None
    area_code: AreaCode | None = None
    """This area and all below it."""


class RestrictionOut(OutBody):
    """A restriction."""

    id: UUID
    version: int
    case_id: UUID
    area_code: str
    kind: RestrictionKind
    state: RestrictionState
    credit_code: str | None
    name: str | None
    basis: str
    months: int | None
    from_on: date | None
    to_on: date | None
    document_number: str | None
    proposed_at: datetime
    proposed_by: str
    by_rule: bool
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    ended_at: datetime | None


class StandingOut(OutBody):
    """A restriction that is in force, as anybody may know it."""

    kind: RestrictionKind
    area_code: str
    basis: str
    document_number: str | None
    from_on: date
    to_on: date


class CreditStandingOut(OutBody):
    """Whether a unit is restricted today, by what and until when."""

    credit_code: str
    as_of: date
    restricted: bool
    restrictions: list[StandingOut]
