"""Workers' claims as they are told, in bodies or rows of a sheet: compared, and entered in sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.cases import queries
from services.cases.models import ArrearsCase, ArrearsLine
from services.cases.rules import case_people
from services.cases.rules.case_people import Fault
from services.cases.schemas.case_lines import ArrearsLineIn
from shared import pii, sets
from shared.db import Session, new_id
from shared.wording import Text

ZERO = Decimal(0)
MOST = 10_000
"""So many workers at once."""


@dataclass(slots=True)
class Claim:
    """One worker's claim: what is wrong with it, and whether the case has it as it is told."""

    body: ArrearsLineIn
    name_index: str
    id_index: str | None
    faults: list[Fault] = field(default_factory=list)
    there: bool = False

    @property
    def is_new(self) -> bool:
        """Say whether it is to be entered."""
        return not self.there and not self.faults

    @property
    def person(self) -> str:
        """Give what the worker is known by: his number, else his name."""
        return self.id_index or f"name {self.name_index}"


async def compare(
    session: Session, case: ArrearsCase, bodies: Sequence[ArrearsLineIn]
) -> list[Claim]:
    """Find what is wrong with each claim, and which of them a locked case has as they are told."""
    claims = [
        Claim(
            one,
            pii.blind_index(one.name, "name"),
            pii.blind_index(one.id_number, "id_number") if one.id_number else None,
        )
        for one in bodies
    ]
    there = await queries.case_lines.claims_of(session, case.id)
    seen: set[str] = set()
    for claim in claims:
        claim.faults += _faults(claim, seen)
        seen.add(claim.person)
        before = there.get(claim.person)
        claim.there = before == (claim.body.months, claim.body.claimed)
        if before is not None and not claim.there:
            claim.faults.append(_OTHERWISE)
    return claims


def _faults(claim: Claim, seen: set[str]) -> Iterator[Fault]:
    if fault := case_people.id_fault(claim.body.id_number):
        yield fault
    if claim.person in seen:
        yield _TWICE if claim.id_index else _SAME_NAME


async def enter(session: Session, case: ArrearsCase, claims: Sequence[Claim]) -> int:
    """Enter the claims that are right and new, in one set; give how many."""
    new = [one for one in claims if one.is_new]
    if new:
        first = await queries.case_lines.last_position(session, case.id) + 1
        rows = [_row(case, one, place) for place, one in enumerate(new, first)]
        await sets.copy(session, ArrearsLine, rows)
    return len(new)


def _row(case: ArrearsCase, claim: Claim, position: int) -> dict[str, Any]:
    return {
        "id": new_id(), "case_id": case.id, "position": position, "name": claim.body.name,
        "name_index": claim.name_index, "id_number": claim.body.id_number,
        "id_index": claim.id_index, "worker_id": None, "months": claim.body.months,
        "claimed": claim.body.claimed, "verified": None, "paid": ZERO, "disputed": False,
        "withdrawn": False, "referred": False,
    }  # fmt: skip


_TWICE = Fault(
    "id_number",
    "person_twice",
    Text("该农民工在名册中出现两次", "This worker is in the list twice"),
    Text("请合并为一行", "Make it one line"),
)
_SAME_NAME = Fault(
    "name",
    "name_twice",
    Text("同名且均未填身份证号，无法区分", "The same name twice, both without an ID number"),
    Text("请补充身份证号，或合并为一行", "Give the ID numbers, or make it one line"),
)
_OTHERWISE = Fault(
    "name",
    "person_twice",
    Text(
        "该农民工已在本案明细中，月份或金额不同",
        "This worker has a line in this case already, of other months or another amount",
    ),
    Text("请在案件明细中更正，或与原件核对", "Correct the line of the case, or compare the paper"),
)
