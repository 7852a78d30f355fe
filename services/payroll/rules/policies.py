"""What an area decides about accounts, reserves, lists and reminders: rows of data; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol, TypeVar


class PolicyKind(StrEnum):
    """What a row decides, with the value it holds."""

    SUB_LEDGERS = "sub_ledgers"
    """`allowed`: one account may serve several projects, a ledger for each (53号 art. 6)."""
    CLOSING_NOTICE = "closing_notice"
    """`days`: calendar days between the notice and the closing of an account (53号 art. 9)."""
    PAYROLL_PURPOSE = "payroll_purpose"
    """`words`, `not_words`: a purpose with one of the first and none of the second is wages."""
    COVER_WINDOW = "cover_window"
    """`months`: how many closed months with wages make the average."""
    TRANSFERS_DUE = "transfers_due"
    """`days`: how far ahead the list of transfers that fall due looks."""
    FORECAST = "forecast"
    """`workdays`: so many working days before the due day the shortfall is foretold."""
    REMINDERS = "reminders"
    """`workdays`: so many working days before the due day it is reminded of."""
    CONTRACTOR_REPORT = "contractor_report"
    """`workdays`: so many after a miss is found its contractor has to report it (724号 art. 27)."""
    TREASURY_FEED = "treasury_feed"
    """`every`, `workday`, `by`, `grace_minutes`: how often, by when a feed has to be heard of."""
    CONTRACTOR_FEED = "contractor_feed"
    GATE_VENDOR_FEED = "gate_vendor_feed"
    SHEET_CHECKS = "sheet_checks"
    """By code of the check: `severity` and its numbers; so, too, for what the reader finds."""
    MINIMUM_WAGE = "minimum_wage"
    """`monthly`: the local minimum wage a month, in yuan."""
    WORKER_AGE = "worker_age"
    """`refuse_under`, `warn_under`, `warn_from_male` …: completed years on the day of entry."""
    REGISTRATION_GATE = "registration_gate"
    """`mode`, `ahead_days`: what follows if contract or registration come after entry (art. 28)."""
    PAYEE_HOLD = "payee_hold"
    """`hours`: so long a changed card of a worker waits before money goes to it."""
    ATTENDANCE_SOURCES = "attendance_sources"
    """`order`: whose word of a worker's month counts: `gate_vendor`, `contractor`, `sheet`.

    `sheet_confidence`: how sure a sheet's day is; `differ_days`: by so many it may differ from
    what gates saw.
    """
    SITE_WATCH = "site_watch"
    """`days`: whoever was seen within so many days is on the site."""
    IMPLAUSIBLE_PAY = "implausible_pay"
    """`per_month`, `per_year`, `cards`, `same_workers`, `same_share`, `months` looked at."""
    PAY_DAY = "pay_day"
    """`day`, `month`: by when wages are paid where no works contract says it (724号 art. 13)."""
    WAGE_RECORDS_KEPT = "wage_records_kept"
    """`years`: after completion and settlement wage records are kept (724号 art. 15, 28)."""
    ATTENDANCE_KEPT = "attendance_kept"
    """`years`: so long attendance is kept at least (建市〔2019〕18号)."""
    LUMP_PAYEES = "lump_payees"
    """`words`: under names with one of them a bank books the wages of a whole batch as one."""


class Certainty(StrEnum):
    """How sure a number is. C may warn people and lead to nothing more."""

    A = "A"
    """The official wording was read."""
    B = "B"
    """Secondary text."""
    C = "C"
    """To be verified."""


class Row(Protocol):
    """A version of an area's row of a kind."""

    @property
    def area_code(self) -> Any:  # noqa: ANN401  a column, or its value
        """Whose it is."""

    @property
    def version(self) -> Any:  # noqa: ANN401  as above
        """Which of the area's."""

    @property
    def valid_from(self) -> Any:  # noqa: ANN401  as above
        """Its first day."""


_R = TypeVar("_R", bound=Row)


def in_force(rows: Iterable[_R], lineage: Sequence[str], day: date) -> _R | None:
    """Give the row of the nearest area that is in force on a day: its highest version."""
    nearest = {code: n for n, code in enumerate(lineage)}
    valid = [row for row in rows if row.valid_from <= day and row.area_code in nearest]
    return max(valid, key=lambda row: (-nearest[row.area_code], row.version), default=None)


@dataclass(frozen=True, slots=True)
class PayrollPurpose:
    """By what words an outgoing line is known as wages."""

    words: Sequence[str]
    not_words: Sequence[str] = ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "PayrollPurpose":
        """Read it from a row's values."""
        return cls(values["words"], values.get("not_words", ()))

    def matches(self, purpose: str | None) -> bool:
        """Say whether a purpose is that of wages; one that nobody stated is not."""
        said = purpose or ""
        return self.names(said) and not any(word in said for word in self.not_words)

    def names(self, purpose: str | None) -> bool:
        """Say whether a purpose names wages, if only to say that they came back."""
        return any(word in (purpose or "") for word in self.words)
