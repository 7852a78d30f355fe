"""What people say to an item."""

from uuid import UUID

from services.cases.schemas.evidence import EvidenceIds
from services.cases.schemas.fields import InBody, Words
from shared import clock


class AnswerIn(InBody):
    """What the assignee says to an item; it closes nothing by itself."""

    explanation: Words
    promised_on: clock.Day | None = None
    evidence_ids: EvidenceIds = []
    """Files that were brought for this item before."""


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
