"""Rows that are right become rows of a roster: spells, movements, crews, contracts, insurances."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions.roster_checks import Said
from services.payroll.models import (
    Crew,
    InsuranceWord,
    LabourContract,
    RosterEntry,
    SiteMovement,
    Worker,
)
from services.payroll.queries.sites import Site
from services.payroll.rules.roster import Movement
from services.payroll.rules.trades import IdType
from services.payroll.schemas.labour import ContractTermsIn
from shared import sets
from shared.db import Session, new_id
from shared.problems import Finding


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row."""

    entry_id: UUID
    worker_id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class RosterTaken:
    """What became of all rows, and what is odd in them."""

    taken: Sequence[Taken]
    warnings: Sequence[Finding] = ()

    @property
    def entered(self) -> int:
        """Count who is new on the roster."""
        return sum(one.state == "entered" for one in self.taken)

    @property
    def changed(self) -> int:
        """Count of whom something was told anew."""
        return sum(one.state == "changed" for one in self.taken)

    @property
    def unchanged(self) -> int:
        """Count who was there as told."""
        return len(self.taken) - self.entered - self.changed


@dataclass(slots=True)
class Roster:
    """What is known of the people of a batch: who they are, their spells here, what they signed."""

    site: Site
    by: str
    now: datetime
    workers: dict[tuple[str, IdType], Worker] = field(default_factory=dict)
    spells: dict[UUID, list[RosterEntry]] = field(default_factory=dict)
    contracts: dict[UUID, list[LabourContract]] = field(default_factory=dict)
    crews: dict[str, Crew] = field(default_factory=dict)

    def worker(self, one: Said) -> Worker | None:
        """Give who a row tells of, if he is known."""
        return self.workers.get(one.key)

    def entry(self, one: Said) -> RosterEntry | None:
        """Give the spell that a row tells of: the one of its day of entry."""
        worker = self.worker(one)
        spells = self.spells.get(worker.id, []) if worker else []
        return next((each for each in spells if each.entered_on == one.row.entered_on), None)


