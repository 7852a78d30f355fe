"""The clocks of an arrears case: what runs in which stage, and until when. Pure.

Each limit is a row by area and version with its basis; none is known here. A case has the clock
of its stage, and those that run beside: acceptance (若干规定: 5 wd), the statutory limit of the
investigation (423号 art. 17: 60 + 30 wd), and a local target, which replaces no law.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.cases.rules.course import OPEN, Stage
from services.cases.rules.policies import day_of
from shared import workdays
from shared.workdays import Calendar, Pause, Unit


class ClockKind(StrEnum):
    """What a clock of a case limits."""

    SIGN = "sign"
    """From receipt until the body that it was routed to signs (W6)."""
    CONTACT = "contact"
    """From the signature until whoever reported was contacted (W6)."""
    ACCEPTANCE = "acceptance"
    """From the first receipt until it is accepted, refused or guided elsewhere (L5.2)."""
    SUPPLEMENT = "supplement"
    STATUTORY = "statutory"
    """Of the investigation, from filing on (423号 art. 17)."""
    LOCAL = "local"
    """An area's own limit from filing until the end (R4.4)."""
    SUSPENSION = "suspension"
    DECISION = "decision"
    """From the end of the investigation (L5.7)."""
    PAYMENT = "payment"
    CHECK = "check"
    REFERRAL = "referral"
    POLICE = "police"
    COPY = "copy"
    """Until the labour inspectorate has signed for the copy that it was sent (抄报)."""
    # Of proceedings (rules/proceedings.py), which run beside the case and after it.
    REFERRAL_RESULT = "referral_result"
    JUDGMENT_FOLLOW = "judgment_follow"
    DEMAND_WAIT = "demand_wait"
    """What a demand leaves to obey before a court is asked (行政强制法 art. 54)."""
    COURT_APPLY = "court_apply"
    COURT_ACCEPT = "court_accept"
    COURT_RULING = "court_ruling"
    TRANSFER_REPORT = "transfer_report"
    TRANSFER_HEAD = "transfer_head"
    TRANSFER_SEND = "transfer_send"
    TRANSFER_RECEIPT = "transfer_receipt"
    TRANSFER_POLICE = "transfer_police"
    TRANSFER_MATERIALS = "transfer_materials"
    TRANSFER_RECONSIDER = "transfer_reconsider"
    TRANSFER_ANSWER = "transfer_answer"
    TRANSFER_PROCURATOR = "transfer_procurator"
    TRANSFER_RESULT = "transfer_result"
    LISTING_OBJECTION = "listing_objection"
    LISTING_ANSWER = "listing_answer"
    LISTING_DECISION = "listing_decision"
    """From the day on which the order to pay ran out (令45号 art. 8)."""
    LISTING_PERIOD = "listing_period"
    LISTING_REVIEW = "listing_review"
    LISTING_REMOVAL = "listing_removal"
    PUBLICATION_BATCH = "publication_batch"
    PUBLICATION_REVIEW = "publication_review"
    PUBLICATION_CORRECT = "publication_correct"
    SUPERVISION = "supervision"
    DEMAND_PAY = "demand_pay"
    INSTALMENT = "instalment"
    """Until the next instalment of a plan that has not come."""
    RESTRICTION_DECISION = "restriction_decision"
    """From the proposal of a restriction until somebody has decided on it."""


OF_STAGE: Mapping[Stage, ClockKind] = {
    Stage.RECEIVED: ClockKind.SIGN,
    Stage.SIGNED: ClockKind.CONTACT,
    Stage.SUPPLEMENTING: ClockKind.SUPPLEMENT,
    Stage.SUSPENDED: ClockKind.SUSPENSION,
    Stage.CHECKING: ClockKind.CHECK,
    Stage.REFERRED: ClockKind.REFERRAL,
    Stage.TRANSFERRED: ClockKind.POLICE,
}
"""What starts whenever a stage is entered, and ends where it is left."""


@dataclass(frozen=True, slots=True)
class Course:
    """Of a clock that runs beside the stages: where it starts, runs on, and stands still."""

    starts: Stage
    runs: tuple[Stage, ...] = ()
    still: tuple[Stage, ...] = ()
    """A pause is kept as an interval."""

    @property
    def all(self) -> frozenset[Stage]:
        """Give every stage in which the clock has not ended."""
        return frozenset({self.starts, *self.runs, *self.still})


