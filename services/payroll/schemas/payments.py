"""Bodies of treasury payments and of the three views of a period."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.payroll.rules.payments import Difference
from services.payroll.schemas.fields import AreaCode, Body, Code, Filter, Money, Name, Period, Row
from shared import clock

MOST = 2_000


class PaymentIn(Body):
    """One payment that finance sent to a project's wage account."""

    voucher: Code
    """The number of the payment voucher; unique within the bureau."""
    project_id: UUID
    period: Period
    """The period for which it was sent."""
    amount: Money
    sent_on: clock.Day
    funding_source: Name | None = None
    """Out of which budget or fund it was paid."""


class ListedPaymentIn(Body):
    """One payment of a file; without a period it is for the oldest that is open."""

    voucher: Code
    project_id: UUID
    period: Period | None = None
    amount: Money
    sent_on: clock.Day
    funding_source: Name | None = None


class PaymentsIn(Body):
    """Payments of one finance bureau; all of them are taken, or none."""

    area_code: AreaCode
    """The bureau's area."""
    payments: Annotated[list[PaymentIn], Field(max_length=MOST)]
    """Empty: nothing was sent; so a bureau with nothing to tell is not silent."""


class PaymentFilter(Filter):
    """Which payments a list shows."""

    project_id: UUID | None = None
    period: Period | None = None
    payment_list_id: UUID | None = None
    """Those that came in one file."""
    seen: bool | None = None
    """`false`: sent, and not seen in the wage account."""
    sent_from: clock.Day | None = None
    sent_to: clock.Day | None = None
    """Included."""


class PaymentOut(Row):
    """A payment, and where it was seen to arrive."""

    id: UUID
    payer_area: str
    voucher: str
    project_id: UUID
    obligation_id: UUID | None
    """Null: no contract names the period."""
    period: str
    amount: Decimal
    sent_on: date
    funding_source: str | None
    payment_list_id: UUID | None
    """The file in which it came; null: it was told by the interface."""
    seen_line_id: UUID | None
    seen_on: date | None
    waiting_since: date | None
    """Since when it is waited for; null once it is seen."""
    received_at: datetime


class ThreeWayOut(Row):
    """A period of a project: what the contract asks for, what finance sent, what came."""

    period: str
    due_on: date | None
    due_amount: Decimal
    sent_amount: Decimal
    sent_on: date | None
    seen_amount: Decimal
    waiting_since: date | None
    credited_amount: Decimal
    differences: list[Difference]
