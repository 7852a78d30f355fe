"""Bodies of what a bank says of payments, and of instructions for it."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.payroll.rules.disbursements import LineStatus
from services.payroll.rules.lists import ListState
from services.payroll.rules.results import Word
from services.payroll.schemas.fields import Body, Code, Money, Name, Row
from services.payroll.schemas.lists import CellFindingOut
from shared import clock
from shared.problems import TextError
from shared.wording import Text

MOST = 20_000
"""As many as a sheet has lines."""
MOST_BYTES = 8 * 1024 * 1024


class ResultIn(Body):
    """The bank's word on one attempt to pay a line."""

    line_id: UUID
    attempt: Annotated[int, Field(ge=1, le=1000)]
    """Of the line's attempts, as the instruction has it."""
    status: Literal[LineStatus.SETTLED, LineStatus.RETURNED, LineStatus.PENDING]
    amount: Money
    day: clock.Day | None = None
    """On which it settled or came back."""
    serial: Code | None = None
    """The bank's; of what settled it must be told."""
    reason_code: Code | None = None
    """The bank's own code of why it came back."""
    reason: Name | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.status is not LineStatus.PENDING and self.day is None:
            raise TextError("day_missing", _DAY)
        if self.status is LineStatus.SETTLED and self.serial is None:
            raise TextError("serial_missing", _SERIAL)
        if self.status is LineStatus.RETURNED and self.reason is None:
            raise TextError("reason_missing", _REASON)
        return self

    def word(self) -> Word:
        """Give it as rules take it."""
        return Word(**self.model_dump())


class ResultsIn(Body):
    """What a bank says of a batch; all of it is taken, or nothing."""

    results: Annotated[list[ResultIn], Field(min_length=1, max_length=MOST)]


class ResultBatchOut(Row):
    """What became of results that were sent; accepted and rejected sum to their rows."""

    id: UUID
    disbursement_id: UUID
    received_at: datetime
    received_from: str
    state: ListState
    rows: int
    accepted: int
    rejected: int
    entered: int
    """Words that were news; the same word again is none."""


class ResultBatchWithFindingsOut(ResultBatchOut):
    """The same, with all findings."""

    findings: list[CellFindingOut]


class InstructionIn(Body):
    """Which instruction is taken, and what for."""

    purpose: Annotated[
        str,
        StringConstraints(
            strip_whitespace=True, min_length=2, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
        ),
    ]
    kind: Literal["xlsx", "csv"] = "xlsx"
    round: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Left out: the last one."""


_DAY = Text("已入账或退回的须写明日期", "What settled or came back has a day")
_SERIAL = Text("已入账的须写明银行流水号", "What settled has a serial of the bank")
_REASON = Text("退回的须写明原因", "What came back has a reason")
