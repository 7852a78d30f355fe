"""What people had decided, heard back after a restore: done again as it was, but for the words."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services.cases import queries
from services.cases.actions import (
    answers,
    closings,
    evidence,
    extensions,
    order_relearning,
    orders,
    proposals,
)
from services.cases.actions.timeline import act_for
from services.cases.errors import NotClosedByHand
from services.cases.models import Closing, WatchItem
from services.cases.rules.items import ANSWERABLE, LOST_WORDS, VERIFIABLE, Happening
from shared import clock
from shared.db import Session
from shared.events.cases import WatchItemDecided
from shared.outbox import publish


async def decide_again(session: Session, event: WatchItemDecided) -> None:
    """Do again what somebody had decided, at its instant and under its ids, and say it again.

    What does not fit what is known here (its item came with news that nobody holds) is left out,
    and not said: the check goes on naming it as lost.
    """
    item = await queries.items.locked_find_watch_item(session, event.watch_item_id)
    again = _AGAIN.get(event.decision)
    if item is None or again is None:
        return
    act_for(session, event.decided_by)
    if await again(session, item, event):
        publish(session, event)


async def _answer(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    if item.state not in ANSWERABLE:
        return False
    at = event.occurred_at
    await answers.take_answer(session, item, event.day, event.evidence_ids, at)
    return True


async def _verify(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    if item.state not in VERIFIABLE:
        return False
    enough = event.decision == Happening.VERIFYING
    await answers.take_verdict(session, item, event.occurred_at, enough=enough)
    return True


async def _assign(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    if item.is_closed or event.unit_id is None:
        return False
    answers.assign(session, item, event.unit_id, event.person_id, event.occurred_at)
    return True


async def _bring(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    if event.paper_id is None or event.file is None:
        return False
    at = event.occurred_at
    await evidence.keep_evidence(session, item, event.paper_id, event.file, at, org_id=event.org_id)
    return True


async def _ask_extension(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    if item.is_closed:
        return False
    at = event.occurred_at
    terms = await queries.extensions.terms(session, item.kind, item.area_code, clock.day_of(at))
    asked = event.model_dump(include={"org_id", "evidence_ids"}) | {"until_on": event.day}
    asked |= {"id": event.paper_id, "terms_id": terms.id, "reason": LOST_WORDS}
    return await extensions.is_asked(session, item, at, **asked)


async def _decide_extension(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    asked = await queries.extensions.find_asked_extension(session, item.id)
    if asked is None or asked.id != event.paper_id:
        return False
    if event.decision == Happening.EXTENSION_REFUSED:
        extensions.refuse(session, item, asked, LOST_WORDS, event.occurred_at)
        return True
    if item.is_closed or event.day is None:
        return False
    await extensions.grant(session, item, asked, event.day, event.occurred_at, reason=LOST_WORDS)
    return True


async def _ask_closing(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    closing = await _asked(session, item, event)
    if closing is None:
        return False
    await closings.let_wait(session, item, closing, event.occurred_at)
    return True


async def _close(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    closing = await _waiting(session, item, event) or await _asked(session, item, event)
    if closing is None or item.is_closed:
        return False
    await closings.close(session, item, closing, LOST_WORDS, event.occurred_at)
    return True


async def _refuse_closing(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    closing = await _waiting(session, item, event)
    if closing is None:
        return False
    await closings.refuse(session, item, closing, LOST_WORDS, event.occurred_at)
    return True


async def _waiting(session: Session, item: WatchItem, event: WatchItemDecided) -> Closing | None:
    closing = await queries.closings.find_asked_closing(session, item.id)
    return closing if closing is not None and closing.id == event.paper_id else None


async def _asked(session: Session, item: WatchItem, event: WatchItemDecided) -> Closing | None:
    """Write a closing down again; the terms in force then are those that it was taken by."""
    at = event.occurred_at
    if item.is_closed or event.paper_id is None or event.proof is None:
        return None
    terms = await queries.closings.find_closing_terms(
        session, item.kind, item.area_code, clock.day_of(at)
    )
    if terms is None or await queries.closings.find_asked_closing(session, item.id):
        return None
    said: dict[str, Any] = event.model_dump(include={"paper_id", "proof", "evidence_ids"})
    return closings.ask(session, item, terms, LOST_WORDS, at, **said)


async def _reopen(session: Session, item: WatchItem, event: WatchItemDecided) -> bool:
    try:
        await closings.open_again(session, item, LOST_WORDS, event.occurred_at)
    except NotClosedByHand:
        return False
    return True


async def _refuse_case(session: Session, _item: WatchItem, event: WatchItemDecided) -> bool:
    if event.paper_id is None:
        return False
    proposal = await queries.proposals.locked_find_proposal(session, event.paper_id)
    if proposal is None or not proposal.is_open:
        return False
    await proposals.refuse(session, proposal, LOST_WORDS, event.occurred_at)
    return True


_Again = Callable[[Session, WatchItem, WatchItemDecided], Awaitable[bool]]
_AGAIN: Mapping[str, _Again] = {
    Happening.ANSWERED: _answer,
    Happening.VERIFYING: _verify,
    Happening.REOPENED: _verify,
    Happening.ASSIGNED: _assign,
    Happening.EVIDENCE_ADDED: _bring,
    Happening.EXTENSION_ASKED: _ask_extension,
    Happening.EXTENSION_GRANTED: _decide_extension,
    Happening.EXTENSION_REFUSED: _decide_extension,
    closings.ASKED: _ask_closing,
    closings.REFUSED: _refuse_closing,
    closings.REOPENED: _reopen,
    Happening.CLOSED: _close,
    Happening.CASE_REFUSED: _refuse_case,
    f"order_{orders.PROOF_BROUGHT}": order_relearning.note_again,
    f"order_{orders.PROOF_REFUSED}": order_relearning.note_again,
    f"order_{orders.PROOF_TAKEN}": order_relearning.note_again,
}
