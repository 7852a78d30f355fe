"""What a watch item is: its kinds, states and key; who is in charge; what opens one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID


class WatchKind(StrEnum):
    """What is wrong; each kind has its policy rows."""

    TRANSFER_MISSED = "transfer_missed"
    BANK_FEED_LATE = "bank_feed_late"
    ACCOUNT_NOT_OPENED = "account_not_opened"
    ACCOUNT_NOT_FILED = "account_not_filed"
    AGREEMENT_MISSING = "agreement_missing"
    DEPOSIT_MISSING = "deposit_missing"
    GUARANTEE_EXPIRING = "guarantee_expiring"
    DEPOSIT_NOT_REPLENISHED = "deposit_not_replenished"
    COVER_LOW = "cover_low"
    NOTICE_BOARD_MISSING = "notice_board_missing"
    WAGE_OFFICER_MISSING = "wage_officer_missing"
    PAYMENT_GUARANTEE_MISSING = "payment_guarantee_missing"
    NO_SYSTEMS = "no_systems"
    REPORTING_GAP = "reporting_gap"
    NOBODY_IN_CHARGE = "nobody_in_charge"
    WATCHED_AFTER_RED = "watched_after_red"
    DEPOSIT_STATEMENT_MISSING = "deposit_statement_missing"
    FEED_SILENT = "feed_silent"
    CASE_LIMIT_NEAR = "case_limit_near"
    CASE_STEP_OVERDUE = "case_step_overdue"
    CANARY = "canary"
    UNREGISTERED_ON_SITE = "unregistered_on_site"
    ATTENDANCE_STOPPED = "attendance_stopped"
    BELOW_MINIMUM_WAGE = "below_minimum_wage"
    IMPLAUSIBLE_PAY = "implausible_pay"
    PAYROLL_NOT_SUBMITTED = "payroll_not_submitted"
    WAGES_UNPAID = "wages_unpaid"
    PAID_SHARE_LOW = "paid_share_low"
    LEAVER_NOT_SETTLED = "leaver_not_settled"
    PAYMENT_OUTSIDE_ACCOUNT = "payment_outside_account"
    PAYMENT_RETURNED = "payment_returned"
    RECEIPT_DISPUTED = "receipt_disputed"


# What its own events tell of, at the instant at which it is wrong; all else is a condition that a
# finder tells of from its basis day on.
TOLD_WHEN_WRONG = frozenset({WatchKind.TRANSFER_MISSED, WatchKind.BANK_FEED_LATE, WatchKind.CANARY})
# What cases counts itself; nobody else tells of it.
COUNTED_HERE = frozenset(
    {WatchKind.WATCHED_AFTER_RED, WatchKind.CASE_LIMIT_NEAR, WatchKind.CASE_STEP_OVERDUE}
)
# What a value decides on, and no document.
MEASURED = frozenset({
    WatchKind.COVER_LOW, WatchKind.WATCHED_AFTER_RED, WatchKind.UNREGISTERED_ON_SITE,
    WatchKind.BELOW_MINIMUM_WAGE, WatchKind.PAID_SHARE_LOW,
})  # fmt: skip


class ItemState(StrEnum):
    """Where a watch item stands between the parties; the level is another matter."""

    OPEN = "open"
    ANSWERED = "answered"
    VERIFYING = "verifying"
    CLOSED = "closed"


class ProposalState(StrEnum):
    """What became of the proposal to open an arrears case."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class CaseState(StrEnum):
    """Whether an arrears case is still under way."""

    OPEN = "open"
    CLOSED = "closed"


class TimerKind(StrEnum):
    """The limits of cases: of items, proposals, orders, conditions, and of arrears cases."""

    LEVEL = "level"
    ANSWER = "answer"
    CASE = "case"
    ORDER = "order"
    FUNDING = "funding"
    CONDITION = "condition"
    CANARY = "canary"
    CLOCK = "clock"
    RESTRICTION = "restriction"


