"""How a wage account stands, and what keeps it from being closed; pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class AccountStatus(StrEnum):
    """How far a wage account is in its life (domain §4)."""

    PENDING = "pending"
    """The bank has not opened it yet."""
    OPEN = "open"
    FILED = "filed"
    """Filed with the authority that supervises it (53号 art. 6)."""
    IN_USE = "in_use"
    """Filed, and money has moved."""
    CLOSING_NOTICE = "closing_notice"
    """Its closing was announced; it is closed after the notice (53号 art. 9)."""
    CLOSED = "closed"


class AccountMode(StrEnum):
    """Whether an account is one project's, or one ledger of an account for several (L2.4)."""

    SINGLE = "single"
    SUB_LEDGER = "sub_ledger"


class CloseReason(StrEnum):
    """Why an account is closed (53号 art. 9)."""

    COMPLETED = "completed"
    """The works are complete and wages are settled."""
    CONTRACTOR_CHANGED = "contractor_changed"
    BANK_CHANGED = "bank_changed"


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is known of an account's life: days, and whether money has moved."""

    opened: bool
    filed_on: date | None = None
    used_since: date | None = None
    noticed_on: date | None = None
    closed_on: date | None = None


def account_status(facts: AccountFacts) -> AccountStatus:
    """Give how an account stands: the furthest that its facts allow.

    An account from which wages are paid before it is filed stays `open`, so that the missing
    filing is seen.
    """
    if facts.closed_on:
        return AccountStatus.CLOSED
    if facts.noticed_on:
        return AccountStatus.CLOSING_NOTICE
    if not facts.opened:
        return AccountStatus.PENDING
    if facts.filed_on:
        return AccountStatus.IN_USE if facts.used_since else AccountStatus.FILED
    return AccountStatus.OPEN


def number_of(account_no: str, ledger_no: str | None) -> str:
    """Give what names an account in a feed: its number, with its ledger's where it has any."""
    return f"{account_no}/{ledger_no}" if ledger_no else account_no


class Gate(StrEnum):
    """What keeps an account from being closed; no one may pass it (53号 art. 9, 10)."""

    NOT_ANNOUNCED = "not_announced"
    NOTICE_RUNNING = "notice_running"
    PROJECT_NOT_COMPLETE = "project_not_complete"
    ARREARS_CASE_OPEN = "arrears_case_open"
    TRANSFER_MISSED = "transfer_missed"
    TRANSFER_AHEAD = "transfer_ahead"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Closing:
    """What is looked at when an account is to be closed."""

    reason: CloseReason | None
    noticed_on: date | None
    complete: bool
    """The project is complete."""
    cases: int
    """Arrears cases of the project that are open."""
    missed: int
    """Transfers that were missed and have not come since."""
    ahead: int
    """Transfers that are planned or wait for the bank's data."""
    frozen: bool


def notice_ends(noticed_on: date, notice_cd: int) -> date:
    """Give the last day of the notice; the day on which it was given is not counted."""
    return noticed_on + timedelta(days=notice_cd)


def gates(closing: Closing, notice_cd: int, today: date) -> list[Gate]:
    """Give everything that keeps an account from being closed today; nothing: it may be.

    Open transfers matter only at the end of the works: with another contractor or bank the next
    account takes them (53号 art. 9). What is left on it is no obstacle: it goes to the contractor
    (724号 art. 27). Frozen money goes nowhere.
    """
    found = []
    if closing.noticed_on is None or closing.reason is None:
        found.append(Gate.NOT_ANNOUNCED)
    elif today <= notice_ends(closing.noticed_on, notice_cd):
        found.append(Gate.NOTICE_RUNNING)
    if closing.reason is CloseReason.COMPLETED:
        if not closing.complete:
            found.append(Gate.PROJECT_NOT_COMPLETE)
        if closing.ahead:
            found.append(Gate.TRANSFER_AHEAD)
    if closing.cases:
        found.append(Gate.ARREARS_CASE_OPEN)
    if closing.missed:
        found.append(Gate.TRANSFER_MISSED)
    if closing.frozen:
        found.append(Gate.FROZEN)
    return found
