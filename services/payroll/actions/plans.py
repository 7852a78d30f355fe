"""What is owed from now on is planned anew; what is over or judged never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import conditions, money, obligations, paydays, projects
from services.payroll.models import (
    Credit,
    Obligation,
    ObligationNote,
    Project,
    Stop,
    WageAccount,
    WorksContract,
)
from services.payroll.rules.conditions import COMPLETE, STOPPED
from services.payroll.rules.obligations import Noted, ObligationStatus
from services.payroll.rules.periods import Terms
from services.payroll.rules.plans import Kept, Spell, Version, Wanted
from shared import clock, known
from shared.db import Session, new_id, same_id
from shared.events.registry import ProjectCard
from shared.workdays import Calendar

_NOTHING = Decimal(0)


async def supplement_contract(
    session: Session,
    *,
    works_contract_id: UUID,
    project_id: UUID,
    version: int,
    valid_from: str,
    signed_on: date,
    terms: Terms,
    now: datetime,
) -> None:
    """Keep a later version of a contract's terms, and plan what lies ahead by it, once."""
    is_new = await queries.plans.supplement_is_new(
        session,
        id=new_id(),
        works_contract_id=works_contract_id,
        version=version,
        valid_from=valid_from,
        signed_on=signed_on,
        told_at=now,
        **terms.as_columns(),
    )
    if is_new:
        await plan_anew(session, project_id, now, terms_of=works_contract_id)


async def stop_works(
    session: Session,
    *,
    stop_id: UUID,
    project_id: UUID,
    from_on: date,
    until_on: date | None,
    reason: str,
    now: datetime,
) -> None:
    """Keep from when until when works stand still, or stood; plan what lies ahead by it.

    A stop that only the project's status told of before is this one.
    """
    stop = await queries.plans.locked_stop(session, stop_id)
    if stop and (stop.from_on, stop.until_on) == (from_on, until_on):
        return
    for unnamed in await queries.plans.locked_open_stops(session, project_id):
        if unnamed.id != stop_id:
            unnamed.until_on = unnamed.from_on
    if stop is None:
        stop = Stop(id=stop_id, project_id=project_id)
        session.add(stop)
    stop.from_on, stop.until_on, stop.reason, stop.told_at = from_on, until_on, reason, now
    await session.flush()  # What is planned next is read from the rows.
    await plan_anew(session, project_id, now)


async def follow_project(session: Session, card: ProjectCard, told_at: datetime) -> None:
    """Keep what is told of a project, and follow it: what is owed, what must be put right."""
    kept = await queries.projects.find_project(session, card.project_id)
    before = kept.status if kept else None
    project = await projects.keep_project(session, card, told_at)
    await paydays.follow_project(session, project.id)
    await follow_status(session, project, before, told_at)
    await conditions.review(session, [project.id], told_at)


async def follow_status(
    session: Session, project: Project, before: str | None, now: datetime
) -> None:
    """Follow a project that came to stand still, goes on, or is complete, by its status alone."""
    today = clock.day_of(now)
    if project.status == before:
        return
    if project.status == STOPPED:
        session.add(
            Stop(
                id=same_id(now, project.id, "stopped"),
                project_id=project.id,
                from_on=today,
                until_on=None,
                reason="status",
                told_at=now,
            )
        )
    elif before == STOPPED:
        for stop in await queries.plans.locked_open_stops(session, project.id):
            stop.until_on = today
    elif COMPLETE not in {project.status, before}:
        return
    await session.flush()  # What is planned next is read from the rows.
    await plan_anew(session, project.id, now)


async def plan_anew(
    session: Session, project_id: UUID, now: datetime, *, terms_of: UUID | None = None
) -> None:
    """Plan what lies ahead of a project as its terms, stops and completion are now.

    `terms_of`: the contract whose terms changed, so that its amounts are worked out again. Money
    that counted for what is owed no longer goes on to what is.
    """
    project = await queries.projects.project(session, project_id)
    await paydays.follow_project(session, project_id)
    account = await queries.accounts.find_account_of_project(session, project_id)
    if account:
        # As whoever brings lines does: the source first, then what they count for.
        await queries.sources.locked_source(session, account.source_id)
    contracts = await queries.plans.locked_contracts_of(session, project_id)
    versions = await queries.plans.versions_of(session, contracts)
    rows = await queries.plans.locked_plan(session, project_id)
    ground = _Ground(
        project,
        account,
        await known.calendar(session, project.area_code),
        await queries.plans.spells(session, project_id),
        await money.owed_since(session, account, now),
        now,
    )
    changed: list[Obligation] = []
    for contract in contracts:
        mine = rows.get(contract.id, ())
        wanted = ground.replan(versions[contract.id], mine, anew=contract.id == terms_of)
        changed += _write_plan(session, ground, contract, mine, wanted)
    await session.flush()  # What money can count for is read from the rows.
    await _give_back(session, [row for row in changed if row.credited_amount], now)
    if account:
        await money.credit_what_is_left(session, account, now)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the plan of a project rests on."""

    project: Project
    account: WageAccount | None
    calendar: Calendar
    spells: Sequence[Spell]
    known_at: datetime
    now: datetime

    def replan(
        self, versions: Sequence[Version], rows: Sequence[Obligation], *, anew: bool
    ) -> Sequence[Wanted]:
        today = clock.day_of(self.now)
        return rules.plans.replan(
            versions,
            [_kept(row, today) for row in rows],
            self.spells,
            _completed_on(self.project, self.now),
            calendar=self.calendar,
            today=today,
            anew=anew,
        )


def _write_plan(
    session: Session,
    ground: _Ground,
    contract: WorksContract,
    rows: Sequence[Obligation],
    wanted: Sequence[Wanted],
) -> Sequence[Obligation]:
    """Let a contract's transfers stand as they should; give those that are different now."""
    there = {row.period: row for row in rows}
    changed = []
    for each in wanted:
        if row := there.get(each.period):
            if _change(session, row, each, ground):
                changed.append(row)
        elif not each.closed:
            row = obligations.planned(
                contract, each, ground.project, ground.account, ground.calendar.version
            )
            row.due_since, row.known_at = ground.now, ground.known_at
            session.add(row)
    return changed


