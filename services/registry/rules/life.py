"""A project's life: stopped for a reason until a day, resumed, complete, all wages settled."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from services.registry.rules.projects import ProjectStatus
from shared.problems import Finding
from shared.wording import Text


class SuspensionReason(StrEnum):
    """Why the works of a project stop."""

    SEASON = "season"
    FUNDS = "funds"
    DESIGN_CHANGE = "design_change"
    ORDERED = "ordered"
    FORCE_MAJEURE = "force_majeure"
    DISPUTE = "dispute"
    OTHER = "other"


class SuspensionState(StrEnum):
    """What became of the request: two persons stop a project, its end or one of them resumes it."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OVER = "over"


# Those that count when days are compared: what was refused or withdrawn stops nothing.
STANDING = frozenset({SuspensionState.REQUESTED, SuspensionState.APPROVED, SuspensionState.OVER})
UNDER_WAY = frozenset({ProjectStatus.IN_PROGRESS, ProjectStatus.STOPPED})


class Suspension(Protocol):
    """Days on which a project is stopped, both included."""

    state: SuspensionState
    from_on: date

    @property
    def last_on(self) -> date:
        """Give its last day: as planned, or before it if the works resumed early."""


_Suspension = TypeVar("_Suspension", bound=Suspension)


def in_force(suspensions: Iterable[_Suspension], day: date) -> _Suspension | None:
    """Give the approved suspension that stops a project on a day; None if nothing does."""
    for one in suspensions:
        if one.state is SuspensionState.APPROVED and one.from_on <= day <= one.last_on:
            return one
    return None


def check_suspension(
    from_on: date,
    until_on: date,
    *,
    today: date,
    status: ProjectStatus,
    others: Iterable[Suspension],
) -> list[Finding]:
    """Give all findings of a request to stop a project from a day until a day.

    A month that is over was judged as it was worked, so no suspension reaches back into it.
    """
    return [
        *_check_days(from_on, until_on, today),
        *_check_project(from_on, until_on, status, others),
    ]


def _check_days(from_on: date, until_on: date, today: date) -> Iterator[Finding]:
    if until_on < from_on:
        yield Finding(
            "until_on", "EndsBeforeStart", Text("终止日期早于起始日期", "It ends before it begins")
        )
    elif until_on < today:
        yield Finding(
            "until_on",
            "AlreadyOver",
            Text("停工期已结束，无需办理", "It would be over already"),
        )
    if from_on < today.replace(day=1):
        yield Finding(
            "from_on",
            "PeriodClosed",
            Text(
                "以前月份已结束，停工最早可自本月 1 日起",
                "Months that are over stay as they were; it begins in this month at the earliest",
            ),
            Text("请将起始日期改为本月", "Let it begin in this month"),
        )


def _check_project(
    from_on: date, until_on: date, status: ProjectStatus, others: Iterable[Suspension]
) -> Iterator[Finding]:
    if status not in UNDER_WAY:
        yield Finding(
            "project_id",
            "NotInProgress",
            Text("只有在建项目可以停工", "Only a project in progress can be stopped"),
        )
    if any(
        one.state in STANDING and one.from_on <= until_on and one.last_on >= from_on
        for one in others
    ):
        yield Finding(
            "from_on",
            "SuspensionOverlaps",
            Text("与另一停工申请或停工期重叠", "It overlaps another suspension of the project"),
            Text("请接续其终止日期办理", "Let it begin after the other one's end"),
        )


def check_resumption(resumed_on: date, suspension: Suspension, today: date) -> list[Finding]:
    """Give the finding of a day on which works cannot resume before the suspension's end."""
    first = max(suspension.from_on, today.replace(day=1))
    if first <= resumed_on <= today:
        return []
    return [
        Finding(
            "resumed_on",
            "NotResumableThen",
            Text(
                "复工日期应在 {first} 至 {today} 之间",
                "The works resume on a day from {first} to {today}",
            ).fill(first=first.isoformat(), today=today.isoformat()),
        )
    ]


def check_completion(
    completed_on: date, *, today: date, status: ProjectStatus, started_on: date | None
) -> list[Finding]:
    """Give all findings of a project's completion."""
    found = []
    if status not in UNDER_WAY:
        found.append(
            Finding(
                "project_id",
                "NotUnderWay",
                Text("项目不在建，不能办理完工", "Only a project under way is completed"),
            )
        )
    if completed_on > today:
        found.append(_in_the_future("completed_on"))
    if started_on and completed_on < started_on:
        found.append(
            Finding(
                "completed_on",
                "BeforeStart",
                Text("完工日期早于开工日期", "It was complete before it began"),
            )
        )
    return found


def check_settlement(settled_on: date, *, today: date, completed_on: date | None) -> list[Finding]:
    """Give all findings of the day on which all wages of a project were settled."""
    found = []
    if completed_on is None:
        found.append(
            Finding(
                "project_id",
                "NotComplete",
                Text("项目尚未完工，不能办理结清", "The project is not complete"),
                Text("请先办理完工", "Complete it first"),
            )
        )
    elif settled_on < completed_on:
        found.append(
            Finding(
                "settled_on",
                "BeforeCompletion",
                Text("结清日期早于完工日期", "Wages were settled before the works were complete"),
            )
        )
    if settled_on > today:
        found.append(_in_the_future("settled_on"))
    return found


def check_status(status: ProjectStatus | None, stopped_by: Suspension | None) -> list[Finding]:
    """Give the finding of an edit that sets a status which two persons decide."""
    if status is ProjectStatus.STOPPED:
        return [
            Finding(
                "status",
                "StoppedBySuspension",
                Text("停工须经申请和批准", "A project is stopped by a suspension that is approved"),
                Text("请办理停工申请", "Ask for a suspension"),
            )
        ]
    if status is ProjectStatus.IN_PROGRESS and stopped_by:
        return [
            Finding(
                "status",
                "SuspensionInForce",
                Text("停工期未满", "A suspension is in force"),
                Text("请办理复工", "End the suspension"),
            )
        ]
    return []


def _in_the_future(place: str) -> Finding:
    return Finding(place, "InTheFuture", Text("日期不能晚于今天", "This day has not come yet"))
