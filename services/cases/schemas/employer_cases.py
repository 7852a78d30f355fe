"""What an employer is told of the cases about him, and the terms by which he is."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.cases.rules.arrears import LineState, Nature
from services.cases.rules.course import Stage
from services.cases.rules.employer_cases import NEVER, AskedOf
from services.cases.schemas.fields import InBody, OutBody, WordsOut
from services.cases.schemas.terms import TermsBody
from shared.pii import MaskedIdNumber, MaskedName
from shared.problems import TextError
from shared.wording import Text


class EmployerCaseOut(OutBody):
    """A case as the employer is told of it. No names, no channel, no day on which it was told."""

    id: UUID
    """A handle by chance: the case's own id and number tell when it was told of."""
    area_code: str
    project_id: UUID | None
    unit_id: UUID | None
    """The body in charge."""
    nature: Nature
    at_least: int | None
    """Of a collective complaint, so many workers or more; none: no number is told."""
    told: WordsOut
    asked: AskedOf
    asked_words: WordsOut
    due_on: date | None
    """The last day to do what is asked; none while no decision has set one."""
    listed: bool
    """Whether the list for verification is open to him."""
    workers: int | None
    """With the sums, only where the list is open."""
    claimed: Decimal | None
    verified: Decimal | None
    paid: Decimal | None
    owed: Decimal | None


class EmployerLineOut(OutBody):
    """A worker's line of a list that is open to the employer."""

    name: MaskedName
    id_number: MaskedIdNumber | None
    months: str
    claimed: Decimal
    verified: Decimal | None
    paid: Decimal
    state: LineState


_Stages = Annotated[list[Stage], Field(max_length=len(Stage))]


class _EmployerTerms(TermsBody):
    """In which stages an employer is told of a case about him, and of how much."""

    stages: _Stages
    """In which he is told that it is there, what is asked and by when."""
    list_stages: _Stages = []
    """In which he is given the list for verification; empty: never."""
    group_workers: Annotated[int, Field(ge=2, le=1000)]
    """From so many workers on he is told "so many or more"; of fewer he is told no number."""


class EmployerTermsIn(_EmployerTerms, InBody):
    """Terms to be stored. Area and version name them; the same again changes nothing."""

    @model_validator(mode="after")
    def _careful(self) -> Self:
        if NEVER & {*self.stages, *self.list_stages}:
            raise TextError(
                "employer_stages",
                Text(
                    "立案前和移送公安期间不得向用人单位透露",
                    "Before it is accepted, and while the police have it, no employer is told",
                ),
            )
        if not {*self.list_stages} <= {*self.stages}:
            raise TextError(
                "employer_list_stages",
                Text(
                    "开放名单的阶段须在告知阶段之内",
                    "A list can be open only in a stage in which the employer is told",
                ),
            )
        return self


class EmployerTermsOut(_EmployerTerms, OutBody):
    """Stored terms of what employers are told."""

    id: UUID
