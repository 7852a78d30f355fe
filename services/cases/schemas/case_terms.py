"""Terms of arrears cases: their limits, and what else an area says of them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.rules.case_clocks import ClockKind
from services.cases.schemas.arrears import Line
from services.cases.schemas.fields import Days, InBody, OutBody
from services.cases.schemas.terms import TermsBody
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
