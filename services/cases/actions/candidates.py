"""What follows when a limit runs out: candidates are found by rule, and time moves what it ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_clocks, proceeding_clocks, proceedings, restrictions
from services.cases.models import ArrearsCase
from services.cases.rules import enforcement
from services.cases.rules import proceedings as rules
from services.cases.rules.arrears import Nature
from services.cases.rules.case_clocks import ClockKind
from services.cases.rules.proceedings import ProceedingKind
from services.cases.rules.restrictions import CANDIDATE
from shared import clock
from shared.db import Session

_FOUND = (ProceedingKind.LISTING, ProceedingKind.TRANSFER, ProceedingKind.PUBLICATION)


async def end_limit_of_case(session: Session, clock_id: UUID, at: datetime) -> None:
    """A limit of a case or of a proceeding has run out: told of, and what follows from it."""
    fallen = await case_clocks.fall_due(session, clock_id, at)
    if fallen is None:
        return
    case, running = fallen
    if running.kind is ClockKind.PAYMENT:
        await session.flush()  # The order that has run out is asked for.
        await find_candidates(session, case, at)
    to = rules.MOVES.get(running.kind)
    if to is None or running.proceeding_id is None:
        return
    proceeding = await queries.proceedings.locked_find_proceeding(session, running.proceeding_id)
    if proceeding is not None and proceeding.ended_at is None:
        before = proceeding.stage
        proceeding.enter(to, at)
        proceeding.version += 1
        proceedings.note_proceeding(
            session, case, proceeding, proceedings.CLOCK_OVER, at, by="clock", before=before
        )
        await proceeding_clocks.follow_proceeding(
            session, case, proceeding, at, since=at, entered=True
        )


async def find_candidates(session: Session, case: ArrearsCase, at: datetime) -> None:
    """Propose what L4.1 and L5.22 name the same day: ordered to pay, not paid, and much owed.

    A rule only proposes; what people have dropped since the order ran out is not proposed again.
    """
    expired = await queries.proceedings.expired_order(session, case.id)
    if expired is None or expired.over_at is None or case.nature is not Nature.WAGES:
        return
    terms = await queries.arrears.enforcement_terms(session, case.area_code, at)
    lines = await queries.case_lines.lines_of(session, case.id)
    reached = enforcement.reaches(terms.threshold, [one for one in lines if not one.withdrawn])
    if reached is None:
        return
    there = await queries.proceedings.kinds_since(session, case.id, expired.over_at)
    since_on = clock.day_of(proceeding_clocks.last_instant(expired))
    for kind in (one for one in _FOUND if one not in there):
        proceeding = proceedings.new_proceeding(
            case, rules.opening_step(kind), at, "rule", since_on=since_on
        )
        proceeding.by_rule, proceeding.amount = True, case.owed
        session.add(proceeding)
        await session.flush()  # Its clocks and steps refer to it.
        said: dict[str, Any] = {"rule": reached, "terms_id": terms.id, "amount": str(case.owed)}
        proceedings.note_proceeding(
            session, case, proceeding, proceedings.BY_RULE, at, by="rule", before=None, **said
        )
        await proceeding_clocks.follow_proceeding(
            session, case, proceeding, at, since=at, entered=True
        )
        if kind is ProceedingKind.LISTING:
            await restrictions.propose_by_rule(
                session, case, CANDIDATE, at, name=case.employer_name, credit_code=None
            )
