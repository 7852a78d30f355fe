"""What the bank took back (退汇) ends the counting of the credit that it belongs to."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import allocations, settlement
from services.payroll.models import AllocationStep, BankLine
from services.payroll.rules.matching import AllocationKind, AllocationState, Came, Step
from shared.db import Session, new_id, same_id

RULE = "rule:returned"
"""Who decided, where nobody had to: the bank's own word."""


async def match_return(session: Session, now: datetime) -> int:
    """Look for the credit that the next return belongs to; say whether there was a return.

    What it takes back counts no longer, for whichever project. A return whose credit cannot be
    told waits for more lines of its account, or for two persons.
    """
    seen = await queries.lines.find_return(session)
    if seen is None:
        return 0
    # Everybody who decides waits here, so what is read now still holds when it is written.
    await queries.allocations.wait_for_turn(session)
    came = await queries.lines.credits_before(session, seen)
    taken = await queries.allocations.amounts_returned(session, [line.id for line in came])
    found = _original(seen, came, {line.id: taken.get(line.id, Decimal(0)) for line in came})
    project_ids = set()
    if found:
        project_ids = await allocations.lock_what_moves(
            session, found.account_index, found.id, found.source_id, None
        )
    (back,) = await queries.lines.locked_lines(session, [(seen.account_index, seen.id)])
    if not back.to_match:
        return 1
    back.to_match = False
    if found and await _take_back(session, found, back, now):
        key = (found.account_index, found.id)
        await settlement.settle_anew(session, project_ids, [key], now)
    return 1


def _original(
    back: BankLine, came: Sequence[BankLine], taken: dict[UUID, Decimal]
) -> BankLine | None:
    sought = rules.matching.original(
        back.amount,
        (back.counterparty_name_index, back.counterparty_account_index),
        back.reference,
        [
            Came(
                line.serial,
                line.amount,
                line.amount - taken[line.id],
                (line.counterparty_name_index, line.counterparty_account_index),
            )
            for line in came
        ],
    )
    return next((line for line in came if sought and line.serial == sought.serial), None)


async def _take_back(session: Session, line: BankLine, back: BankLine, now: datetime) -> bool:
    """Write down that a return takes back a credit, once; say whether that is news."""
    allocation_id = same_id(back.at, back.source_id, back.account_index, back.serial, "returned")
    is_new = await queries.allocations.allocation_is_new(
        session,
        id=allocation_id,
        kind=AllocationKind.RETURNED,
        account_index=line.account_index,
        line_id=line.id,
        source_id=line.source_id,
        serial=line.serial,
        obligation_id=None,
        returning_line_id=back.id,
        amount=back.amount,
        state=AllocationState.CONFIRMED,
        by_rule=True,
        asked_by=RULE,
        reason=back.serial,
        proposed_at=now,
        confirmed_at=now,
    )
    if is_new:
        session.add(
            AllocationStep(
                id=new_id(),
                allocation_id=allocation_id,
                what=Step.CONFIRMED,
                by=RULE,
                at=now,
                reason=back.serial,
            )
        )
        # What counts is read from the rows, of which this is one now.
        await session.flush()
    return is_new
