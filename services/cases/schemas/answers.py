"""What people say to an item."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import InBody, OutBody, Words, WordsOut
from shared import clock


class AnswerIn(InBody):
    """What the assignee says to an item; it closes nothing by itself."""

    explanation: Words
    promised_on: clock.Day | None = None
    evidence_ids: EvidenceIds = []
    """Files that were brought for this item before."""


class AnswersIn(InBody):
    """One explanation for several items."""

    item_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    explanation: Words
    promised_on: clock.Day | None = None


class UnansweredOut(OutBody):
    """An item that was not answered, and why."""

    item_id: UUID
    type: str
    title: WordsOut


class AnswersOut(OutBody):
    """What came of each of several items."""

    answered: list[UUID]
    refused: list[UnansweredOut]


class FindingIn(InBody):
    """What somebody found out on site."""

    text: Words


class AssigneeIn(InBody):
    """Who shall answer for an item."""

    unit_id: UUID
    person_id: UUID | None = None


class VerifyIn(InBody):
    """Whether an answer was enough to go on with."""

    enough: bool
    reason: Words
