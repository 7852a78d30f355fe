"""Closing by hand where the proof is a document, and opening again when it does not hold."""

from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import conditions, evidence, items, levels, limits, reversals, tellings
from services.cases.actions.timeline import note
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
    closing = Closing(
        id=new_id(),
        watch_item_id=item.id,
        terms_id=terms.id,
        state=ClosingState.ASKED,
        proof=body.proof,
        reason=body.reason,
        evidence_ids=[str(one) for one in body.evidence_ids],
        asked_at=now,
        asked_by=caller.actor,
    )
    session.add(closing)
    if terms.second_person:
        item.verify(now)
        await _arm(session, item, now)
        note(session, item, Happening.VERIFYING, now, closing_id=closing.id, reason=body.reason)
    else:
        closing.decide(ClosingState.CLOSED, now, caller.actor, body.reason)
        await _close(session, item, closing, now)
    return closing


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
    if not body.enough:
        closing.decide(ClosingState.REFUSED, now, caller.actor, body.reason)
        if not item.is_closed:
            item.reopen(now)
            await _arm(session, item, now)
            note(session, item, Happening.REOPENED, now, closing_id=closing.id, reason=body.reason)
        return closing
    if item.is_closed:
        raise AlreadyClosed
    closing.decide(ClosingState.CLOSED, now, caller.actor, body.reason)
    await _close(session, item, closing, now)
    return closing


async def _close(session: Session, item: WatchItem, closing: Closing, now: datetime) -> None:
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
    condition = await queries.conditions.locked_find_condition(session, item.key)
    closing = await queries.closings.locked_last_closing(session, item.id)
    stands = condition is not None and condition.watch_item_id == item.id
    if not item.is_closed or closing is None or condition is None or not stands:
        raise NotClosedByHand
    closing.decide(ClosingState.REOPENED, now, caller.actor, body.reason)
    # Its finder may have told of it anew meanwhile.
    item.follow(condition)
    await reversals.stand_again(
        session, item, at=now, told_id=closing.id, closing_id=closing.id, reason=body.reason
    )
    ladder, calendar = await levels.terms(session, item)
    conditions.jump_by_fact(session, item, ladder, now)
    await limits.arm(session, item, ladder, calendar, now)
    return item


async def _arm(session: Session, item: WatchItem, now: datetime) -> None:
    ladder, calendar = await levels.terms(session, item)
    await limits.arm_answer(session, item, ladder, calendar, now)
