"""Who told of a missed transfer, and who was first: the bank's notice or our finding it; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.problems import Finding
from shared.wording import Text
from shared.workdays import Calendar


class NoticeKind(StrEnum):
    """Who told of a miss."""

    BANK_NOTICE = "bank_notice"
    """银行告知: the bank tells the contractor that the transfer did not come (724号 art. 27)."""
    CONTRACTOR_REPORT = "contractor_report"
    """总包报告: the contractor reports it to the wage office and the sector authority (ibid.)."""


class CameFirst(StrEnum):
    """What came first."""

    NOTICE = "notice"
    DETECTION = "detection"


def came_first(*, missed: bool) -> CameFirst:
    """Say what was first, when a notice comes for an obligation that is found missed, or not."""
    return CameFirst.DETECTION if missed else CameFirst.NOTICE


class ReportStanding(StrEnum):
    """How a contractor stands with its own report of a miss (724号 art. 27)."""

    AWAITED = "awaited"
    OVERDUE = "overdue"
    """Its working days are over, and the money has not come either."""
    GIVEN = "given"


def overdue_before(today: date, workdays: int, calendar: Calendar) -> date:
    """Give the day before which a miss was found whose report is overdue when a day begins.

    The day of the finding is not counted, and the last day is the contractor's to its end.
    """
    return calendar.shift(today, -workdays)


@dataclass(frozen=True, slots=True)
class Told:
    """An obligation of which somebody says that its money did not come."""

    due_on: date
    settled: bool


def findings(place: str, owed: Sequence[Told], today: date) -> Sequence[Finding]:
    """Say why a notice about a period cannot be taken; `place` names the period."""
    return list(_findings(place, owed, today))


def _findings(place: str, owed: Sequence[Told], today: date) -> Iterable[Finding]:
    if not owed:
        yield Finding(place, "nothing_owed", *_NOTHING)
    elif all(one.due_on > today for one in owed):
        yield Finding(place, "not_due_yet", *_EARLY)
    elif all(one.settled for one in owed):
        yield Finding(place, "paid_already", *_PAID)


_NOTHING = (
    Text("该账户在此期间没有应拨款项", "Nothing is owed to this account for this period"),
    Text("核对账号与期间", "Check the account and the period"),
)
_EARLY = (
    Text("应拨日尚未到", "The due day has not come yet"),
    Text("应拨日过后仍未到账再告知", "Tell of it once the due day has come"),
)
_PAID = (
    Text("该期间的款项已足额到账", "The money of this period has come in full"),
    Text("核对流水；退汇请在回传中注明", "Check the lines; mark a return in the feed"),
)
