"""Watch items from their opening to the proof that closes them."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.cases import queries
from services.cases.actions import (
    funding,
    levels,
    limits,
    order_course,
    persons,
    precursors,
    proposals,
    tellings,
)
from services.cases.actions.timeline import card, cause, note, note_once
from services.cases.models import Policy, WatchItem
from services.cases.rules import history
from services.cases.rules.items import CloseReason, Happening, Opening, WatchKind
from services.cases.rules.ladder import Known, Ladder, Rung, passed_before, told
from shared import clock, known
from shared.db import Session, same_id
from shared.events.cases import WatchItemClosed, WatchItemOpened
from shared.events.platform import ItemWithoutTimer
from shared.outbox import publish


async def open_watch_item(
    session: Session, opening: Opening, told_id: UUID | None = None
) -> WatchItem | None:
    """Open an item on the level that time and the rules already give it; None if it is open.

    The policy is that of the day on which it opens; the item keeps it. A miss also looks at the
    other open misses of its project, and at the proposal to open a case.
    """
    at, today = opening.opened_at, clock.day_of(opening.opened_at)
    policy = await queries.policies.policy_in_force(session, opening.kind, opening.area_code, today)
    calendar = await known.calendar(session, opening.area_code)
    ladder = policy.ladder()
    person_id = await persons.person_in_charge(
        session, opening.project_id, opening.area_code, today
    )
    values = _values(opening, policy, ladder) | {"person_id": person_id}
    item = await queries.items.new_watch_item(session, **values, calendar_version=calendar.version)
    if item is None:
        return None
    if told_id is not None:
        await tellings.record_opening(session, opening, told_id)
    if opening.kind is WatchKind.TRANSFER_MISSED:
        await precursors.tell_what_came_before(session, item)
    standings = await _standings(session, item)
    rungs: list[Rung] = []
    if opening.due_at <= at and not ladder.is_of_value:
        still = item.stood_still(at)
        rungs = ladder.found(opening.due_on, opening.due_at, calendar, at, pauses=still)
        levels.climb(session, item, ladder, rungs, at=at)
    _tell_of_opening(session, item, ladder, rungs, _known(standings, item))
    await limits.arm(session, item, ladder, calendar, at)
    await order_course.draft_at_step(session, item, ladder, at)
    if item.project_id and standings:
        await review_misses(session, item.project_id, standings, item.opened_at, but=item.id)
    return item


def _tell_of_opening(
    session: Session, item: WatchItem, ladder: Ladder, rungs: list[Rung], known_of: Known
) -> None:
    """Let a new item jump where a rule asks for it, and tell people once, of where it stands."""
    by_rule = _jump(session, item, ladder, rungs, known_of)
    at = item.opened_at
    publish(
        session,
        WatchItemOpened(
            **card(item),
            id=same_id(at, item.id, "opened"),
            occurred_at=at,
            passed=passed_before(rungs, told(rungs)),
            by_rule=by_rule,
        ),
    )


def _jump(
    session: Session, item: WatchItem, ladder: Ladder, rungs: list[Rung], known_of: Known
) -> str | None:
    """Let a new item jump by rule, or to its value; give the rule, extend the rungs."""
    stood = rungs[-1].step if rungs else None
    jump = ladder.jump(stood, known_of)
    to = jump.to if jump else None
    if ladder.is_of_value:
        to = ladder.at_value(known_of)
    if to is None:
        return None
    by_rule = jump.code if jump else None
    jumped = ladder.jumped(stood, to, item.opened_at)
    levels.climb(session, item, ladder, jumped, by_rule=by_rule)
    rungs.extend(jumped)
    return by_rule


# What a row takes from its news as it is.
_SAME = (
    "kind",
    "key",
    "subject_id",
    "project_id",
    "project",
    "works_contract_id",
    "developer_id",
    "contractor_id",
    "area_code",
    "period",
    "previous_period",
    "due_on",
    "due_amount",
    "lacking",
    "waiting_for",
    "unit_id",
    "opened_at",
    "value",
    "muted_by",
    "muted_at",
)


def _values(opening: Opening, policy: Policy, ladder: Ladder) -> dict[str, Any]:
    """Give a new row as it stands on the opening's rung; the climb follows."""
    step = ladder.steps[0].code
    level = ladder.level_at(step)
    return {name: getattr(opening, name) for name in _SAME} | {
        "id": same_id(opening.opened_at, opening.key),
        "facts": list(opening.facts),
        "pauses": list(opening.pauses),
        "state_since": opening.opened_at,
        "level": level.code,
        "level_rank": level.rank,
        "level_label": level.label,
        "level_colour": level.colour,
        "level_since": opening.opened_at,
        "step": step,
        "step_at": opening.opened_at,
        "policy_id": policy.id,
        "policy_version": policy.version,
    }


async def _standings(session: Session, item: WatchItem) -> history.Standings:
    """Give the standings of a project's misses; of other kinds nothing is counted."""
    if item.project_id is None or item.kind is not WatchKind.TRANSFER_MISSED:
        return {}
    return history.standings(await queries.items.misses(session, item.project_id))


