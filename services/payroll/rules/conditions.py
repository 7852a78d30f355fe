"""What payroll finds that somebody must put right about a project's account or labour; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class ConditionKind(StrEnum):
    """What may hold; the code is that of the watch item it may open (domain 6.2)."""

    ACCOUNT_NOT_OPENED = "account_not_opened"
    ACCOUNT_NOT_FILED = "account_not_filed"
    AGREEMENT_MISSING = "agreement_missing"
    COVER_LOW = "cover_low"
    UNREGISTERED_ON_SITE = "unregistered_on_site"
    ATTENDANCE_STOPPED = "attendance_stopped"
    BELOW_MINIMUM_WAGE = "below_minimum_wage"
    IMPLAUSIBLE_PAY = "implausible_pay"
    PAYROLL_NOT_SUBMITTED = "payroll_not_submitted"
    WAGES_UNPAID = "wages_unpaid"
    PAYMENT_OUTSIDE_ACCOUNT = "payment_outside_account"
    PAYMENT_RETURNED = "payment_returned"
    RECEIPT_DISPUTED = "receipt_disputed"
    PAID_SHARE_LOW = "paid_share_low"
    LEAVER_NOT_SETTLED = "leaver_not_settled"


SITES = frozenset({ConditionKind.UNREGISTERED_ON_SITE, ConditionKind.ATTENDANCE_STOPPED})
"""What attendance tells of."""
SHEETS = frozenset({ConditionKind.BELOW_MINIMUM_WAGE, ConditionKind.IMPLAUSIBLE_PAY})
"""What standing payroll sheets tell of."""
WAGES = frozenset({
    ConditionKind.PAYROLL_NOT_SUBMITTED, ConditionKind.WAGES_UNPAID,
    ConditionKind.PAID_SHARE_LOW, ConditionKind.LEAVER_NOT_SETTLED,
})  # fmt: skip
"""What months of projects tell of; what is in none of these is about accounts."""
PAYMENTS = frozenset({
    ConditionKind.PAYMENT_OUTSIDE_ACCOUNT, ConditionKind.PAYMENT_RETURNED,
    ConditionKind.RECEIPT_DISPUTED,
})  # fmt: skip
"""What banks and workers tell of payments."""
ACCOUNTS = frozenset(ConditionKind) - SITES - SHEETS - WAGES - PAYMENTS
ENDED = {
    ConditionKind.ACCOUNT_NOT_OPENED: "account_opened",
    ConditionKind.ACCOUNT_NOT_FILED: "account_filed",
    ConditionKind.AGREEMENT_MISSING: "agreement_signed",
    ConditionKind.COVER_LOW: "no_payroll",
    ConditionKind.UNREGISTERED_ON_SITE: "all_registered",
    ConditionKind.ATTENDANCE_STOPPED: "attendance_resumed",
    ConditionKind.BELOW_MINIMUM_WAGE: "no_payroll",
    ConditionKind.IMPLAUSIBLE_PAY: "payroll_plausible",
}
"""The proof, in a word, that what held of an account holds no longer."""

COMPLETE, STOPPED = "004", "005"
"""MOHURD's codes of a project that is complete (完工), and of one that stands still (停工)."""
STARTED = ("003", COMPLETE, STOPPED)


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What is known of a project."""

    id: UUID
    status: str
    supervised: bool
    started: bool
    developer_id: UUID
    contractor_id: UUID | None
    area_code: str
    signed_on: date | None
    """When its first works contract was signed; None: nothing was agreed yet."""


def has_started(status: str, started_on: date | None, today: date) -> bool:
    """Say whether works began: by their day where registry knows it, else by the status."""
    return started_on <= today if started_on else status in STARTED


@dataclass(frozen=True, slots=True)
class AccountLife:
    """What is known of a project's present account."""

    id: UUID
    opened_on: date
    agreement_on: date | None
    filed_on: date | None
    frozen: bool
    cover: Decimal | None = None
    payroll_due: bool = False


@dataclass(frozen=True, slots=True)
class Cover:
    """How many months of wages an account covers, and whether wages are due and unpaid."""

    months: Decimal
    payroll_due: bool


def with_cover(account: AccountLife | None, covers: Mapping[UUID, Cover]) -> AccountLife | None:
    """Give an account with what it covers, where that is known."""
    if account is None or account.id not in covers:
        return account
    cover = covers[account.id]
    return replace(account, cover=cover.months, payroll_due=cover.payroll_due)


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a condition holds no longer, in one word, and what a reader can look up."""

    reason: str
    proof: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A condition that holds: since when, about what, whose it is."""

    kind: ConditionKind
    subject_id: UUID
    unit_id: UUID
    since: date
    facts: tuple[str, ...] = ()
    value: Decimal | None = None
    muted_by: str | None = None
    period: str = ""
    """Where it comes again each period: which one."""


def found(
    project: ProjectFacts, account: AccountLife | None, last_closed_on: date | None, today: date
) -> list[Found]:
    """Give what holds of a project that is supervised and not complete.

    The contractor opens the account within 30 days of the contract and files it within 30 days
    of opening it (53号 art. 6); how long is too long is policy and not known here. Where an
    account was closed before the end, the next one is owed since then (53号 art. 9). The
    developer keeps the money that is needed there (53号 art. 13).
    """
    if not project.supervised or project.status == COMPLETE or project.signed_on is None:
        return []
    contractor = project.contractor_id or project.developer_id
    stopped = "project_stopped" if project.status == STOPPED else None
    if account is None:
        return [
            Found(
                ConditionKind.ACCOUNT_NOT_OPENED,
                project.id,
                contractor,
                last_closed_on or project.signed_on,
                ("works_started",) if project.started else (),
                muted_by=stopped,
            )
        ]
    muted = stopped or ("account_frozen" if account.frozen else None)
    return _of_account(project.developer_id, contractor, account, muted, today)


def _of_account(
    developer: UUID, contractor: UUID, account: AccountLife, muted: str | None, today: date
) -> list[Found]:
    held = []
    if account.filed_on is None:
        kind = ConditionKind.ACCOUNT_NOT_FILED
        held.append(Found(kind, account.id, contractor, account.opened_on, muted_by=muted))
    if account.agreement_on is None:
        kind = ConditionKind.AGREEMENT_MISSING
        held.append(Found(kind, account.id, contractor, account.opened_on, muted_by=muted))
    if account.cover is not None:
        kind, facts = ConditionKind.COVER_LOW, ("payroll_due",) if account.payroll_due else ()
        held.append(Found(kind, account.id, developer, today, facts, account.cover, muted))
    return held
