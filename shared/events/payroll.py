"""What payroll tells: transfers missed and received, bank feeds, wage accounts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared import clock
from shared.areas import CANARY
from shared.events.base import Event
from shared.events.registry import ProjectCard


class TransferMissed(Event, type="payroll.transfer_missed.v1", key="project_id"):
    """A labour-cost transfer did not fully arrive in time, and the bank's data proves it.

    `previous_period` is the period of the obligation before this one under the same contract,
    so that "two in a row" can be told although late feeds bring misses out of order.
    """

    project_id: UUID
    project: ProjectCard
    area_code: str
    obligation_id: UUID
    works_contract_id: UUID
    account_id: UUID | None
    """None: the project has no wage account, so no feed was waited for."""
    period: str
    previous_period: str | None
    due_on: date
    due_amount: Decimal
    lacking: Decimal
    calendar_version: str

    @property
    def waited_since(self) -> datetime:
        """Give the end of the due day."""
        return clock.day_end(self.due_on)


class TransferReceived(Event, type="payroll.transfer_received.v1", key="project_id"):
    """Money was credited to an obligation; `lacking` is what is still owed (0: settled)."""

    project_id: UUID
    area_code: str
    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    amount: Decimal
    lacking: Decimal
    credited_on: date
    """The day of the bank line, which may be earlier than the day the feed came."""
    bank_serials: list[str]
    settled_on: date | None = None
    """The day of the last bank line that settled it; None while something is lacking."""
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    in_time: bool = False
    """It was there on the due day: what was told as a miss was none."""


class TransferReversed(Event, type="payroll.transfer_reversed.v1", key="project_id"):
    """Money that had counted for an obligation counts no longer: returned, or decided otherwise.

    `lacking` is what is owed again; `missed` says whether the obligation was told as missed.
    """

    project_id: UUID
    area_code: str
    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    amount: Decimal
    """How much less counts now."""
    lacking: Decimal
    missed: bool
    bank_serials: list[str]
    """The lines that count no longer, or for less."""


class TransferSent(Event, type="payroll.transfer_sent.v1", key="project_id"):
    """Finance sent money for an obligation; `lacking` is what it has not sent of it yet."""

    project_id: UUID
    area_code: str
    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    amount: Decimal
    sent_on: date
    lacking: Decimal
    developer_id: UUID
    contractor_id: UUID | None


class _MissTold(Event):
    """What the law lets others tell of a miss; `came_first` is `notice` or `detection`."""

    project_id: UUID
    area_code: str
    obligation_id: UUID
    works_contract_id: UUID
    period: str
    due_on: date
    told_on: date
    came_first: str


class BankNoticeReceived(_MissTold, type="payroll.bank_notice_received.v1", key="project_id"):
    """The bank told that a transfer did not come (724号 art. 27)."""


class ContractorReportReceived(
    _MissTold, type="payroll.contractor_report_received.v1", key="project_id"
):
    """The contractor reported to its authorities that a transfer did not come."""


class BankFeedLate(Event, type="payroll.bank_feed_late.v1", key="source_id"):
    """A source did not close its day by its expected-by time: nobody's fault but the bank's."""

    source_id: UUID
    source_name: str
    bank_id: UUID
    area_code: str
    feed_id: UUID
    day: date
    expected_at: datetime

    @property
    def waited_since(self) -> datetime:
        """Give the hour by which the feed was owed."""
        return self.expected_at


class BankFeedCompleted(Event, type="payroll.bank_feed_completed.v1", key="source_id"):
    """A source's day is closed: its balances chain, or two persons waived it."""

    source_id: UUID
    area_code: str
    feed_id: UUID
    day: date
    waived: bool = False


class WageAccountChanged(Event, type="payroll.wage_account_changed.v1", key="project_id"):
    """A project's wage account was entered, agreed on, filed, used, frozen, announced, closed."""

    project_id: UUID
    account_id: UUID
    area_code: str
    status: str
    """`pending`, `open`, `filed`, `in_use`, `closing_notice` or `closed`."""
    opened_on: date | None = None
    """None while it is pending."""
    agreement_on: date | None = None
    filed_on: date | None = None
    closed_on: date | None = None
    frozen: bool = False
    """Beside the status: nothing may leave it today."""
    frozen_until: date | None = None
    """The last day of that, where it is known."""