_AWAY = (Stage.REFERRED, Stage.TRANSFERRED)
BESIDE: Mapping[ClockKind, Course] = {
    ClockKind.ACCEPTANCE: Course(
        Stage.RECEIVED, (Stage.SIGNED, Stage.CHECKING), (Stage.SUPPLEMENTING,)
    ),
    # Another body that has to sign first changes nothing for whoever waits: they run on.
    ClockKind.STATUTORY: Course(
        Stage.INVESTIGATING, (Stage.RECEIVED, Stage.CHECKING), (Stage.SUSPENDED, *_AWAY)
    ),
    ClockKind.LOCAL: Course(
        Stage.INVESTIGATING,
        (Stage.RECEIVED, Stage.DECIDING, Stage.PAYING, Stage.CHECKING),
        (Stage.SUSPENDED, *_AWAY),
    ),
    ClockKind.DECISION: Course(Stage.DECIDING, (Stage.CHECKING,), _AWAY),
    ClockKind.PAYMENT: Course(Stage.PAYING, (Stage.CHECKING,), _AWAY),
    ClockKind.COPY: Course(Stage.RECEIVED, tuple(set(OPEN) - {Stage.RECEIVED})),
}

EXPECTED = frozenset({ClockKind.LISTING_PERIOD, ClockKind.LISTING_OBJECTION, ClockKind.DEMAND_WAIT})
"""What runs out as it should: nobody is late, so nobody is told."""
UNSHIFTED = frozenset({
    ClockKind.LISTING_PERIOD, ClockKind.PUBLICATION_BATCH, ClockKind.INSTALMENT,
})  # fmt: skip
"""What ends on its own day, worked or not: no act is waited for on it."""
COUNTED_DOWN = frozenset({ClockKind.STATUTORY, ClockKind.LOCAL})
"""What P21 counts down, on both clocks."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock runs, as its area's terms say, with what was granted on top."""

    length: int
    unit: Unit
    granted: int = 0
    """So much more, in the same unit."""


def due_at(
    start: datetime,
    limit: Limit,
    pauses: Sequence[Pause],
    calendar: Calendar,
    *,
    shift: bool = True,
) -> datetime:
    """Give the instant (exclusive) at which a clock is over.

    Statutory periods in calendar days that end on a day off end on the next working day
    (民法典 art. 203); working days always do.
    """
    return workdays.due(
        start, limit.length + limit.granted, limit.unit, pauses, calendar, shift_forwards=shift
    )


def last_day(due_at: datetime) -> date:
    """Give the day at whose end a clock is over."""
    return day_of(due_at - timedelta(microseconds=1))


def runs(kind: ClockKind, stage: Stage) -> bool:
    """Say whether a clock that was started has not ended in a stage."""
    return OF_STAGE.get(stage) is kind or (kind in BESIDE and stage in BESIDE[kind].all)


def stands_still(kind: ClockKind, stage: Stage) -> bool:
    """Say whether a clock stands still in a stage."""
    return kind in BESIDE and stage in BESIDE[kind].still


def started_by(
    stage: Stage, *, accepted: bool = False, copied: bool = False
) -> tuple[ClockKind, ...]:
    """Give the clocks that run from the entry of a stage on, unless they run already.

    What was accepted has no limit of acceptance any more, whoever it is handed to; a copy is
    waited for where one was sent and nobody has signed for it.
    """
    unwanted = {ClockKind.ACCEPTANCE} if accepted else set[ClockKind]()
    if not copied:
        unwanted.add(ClockKind.COPY)
    beside = tuple(
        kind for kind, course in BESIDE.items() if course.starts is stage and kind not in unwanted
    )
    own = OF_STAGE.get(stage)
    return (own, *beside) if own else beside


class Investment(StrEnum):
    """Whose money builds a project, as far as the clearing day depends on it."""

    GOVERNMENT = "government"
    STATE_FIRM = "state_firm"
    PPP = "ppp"
    PRIVATE = "private"


def clear_by(arisen_on: date | None, investment: str | None, calendar: Calendar) -> date | None:
    """Give the day by which a case has to be cleared (两清零, L8.5); None while nothing says when.

    Government, state-firm and PPP: 31 December of the year in which it arose. All others: the last
    working day before the next Spring Festival, by the make-up days that are known.
    """
    if arisen_on is None:
        return None
    if investment in {Investment.GOVERNMENT, Investment.STATE_FIRM, Investment.PPP}:
        return date(arisen_on.year, 12, 31)
    festivals = (workdays.spring_festival(arisen_on.year + more) for more in (0, 1))
    days = (calendar.shift(day, -1) for day in festivals if day)
    return next((day for day in days if day >= arisen_on), None)
