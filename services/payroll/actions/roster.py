"""Workers of an employer enter a project's roster, in sets: all rows of a batch, or none."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import (
    payees,
    payment_conditions,
    roster_checks,
    roster_reviews,
    roster_rows,
)
from services.payroll.actions.roster_checks import Limits, Said
from services.payroll.actions.roster_rows import Roster, RosterTaken, Taken
from services.payroll.errors import RosterRefused
from services.payroll.models import LabourContract, RosterEntry, Worker
from services.payroll.queries.sites import Site
from services.payroll.rules.roster import Spell
from services.payroll.rules.workers import Objection
from services.payroll.schemas.roster import RosterIn
from shared import sets
from shared.auth import Caller
from shared.db import AGELESS, Session, record, same_id
from shared.wording import Text


async def enter_workers(
    session: Session, caller: Caller, project_id: UUID, body: RosterIn, now: datetime
) -> RosterTaken:
    """Take workers who enter, or of whom something is told anew; the same again changes nothing.

    Raises ProjectUnknown, and RosterRefused with all findings.
    """
    site = await queries.sites.site(session, project_id, body.employer_id, caller.scope)
    said = [Said.of(row) for row in body.workers]
    taken = await enter(session, site, said, caller.actor, now)
    if taken is None:
        raise RosterRefused(errors=roster_checks.problems(said, "workers", refusing=True))
    return RosterTaken(taken, roster_checks.problems(said, "workers", refusing=False))


async def enter(
    session: Session, site: Site, said: Sequence[Said], by: str, now: datetime
) -> Sequence[Taken] | None:
    """Enter rows; None if something is wrong with one of them, and what it is at each row."""
    limit = await roster_checks.limits(session, site.project, now)
    roster_checks.check(said, limit)
    roster = Roster(site, by, now)
    await _know(session, roster, said, write=not _refused(said))
    for one in said:
        _compare(roster, one, limit)
    if _refused(said):
        return None
    await _rename(session, roster, said)
    taken = await roster_rows.write(session, roster, said, limit.today)
    earliest = min((one.row.entered_on for one in said), default=limit.today)
    await queries.paydays.touch_since(session, site.project.id, f"{earliest:%Y-%m}")
    await payees.tell_cards(
        session, site.project.id, site.project.area_code,
        [
            payees.Told(roster.workers[one.key], one.row.card)
            for one in said
            if one.row.card is not None
        ],
        by=by, now=now,
    )  # fmt: skip
    await roster_reviews.review(session, {one.id for one in roster.workers.values()}, now)
    await payment_conditions.review_known(session, site.project.id, now)
    return taken


def _refused(said: Sequence[Said]) -> bool:
    return any(one.refused for one in said)


async def _know(session: Session, roster: Roster, said: Sequence[Said], *, write: bool) -> None:
    """Look up all that the rows name; people who are not known become so, unless a row is wrong."""
    indexes = {one.id_index for one in said}
    if write:
        await _write_workers(session, said, roster.now)
        known = await queries.workers.locked_workers(session, indexes)
    else:
        known = await queries.workers.workers_by_index(session, indexes)
    roster.workers = {(one.id_index, one.id_type): one for one in known}
    project_id, employer_id = roster.site.project.id, roster.site.employer_id
    ids = {one.id for one in known}
    spells: dict[UUID, list[RosterEntry]] = defaultdict(list)
    for entry in await queries.roster.locked_entries(session, project_id, ids):
        if entry.employer_id == employer_id:
            spells[entry.worker_id].append(entry)
    contracts: dict[UUID, list[LabourContract]] = defaultdict(list)
    for contract in await queries.roster.contracts_of(session, project_id, ids):
        if contract.employer_id == employer_id:
            contracts[contract.worker_id].append(contract)
    roster.spells, roster.contracts = spells, contracts


async def _write_workers(session: Session, said: Sequence[Said], now: datetime) -> None:
    rows = {one.key: _worker(one, now) for one in said}
    # Whoever was blanked and comes again is somebody new.
    blanked = await queries.workers.blanked(session, {row["id"] for row in rows.values()})
    for (index, id_type), row in rows.items():
        if row["id"] in blanked:
            row["id"] = same_id(now, "worker", id_type, index)
    new = await queries.workers.write_workers(session, list(rows.values()))
    for worker_id in new:
        after = {"id_number": "[sealed]", "name": "[sealed]"}
        record(session, "insert", Worker.__tablename__, worker_id, after=after)


def _worker(one: Said, now: datetime) -> dict[str, Any]:
    return {
        # The same person is the same id, whoever tells of him first.
        "id": same_id(AGELESS, "worker", one.row.id_type, one.id_index),
        "id_type": one.row.id_type,
        "id_number": one.number,
        "id_index": one.id_index,
        "name": one.row.name,
        "name_index": one.name_index,
        "phone": one.phone,
        "phone_index": one.phone_index,
        "told_at": now,
    }


def _compare(roster: Roster, one: Said, limit: Limits) -> None:
    """Find what speaks against a row in what is known of its worker."""
    row, worker = one.row, roster.worker(one)
    spells = roster.spells.get(worker.id, []) if worker else []
    entry = roster.entry(one)
    if entry is None:
        told = Spell(row.entered_on, row.left_on)
        if any(each.left_on is None for each in spells):
            one.found.append(Objection("entered_on", "entered_otherwise", *_OTHERWISE))
        elif any(each.spell.meets(told) for each in spells):
            one.found.append(Objection("entered_on", "spells_overlap", *_OVERLAP))
        signed = roster.contracts.get(worker.id, []) if worker else []
        contracted = row.contract is not None or any(
            _covers(each, row.entered_on) for each in signed
        )
        one.found += limit.gate.object_to(row.entered_on, limit.today, contracted=contracted)
    elif row.left_on and entry.left_on and row.left_on != entry.left_on:
        one.found.append(Objection("left_on", "left_otherwise", *_LEFT))
    if row.contract and worker:
        for each in roster.contracts.get(worker.id, []):
            if not agrees(each, row.contract):
                one.found.append(Objection("contract", "contract_differs", *_CONTRACT))


def _covers(contract: LabourContract, day: date) -> bool:
    return contract.start_on <= day and (contract.end_on is None or day <= contract.end_on)


def agrees(contract: LabourContract, terms: Any) -> bool:  # noqa: ANN401  ContractTermsIn
    """Say whether a contract does not contradict terms: it starts on another day, or is theirs."""
    return bool(contract.start_on != terms.start_on) or all(
        getattr(contract, name) == getattr(terms, name) for name in type(terms).model_fields
    )


async def _rename(session: Session, roster: Roster, said: Sequence[Said]) -> None:
    """Let people be known as they are told now, unless another roster says as before.

    So whoever typed a name wrong puts it right, and nobody renames whom others employ.
    """
    differing = {
        worker.id: (worker, one)
        for one in said
        if (worker := roster.worker(one)) and worker.name_index != one.name_index
    }
    kept = set(
        await queries.roster.names_elsewhere(
            session, differing.keys(), roster.site.project.id, roster.site.employer_id
        )
    )
    renamed: dict[UUID, tuple[str, str]] = {}
    for worker_id, (worker, one) in differing.items():
        if (worker_id, worker.name_index) in kept:
            one.found.append(Objection("name", "name_differs", *_NAME, refuses=False))
        else:
            renamed[worker_id] = worker.name_index, one.name_index
            worker.name, worker.name_index = one.row.name, one.name_index
    for one in said:
        worker = roster.worker(one)
        if worker and one.phone_index and worker.phone_index != one.phone_index:
            worker.phone, worker.phone_index = one.phone, one.phone_index
    await sets.change(session, list(roster.workers.values()))
    await payees.follow_names(session, renamed)


_OTHERWISE = (
    Text("此人已在名册中，进场日期不同", "On the roster already, since another day"),
    Text("请先登记退场，或用进退场记录更正日期", "Tell of the exit first, or correct the day"),
)
_OVERLAP = (
    Text("与此人已登记的在场期间重叠", "This overlaps days on which the worker was here before"),
    Text("请核对进退场日期", "Check the days"),
)
_LEFT = (
    Text("此人已登记其他退场日期", "Another day of exit is registered"),
    Text("请用进退场记录更正", "Correct it by a movement"),
)
_CONTRACT = (
    Text("同日开始的合同已登记且内容不同", "A contract of that day says something else"),
    Text("请核对合同", "Check the contract"),
)
_NAME = (
    Text("该证件号码在其他名册中登记为另一姓名", "Another roster has this ID under another name"),
    Text("请对照证件核对姓名", "Compare the name with the document"),
)
