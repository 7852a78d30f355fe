"""Closing by hand where the proof is a document, and opening again when it does not hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions, evidence, items, levels, limits, reversals, tellings
from services.cases.actions.timeline import act_for, note, tell_decision, who
from services.cases.errors import (
    AlreadyClosed,
    ClosingDecided,
    NotClosedByHand,
    PersonNeeded,
    ProofNotTaken,
    SecondPersonNeeded,
)
from services.cases.models import Closing, ClosingTerms, WatchItem
from services.cases.rules.closings import ClosingState
from services.cases.rules.items import Happening
from services.cases.schemas.closings import ClosingDecisionIn, ClosingIn, ReopeningIn
from shared import clock
from shared.auth import Caller
from shared.db import Session, new_id

# What is told of a closing besides that it closed.
ASKED, REFUSED, REOPENED = "closing_asked", "closing_refused", "closing_reopened"


async def close_by_hand(
    session: Session, caller: Caller, item_id: UUID, body: ClosingIn, now: datetime
) -> Closing:
    """Close an item by documents, or ask a second person to; what waits already is given back.

    Raises PersonNeeded, WatchItemUnknown, AlreadyClosed, ProofNotTaken, or EvidenceRefused.
    """
    if caller.is_machine:
        raise PersonNeeded
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    if item.is_closed:
        raise AlreadyClosed
    waits = await queries.closings.find_asked_closing(session, item.id)
    if waits is not None:
        return waits
    terms = await _terms(session, item, body.proof, now)
    await evidence.check_evidence(session, item.id, body.evidence_ids, needed=True)
    act_for(session, caller.actor)
    said: dict[str, Any] = {"paper_id": new_id()}
    said |= body.model_dump(include={"proof", "evidence_ids"})
    what = ASKED if terms.second_person else Happening.CLOSED
    tell_decision(session, item, what, now, **said)
    closing = ask(session, item, terms, body.reason, now, **said)
    if terms.second_person:
        await let_wait(session, item, closing, now)
    else:
        await close(session, item, closing, body.reason, now)
    return closing


def ask(
    session: Session,
    item: WatchItem,
    terms: ClosingTerms,
    reason: str,
    now: datetime,
    *,
    paper_id: UUID,
    proof: str,
    evidence_ids: Sequence[UUID],
) -> Closing:
    """Write down by which documents somebody closes an item."""
    closing = Closing(
        id=paper_id,
        watch_item_id=item.id,
        terms_id=terms.id,
        state=ClosingState.ASKED,
        proof=proof,
        reason=reason,
        evidence_ids=[str(one) for one in evidence_ids],
        asked_at=now,
        asked_by=who(session),
    )
    session.add(closing)
    return closing


async def let_wait(session: Session, item: WatchItem, closing: Closing, now: datetime) -> None:
    """Let an item wait for a second person."""
    item.verify(now)
    await _arm(session, item, now)
    said = {"closing_id": closing.id, "reason": closing.reason}
    note(session, item, Happening.VERIFYING, now, **said)


async def _terms(session: Session, item: WatchItem, proof: str, now: datetime) -> ClosingTerms:
    day = clock.day_of(now)
    terms = await queries.closings.find_closing_terms(session, item.kind, item.area_code, day)
    if terms is None or proof not in terms.proofs:
        raise ProofNotTaken(kind=item.kind, taken=terms.proofs if terms else [])
    return terms


async def decide_closing(
    session: Session, caller: Caller, closing_id: UUID, body: ClosingDecisionIn, now: datetime
) -> Closing:
    """Let a second person close an item by the documents that were named, or refuse them.

    Raises PersonNeeded, ClosingUnknown, ClosingDecided, SecondPersonNeeded, or AlreadyClosed.
    """
    if caller.is_machine:
        raise PersonNeeded
    closing, item = await queries.closings.locked_closing(session, closing_id, caller.scope)
    if closing.state is not ClosingState.ASKED:
        raise ClosingDecided(state=closing.state)
    if caller.actor == closing.asked_by:
        raise SecondPersonNeeded
    act_for(session, caller.actor)
    if not body.enough:
        tell_decision(session, item, REFUSED, now, paper_id=closing.id)
        await refuse(session, item, closing, body.reason, now)
        return closing
    if item.is_closed:
        raise AlreadyClosed
    tell_decision(session, item, Happening.CLOSED, now, paper_id=closing.id)
    await close(session, item, closing, body.reason, now)
    return closing


async def refuse(
    session: Session, item: WatchItem, closing: Closing, reason: str, now: datetime
) -> None:
    """Find documents wanting: the item is open as it was."""
    closing.decide(ClosingState.REFUSED, now, who(session), reason)
    if not item.is_closed:
        item.reopen(now)
        await _arm(session, item, now)
        note(session, item, Happening.REOPENED, now, closing_id=closing.id, reason=reason)


async def close(
    session: Session, item: WatchItem, closing: Closing, reason: str, now: datetime
) -> None:
    """Close an open item by the documents that were named."""
    closing.decide(ClosingState.CLOSED, now, who(session), reason)
    await levels.catch_up(session, item, now)
    await tellings.record_closing(session, item, closing.proof, closing.id, now, by_hand=True)
    await items.close_watch_item(
        session,
        item,
        closing.proof,
        now,
        closing_id=closing.id,
        evidence_ids=closing.evidence_ids,
        asked_by=closing.asked_by,
        decided_by=closing.decided_by,
    )


async def reopen_by_hand(
    session: Session, caller: Caller, item_id: UUID, body: ReopeningIn, now: datetime
) -> WatchItem:
    """Open an item again that documents had closed: they do not hold.

    It stands where it stood, and climbs what time asks for since. What data closed, data open
    again. Raises PersonNeeded, WatchItemUnknown, or NotClosedByHand.
    """
    if caller.is_machine:
        raise PersonNeeded
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    act_for(session, caller.actor)
    closing = await open_again(session, item, body.reason, now)
    tell_decision(session, item, REOPENED, now, paper_id=closing.id)
    return item


async def open_again(session: Session, item: WatchItem, reason: str, now: datetime) -> Closing:
    """Take back the closing that closed an item last. Raises NotClosedByHand."""
    condition = await queries.conditions.locked_find_condition(session, item.key)
    closing = await queries.closings.locked_last_closing(session, item.id)
    stands = condition is not None and condition.watch_item_id == item.id
    if not item.is_closed or closing is None or condition is None or not stands:
        raise NotClosedByHand
    closing.decide(ClosingState.REOPENED, now, who(session), reason)
    # Its finder may have told of it anew meanwhile.
    item.follow(condition)
    await reversals.stand_again(
        session, item, at=now, told_id=closing.id, closing_id=closing.id, reason=reason
    )
    ladder, calendar = await levels.terms(session, item)
    conditions.jump_by_fact(session, item, ladder, now)
    await limits.arm(session, item, ladder, calendar, now)
    return closing


async def _arm(session: Session, item: WatchItem, now: datetime) -> None:
    ladder, calendar = await levels.terms(session, item)
    await limits.arm_answer(session, item, ladder, calendar, now)
