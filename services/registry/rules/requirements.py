"""The required systems: which an area asks for, by when, and how one stands at a project; pure.

There is no national list of them; the list is a row by area (国务院令第724号 art. 39 names what the
platforms watch, Hubei's 五项制度 five of it). What a list says is data: its kinds, the event from
which each counts, its days, who answers for it, what watch item its lack opens.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self, TypeVar

from shared import workdays
from shared.problems import Finding
from shared.wording import Text
from shared.workdays import Calendar, Unit

_CODE = re.compile("[a-z][a-z_]{1,39}")
MOST_KINDS = 30


class Trigger(StrEnum):
    """The event from which a requirement's limit counts."""

    CONTRACT = "contract"
    """The first works contract was signed."""
    PERMIT = "permit"
    """The construction permit was given, or the start report approved."""
    ACCOUNT = "account"
    """The wage account was opened."""
    START = "start"
    """Works started."""


class RequirementStatus(StrEnum):
    """How a required system stands at a project."""

    NOT_REQUIRED = "not_required"
    """The area's list does not ask for it (any more)."""
    NOT_DONE = "not_done"
    DONE = "done"
    EXEMPT = "exempt"
    OVERDUE = "overdue"


class Systems(StrEnum):
    """How many of the systems asked for are in place at a project."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


class ExemptionType(StrEnum):
    """Why a system need not be in place for a time."""

    SMALL_WORKS = "small_works"
    """65号 art. 12: small works of a contractor without arrears."""
    NO_ARREARS = "no_arrears"
    """65号 art. 13: no arrears for years, real-name management and account in place."""
    EMERGENCY_WORKS = "emergency_works"
    LEDGER_SUPERVISION = "ledger_supervision"
    """Short or small works that are supervised by ledger."""
    OTHER = "other"


class Answerer(StrEnum):
    """Who has to put a system in place."""

    CONTRACTOR = "contractor"
    DEVELOPER = "developer"


class Certainty(StrEnum):
    """How well a number is known: official wording, secondary text, to be verified."""

    A = "A"
    B = "B"
    C = "C"


class ConditionKind(StrEnum):
    """What registry tells of required systems, by the code of the watch item that it may open."""

    NO_SYSTEMS = "no_systems"
    DEPOSIT_MISSING = "deposit_missing"
    GUARANTEE_EXPIRING = "guarantee_expiring"
    DEPOSIT_NOT_REPLENISHED = "deposit_not_replenished"
    DEPOSIT_STATEMENT_MISSING = "deposit_statement_missing"
    NOTICE_BOARD_MISSING = "notice_board_missing"
    WAGE_OFFICER_MISSING = "wage_officer_missing"
    PAYMENT_GUARANTEE_MISSING = "payment_guarantee_missing"


# What the lack of one system at one project may open; the others tell of more than that.
OF_ONE_SYSTEM = frozenset(
    {
        ConditionKind.DEPOSIT_MISSING,
        ConditionKind.NOTICE_BOARD_MISSING,
        ConditionKind.WAGE_OFFICER_MISSING,
        ConditionKind.PAYMENT_GUARANTEE_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One required system as a list has it.

    `triggers` are asked in their order: the first event that is known counts. The limit is
    `length` days of `unit` after it; 0: it must be there by that day.
    """

    code: str
    name: Text
    triggers: tuple[Trigger, ...]
    length: int
    unit: Unit
    answerer: Answerer
    exempt_months: int
    """For how many months it may be exempted at most."""
    condition: ConditionKind | None
    basis: str
    certainty: Certainty

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Read a kind as a list's row keeps it."""
        return cls(
            row["code"],
            Text(row["zh"], row["en"]),
            tuple(Trigger(each) for each in row["triggers"]),
            row["length"],
            Unit(row["unit"]),
            Answerer(row["answerer"]),
            row["exempt_months"],
            ConditionKind(row["condition"]) if row.get("condition") else None,
            row["basis"],
            Certainty(row["certainty"]),
        )

    def triggered_on(self, events: Mapping[Trigger, date | None]) -> date | None:
        """Give the day from which the limit counts; None while no event is known."""
        return next((day for each in self.triggers if (day := events.get(each))), None)

    def due_on(self, triggered_on: date | None, calendar: Calendar) -> date | None:
        """Give the last day on which it may be put in place.

        A legal period in calendar days that ends on a day that is not worked ends on the next one
        that is (民法典 art. 203).
        """
        if triggered_on is None or self.length == 0:
            return triggered_on
        if self.unit is Unit.WD:
            return calendar.shift(triggered_on, self.length)
        return calendar.on_or_after(triggered_on + timedelta(days=self.length))


class Listed(Protocol):
    """What of a list decides whether it is in force."""

    area_code: str
    valid_from: date
    version: int


_List = TypeVar("_List", bound=Listed)


