"""Bodies of bank lines."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import model_validator

from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.fields import AccountNo, Body, Filter, Name, Reason, Row
from shared import clock
from shared.pii import MaskedAccount, MaskedName
from shared.problems import TextError
from shared.wording import Text


class BankLineFilter(Filter):
    """Which bank lines a list shows."""

    matched: bool | None = None
    """`false`: only lines of accounts that nobody has registered."""
    left: bool | None = None
    """`true`: only credits of which something counts for no period, or was set aside."""
    kind: LineKind | None = None
    project_id: UUID | None = None
    feed_id: UUID | None = None
    direction: Direction | None = None
    day_from: clock.Day | None = None
    day_to: clock.Day | None = None
    """Included."""


class BankLineOut(Row):
    """A bank line; who stands behind it is masked, what its purpose says is not shown."""

    id: UUID
    source_id: UUID
    feed_id: UUID
    account_id: UUID | None
    """Null: unmatched, nobody has registered the account."""
    account_no: MaskedAccount | None
    """Only of unmatched lines."""
    day: date
    serial: str
    at: datetime
    direction: Direction
    kind: LineKind
    """`returned`: it gives back what an earlier line had moved (退汇, 冲正)."""
    amount: Decimal
    balance: Decimal
    left_amount: Decimal
    """Money that counts for no period (yet), and of which nobody decided."""
    period: str | None
    """The period that the purpose names."""
    counterparty_name: MaskedName | None
    counterparty_account: MaskedAccount | None
    reference: str | None
    """The serial of the line that a return takes back, if the bank named it."""


class CounterpartyIn(Body):
    """Whose lines are looked for; the whole name or number, no part of it."""

    name: Name | None = None
    account_no: AccountNo | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.name is None and self.account_no is None:
            raise TextError(
                "missing", Text("请填写户名或账号", "Give a name, an account number, or both")
            )
        return self


class RevealIn(Body):
    """Why the clear text is needed; it is recorded with the caller."""

    purpose: Reason


class RevealedLineOut(Row):
    """What a bank line hides. The reading is recorded."""

    id: UUID
    account_no: str | None
    counterparty_name: str | None
    counterparty_account: str | None
    purpose: str | None
    """What the line was for, in the bank's words."""
