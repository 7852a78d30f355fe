"""Two persons decide what an amount of a line counts for, and take it back again."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import settlement
from services.payroll.actions.persons import person_of
from services.payroll.errors import (
    AllocationDecided,
    AllocationRefused,
    LineBeingAllocated,
    SecondPersonNeeded,
)
from services.payroll.models import Allocation, AllocationStep, BankLine, Obligation
from services.payroll.rules import matching
from services.payroll.rules.matching import AllocationKind, AllocationState, Step, Wish
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.allocations import AllocationIn
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id


async def propose_allocation(
    session: Session, caller: Caller, body: AllocationIn, now: datetime
) -> Allocation:
    """Take one person's proposal of what an amount of a line is to count for.

    Raises NotFound where line or obligation are not the caller's, AllocationRefused with all
    findings, LineBeingAllocated where something else waits to be decided of the line.
    """
    person = person_of(caller)
    seen = await queries.lines.bank_line(session, body.line_id, caller.scope)
    (line,) = await queries.lines.locked_lines(session, [(seen.account_index, seen.id)])
    owed = None
    if body.obligation_id:
        owed = await queries.obligations.obligation(session, body.obligation_id, caller.scope)
    allocation_id = new_id()
    values = _values(body, line, person, now) | {"id": allocation_id}
    await _check(session, Allocation(**values), line, owed)
    if not await queries.allocations.allocation_is_new(session, **values):
        pending = await queries.allocations.find_pending(session, line.id)
        raise LineBeingAllocated(allocation_id=str(pending) if pending else None)
    _note(session, allocation_id, Step.PROPOSED, person, at=now, reason=body.reason)
    return await _shown(session, allocation_id, caller.scope)


def _values(body: AllocationIn, line: BankLine, person: str, now: datetime) -> dict[str, object]:
    return {
        "kind": body.kind,
        "account_index": line.account_index,
        "line_id": line.id,
        "source_id": line.source_id,
        "serial": line.serial,
        "obligation_id": body.obligation_id,
        "returning_line_id": body.returning_line_id,
        "amount": body.amount,
        "state": AllocationState.PROPOSED,
        "by_rule": False,
        "asked_by": person,
        "reason": body.reason,
        "proposed_at": now,
    }


async def confirm_allocation(
    session: Session, caller: Caller, allocation_id: UUID, now: datetime
) -> Allocation:
    """Take the second person's yes to a proposal, or to its reversal; what it moves follows.

    Raises NotFound, AllocationDecided where nothing waits, SecondPersonNeeded, and
    AllocationRefused where it cannot be done any more.
    """
    decided = await _decision(session, caller, allocation_id)
    row, line = decided.row, decided.line
    if row.state is AllocationState.PROPOSED:
        owed = next((one for one in decided.owed if one.id == row.obligation_id), None)
        await _check(session, row, line, owed)
    _note(session, row.id, row.confirm(now), caller.subject, at=now)
    # What counts is read from the rows, of which this is one now.
    await session.flush()
    await settlement.settle_anew(session, decided.project_ids, [(line.account_index, line.id)], now)
    return await _shown(session, row.id, caller.scope)


async def refuse_allocation(
    session: Session, caller: Caller, allocation_id: UUID, reason: str, now: datetime
) -> Allocation:
    """Take a no to a proposal, or to its reversal, from anybody, its proposer too."""
    person = person_of(caller)
    await queries.allocations.allocation(session, allocation_id, caller.scope)
    row = await queries.allocations.locked_allocation(session, allocation_id)
    if row.state not in matching.PENDING:
        raise AllocationDecided(state=row.state)
    _note(session, row.id, row.refuse(now), person, at=now, reason=reason)
    return await _shown(session, row.id, caller.scope)


async def propose_reversal(
    session: Session, caller: Caller, allocation_id: UUID, reason: str, now: datetime
) -> Allocation:
    """Take one person's wish to undo a decision; it stays in force until another confirms."""
    person = person_of(caller)
    seen = await queries.allocations.allocation(session, allocation_id, caller.scope)
    await queries.lines.locked_lines(session, [(seen.account_index, seen.line_id)])
    row = await queries.allocations.locked_allocation(session, allocation_id)
    if row.state is not AllocationState.CONFIRMED:
        raise AllocationDecided(state=row.state)
    pending = await queries.allocations.find_pending(session, row.line_id)
    if pending:
        # The line is locked, so nobody comes between the look and the change.
        raise LineBeingAllocated(allocation_id=str(pending))
    row.state, row.asked_by = AllocationState.REVERSING, person
    _note(session, row.id, Step.REVERSAL_PROPOSED, person, at=now, reason=reason)
    return await _shown(session, row.id, caller.scope)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What waits for the second person, locked with all that it may move."""

    row: Allocation
    line: BankLine
    owed: list[Obligation]
    project_ids: set[UUID]


async def _decision(session: Session, caller: Caller, allocation_id: UUID) -> _Decision:
    person = person_of(caller)
    seen = await queries.allocations.allocation(session, allocation_id, caller.scope)
    project_ids = await lock_what_moves(
        session, seen.account_index, seen.line_id, seen.source_id, seen.obligation_id
    )
    row = await queries.allocations.locked_allocation(session, allocation_id)
    if row.state not in matching.PENDING:
        raise AllocationDecided(state=row.state)
    if row.asked_by == person:
        raise SecondPersonNeeded
    (line,) = await queries.lines.locked_lines(session, [(row.account_index, row.line_id)])
    owed = await queries.obligations.locked_obligations_of(session, project_ids)
    return _Decision(row, line, list(owed), project_ids)


async def lock_what_moves(
    session: Session,
    account_index: str,
    line_id: UUID,
    source_id: UUID,
    obligation_id: UUID | None,
) -> set[UUID]:
    """Be alone with the sources of all projects that a decision on a line may move; give them.

    As whoever brings lines does: the source first, then lines, then what they count for.
    """
    await queries.allocations.wait_for_turn(session)
    project_ids = await queries.allocations.projects_about(session, line_id)
    if obligation_id:
        project_ids.add(await queries.obligations.project_of(session, obligation_id))
    own = await queries.accounts.accounts_by_index(session, [account_index])
    project_ids |= {account.project_id for account in own.values()}
    accounts = await queries.accounts.accounts_of_projects(session, project_ids)
    source_ids = {source_id, *(account.source_id for account in accounts.values())}
    await queries.sources.locked_sources(session, source_ids)
    return project_ids


async def _check(
    session: Session, wanted: Allocation, line: BankLine, owed: Obligation | None
) -> None:
    """Refuse with all findings what cannot be decided; the line is locked."""
    taken = await queries.allocations.amount_decided(session, wanted.id, line_id=line.id)
    free = line.amount - taken
    left = None
    if owed:
        covered = await queries.allocations.amount_decided(
            session, wanted.id, obligation_id=owed.id
        )
        left = owed.due_amount - covered
    wish = Wish(
        amount=wanted.amount,
        came_in=line.direction is Direction.IN,
        returned=line.kind is LineKind.RETURNED,
        free=max(free, Decimal(0)),
        owed=left,
        closed=_closed(wanted, owed),
        return_fits=await _return_fits(session, wanted, line),
    )
    if findings := matching.findings(wish):
        raise AllocationRefused(errors=findings)


def _closed(wanted: Allocation, owed: Obligation | None) -> bool:
    if owed is None:
        # Locked for confirming are only those that are not closed.
        return wanted.obligation_id is not None
    return owed.status is ObligationStatus.CLOSED


async def _return_fits(session: Session, wanted: Allocation, line: BankLine) -> bool:
    if wanted.kind is not AllocationKind.RETURNED or wanted.returning_line_id is None:
        return True
    back = await queries.lines.find_line(session, line.account_index, wanted.returning_line_id)
    return (
        back is not None
        and back.direction is Direction.OUT
        and (back.at, back.serial) > (line.at, line.serial)
        and back.amount >= wanted.amount
    )


def _note(
    session: Session,
    allocation_id: UUID,
    what: Step,
    by: str,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    session.add(
        AllocationStep(
            id=new_id(), allocation_id=allocation_id, what=what, by=by, at=at, reason=reason
        )
    )


async def _shown(session: Session, allocation_id: UUID, scope: Scope) -> Allocation:
    """Give a decision with its steps."""
    # They are read from the rows, of which one was written just now.
    await session.flush()
    return await queries.allocations.allocation(session, allocation_id, scope)