def in_force(lists: Iterable[_List], lineage: Sequence[str], day: date) -> _List | None:
    """Give the list of the nearest area up the lineage; there the one that began last by the day.

    `lineage` is the area itself and those above it, nearest first.
    """
    begun = [each for each in lists if each.valid_from <= day and each.area_code in lineage]
    return min(
        begun,
        key=lambda one: (
            lineage.index(one.area_code), -one.valid_from.toordinal(), -one.version,
        ),
        default=None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proof:
    """One evidence that counts: the day since which the system is in place, and its last day."""

    done_on: date
    valid_until: date | None
    """None: it does not end."""


def lasts_until(proofs: Collection[Proof]) -> date | None:
    """Give the last day that any proof covers; None if one of them does not end."""
    ends = [each.valid_until for each in proofs]
    return None if None in ends else max(each for each in ends if each)


@dataclass(frozen=True, slots=True)
class State:
    """What decides how a requirement stands."""

    listed: bool
    """The list in force asks for it."""
    due_on: date | None
    done_on: date | None
    """The first day of its evidence; None: there is none."""
    valid_until: date | None
    """The last day of its evidence; None: it does not end."""
    exempt_until: date | None

    def on(self, day: date) -> RequirementStatus:
        """Say how it stands on a day. What is in place is done, exempted or not."""
        if not self.listed:
            return RequirementStatus.NOT_REQUIRED
        if self.done_on and (self.valid_until is None or day <= self.valid_until):
            return RequirementStatus.DONE
        if self.exempt_until and day <= self.exempt_until:
            return RequirementStatus.EXEMPT
        if self.due_on and self.due_on < day:
            return RequirementStatus.OVERDUE
        return RequirementStatus.NOT_DONE


def check_kinds(kinds: Sequence[Kind]) -> Iterator[Finding]:
    """Give all findings of a list's kinds, each at its place."""
    if not 1 <= len(kinds) <= MOST_KINDS:
        yield Finding(
            "kinds",
            "KindsOutOfRange",
            Text("清单应有 1–{most} 项制度", "A list has 1 to {most} systems").fill(
                most=MOST_KINDS
            ),
        )
    codes: set[str] = set()
    for number, kind in enumerate(kinds):
        place = f"kinds[{number}]"
        if not _CODE.fullmatch(kind.code):
            yield Finding(
                f"{place}.code",
                "CodeMalformed",
                Text(
                    "代码应由小写字母和下划线组成", "A code is lower-case letters and underscores"
                ),
            )
        if kind.code in codes:
            yield Finding(
                f"{place}.code", "CodeTwice", Text("清单内代码重复", "The list has this code twice")
            )
        codes.add(kind.code)
        yield from _check_rule(place, kind)


def _check_rule(place: str, kind: Kind) -> Iterator[Finding]:
    if not kind.triggers or len(set(kind.triggers)) != len(kind.triggers):
        yield Finding(
            f"{place}.triggers",
            "TriggersWrong",
            Text("起算事件至少一项且不重复", "One trigger at least, none of them twice"),
        )
    if kind.unit is Unit.H:
        yield Finding(
            f"{place}.unit",
            "UnitWrong",
            Text("期限按天计算：wd 或 cd", "A limit is in days: wd, cd"),
        )
    if kind.condition and kind.condition not in OF_ONE_SYSTEM:
        yield Finding(
            f"{place}.condition",
            "ConditionWrong",
            Text("该预警不针对单项制度", "This kind of item is not about one system"),
            Text("可选：{codes}", "One of: {codes}").fill(codes=", ".join(sorted(OF_ONE_SYSTEM))),
        )


def check_evidence(
    place: str, done_on: date, valid_until: date | None, today: date
) -> Iterator[Finding]:
    """Give the findings of an evidence's days."""
    if done_on > today:
        yield Finding(
            f"{place}done_on",
            "DayAhead",
            Text("落实日期不得晚于今天", "A system cannot be in place since a day to come"),
        )
    if valid_until and valid_until < done_on:
        yield Finding(
            f"{place}valid_until",
            "DaysReversed",
            Text("有效期止早于落实日期", "It ends before it began"),
        )


def check_exemption(until_on: date, kind: Kind, today: date) -> Iterator[Finding]:
    """Give the findings of an exemption's last day: not over, and not longer than the list says."""
    last = workdays.months_after(today, kind.exempt_months)
    if until_on < today:
        yield Finding(
            "until_on", "DayOver", Text("豁免期止不得早于今天", "An exemption ends today or later")
        )
    elif until_on > last:
        yield Finding(
            "until_on",
            "ExemptionTooLong",
            Text(
                "豁免最长 {months} 个月，不得晚于 {last}",
                "At most {months} months: until {last}",
            ).fill(months=kind.exempt_months, last=last.isoformat()),
            Text("请缩短期限，到期后可重新申请", "Shorten it; it can be asked for again"),
        )


def kind_not_on_list(place: str, code: str) -> Finding:
    """Say that the project's list does not ask for a system."""
    return Finding(
        place,
        "SystemNotRequired",
        Text("该项目所在地清单不含“{code}”", "The project's list has no “{code}”").fill(code=code),
    )


def project_unknown(place: str) -> Finding:
    """Say that there is no such project for the caller."""
    return Finding(
        place,
        "ProjectUnknown",
        Text("项目未登记，或不在您的管辖范围内", "No such project within your areas"),
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is decided: the instant at which it counts, and its day.

    What the clock decides is the same whenever it is decided again, and told under the same ids.
    """

    at: datetime
    day: date
    by_clock: bool = False