def _completed_on(project: Project, now: datetime) -> date | None:
    if project.status != COMPLETE:
        return None
    said = project.card.get("completed_on")
    return date.fromisoformat(said) if said else clock.day_of(min(now, project.told_at))


def _kept(row: Obligation, today: date) -> Kept:
    judged = row.status not in {
        ObligationStatus.PLANNED,
        ObligationStatus.FULL,
        ObligationStatus.CLOSED,
    }
    return Kept(
        row.period,
        row.due_on,
        row.due_amount - row.added_amount,
        judged or row.due_on <= today,
        row.closed_reason,
    )


def _change(session: Session, row: Obligation, wanted: Wanted, ground: _Ground) -> bool:
    """Let a planned transfer stand as it should, note what is different; say if anything is."""
    amount = wanted.amount + row.added_amount
    before: dict[str, Any] = {
        "due_on": row.due_on,
        "due_amount": row.due_amount,
        "closed": row.closed_reason,
    }
    after = {"due_on": wanted.due_on, "due_amount": amount, "closed": wanted.closed}
    row.previous_period = wanted.previous_period
    if before == after:
        return False
    now = ground.now
    if row.closed_reason and not wanted.closed:
        row.known_at = ground.known_at
    row.plan_as(wanted.due_on, amount, wanted.closed, ground.calendar.version, now)
    what = Noted.REPLANNED
    if before["closed"] != after["closed"]:
        what = Noted.CLOSED if wanted.closed else Noted.REOPENED
    note(session, row, what, now, cause=f"{what}:{now.isoformat()}", before=before, after=after)
    return True


def note(
    session: Session,
    row: Obligation,
    what: Noted,
    at: datetime,
    *,
    cause: str,
    **details: object,
) -> ObligationNote:
    """Write down what happened to an obligation."""
    written = ObligationNote(
        id=same_id(at, row.id, cause),
        obligation_id=row.id,
        at=at,
        what=what,
        cause=cause,
        actor=session.info.get("actor", "system"),
        details=plain(details),
    )
    session.add(written)
    return written


def plain(details: Mapping[str, object]) -> dict[str, Any]:
    """Give details as they are kept: amounts and days as words."""
    return {
        name: plain(value)
        if isinstance(value, dict)
        else value
        if value is None or isinstance(value, bool | int)
        else str(value)
        for name, value in details.items()
    }


async def _give_back(session: Session, over: Sequence[Obligation], now: datetime) -> None:
    """Take from transfers what they can no longer use; the lines that came last give way."""
    if not over:
        return
    freed: dict[tuple[str, UUID], Decimal] = {}
    counted = await queries.plans.locked_credits(session, [row.id for row in over])
    by_row: dict[UUID, list[Credit]] = {}
    for credit in counted:
        by_row.setdefault(credit.obligation_id, []).append(credit)
    for row in over:
        excess = row.credited_amount - row.owed
        mine = by_row.get(row.id, [])
        for credit in mine:
            # What persons decided stays where they put it.
            gone = min(excess, credit.amount - credit.decided_amount)
            if gone:
                key = (credit.account_index, credit.line_id)
                freed[key] = freed.get(key, _NOTHING) + gone
                session.add(credit.change(credit.amount - gone, now))
                excess -= gone
        row.hold(
            sum((credit.amount for credit in mine), _NOTHING),
            sum((each.amount for each in mine if each.credited_on <= row.due_on), _NOTHING),
        )
    for line in await queries.lines.locked_lines(session, freed) if freed else ():
        line.left_amount += freed[line.account_index, line.id]
    await session.flush()  # What lines have left is read from the rows.