def _known(standings: history.Standings, item: WatchItem) -> Known:
    return replace(
        item.known, standing=history.standing_of(standings, item.works_contract_id, item.period)
    )


async def review_misses(
    session: Session,
    project_id: UUID,
    standings: history.Standings,
    at: datetime,
    *,
    but: UUID | None = None,
) -> None:
    """Raise a project's open misses, `but` one, whose row has become longer.

    Late feeds bring misses out of order, and one that was none for a while may count again.
    """
    for one in await queries.items.locked_open_misses(session, project_id):
        standing = history.standing_of(standings, one.works_contract_id, one.period)
        if one.id != but and standing:
            await levels.raise_by_rule(session, one, standing, at)
    await proposals.review_proposal(session, project_id, at)


async def receive_transfer(
    session: Session,
    obligation_id: UUID,
    lacking: Decimal,
    serials: list[str],
    at: datetime,
    *,
    told_id: UUID,
    **proof: object,
) -> None:
    """Lower what an open miss lacks; when nothing is left, close it with the bank's serials.

    Part payment keeps the level. Money for what was never missed is no news here.
    """
    item = await queries.items.locked_find_open_watch_item(
        session, WatchKind.TRANSFER_MISSED, obligation_id
    )
    if item is None:
        return
    await levels.catch_up(session, item, at)
    if not item.receive(lacking, serials):
        return
    proof |= {"lacking": lacking, "bank_serials": serials}
    if lacking > 0:
        note(session, item, Happening.PART_RECEIVED, at, **proof)
        return
    await tellings.record_closing(session, item, CloseReason.TRANSFER_RECEIVED, told_id, at)
    await close_watch_item(session, item, CloseReason.TRANSFER_RECEIVED, at, **proof)


async def complete_feed(
    session: Session, feed_id: UUID, at: datetime, *, told_id: UUID, waived: bool
) -> None:
    """Close the item of a late feed: it came, or two persons waived it."""
    item = await queries.items.locked_find_open_watch_item(
        session, WatchKind.BANK_FEED_LATE, feed_id
    )
    if item is not None:
        reason = CloseReason.BANK_FEED_WAIVED if waived else CloseReason.BANK_FEED_COMPLETED
        await levels.catch_up(session, item, at)
        await tellings.record_closing(session, item, reason, told_id, at)
        await close_watch_item(session, item, reason, at, feed_id=feed_id)


async def close_watch_item(
    session: Session, item: WatchItem, reason: str, at: datetime, **proof: object
) -> None:
    """End an item by its proof: no limit runs on, and a proposal without ground is withdrawn."""
    proof |= {"state_before": item.state, "state_since": item.state_since}
    item.close(at, reason)
    await limits.disarm(session, item)
    note(session, item, Happening.CLOSED, at, close_reason=reason, **proof)
    shown = {"close_reason": reason, **proof}
    await order_course.settle_orders(session, item, at, shown)
    await funding.settle_funding(session, item, at, shown)
    # Closed again after its proof was taken back, it is told again.
    times = await queries.reversals.times_reversed(session, item.id)
    event_id = same_id(at, item.id, "closed", *([times] if times else []))
    publish(
        session,
        WatchItemClosed(
            **card(item), id=event_id, occurred_at=at, closed_at=at, close_reason=reason
        ),
    )
    if item.project_id and item.kind is WatchKind.TRANSFER_MISSED:
        await proposals.review_proposal(session, item.project_id, at)


async def record_acknowledgement(
    session: Session, item_id: UUID, at: datetime, cause_id: UUID, **details: object
) -> None:
    """Write down that somebody answered for an alert; it moves neither state nor level."""
    item = await queries.items.find_watch_item(session, item_id)
    if item is not None:
        await note_once(session, item, Happening.ACKNOWLEDGED, at, cause_id, **details)


async def report_without_timer(session: Session, today: date, at: datetime) -> None:
    """Tell operators, once a night each, of what is open and will never wake."""
    for item in await queries.items.watch_items_without_timer(session):
        await _report(session, item, kind=item.kind, subject_id=item.id, today=today, at=at)
    for proposal in await queries.proposals.proposals_without_timer(session):
        about = await queries.items.find_watch_item(session, proposal.watch_item_id)
        if about is not None:
            await _report(
                session, about, kind="case_proposal", subject_id=proposal.id, today=today, at=at
            )
    papers = [
        *(
            ("correction_order", one.id, one.watch_item_id)
            for one in await queries.orders.orders_without_timer(session)
        ),
        *(
            ("funding_order", one.id, one.watch_item_id)
            for one in await queries.funding.funding_orders_without_timer(session)
        ),
    ]
    for kind, paper_id, item_id in papers:
        about = await queries.items.find_watch_item(session, item_id)
        if about is not None:
            await _report(session, about, kind=kind, subject_id=paper_id, today=today, at=at)


async def _report(
    session: Session, item: WatchItem, *, kind: str, subject_id: UUID, today: date, at: datetime
) -> None:
    why = cause(subject_id, today)
    if await note_once(session, item, Happening.WITHOUT_TIMER, at, why, about=kind):
        service = session.info["service"]
        publish(session, ItemWithoutTimer(service=service, kind=kind, subject_id=subject_id))
