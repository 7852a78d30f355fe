"""Bodies of what workers say of wages that were paid."""

from datetime import date, datetime
from uuid import UUID

from services.payroll.rules.disbursements import Answer
from services.payroll.schemas.fields import Body, Reason, Row
from shared import clock


class DisputeIn(Body):
    """What a worker says, as somebody notes it for the worker."""

    answer: Answer
    said_on: clock.Day | None = None
    """Left out: today."""
    note: Reason | None = None


class DisputeClosingIn(Body):
    """What shows that it is settled: a bank's voucher, the worker's signed word."""

    proof: Reason


class DisputeOut(Row):
    """A dispute of a line; open while nobody closed it."""

    id: UUID
    disbursement_id: UUID
    line_id: UUID
    answer: Answer
    said_on: date
    note: str | None
    told_at: datetime
    told_by: str
    closed_at: datetime | None
    closed_by: str | None
    proof: str | None
