"""Bodies of what happens to a wage account."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import model_validator

from services.payroll.rules.accounts import CloseReason
from services.payroll.schemas.fields import Body, Code, Name, Reason, Row
from shared import clock
from shared.problems import TextError
from shared.wording import Text


class OpeningIn(Body):
    """That the bank opened an account that was pending."""

    opened_on: clock.Day


class AgreementIn(Body):
    """The agreement of developer, contractor and bank (资金管理三方协议)."""

    signed_on: clock.Day
    reference: Code | None = None
    """Its number."""


class FilingIn(Body):
    """That the account was filed (53号 art. 6)."""

    filed_on: clock.Day
    reference: Code | None = None
    """The number of the receipt."""


class FreezeIn(Body):
    """A spell in which nothing may leave an account (冻结)."""

    from_on: clock.Day
    until_on: clock.Day | None = None
    """The last day; left out: until it is lifted."""
    by: Name
    """The body that ordered it."""
    reason: Reason

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_on and self.until_on < self.from_on:
            raise TextError(
                "span", Text("结束日期早于开始日期", "It ends before it begins: check both days")
            )
        return self


class LiftIn(Body):
    """The last day of a freeze."""

    until_on: clock.Day


class FreezeOut(Row):
    """A freeze: a fact beside the account's status."""

    id: UUID
    account_id: UUID
    from_on: date
    until_on: date | None
    by: str
    reason: str
    entered_at: datetime
    entered_by: str


class ClosingNoticeIn(Body):
    """That the closing was announced, and why the account is closed (53号 art. 9)."""

    noticed_on: clock.Day
    reason: CloseReason


class ClosingIn(Body):
    """One person's word that an account be closed."""

    reason: Reason


class ClosingOut(Row):
    """Who asked for the closing, or confirmed it."""

    id: UUID
    account_id: UUID
    reason: str
    asked_by: str
    asked_at: datetime
    completes: bool
    """Whether this was the second person's word: the account is closed by it."""
    withdrawn: bool
