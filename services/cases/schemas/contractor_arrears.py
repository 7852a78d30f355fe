"""What a developer reports of a contractor who owes although the money came (53号 art. 12)."""

from datetime import datetime
from uuid import UUID

from services.cases.schemas.arrears import Months
from services.cases.schemas.fields import InBody, OutBody, Words
from services.cases.schemas.leads import ExternalId, Money, Workers


class ContractorArrearsIn(InBody):
    """That the contractor of one's own project owes wages; no names of workers."""

    project_id: UUID
    months: Months
    text: Words
    """How it is known; kept sealed."""
    workers: Workers | None = None
    amount: Money | None = None
    external_id: ExternalId | None = None
    """The developer's own number of it; the same again changes nothing."""


class ContractorArrearsOut(OutBody):
    """That it was taken in. What becomes of it is told to whoever works on it."""

    project_id: UUID
    received_at: datetime
    unit_id: UUID | None
    """The body that has it."""
