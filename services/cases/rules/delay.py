"""Who holds the delay of a period: each working day after the due day is one party's. Pure.

The chain of a period goes from the contract's due day to the money's last stop. Each stage is held
by one party until it is reached, and nobody's clock runs before the stage ahead of his is done
(724号 art. 24, 29: the developer pays first). Days are Beijing days; a stage that is reached on a
day takes that day with it, so the days of all stages add up to those between the two ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.cases.rules.items import WatchKind
from shared.wording import Text
from shared.workdays import Calendar, months_after


class Party(StrEnum):
    """Who can hold a stage."""

    DEVELOPER = "developer"
    BANK = "bank"
    CONTRACTOR = "contractor"
    SUBCONTRACTOR = "subcontractor"
    NOBODY = "nobody"
    """The month is not over, and nobody can make its sheet."""


class StageCode(StrEnum):
    """What ends a stage."""

    DEVELOPER_PAID = "developer_paid"
    CREDITED = "credited"
    MONTH_OVER = "month_over"
    SHEET_SUBMITTED = "sheet_submitted"
    SHEET_REVIEWED = "sheet_reviewed"
    BANK_PAID = "bank_paid"
    """The last sheet went to the bank."""
    WORKERS_CREDITED = "workers_credited"
    """The last line is on its worker's own account."""


class Run(StrEnum):
    """Whether a stage's clock runs."""

    DONE = "done"
    RUNNING = "running"
    WAITING = "waiting"
    """A stage ahead of it is not done, so its clock stands still."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage by what ends it, and who holds it until then."""

    code: str
    party: Party


# In order, as far as money comes; a period for which somebody owes wages goes on.
STAGES: tuple[Stage, ...] = (
    Stage(StageCode.DEVELOPER_PAID, Party.DEVELOPER),
    Stage(StageCode.CREDITED, Party.BANK),
)

# What is made on paper and may be ready before the money is there.
_PAPER = frozenset({StageCode.MONTH_OVER, StageCode.SHEET_SUBMITTED, StageCode.SHEET_REVIEWED})


def stages(*, owed: bool, by_contractor: bool) -> tuple[Stage, ...]:
    """Give the stages of a period: those of wages, too, once somebody owes them.

    Who makes the sheet holds it until it is submitted: the contractor, where the people are its
    own. The contractor has it reviewed and paid (724号 art. 31), and the bank credits workers.
    """
    if not owed:
        return STAGES
    maker = Party.CONTRACTOR if by_contractor else Party.SUBCONTRACTOR
    return (
        *STAGES,
        Stage(StageCode.MONTH_OVER, Party.NOBODY),
        Stage(StageCode.SHEET_SUBMITTED, maker),
        Stage(StageCode.SHEET_REVIEWED, Party.CONTRACTOR),
        Stage(StageCode.BANK_PAID, Party.CONTRACTOR),
        Stage(StageCode.WORKERS_CREDITED, Party.BANK),
    )


def month_over(period: str) -> date:
    """Give the last day of a month YYYY-MM: after it its sheet can be made."""
    return months_after(date.fromisoformat(f"{period}-01"), 1) - timedelta(days=1)


def in_turn(reached: Mapping[str, date]) -> dict[str, date]:
    """Give the days of stages as each has its turn.

    A sheet that was ready before the money came costs nobody a day and proves no payment: nobody's
    clock runs before the stage ahead of his is done. Wages that were paid prove that money was
    there by then.
    """
    there = (StageCode.CREDITED, StageCode.BANK_PAID, StageCode.WORKERS_CREDITED)
    ready = min((reached[code] for code in there if code in reached), default=None)
    if ready is None:
        return {code: day for code, day in reached.items() if code not in _PAPER}
    return {code: max(day, ready) if code in _PAPER else day for code, day in reached.items()}


WAITING: Mapping[Party, Text] = {
    Party.DEVELOPER: Text(
        "等待建设单位拨付人工费用，本单位该环节时限暂停计算",
        "Waiting for the developer; your clock for this stage stands still",
    ),
    Party.BANK: Text(
        "建设单位已付款，等待银行入账，本单位该环节时限暂停计算",
        "The developer has paid; waiting for the bank, your clock for this stage stands still",
    ),
    Party.CONTRACTOR: Text("等待施工总承包单位办理", "Waiting for the contractor"),
    Party.SUBCONTRACTOR: Text("等待分包单位办理", "Waiting for the subcontractor"),
    Party.NOBODY: Text("当月尚未结束", "The month is not over"),
}
"""What those read who come after the party that holds a period."""


@dataclass(frozen=True, slots=True)
class Held:
    """A stage of a period: who held it after which day up to and with which, and for how long."""

    code: str
    party: Party
    after: date
    until: date
    days: int
    """Working days."""
    run: Run
    assumed: bool
    """Nobody told when it was reached; a later stage was, and so was this one by then."""


def held(
    due_on: date,
    reached: Mapping[str, date],
    today: date,
    calendar: Calendar,
    stages: Sequence[Stage] = STAGES,
) -> list[Held]:
    """Give the stages of a period, each with the working days that its party is charged.

    `reached` are the days that were told; one before the due day costs nobody anything, one after
    a later stage counts as that stage's day. An untold stage before a told one is charged to the
    party of the first that is untold. What is not reached runs until `today`.
    """
    known = {code: day for code, day in reached.items() if day <= today}
    last = max((place for place, one in enumerate(stages) if one.code in known), default=-1)
    ends = [max(due_on, today)] * len(stages)
    until = max(due_on, known[stages[last].code]) if last >= 0 else due_on
    for place in range(last, -1, -1):
        until = max(due_on, min(until, known.get(stages[place].code, until)))
        ends[place] = until
    found: list[Held] = []
    after = due_on
    for place, stage in enumerate(stages):
        run = Run.DONE if place <= last else Run.RUNNING if place == last + 1 else Run.WAITING
        # Who waits holds nothing: his days begin when those ahead of him are done.
        end = after if run is Run.WAITING else ends[place]
        days = calendar.workdays_between(after, end)
        assumed = run is Run.DONE and stage.code not in known
        found.append(Held(stage.code, stage.party, after, end, days, run, assumed))
        after = end
    return found


def holder(chain: Iterable[Held]) -> Party | None:
    """Give the party whose clock runs; None once the chain has ended."""
    return next((one.party for one in chain if one.run is Run.RUNNING), None)


def charged(chain: Iterable[Held]) -> dict[Party, int]:
    """Give the working days of each party that takes part, in the order of the chain."""
    days: dict[Party, int] = {}
    for one in chain:
        days[one.party] = days.get(one.party, 0) + one.days
    return days


def waiting_for(kind: WatchKind, *, paid: bool) -> Party | None:
    """Give the party for whom those after it wait while an item of a kind is open."""
    if kind is not WatchKind.TRANSFER_MISSED:
        return None
    return Party.BANK if paid else Party.DEVELOPER
