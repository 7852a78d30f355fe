"""What people do about an item: answer, verify, add findings, hand it to somebody."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import evidence, limits
from services.cases.actions.timeline import act_for, add_line, note, tell_decision, who
from services.cases.errors import (
    AlreadyClosed,
    NotAnswered,
    NotYoursToAnswer,
    PromiseInThePast,
    UnderVerification,
)
from services.cases.models import WatchItem, WatchItemEntry
from services.cases.rules.items import ANSWERABLE, VERIFIABLE, Happening
from services.cases.schemas.answers import (
    AnswerIn,
    AnswersIn,
    AssigneeIn,
    FindingIn,
    VerifyIn,
)
from shared import clock, known, timers
from shared.auth import Caller
from shared.db import Session
from shared.problems import Problem


async def _locked_open(session: Session, caller: Caller, item_id: UUID) -> WatchItem:
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    if item.is_closed:
        raise AlreadyClosed
    return item


async def _arm(session: Session, item: WatchItem, now: datetime) -> None:
    """Arm the answer limit that the item's new state asks for; the ladder goes on."""
    policies = await queries.policies.policies_by_id(session, {item.policy_id})
    calendar = await known.calendar(session, item.area_code)
    await limits.arm_answer(session, item, policies[item.policy_id].ladder(), calendar, now)


async def answer_watch_item(
    session: Session, caller: Caller, item_id: UUID, body: AnswerIn, now: datetime
) -> WatchItem:
    """Take an explanation with a promised day; the ladder goes on until a proof comes.

    Raises NotYoursToAnswer, AlreadyClosed, UnderVerification, PromiseInThePast, or
    EvidenceRefused.
    """
    item = await _locked_open(session, caller, item_id)
    if caller.org not in item.answerers:
        raise NotYoursToAnswer
    if item.state not in ANSWERABLE:
        raise UnderVerification
    if body.promised_on and body.promised_on < clock.day_of(now):
        raise PromiseInThePast
    await evidence.check_evidence(session, item.id, body.evidence_ids)
    act_for(session, caller.actor)
    said = {"day": body.promised_on, "evidence_ids": body.evidence_ids, "org_id": caller.org}
    tell_decision(session, item, Happening.ANSWERED, now, **said)
    await take_answer(
        session, item, body.promised_on, body.evidence_ids, now, explanation=body.explanation
    )
    return item


async def answer_several(
    session: Session, caller: Caller, body: AnswersIn, now: datetime
) -> dict[str, Any]:
    """Answer several items with the same words, each by the rules for one.

    What is refused keeps nothing back: the others are answered.
    """
    one = AnswerIn(explanation=body.explanation, promised_on=body.promised_on)
    wanted = list(dict.fromkeys(body.item_ids))
    refused: dict[UUID, Problem] = {}
    await timers.hold_all(session, await queries.items.ids_in_scope(session, wanted, caller.scope))
    for item_id in sorted(wanted):  # In one order, so that two such answers never block each other.
        try:
            await answer_watch_item(session, caller, item_id, one, now)
        except Problem as problem:  # Raised before anything of the item is changed.
            refused[item_id] = problem
    return {
        "answered": [each for each in wanted if each not in refused],
        "refused": [
            {"item_id": each, "type": f"/problems/{refused[each].slug()}",
             "title": refused[each].title}
            for each in wanted if each in refused
        ],
    }  # fmt: skip


async def take_answer(
    session: Session,
    item: WatchItem,
    promised_on: date | None,
    evidence_ids: Sequence[UUID],
    now: datetime,
    **words: str,
) -> None:
    """Let an item be answered, with the words where there are any."""
    item.answer(now, promised_on)
    await _arm(session, item, now)
    papers = {"evidence_ids": evidence_ids} if evidence_ids else {}
    note(session, item, Happening.ANSWERED, now, **words, promised_on=promised_on, **papers)


async def verify_watch_item(
    session: Session, caller: Caller, item_id: UUID, body: VerifyIn, now: datetime
) -> WatchItem:
    """Say whether an answer was enough: then it is checked on the facts, else asked for again.

    Raises AlreadyClosed or NotAnswered. Enough closes nothing: only a proof does.
    """
    item = await _locked_open(session, caller, item_id)
    if item.state not in VERIFIABLE:
        raise NotAnswered
    act_for(session, caller.actor)
    what = Happening.VERIFYING if body.enough else Happening.REOPENED
    tell_decision(session, item, what, now)
    await take_verdict(session, item, now, enough=body.enough, reason=body.reason)
    return item


async def take_verdict(
    session: Session, item: WatchItem, now: datetime, *, enough: bool, **words: str
) -> None:
    """Let what was answered be checked on the facts, or be asked for again."""
    if enough:
        item.verify(now)
    else:
        item.reopen(now)
    await _arm(session, item, now)
    note(session, item, Happening.VERIFYING if enough else Happening.REOPENED, now, **words)


async def add_finding(
    session: Session, caller: Caller, item_id: UUID, body: FindingIn, now: datetime
) -> WatchItemEntry:
    """Write down what somebody found, on closed items too; it decides nothing."""
    item = await queries.items.locked_watch_item(session, item_id, caller.scope)
    return add_line(session, item, Happening.FINDING_ADDED, now, text=body.text)


async def assign_watch_item(
    session: Session, caller: Caller, item_id: UUID, body: AssigneeIn, now: datetime
) -> WatchItem:
    """Name by hand who answers for an item. Raises AlreadyClosed."""
    item = await _locked_open(session, caller, item_id)
    act_for(session, caller.actor)
    said = body.model_dump(include={"unit_id", "person_id"})
    tell_decision(session, item, Happening.ASSIGNED, now, **said)
    assign(session, item, body.unit_id, body.person_id, now)
    return item


def assign(
    session: Session, item: WatchItem, unit_id: UUID, person_id: UUID | None, now: datetime
) -> None:
    """Hand an item to a unit, and to a person in it."""
    before = item.assignee
    item.unit_id, item.person_id = unit_id, person_id
    item.assigned_by = who(session)
    note(
        session,
        item,
        Happening.ASSIGNED,
        now,
        unit_id=unit_id,
        person_id=person_id,
        unit_id_before=before.unit_id,
        person_id_before=before.person_id,
    )