@dataclass(slots=True)
class _Written:
    """Rows to be written, by table."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    movements: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    contracts: list[dict[str, Any]] = field(default_factory=list)


async def write(
    session: Session, roster: Roster, said: Sequence[Said], today: date
) -> Sequence[Taken]:
    """Write what rows tell that is not so yet; give what became of each."""
    await _make_crews(session, roster, said)
    new, taken = _Written(), []
    changed: list[RosterEntry] = []
    for one in said:
        worker = roster.workers[one.key]
        entry = roster.entry(one)
        if entry is None:
            entry_id, state = _enter(roster, one, worker, new), "entered"
        else:
            entry_id = entry.id
            state = "changed" if _tell(roster, one, entry, new, today) else "unchanged"
            changed.append(entry)
        if _sign(roster, one, worker, new) and state == "unchanged":
            state = "changed"
        if one.row.is_leader and one.row.crew:
            roster.crews[one.row.crew].leader_entry_id = entry_id
        taken.append(Taken(entry_id, worker.id, state))
    await sets.change(session, changed)
    await sets.copy(session, RosterEntry, new.entries)
    await sets.copy(session, SiteMovement, new.movements)
    await sets.copy(session, InsuranceWord, new.words)
    await sets.copy(session, LabourContract, new.contracts)
    return taken


async def _make_crews(session: Session, roster: Roster, said: Sequence[Said]) -> None:
    """Know the crews that rows name; those that are not there are made, numbered on."""
    named: dict[str, date] = {}
    for one in said:
        if one.row.crew:
            first = named.get(one.row.crew, one.row.entered_on)
            named[one.row.crew] = min(first, one.row.entered_on)
    if not named:
        return
    kept = await queries.roster.locked_crews(session, roster.site.project.id)
    own = roster.site.employer_id
    roster.crews = {crew.name: crew for crew in kept if crew.employer_id == own}
    number = max((crew.number for crew in kept), default=0)
    for name, from_on in named.items():
        if name not in roster.crews:
            number += 1
            roster.crews[name] = Crew(
                id=new_id(), project_id=roster.site.project.id, employer_id=own, number=number,
                name=name, leader_entry_id=None, from_on=from_on, until_on=None,
            )  # fmt: skip
            session.add(roster.crews[name])


def _enter(roster: Roster, one: Said, worker: Worker, new: _Written) -> UUID:
    row, entry_id = one.row, new_id()
    told = {"told_at": roster.now, "told_by": roster.by}
    new.entries.append(
        {
            "id": entry_id,
            "project_id": roster.site.project.id,
            "employer_id": roster.site.employer_id,
            "crew_id": roster.crews[row.crew].id if row.crew else None,
            "worker_id": worker.id,
            "role": row.role,
            "trade": row.trade,
            "is_leader": row.is_leader,
            "name_index": one.name_index,
            "entered_on": row.entered_on,
            "left_on": row.left_on,
            "leave_reason": None,
            "insured": row.insured,
            "injury_insured": row.injury_insured,
            **told,
        }
    )
    new.movements += _moved(entry_id, row.entered_on, row.left_on, told)
    if row.insured is not None or row.injury_insured is not None:
        new.words.append(_word(roster, entry_id, row.entered_on, (row.insured, row.injury_insured)))
    return entry_id


def _moved(
    entry_id: UUID, entered_on: date | None, left_on: date | None, told: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for kind, day in ((Movement.IN, entered_on), (Movement.OUT, left_on)):
        if day:
            yield {"id": new_id(), "entry_id": entry_id, "kind": kind, "day": day, **told}


def _word(
    roster: Roster, entry_id: UUID, from_on: date, said: tuple[bool | None, bool | None]
) -> dict[str, Any]:
    return {
        "id": new_id(), "entry_id": entry_id, "from_on": from_on, "insured": said[0],
        "injury_insured": said[1], "told_at": roster.now, "told_by": roster.by,
    }  # fmt: skip


def _tell(roster: Roster, one: Said, entry: RosterEntry, new: _Written, today: date) -> bool:
    """Let a spell be as a row tells it; what the row leaves out stays. Say whether that is news."""
    row = one.row
    said: dict[str, Any] = {
        "crew_id": roster.crews[row.crew].id if row.crew else None,
        "trade": row.trade,
        "insured": row.insured,
        "injury_insured": row.injury_insured,
        "left_on": row.left_on,
        "name_index": one.name_index,
        "role": row.role,
        "is_leader": row.is_leader or None,
    }
    news = {
        name: value
        for name, value in said.items()
        if value is not None and getattr(entry, name) != value
    }
    for name, value in news.items():
        setattr(entry, name, value)
    if {"insured", "injury_insured"} & news.keys():
        # What is told today holds from today on; before entry nothing has to hold.
        from_on = max(today, entry.entered_on)
        new.words.append(_word(roster, entry.id, from_on, (entry.insured, entry.injury_insured)))
    told = {"told_at": roster.now, "told_by": roster.by}
    new.movements += _moved(entry.id, None, news.get("left_on"), told)
    return bool(news)


def _sign(roster: Roster, one: Said, worker: Worker, new: _Written) -> bool:
    terms = one.row.contract
    if terms is None:
        return False
    signed = roster.contracts.get(worker.id, [])
    if any(each.start_on == terms.start_on for each in signed):
        return False
    new.contracts.append(contract(roster.site, worker.id, terms, roster.by, roster.now))
    return True


def contract(
    site: Site, worker_id: UUID, terms: ContractTermsIn, by: str, now: datetime
) -> dict[str, Any]:
    """Give the row of a contract that is not there."""
    return {
        "id": new_id(),
        "project_id": site.project.id,
        "employer_id": site.employer_id,
        "worker_id": worker_id,
        **terms.model_dump(),
        "file_id": None,
        "sha256": None,
        "told_at": now,
        "told_by": by,
    }
