"""What was told, and how often a project was missed: in a row and in total. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID


class Told(StrEnum):
    """What was told of a matter: it is so, or it is so no longer."""

    FOUND = "found"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Miss:
    """One period of one works contract whose transfer was missed, settled since or not."""

    works_contract_id: UUID
    period: str
    previous_period: str | None
    due_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """How many misses in a row end with one, and its place among all of its project."""

    in_a_row: int
    in_total: int


Standings: TypeAlias = Mapping[tuple[UUID, str], Standing]
"""By contract and period."""


def standing_of(standings: Standings, contract_id: UUID | None, period: str) -> Standing | None:
    """Give the standing of a period, or None for what is no miss of a contract."""
    return standings.get((contract_id, period)) if contract_id else None


def standings(misses: Sequence[Miss]) -> Standings:
    """Give the standing of each missed period of one project, by contract and period.

    A row goes over one contract's periods, a period paid in full and on time ends it; the total
    goes over the whole project. A period missed twice counts once.
    """
    known = {(miss.works_contract_id, miss.period): miss for miss in misses}
    ordered = sorted(
        known.values(), key=lambda miss: (miss.due_on, miss.period, miss.works_contract_id)
    )
    return {
        (miss.works_contract_id, miss.period): Standing(_row(miss, known), place)
        for place, miss in enumerate(ordered, start=1)
    }


def _row(miss: Miss, known: dict[tuple[UUID, str], Miss]) -> int:
    """Count the misses of one contract that follow each other and end with this one."""
    periods = {miss.period}
    before = miss.previous_period
    while before and before not in periods and (miss.works_contract_id, before) in known:
        periods.add(before)
        before = known[miss.works_contract_id, before].previous_period
    return len(periods)