class TransferAhead(BaseModel):
    """A transfer before its due day of which not all is there, as it looks."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    obligation_id: UUID
    project_id: UUID
    name: str
    """The project's."""
    developer_id: UUID
    contractor_id: UUID | None = None
    period: str
    due_on: date
    due_amount: Decimal
    lacking: Decimal
    projected: Decimal
    """What will be lacking on the due day, if finance keeps its word."""
    basis: str
    """`per_period`, `total` or `share`: from what the amount was worked out."""
    promised_on: date | None = None
    reasons: list[str] = []
    """`funding_open`, `funding_refused`, `promised_after_due`."""


class TransfersReminded(Event, type="payroll.transfers_reminded.v1", key="area_code"):
    """Transfers of an area were foretold or reminded of before their due day: notices, no items."""

    area_code: str
    step: str
    """`forecast` or `reminder`."""
    workdays: int
    """How many working days before the due day."""
    transfers: list[TransferAhead]


class TransferNoted(Event, type="payroll.transfer_noted.v1", key="project_id"):
    """Somebody asked for money beside a transfer, answered, or let a day pass; all else stays."""

    project_id: UUID
    area_code: str
    obligation_id: UUID
    period: str
    what: str
    """`funding_requested`, `funding_answered`, `add_on_proposed`, `add_on_decided`, or that the
    contractor did not report the miss in time: `report_overdue`."""
    details: dict[str, Any] = {}


class _OfSheet(BaseModel):
    """Which payroll sheet it is, in numbers: no line of it."""

    project_id: UUID
    area_code: str
    sheet_id: UUID
    employer_id: UUID
    """Whose workers they are: the contractor or a subcontractor."""
    period: str
    run: int
    version: int
    lines: int
    gross: Decimal
    net: Decimal


class SheetSubmitted(_OfSheet, Event, type="payroll.sheet_submitted.v1", key="project_id"):
    """Somebody stands for a payroll sheet; it takes the place of its former versions."""


class SheetReviewed(_OfSheet, Event, type="payroll.sheet_reviewed.v1", key="project_id"):
    """The wage officer confirmed a payroll sheet."""


class SheetApproved(_OfSheet, Event, type="payroll.sheet_approved.v1", key="project_id"):
    """The contractor approved a payroll sheet; it may be paid from."""


class _OfDisbursement(BaseModel):
    """Which batch of wages it is, in numbers: no line of it."""

    disbursement_id: UUID
    project_id: UUID
    area_code: str
    sheet_id: UUID
    employer_id: UUID
    """Whose workers they are: the contractor or a subcontractor."""
    period: str
    run: int
    lines: int
    total: Decimal
    sent_on: date


class DisbursementSent(
    _OfDisbursement, Event, type="payroll.disbursement_sent.v1", key="project_id"
):
    """The contractor made a batch of an approved sheet for the bank; nobody is paid by that yet."""

    held: int
    """Lines that could not be sent: their card waits, is missing or is somebody else's."""


class DisbursementSettled(
    _OfDisbursement, Event, type="payroll.disbursement_settled.v1", key="project_id"
):
    """All wages of a sheet are on the workers' own accounts, by the bank's word."""

    settled_on: date
    """The day of the last one."""


class DisbursementReopened(
    _OfDisbursement, Event, type="payroll.disbursement_reopened.v1", key="project_id"
):
    """Wages that had settled came back, or workers say that they did not get what they should."""

    reopened_lines: int
    reopened_total: Decimal


class PayMonthMoved(Event, type="payroll.pay_month_moved.v1", key="project_id"):
    """The wages of a month of a project came a step further, or back: of all who owe them."""

    project_id: UUID
    area_code: str
    period: str
    owed: bool
    """Somebody owes wages of the month; False: by what is known now nobody worked."""
    employer_id: UUID | None
    """Who holds the sheets: an employer that has submitted none, else the last to submit."""
    submitted_on: date | None
    """The day on which the last of them stood for a sheet; None: one does not."""
    reviewed_on: date | None
    sent_on: date | None
    """The day on which the last sheet went to the bank."""
    settled_on: date | None
    """The day on which the last line was on its worker's own account."""


class CanaryMissed(Event, type="payroll.canary_missed.v1", key="round_id"):
    """The platform's own synthetic transfer was found missing: it goes the way of a real miss."""

    round_id: UUID
    area_code: str = CANARY


class CanaryReceived(Event, type="payroll.canary_received.v1", key="round_id"):
    """The platform's own synthetic transfer has come in; whatever its miss opened is closed."""

    round_id: UUID
    area_code: str = CANARY
    bank_serials: list[str]
