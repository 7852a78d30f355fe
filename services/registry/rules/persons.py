"""Responsible persons of a project: as what, and from when until when."""

from datetime import date
from enum import StrEnum

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


def check_span(from_on: date, until_on: date | None) -> list[Finding]:
    """Give the finding of an assignment that ends before it begins; both days are included."""
    if until_on is None or until_on >= from_on:
        return []
    return [
        Finding(
            "until_on", "EndsBeforeStart", Text("终止日期早于起始日期", "It ends before it begins")
        )
    ]
