"""Terms of arrears cases: their limits, and what else an area says of them."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.restrictions import RestrictionKind
from services.cases.rules.routing import GovernmentLevel
from services.cases.schemas.arrears import Line
from services.cases.schemas.fields import AreaCode, Code, Days, InBody, OutBody
from services.cases.schemas.terms import TermsBody
from shared.areas import NATION
from shared.workdays import Unit


class _ClockTerms(TermsBody):
    """How long an area gives for a step of a case."""

    kind: ClockKind
    unit: Unit
    length: Days
    more: Annotated[int, Field(ge=0, le=400)] = 0
    """So much may be granted on top in all, in the same unit."""


class ClockTermsIn(_ClockTerms, InBody):
    """Terms to be stored. Area, kind and version name them; the same again changes nothing."""


class ClockTermsOut(_ClockTerms, OutBody):
    """Stored terms of a limit; a clock that runs keeps those under which it was started."""

    id: UUID


class _CaseTerms(TermsBody):
    """What an area says of cases beside their limits."""

    prefix: Line
    """What stands before a case's number, 欠案."""
    officers: Annotated[int, Field(ge=1, le=10)]
    """By how many officers an investigation and a transfer are made."""
    complaint_years: Annotated[int, Field(ge=1, le=20)]
    """How long after it happened a breach can be complained of."""


class CaseTermsIn(_CaseTerms, InBody):
    """Terms to be stored. Area and version name them; the same again changes nothing."""


class CaseTermsOut(_CaseTerms, OutBody):
    """Stored terms of cases."""

    id: UUID


class Route(InBody):
    """A row: what has to fit, and the body that has such cases. What it does not name fits."""

    # As it is stored, among the rows of its table.
    unit_id: Annotated[UUID, PlainSerializer(str)]
    area_code: AreaCode = NATION
    """This area and all below it."""
    industry: Code | None = None
    employer_kind: Code | None = None
    level: GovernmentLevel | None = None


class _RoutingTerms(TermsBody):
    """Which body an area's cases go to (分流表)."""

    routes: Annotated[list[Route], Field(max_length=500)]
    """The first that fits decides."""
    otherwise_id: UUID | None = None
    """The body that has what fits no row; none: whoever was told has it."""
    superior_id: UUID | None = None
    """The common superior of those bodies, who decides where they do not."""
    bounces: Annotated[int, Field(ge=2, le=10)]
    """The so-manyth hand-over goes to the superior, wherever it was meant for."""
    inspectorate_id: UUID | None = None
    """The labour inspectorate that each case of wages is copied to (抄报)."""


class RoutingTermsIn(_RoutingTerms, InBody):
    """A table to be stored. Area and version name it; the same again changes nothing."""


class RoutingTermsOut(_RoutingTerms, OutBody):
    """A stored table; a case that was routed stays where it is."""

    id: UUID


_Months = Annotated[int, Field(ge=1, le=120)]
_Amount = Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]


class MeasureIn(InBody):
    """That a restriction is proposed after something, for so many months; people decide."""

    after: Literal["candidate", "listed"]
    kind: RestrictionKind
    months: _Months


class _EnforcementTerms(TermsBody):
    """From which amounts and for how many months an area enforces."""

    crime_months: _Months
    """One worker's wages of so many months at least …"""
    crime_amount: _Amount | None = None
    """… and of so many yuan; none: the province has not fixed it, and no rule judges by it."""
    crime_workers: Annotated[int, Field(ge=1, le=1000)]
    """Wages of so many workers at least …"""
    crime_total: _Amount | None = None
    """… and of so many yuan together."""
    listing_months: _Months
    """How long a listing lasts from its decision on."""
    removal_months: _Months
    """After how many months of it an early removal can be asked for."""
    application_months: _Months
    """Within how many months of a demand a court is asked to enforce."""
    publication_months: Literal[1, 3, 6, 12]
    """The rhythm in which major violations are published, in months of the calendar."""
    measures: Annotated[list[MeasureIn], Field(max_length=20)] = []
    """Which restriction is proposed after what."""


class EnforcementTermsIn(_EnforcementTerms, InBody):
    """Terms to be stored. Area and version name them; the same again changes nothing."""


class EnforcementTermsOut(_EnforcementTerms, OutBody):
    """Stored terms of enforcement."""

    id: UUID