class Happening(StrEnum):
    """What a line of an item's timeline tells."""

    OPENED = "opened"
    RAISED = "raised"
    LOWERED = "lowered"
    STEP_REACHED = "step_reached"
    PART_RECEIVED = "part_received"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    ANSWER_OVERDUE = "answer_overdue"
    VERIFYING = "verifying"
    REOPENED = "reopened"
    FINDING_ADDED = "finding_added"
    ASSIGNED = "assigned"
    RECOMPUTED = "recomputed"
    RETOLD = "retold"
    MUTED = "muted"
    RESUMED = "resumed"
    WITHOUT_TIMER = "without_timer"
    CASE_PROPOSED = "case_proposed"
    CASE_REFUSED = "case_refused"
    CASE_WITHDRAWN = "case_withdrawn"
    CASE_OPENED = "case_opened"
    EVIDENCE_ADDED = "evidence_added"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    ORDER_MOVED = "order_moved"
    FUNDING_MOVED = "funding_moved"
    REVERSED = "reversed"
    ANNULLED = "annulled"
    BANK_NOTICE = "bank_notice"
    CONTRACTOR_REPORT = "contractor_report"
    REPORT_OVERDUE = "report_overdue"
    FORETOLD = "foretold"
    REMINDED = "reminded"
    FUNDING_REQUESTED = "funding_requested"
    FUNDING_ANSWERED = "funding_answered"
    ADD_ON_PROPOSED = "add_on_proposed"
    ADD_ON_DECIDED = "add_on_decided"
    CLOSED = "closed"


# What stands where words were lost with a database: events tell the decision, not the words.
LOST_WORDS = "（原文已随数据库丢失，请补录）"

# What tells, on a timeline, that an item has come to a rung.
MOVED = frozenset({Happening.OPENED, Happening.RAISED, Happening.LOWERED, Happening.STEP_REACHED})


# What happens beside an item and its ladder of which people are told none the less.
TOLD_BESIDE = frozenset({Happening.REPORT_OVERDUE})


class CloseReason(StrEnum):
    """The proof that closed an item, never a text; a condition's end names its own in one word."""

    TRANSFER_RECEIVED = "transfer_received"
    NOT_MISSED = "not_missed"
    """All of the money was there in time: the miss was none."""
    BANK_FEED_COMPLETED = "bank_feed_completed"
    BANK_FEED_WAIVED = "bank_feed_waived"
    VALUE_RECOVERED = "value_recovered"


RESPONSIBLE = "responsible_person"

# Who may move an item between the parties, from where: closing is for a proof event alone.
ANSWERABLE = frozenset({ItemState.OPEN, ItemState.ANSWERED})
VERIFIABLE = frozenset({ItemState.ANSWERED, ItemState.VERIFYING})


@dataclass(frozen=True, slots=True)
class Opening:
    """Another service's news in our words: what is wrong, since when, and who answers for it."""

    kind: WatchKind
    key: str
    subject_id: UUID
    area_code: str
    period: str
    unit_id: UUID
    due_on: date
    """D: the day from which the rungs count."""
    due_at: datetime
    """When the item should have opened, had the news come in time."""
    opened_at: datetime
    project_id: UUID | None = None
    project: dict[str, Any] | None = None
    developer_id: UUID | None = None
    contractor_id: UUID | None = None
    works_contract_id: UUID | None = None
    previous_period: str | None = None
    due_amount: Decimal | None = None
    lacking: Decimal | None = None
    waiting_for: str | None = None
    """The party for whom those after it wait while the item is open."""
    facts: tuple[str, ...] = ()
    value: Decimal | None = None
    muted_by: str | None = None
    muted_at: datetime | None = None
    pauses: tuple[dict[str, str], ...] = ()
    """The times in which its clock stood still, as rows keep them."""


def key_of(kind: WatchKind, *parts: object) -> str:
    """Give the key under which an item is unique while open; an absent part is `none`."""
    return ":".join([kind, *("none" if part is None else str(part) for part in parts)])


class Assignment(Protocol):
    """A person's duty for a project, from a day until a day (both included) or open."""

    id: UUID
    role: str
    from_on: date
    until_on: date | None


_Assignment = TypeVar("_Assignment", bound=Assignment)


def in_charge(assignments: Iterable[_Assignment], day: date) -> _Assignment | None:
    """Give the responsible person in force on a day; of several the one assigned last."""
    in_force = [
        one
        for one in assignments
        if one.role == RESPONSIBLE and one.from_on <= day and (one.until_on or day) >= day
    ]
    return max(in_force, key=lambda one: (one.from_on, one.id), default=None)
