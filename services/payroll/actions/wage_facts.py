"""Claims of unpaid wages are held against what is known, as advice to whoever handles them.

Cases and payroll do not ask each other: whoever may read both asks here with the claims of a case.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.payroll import queries
from services.payroll.models import RosterEntry
from services.payroll.rules import wage_facts as rules
from services.payroll.rules.wage_facts import WORDS, Advice, Known, MonthFacts
from services.payroll.schemas.wage_facts import ClaimIn, ClaimsIn
from shared import pii
from shared.auth import Caller
from shared.db import Session, record
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class Advised:
    """What to look at, in words."""

    code: Advice
    words: Text


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What is known beside one claim."""

    place: int
    worker_id: UUID | None
    spells: list[RosterEntry]
    months: list[MonthFacts]
    owed: Decimal
    advice: list[Advised]


@dataclass(frozen=True, slots=True)
class WageFacts:
    """What is known beside some claims."""

    attendance_known: list[str]
    sheets_known: list[str]
    workers: list[WorkerFacts]


async def compare_claims(
    session: Session, caller: Caller, project_id: UUID, body: ClaimsIn
) -> WageFacts:
    """Say what is known beside each claim; that somebody looked, and why, is recorded.

    Raises ProjectUnknown.
    """
    await queries.attendance.project_of_reader(session, project_id, caller.scope)
    said = {"purpose": body.purpose, "claims": len(body.claims)}
    record(session, "search", RosterEntry.__tablename__, project_id, after=said)
    indexes = [
        pii.blind_index(one.id_number, "id_number") if one.id_number else None
        for one in body.claims
    ]
    ids = [one.worker_id for one in body.claims if one.worker_id]
    spells: dict[str, list[RosterEntry]] = defaultdict(list)
    asked = {one for one in indexes if one}
    for index, entry in await queries.wage_facts.spells(session, project_id, asked, ids):
        spells[index].append(entry)
    by_id = {entries[0].worker_id: index for index, entries in spells.items()}
    whose = [
        index or (by_id.get(claim.worker_id) if claim.worker_id else None)
        for claim, index in zip(body.claims, indexes, strict=True)
    ]
    periods = {period for one in body.claims for period in one.periods}
    known = Known(
        await queries.wage_facts.months_attended(session, project_id, periods),
        await queries.wage_facts.months_on_sheets(session, project_id, periods),
    )
    months = await _months(session, project_id, {one for one in whose if one}, periods)
    workers = [
        _facts(place, claim, spells.get(index or "", []), _of(months, index, claim), known)
        for place, (claim, index) in enumerate(zip(body.claims, whose, strict=True))
    ]
    return WageFacts(sorted(known.attendance), sorted(known.sheets), workers)


async def _months(
    session: Session, project_id: UUID, indexes: Collection[str], periods: Collection[str]
) -> Mapping[tuple[str, str], MonthFacts]:
    """Give what is known of each person's month, where anything is."""
    found: dict[tuple[str, str], MonthFacts] = {}

    def month(key: tuple[str, str]) -> MonthFacts:
        return found.setdefault(key, MonthFacts(key[1]))

    for key, days in (
        await queries.wage_facts.attended(session, project_id, indexes, periods)
    ).items():
        month(key).days = days
    for key, line in (
        await queries.wage_facts.on_sheets(session, project_id, indexes, periods)
    ).items():
        one = month(key)
        one.sheet_days, one.gross, one.net = line
    for key, sums in (await queries.wage_facts.paid(session, project_id, indexes, periods)).items():
        one = month(key)
        one.settled, one.under_way, one.returned = sums
    return found


def _of(
    months: Mapping[tuple[str, str], MonthFacts], index: str | None, claim: ClaimIn
) -> list[MonthFacts]:
    return [months.get((index or "", period)) or MonthFacts(period) for period in claim.periods]


def _facts(
    place: int, claim: ClaimIn, spells: list[RosterEntry], months: list[MonthFacts], known: Known
) -> WorkerFacts:
    advice = rules.advise(claim.claimed, months, known, on_roster=bool(spells))
    return WorkerFacts(
        place,
        spells[0].worker_id if spells else None,
        spells,
        months,
        rules.owed(months),
        [Advised(one, WORDS[one]) for one in advice],
    )
