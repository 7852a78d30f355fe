"""Why an item stands where it stands and how it gets out: all that is known of it, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.cases.models import Policy, Telling, WatchItem
from services.cases.queries import (
    closings,
    delay,
    extensions,
    funding,
    items,
    orders,
    policies,
    proposals,
)
from services.cases.queries.delay import Delay
from services.cases.queries.items import CountedMiss
from services.cases.rules import history, next_steps, proofs
from services.cases.rules import why as rules
from services.cases.rules.delay import Party
from services.cases.rules.items import TOLD_WHEN_WRONG, Happening, WatchKind
from services.cases.rules.ladder import Ladder, Rung
from services.cases.rules.next_steps import NextStep, Stand
from services.cases.rules.why import Left, Line, Reason
from shared import clock, known
from shared.areas import Scope
from shared.db import Session
from shared.wording import Text

_NEWEST = 20


@dataclass(frozen=True, slots=True)
class ClosesBy:
    """A proof that closes an item, and whether documents are taken for it."""

    code: str
    text: Text
    by_document: bool
    second_person: bool


@dataclass(frozen=True, slots=True)
class Why:
    """What an item rests on, what it waits for, and what ends it."""

    item: WatchItem
    as_of: datetime
    policy: Policy
    subject: str
    rungs: Sequence[Reason]
    told: Sequence[Telling]
    counted: Sequence[CountedMiss]
    standing: history.Standing | None
    delay: Delay | None
    closes_by: Sequence[ClosesBy]
    next_rung: Rung | None
    rung_left: Left | None
    answer_left: Left | None
    next_steps: Sequence[NextStep]
    waiting: Text | None


async def why(session: Session, item_id: UUID, scope: Scope, now: datetime) -> Why:
    """Give why an item stands where it stands and how it gets out; or raise WatchItemUnknown."""
    item = await items.watch_item(session, item_id, scope)
    policy = (await policies.policies_by_id(session, {item.policy_id}))[item.policy_id]
    ladder, calendar = policy.ladder(), await known.calendar(session, item.area_code)
    rung = None
    if not item.is_closed and not item.muted_by:
        still = item.stood_still()
        rung = ladder.following(item.step, item.step_at, item.due_on, calendar, pauses=still)
    answer_due = item.answer_due_at
    counted = await _counted(session, item, scope)
    stand = await _stand(session, item, scope)
    return Why(
        item=item,
        as_of=now,
        policy=policy,
        subject=proofs.SUBJECTS[item.kind],
        rungs=_rungs(item, ladder),
        told=await _told(session, item),
        counted=counted,
        standing=_standing(item, counted),
        delay=await _delay(session, item, scope, now),
        closes_by=await _closes_by(session, item, now),
        next_rung=rung,
        rung_left=rules.left(rung.at, now, calendar) if rung else None,
        answer_left=rules.left(answer_due, now, calendar) if answer_due else None,
        next_steps=next_steps.next_steps(stand),
        waiting=next_steps.waiting(stand, scope.org),
    )


def _rungs(item: WatchItem, ladder: Ladder) -> list[Reason]:
    lines = [Line(one.what, one.at, one.level, one.step, one.details) for one in item.timeline]
    return rules.reasons(lines, ladder, item.due_on, told_when_wrong=item.kind in TOLD_WHEN_WRONG)


async def _closes_by(session: Session, item: WatchItem, now: datetime) -> list[ClosesBy]:
    day = clock.day_of(now)
    terms = await closings.find_closing_terms(session, item.kind, item.area_code, day)
    taken = terms.proofs if terms else []
    two = terms is not None and terms.second_person
    return [
        ClosesBy(one.code, one.text, one.code in taken, two and one.code in taken)
        for one in proofs.ACCEPTED[item.kind]
    ]


async def _told(session: Session, item: WatchItem) -> list[Telling]:
    """Give what was told of an item's matter, the newest of it, in order."""
    statement = select(Telling).where(Telling.key == item.key)
    if item.closed_at is not None:
        statement = statement.where(Telling.at <= item.closed_at)
    newest = statement.order_by(Telling.known_at.desc(), Telling.id.desc()).limit(_NEWEST)
    return list((await session.scalars(newest)).all())[::-1]


async def _counted(session: Session, item: WatchItem, scope: Scope) -> Sequence[CountedMiss]:
    """Give the misses of an item's project that count with it; of other kinds nothing counts."""
    if item.project_id is None or item.kind is not WatchKind.TRANSFER_MISSED:
        return []
    return await items.counted_misses(session, item.project_id, item.due_on, scope)


def _standing(item: WatchItem, counted: Sequence[CountedMiss]) -> history.Standing | None:
    return history.standing_of(history.standings(counted), item.works_contract_id, item.period)


async def _delay(session: Session, item: WatchItem, scope: Scope, now: datetime) -> Delay | None:
    if item.kind is not WatchKind.TRANSFER_MISSED:
        return None
    return await delay.find_delay(session, item.subject_id, scope, clock.day_of(now))


async def _stand(session: Session, item: WatchItem, scope: Scope) -> Stand:
    proposal = None
    if item.project_id and item.proposing:
        proposal = await proposals.find_proposal_of(session, item.project_id, scope)
    papers = await orders.orders_under_way(session, item.id, scope)
    money = await funding.funding_under_way(session, item.id, scope)
    lines = {one.what for one in item.timeline}
    reports = item.kind is WatchKind.TRANSFER_MISSED and Happening.CONTRACTOR_REPORT not in lines
    return Stand(
        kind=item.kind,
        state=item.state,
        unit_id=item.unit_id,
        person_id=item.person_id,
        developer_id=item.developer_id,
        lacking=item.lacking,
        waiting_for=Party(item.waiting_for) if item.waiting_for else None,
        muted_by=item.muted_by,
        answer_due_at=item.answer_due_at,
        extension_asked=await extensions.find_asked_extension(session, item.id) is not None,
        closing_asked=await closings.find_asked_closing(session, item.id) is not None,
        proposal_due_at=proposal.due_at if proposal else None,
        orders=tuple((one.state, one.due_at) for one in papers),
        funding=tuple((one.state, one.due_at) for one in money),
        unreported_by=item.contractor_id if reports else None,
        report_overdue=Happening.REPORT_OVERDUE in lines,
    )
