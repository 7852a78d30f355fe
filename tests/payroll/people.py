"""People for tests of rosters: numbers that can be, of nobody; plain functions."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.payroll import handlers
from shared.db import Session, new_id
from shared.events.registry import ProjectPartyChanged
from tests.payroll import factories as make

EMPLOYER = UUID(int=71)
NOWHERE = "990101"
"""A birthplace that GB/T 2260 never gave to any."""
# As the standard tells the check digit, weight by weight.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def id_number(n: int, born: date = date(1985, 3, 1), *, male: bool = True) -> str:
    """Give the n-th ID number of a day, a hundred each; then those of the days that follow."""
    day = born + timedelta(days=n // 100)
    digits = f"{NOWHERE}{day:%Y%m%d}{n % 100:02d}{1 if male else 2}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return digits + CHECKS[total % 11]


def card_no(n: int) -> str:
    """Give the n-th card number, with its Luhn digit."""
    digits = f"622848{n:012d}"
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled if doubled < 10 else doubled - 9
    return f"{digits}{-total % 10}"


def worker(n: int, **changes: Any) -> dict[str, Any]:
    """Give a row of a roster: the n-th worker, on the site since 10 January 2023."""
    values = {
        "id_number": id_number(n),
        "name": f"工人{n}",
        "entered_on": "2023-01-10",
        "contract": {"start_on": "2023-01-09", "end_on": "2023-12-31"},
    }
    return values | changes


def roster(*workers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Give the body that enters them."""
    return {"workers": list(workers)} | changes


async def employ(session: Session, project_id: UUID, employer_id: UUID = EMPLOYER) -> UUID:
    """Let a subcontractor work at a project."""
    await handlers.on_project_party_changed(
        session,
        ProjectPartyChanged(
            project_id=project_id,
            area_code=make.COUNTY,
            party_id=new_id(),
            role="subcontractor",
            organisation_id=employer_id,
            organisation_name="某劳务公司",
            from_on=date(2023, 1, 1),
            occurred_at=make.BEGAN,
        ),
    )
    return employer_id
