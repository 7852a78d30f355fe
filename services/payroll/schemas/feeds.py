"""Bodies of bank feeds."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from services.payroll.rules.accounts import number_of
from services.payroll.rules.feeds import BatchStatus, FeedStatus
from services.payroll.rules.statements import Direction
from services.payroll.schemas.fields import AccountNo, Body, Code, Filter, Money, Reason, Row
from shared import clock
from shared.pii import MaskedAccount, MaskedName

# What one batch may carry; a day may come in many.
MOST_ACCOUNTS = 5_000
MOST_LINES = 20_000

Serial = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
# Banks send an empty text where they know nothing.
Known = Annotated[
    Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] | None,
    BeforeValidator(lambda value: value or None),
]
Purpose = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CounterpartyIn(Body):
    """Who stands on the other side of a line, as far as the bank knows."""

    name: Known = None
    account_no: Known = None


class BankLineIn(Body):
    """One credit or debit, in the order of booking."""

    serial: Serial
    """The bank's number of this line; unique within the account."""
    at: clock.Instant
    direction: Direction
    amount: Money
    """Positive; `direction` says which way."""
    balance: Money
    """The account's balance after this line."""
    counterparty: CounterpartyIn | None = None
    purpose: Purpose | None = None
    returned: bool = False
    """The line takes back an earlier one (退汇): it is no new money."""
    reference: Serial | None = None
    """The serial of the line that it takes back, if the bank knows it."""


class StatementIn(Body):
    """One account: opening + in − out = closing."""

    account_no: AccountNo
    ledger_no: Code | None = None
    """The ledger, where one account serves several projects; it is told as an account is."""
    opening: Money
    closing: Money
    lines: list[BankLineIn] = Field(default=[], max_length=MOST_LINES)

    @property
    def number(self) -> str:
        """Give what names the account, its ledger included."""
        return number_of(self.account_no, self.ledger_no)


class BankFeedIn(Body):
    """A batch of a source's day; `final` closes it. Accounts without movement may be left out."""

    source: Code
    """The source's code."""
    day: clock.Day
    accounts: list[StatementIn] = Field(default=[], max_length=MOST_ACCOUNTS)
    final: bool = False


class BankFeedFilter(Filter):
    """Which feeds a list shows."""

    source: Code | None = None
    status: FeedStatus | None = None
    day_from: clock.Day | None = None
    day_to: clock.Day | None = None
    """Included."""


class BankFeedOut(Row):
    """A source's day."""

    id: UUID
    source_id: UUID
    bank_id: UUID
    area_code: str
    day: date
    expected_at: datetime
    status: FeedStatus
    late_at: datetime | None
    closed_at: datetime | None
    """When the closing batch came."""
    completed_at: datetime | None
    """When the day was complete with every day before it."""
    waived_at: datetime | None


class FeedBatchFilter(Filter):
    """Which batches a list shows."""

    status: BatchStatus | None = None


class FeedBatchOut(Row):
    """A batch as it came; what was wrong with it, if it was rejected."""

    id: UUID
    feed_id: UUID
    received_at: datetime
    received_from: str
    final: bool
    accounts: int
    lines: int
    status: BatchStatus
    findings: list["KeptFindingOut"]


class KeptFindingOut(BaseModel):
    """A finding in both languages."""

    place: str
    code: str
    detail: "KeptTextOut"
    remedy: "KeptTextOut | None" = None


class KeptTextOut(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")


class KeptCounterpartyOut(_Kept):
    """Who stands on the other side, masked."""

    name: MaskedName | None = None
    account_no: MaskedAccount | None = None


class KeptLineOut(_Kept):
    """A line of a rejected batch; its purpose is not shown."""

    serial: str
    at: datetime
    direction: Direction
    amount: Decimal
    balance: Decimal
    counterparty: KeptCounterpartyOut | None = None


class KeptStatementOut(_Kept):
    """An account of a rejected batch."""

    account_no: MaskedAccount
    opening: Decimal
    closing: Decimal
    lines: list[KeptLineOut]


class KeptBatchOut(_Kept):
    """What a rejected batch said, masked."""

    accounts: list[KeptStatementOut]


class FeedBatchWithContentOut(FeedBatchOut):
    """A batch; if it was rejected, with what it said (an accepted one's lines are bank lines)."""

    content: KeptBatchOut | None


class WaiverIn(Body):
    """Why a day will never come."""

    reason: Reason


class WaiverOut(Row):
    """One person's waiver; the second person's completes it."""

    id: UUID
    feed_id: UUID
    reason: str
    waived_by: str
    waived_at: datetime
    completes: bool
