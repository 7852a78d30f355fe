"""Days on a site: spells of people, the gate before entry, and what is found of them; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.payroll.rules.workers import Objection, Objections
from shared.wording import Text


class Movement(StrEnum):
    """Into the site or out of it."""

    IN = "in"
    OUT = "out"


class RosterFindingKind(StrEnum):
    """What was found of people on rosters; none of it keeps anybody out."""

    TWO_PLACES = "two_places"
    """One person at two projects at the same time."""
    TWO_EMPLOYERS = "two_employers"
    """One person with two employers at one project at the same time."""
    NAME_DIFFERS = "name_differs"
    """The ID number is known with another name."""
    CARD_SHARED = "card_shared"
    """Two persons are to be paid to one card."""
    HOLDER_DIFFERS = "holder_differs"
    """The card is held by somebody else than the worker (724号 art. 31)."""


class GateMode(StrEnum):
    """What follows where somebody enters without contract or registration."""

    OFF = "off"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Spell:
    """Days on a site; `left_on` is the last day, None while it lasts."""

    entered_on: date
    left_on: date | None = None

    def meets(self, other: "Spell") -> bool:
        """Say whether both share a day; who leaves one site and enters another that day does not.

        That is: days shared beside one on which the one ends and the other begins.
        """
        return (other.left_on is None or self.entered_on < other.left_on) and (
            self.left_on is None or other.entered_on < self.left_on
        )

    def holds(self, day: date) -> bool:
        """Say whether somebody is on the site on a day."""
        return self.entered_on <= day and (self.left_on is None or day <= self.left_on)


def object_to_days(
    entered_on: date, left_on: date | None, today: date, *, ahead: int
) -> Objections:
    """Say what cannot be in the days of a spell; entry may be told `ahead` days before it."""
    if entered_on > today + timedelta(days=ahead):
        yield Objection("entered_on", "day_in_future", *_FUTURE)
    if left_on and left_on > today:
        yield Objection("left_on", "day_in_future", *_FUTURE)
    if left_on and left_on < entered_on:
        yield Objection("left_on", "left_before_entry", *_BACKWARDS)


@dataclass(frozen=True, slots=True)
class Gate:
    """Labour contract and registration come before entry (724号 art. 28), as an area holds it."""

    mode: GateMode
    ahead_days: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Gate":
        """Read it from a row's values."""
        return cls(GateMode(values["mode"]), values["ahead_days"])

    def object_to(self, entered_on: date, today: date, *, contracted: bool) -> Objections:
        """Say what was not done before somebody entered."""
        if self.mode is GateMode.OFF:
            return
        refuses = self.mode is GateMode.REFUSE
        if not contracted:
            yield Objection("contract", "contract_missing", *_CONTRACT, refuses=refuses)
        if entered_on < today:
            yield Objection("entered_on", "registered_late", *_LATE, refuses=refuses)


@dataclass(frozen=True, slots=True)
class PayeeHold:
    """So long a changed card waits before money goes to it."""

    hours: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "PayeeHold":
        """Read it from a row's values."""
        return cls(values["hours"])

    def usable_from(self, told_at: datetime, *, first: bool) -> datetime:
        """Give since when a card is paid to; the first one of somebody at a project waits not."""
        return told_at if first else told_at + timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True)
class Insurance:
    """How many people were on a site on a day, and how many of them are insured."""

    day: date
    on_site: int
    insured: int
    injury_insured: int
    untold: int
    """Of whom nothing was said."""

    @property
    def insured_share(self) -> str | None:
        """Give the per cent insured of all on site, one decimal, half up; None of nobody."""
        return _share(self.insured, self.on_site)

    @property
    def injury_insured_share(self) -> str | None:
        """Give the per cent with work-injury cover."""
        return _share(self.injury_insured, self.on_site)


def _share(part: int, whole: int) -> str | None:
    if not whole:
        return None
    thousandths = (2000 * part + whole) // (2 * whole)
    return f"{thousandths // 10}.{thousandths % 10}"


_FUTURE = (
    Text("日期晚于允许的范围", "This day lies too far ahead"),
    Text("请核对日期", "Check the day"),
)
_BACKWARDS = (
    Text("退场日期早于进场日期", "Left before entry"),
    Text("请核对两个日期", "Check both days"),
)
_CONTRACT = (
    Text("进场前未订立劳动合同或用工协议", "No labour contract or agreement before entry"),
    Text("请登记合同，先签合同再进场", "Enter the contract; sign before anybody enters"),
)
_LATE = (
    Text("进场在先，实名登记在后", "On site before the registration"),
    Text("应先登记再进场；请核对进场日期", "Register before entry; check the day"),
)
