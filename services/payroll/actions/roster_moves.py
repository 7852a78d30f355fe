"""Movements of people on rosters, what they signed and their cards, told for many at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import (
    payees,
    payment_conditions,
    roster_checks,
    roster_reviews,
    roster_rows,
)
from services.payroll.actions.roster import agrees
from services.payroll.actions.roster_rows import RosterTaken, Taken
from services.payroll.errors import RosterRefused
from services.payroll.models import LabourContract, RosterEntry, SiteMovement
from services.payroll.queries.sites import Site
from services.payroll.rules.roster import Movement
from services.payroll.rules.workers import Objection
from services.payroll.schemas.roster import MovementIn, MovementsIn, WhoIn
from services.payroll.schemas.tellings import ContractsIn, PayeesIn
from shared import clock, pii, sets
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class _Named:
    """Somebody who is named, and the spell that is meant: the one that lasts, else the last."""

    place: str
    entry: RosterEntry | None
    spells: Sequence[RosterEntry]


async def move_workers(
    session: Session, caller: Caller, project_id: UUID, body: MovementsIn, now: datetime
) -> RosterTaken:
    """Let people leave, or put right on which day they entered or left; the same again is nothing.

    Raises ProjectUnknown, and RosterRefused with all findings.
    """
    named = await _named(session, project_id, caller.scope, "movements", body.movements)
    gate = (await _limits(session, project_id, caller.scope, now)).gate
    today = clock.day_of(now)
    _refuse(
        [
            _finding(one, said)
            for one, each in zip(named, body.movements, strict=True)
            for said in _object_to(one, each, today, gate.ahead_days)
        ]
    )
    taken, movements = [], []
    before = [day for one in named for day in _days(_entry(one))]
    told = {"told_at": now, "told_by": caller.actor}
    for one, each in zip(named, body.movements, strict=True):
        entry = _entry(one)
        news = _move(entry, each)
        if news:
            movements.append(
                {"id": new_id(), "entry_id": entry.id, "kind": each.kind, "day": each.day, **told}
            )
        taken.append(Taken(entry.id, entry.worker_id, "changed" if news else "unchanged"))
    await sets.change(session, [_entry(one) for one in named])
    # It counts from the day on that was told before, too.
    since = min([*before, *(each.day for each in body.movements)], default=today)
    gone = {f"{each.day:%Y-%m}" for each in body.movements if each.kind is Movement.OUT}
    await queries.paydays.touch(session, project_id, gone)
    await queries.paydays.touch_since(session, project_id, f"{since:%Y-%m}")
    await sets.copy(session, SiteMovement, movements)
    await roster_reviews.review(session, {one.worker_id for one in taken}, now)
    return RosterTaken(taken)


def _object_to(one: _Named, said: MovementIn, today: date, ahead: int) -> Sequence[Objection]:
    entry = one.entry
    if entry is None:
        return [Objection("entry_id", "not_on_roster", *_NOBODY)]
    entered = said.day if said.kind is Movement.IN else entry.entered_on
    left = said.day if said.kind is Movement.OUT else entry.left_on
    found = list(rules.roster.object_to_days(entered, left, today, ahead=ahead))
    spell = rules.roster.Spell(entered, left)
    others = [each for each in one.spells if each is not entry]
    if any(each.spell.meets(spell) for each in others):
        found.append(Objection("day", "spells_overlap", *_OVERLAP))
    # Whatever field of a spell it is about, here it is the day that was told.
    return [Objection("day", each.code, each.said, each.remedy) for each in found]


def _days(entry: RosterEntry) -> Iterator[date]:
    yield entry.entered_on
    if entry.left_on:
        yield entry.left_on


def _move(entry: RosterEntry, said: MovementIn) -> bool:
    if said.kind is Movement.IN:
        news = entry.entered_on != said.day
        entry.entered_on = said.day
    else:
        news = entry.left_on != said.day
        entry.left_on = said.day
    if said.kind is Movement.OUT and said.reason:
        news = news or entry.leave_reason != said.reason
        entry.leave_reason = said.reason
    return news


async def sign_contracts(
    session: Session, caller: Caller, project_id: UUID, body: ContractsIn, now: datetime
) -> RosterTaken:
    """Take contracts of people on a roster; raises as above."""
    named = await _named(session, project_id, caller.scope, "contracts", body.contracts)
    project = await queries.sites.project_on_site(session, project_id, caller.scope)
    people = {one.entry.worker_id for one in named if one.entry}
    kept = {
        (each.worker_id, each.employer_id, each.start_on): each
        for each in await queries.roster.contracts_of(session, project_id, people)
    }
    found, rows, taken = [], {}, []
    for one, each in zip(named, body.contracts, strict=True):
        if one.entry is None:
            found.append(_finding(one, Objection("entry_id", "not_on_roster", *_NOBODY)))
            continue
        key = (one.entry.worker_id, one.entry.employer_id, each.contract.start_on)
        before = kept.get(key)
        if (before and not agrees(before, each.contract)) or key in rows:
            found.append(_finding(one, Objection("contract", "contract_differs", *_CONTRACT)))
        elif before is None:
            site = Site(project, one.entry.employer_id)
            rows[key] = roster_rows.contract(
                site, one.entry.worker_id, each.contract, caller.actor, now
            )
        taken.append(Taken(one.entry.id, one.entry.worker_id, "unchanged" if before else "changed"))
    _refuse(found)
    await sets.copy(session, LabourContract, list(rows.values()))
    return RosterTaken(taken)


async def tell_payees(
    session: Session, caller: Caller, project_id: UUID, body: PayeesIn, now: datetime
) -> RosterTaken:
    """Take where wages of people on a roster go; a changed card waits. Raises as above."""
    named = await _named(session, project_id, caller.scope, "payees", body.payees)
    found = []
    for one, each in zip(named, body.payees, strict=True):
        if one.entry is None:
            found.append(_finding(one, Objection("entry_id", "not_on_roster", *_NOBODY)))
        card = pii.normalised(each.card.card_no, "card")
        found += [_finding(one, said) for said in rules.workers.object_to_card(card) if
                  said.refuses]  # fmt: skip
    _refuse(found)
    entries = [_entry(one) for one in named]
    workers = {
        each.id: each
        for each in await queries.workers.locked_workers_by_id(
            session, {entry.worker_id for entry in entries}
        )
    }
    project = await queries.sites.project_on_site(session, project_id, caller.scope)
    told = [
        payees.Told(workers[entry.worker_id], each.card)
        for entry, each in zip(entries, body.payees, strict=True)
    ]
    new = await payees.tell_cards(
        session, project_id, project.area_code, told, by=caller.actor, now=now
    )
    await roster_reviews.review(session, workers.keys(), now)
    await payment_conditions.review_known(session, project_id, now)
    return RosterTaken(
        [
            Taken(each.id, each.worker_id, "changed" if each.worker_id in new else "unchanged")
            for each in entries
        ]
    )


async def _named(
    session: Session, project_id: UUID, scope: Scope, within: str, whos: Sequence[WhoIn]
) -> Sequence[_Named]:
    """Find who is named among the caller's people; raises ProjectUnknown."""
    await queries.sites.project_on_site(session, project_id, scope)
    await queries.sites.wait_for_turn(session, project_id)
    indexes = [pii.blind_index(one.id_number, "id_number") if one.id_number else "" for one in whos]
    rows = await queries.roster.locked_entries_in_scope(
        session, project_id, scope, {one.entry_id for one in whos if one.entry_id},
        {index for index in indexes if index},
    )  # fmt: skip
    by_id = {row.id: row for row in rows}
    people = {row.worker_id for row in rows}
    spells: dict[tuple[UUID, UUID], list[RosterEntry]] = {}
    for row in await queries.roster.locked_entries(session, project_id, people):
        spells.setdefault((row.worker_id, row.employer_id), []).append(row)
    found = []
    for n, (one, index) in enumerate(zip(whos, indexes, strict=True)):
        if one.entry_id:
            entry = by_id.get(one.entry_id)
        else:
            own = [
                row
                for row in rows
                if (row.worker.id_index, row.worker.id_type) == (index, one.id_type)
            ]
            entry = max(own, key=lambda row: (row.left_on is None, row.entered_on), default=None)
        mine = spells.get((entry.worker_id, entry.employer_id), []) if entry else []
        found.append(_Named(f"{within}[{n}]", entry, mine))
    return found


async def _limits(
    session: Session, project_id: UUID, scope: Scope, now: datetime
) -> roster_checks.Limits:
    project = await queries.sites.project_on_site(session, project_id, scope)
    return await roster_checks.limits(session, project, now)


def _entry(one: _Named) -> RosterEntry:
    if one.entry is None:
        raise RosterRefused
    return one.entry


def _finding(one: _Named, said: Objection) -> Finding:
    return Finding(f"{one.place}.{said.field}", said.code, said.said, said.remedy)


def _refuse(found: Sequence[Finding]) -> None:
    if found:
        raise RosterRefused(errors=found)


_NOBODY = (
    Text("名册中没有此人，或不由您填报", "Nobody like that on this roster, or not yours"),
    Text("请先登记进场", "Enter the worker first"),
)
_OVERLAP = (
    Text("与此人其他在场期间重叠", "This overlaps other days of the worker here"),
    Text("请核对日期", "Check the days"),
)
_CONTRACT = (
    Text("同日开始的合同已登记且内容不同", "A contract of that day says something else"),
    Text("请核对合同", "Check the contract"),
)
