"""Bodies of wages that go to the bank."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.payroll.rules.disbursements import Answer, BatchState, HoldReason, LineStatus
from services.payroll.schemas.fields import Body, Filter, Row
from services.payroll.schemas.sheets import Month
from shared.pii import MaskedCard, MaskedIdNumber, MaskedName


class DisbursementFilter(Filter):
    """Which batches a list shows."""

    project_id: UUID | None = None
    sheet_id: UUID | None = None
    employer_id: UUID | None = None
    period: Month | None = None


class DisbursementLineFilter(Filter):
    """Which lines of a batch a list shows."""

    status: LineStatus | None = None
    disputed: bool | None = None


class RetryIn(Body):
    """Which lines go again; left out: all that came back, and all that may go now."""

    line_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None

    @property
    def wanted(self) -> set[UUID] | None:
        """Give them as a set; None: all."""
        return set(self.line_ids) if self.line_ids else None


class CountOut(Row):
    """So many lines, and their sum."""

    lines: int
    total: Decimal


class TallyOut(Row):
    """How the lines of a batch stand; what is disputed counts in its own class, too."""

    held: CountOut
    """Not sent; each line says why."""
    sent: CountOut
    pending: CountOut
    """The bank is not through with them."""
    settled: CountOut
    returned: CountOut
    disputed: CountOut


class BatchOut(Row):
    """A batch of wages from an approved sheet."""

    id: UUID
    number: str
    """By which the bank knows it."""
    sheet_id: UUID
    project_id: UUID
    employer_id: UUID
    account_id: UUID
    bank_id: UUID
    period: str
    run: int
    lines: int
    total: Decimal
    nothing_due: int
    """Lines of the sheet with nothing to pay, which are none of the batch."""
    rounds: int
    """How often lines of it went to the bank."""
    made_by: str
    made_at: datetime
    sent_on: date


class DisbursementOut(Row):
    """A batch with how it stands, which follows from its lines alone."""

    disbursement: BatchOut
    state: BatchState
    tally: TallyOut


class PaidLineOut(Row):
    """A line of a batch, without whose it is."""

    id: UUID
    position: int
    worker_id: UUID | None
    amount: Decimal
    status: LineStatus
    hold: HoldReason | None
    held_until: datetime | None
    """When a card that waits counts."""
    attempts: int
    settled_on: date | None
    serial: str | None
    returned_on: date | None
    return_reason: str | None


class DisbursementLineOut(Row):
    """One worker's wages; personal values are masked."""

    line: PaidLineOut
    name: MaskedName | None
    id_number: MaskedIdNumber | None
    card_no: MaskedCard | None
    """Of the last attempt; null of a line that never was sent."""
    disputed: Answer | None
    """What the worker says, while that is open."""
