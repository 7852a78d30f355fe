"""Responsible persons of projects, areas and units: as what, from when until when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from shared.areas import Reach
from shared.problems import Finding
from shared.wording import Text


class PersonRole(StrEnum):
    """What a person answers for at a project (项目包保, and posts on the notice board)."""

    RESPONSIBLE_PERSON = "responsible_person"
    WAGE_OFFICER = "wage_officer"
    INSPECTOR = "inspector"
    CO_INSPECTOR = "co_inspector"
    UNIT_HEAD = "unit_head"
    DEVELOPER = "developer"
    CONTRACTOR = "contractor"
    SUPERVISING_ENGINEER = "supervising_engineer"
    SECTOR_AUTHORITY = "sector_authority"
    FINANCE_BUREAU = "finance_bureau"
    WAGE_OFFICE = "wage_office"
    TOWN = "town"


class UnitRole(StrEnum):
    """A dated role in a unit or office: its head, its director, whoever is on duty."""

    HEAD = "unit_head"
    OFFICE_DIRECTOR = "office_director"
    DUTY_OFFICER = "duty_officer"


# Of these a unit has one at a time: whom an alert names must be one person.
SINGLE = frozenset({UnitRole.HEAD, UnitRole.OFFICE_DIRECTOR})


class Span(Protocol):
    """Days, both included, or open."""

    from_on: date
    until_on: date | None


def overlaps(one: Span, from_on: date, until_on: date | None) -> bool:
    """Say whether two spans share a day."""
    return (until_on is None or one.from_on <= until_on) and (
        one.until_on is None or one.until_on >= from_on
    )


def held_already(others: Iterable[Span], from_on: date, until_on: date | None) -> list[Finding]:
    """Give the finding of a single role that somebody else holds on one of these days."""
    for one in others:
        if overlaps(one, from_on, until_on):
            return [
                Finding(
                    "from_on",
                    "HeldAlready",
                    Text("自 {day} 起已由他人担任", "Somebody else holds it from {day} on").fill(
                        day=one.from_on.isoformat()
                    ),
                    Text("请先终止前任任职，或办理交接", "End the other's time, or hand it over"),
                )
            ]
    return []


def check_hand_over(current: Span, from_on: date) -> list[Finding]:
    """Give the finding of a hand-over on a day on which there is nothing to hand over."""
    if from_on > current.from_on and (current.until_on is None or from_on <= current.until_on):
        return []
    return [
        Finding(
            "from_on",
            "NotInOffice",
            Text(
                "交接日期须晚于前任起始日期，且不晚于其终止日期",
                "A hand-over is after the first day of the one in office, and not after his last",
            ),
        )
    ]


def check_towns(
    reach: Reach, area_code: str, towns: Sequence[str], paths: Mapping[str, str]
) -> list[Finding]:
    """Give the findings of towns that are named: `paths` are those of the codes that are known."""
    if reach is not Reach.TOWNS:
        return [_towns_superfluous()] if towns else []
    if not towns:
        return [
            Finding("towns", "TownsMissing", Text("请列出所负责的乡镇", "Name the towns")),
        ]
    return [
        Finding(
            f"towns[{at}]",
            "TownNotWithin",
            Text("“{code}”不在该行政区划内", "{code} does not lie in the area").fill(code=code),
        )
        for at, code in enumerate(towns)
        if code == area_code or f"/{area_code}/" not in paths.get(code, "")
    ]


def _towns_superfluous() -> Finding:
    return Finding(
        "towns",
        "TownsSuperfluous",
        Text("只有按乡镇指定时才列出乡镇", "Only the reach `towns` names towns"),
    )


def vacant_since(ends: Iterable[date], begun_on: date) -> date:
    """Give since when nobody is in charge: the day after the last who was, or the first day."""
    return max([begun_on, *(day + timedelta(days=1) for day in ends)])


def check_span(from_on: date, until_on: date | None) -> list[Finding]:
    """Give the finding of an assignment that ends before it begins; both days are included."""
    if until_on is None or until_on >= from_on:
        return []
    return [
        Finding(
            "until_on", "EndsBeforeStart", Text("终止日期早于起始日期", "It ends before it begins")
        )
    ]
