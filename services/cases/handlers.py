"""The event door of cases: what payroll, registry and alerts tell, in our words."""

from typing import Any

from services.cases import actions
from services.cases.errors import KindUnknown
from services.cases.rules.aftercare import COMPLETE
from services.cases.rules.conditions import Ended, Found
from services.cases.rules.delay import Party, StageCode
from services.cases.rules.items import (
    COUNTED_HERE,
    TOLD_WHEN_WRONG,
    Happening,
    Opening,
    WatchKind,
    key_of,
)
from shared import clock, known
from shared.db import Session
from shared.events.alerts import AlertAcknowledged, NoticesDelivered
from shared.events.cases import ArrearsCaseOpened, CorrectionOrderMoved, WatchItemDecided
from shared.events.conditions import (
    PayrollConditionEnded,
    PayrollConditionFound,
    RegistryConditionEnded,
    RegistryConditionFound,
)
from shared.events.payroll import (
    BankFeedCompleted,
    BankFeedLate,
    BankNoticeReceived,
    CanaryMissed,
    CanaryReceived,
    ContractorReportReceived,
    PayMonthMoved,
    TransferMissed,
    TransferNoted,
    TransferReceived,
    TransferReversed,
    TransferSent,
    TransfersReminded,
)
from shared.events.registry import (
    AreaPersonAssigned,
    CalendarPublished,
    OrganisationChanged,
    OrganisationRegistered,
    PersonAssigned,
    ProjectChanged,
    ProjectRegistered,
)


async def on_transfer_missed(session: Session, event: TransferMissed) -> None:
    """Open an item for the developer, who owes the transfer; others wait for whoever holds it."""
    waiting_for = await actions.delay.begin_delay(session, **_chain(event), **_parties(event))
    again = (event.obligation_id, event.lacking, event.occurred_at, event.id)
    if not await actions.reversals.missed_again(session, *again):
        await actions.items.open_watch_item(session, _missed(event, waiting_for), event.id)
    await actions.aftercare.review_watch(session, event.project_id, event.occurred_at)


def _chain(event: TransferMissed | TransferReceived | TransferSent) -> dict[str, Any]:
    said = {"obligation_id", "works_contract_id", "project_id", "area_code", "period", "due_on"}
    return event.model_dump(include=said)


def _parties(event: TransferMissed) -> dict[str, Any]:
    said = event.project.model_dump(include={"developer_id", "contractor_id"})
    return said | {"due_amount": event.due_amount}


def _missed(event: TransferMissed, waiting_for: Party | None) -> Opening:
    card = event.project
    parts = (event.project_id, event.account_id, event.period)
    return Opening(
        kind=WatchKind.TRANSFER_MISSED,
        key=key_of(WatchKind.TRANSFER_MISSED, *parts),
        subject_id=event.obligation_id,
        area_code=event.area_code,
        period=event.period,
        unit_id=card.developer_id,
        due_on=event.due_on,
        due_at=clock.day_end(event.due_on),
        opened_at=event.occurred_at,
        project_id=event.project_id,
        project=card.model_dump(mode="json"),
        developer_id=card.developer_id,
        contractor_id=card.contractor_id,
        works_contract_id=event.works_contract_id,
        previous_period=event.previous_period,
        due_amount=event.due_amount,
        lacking=event.lacking,
        waiting_for=waiting_for,
    )


async def on_transfer_received(session: Session, event: TransferReceived) -> None:
    """Lower what a miss lacks, or close it with the proof; the period's money has arrived then."""
    parties = event.model_dump(include={"developer_id", "contractor_id"})
    await actions.delay.learn_chain(session, **_chain(event), **parties)
    if event.lacking <= 0:
        await actions.delay.reach_stage(
            session, event.obligation_id, StageCode.CREDITED,
            event.settled_on or event.credited_on, at=event.occurred_at,
            proof={"bank_serials": event.bank_serials},
        )  # fmt: skip
    proof = event.model_dump(include={"amount", "credited_on"}) | {"told_id": event.id}
    if event.in_time:
        await actions.reversals.annul_miss(
            session, event.obligation_id, event.occurred_at,
            bank_serials=event.bank_serials, **proof,
        )  # fmt: skip
    else:
        await actions.items.receive_transfer(
            session, event.obligation_id, event.lacking, event.bank_serials,
            event.occurred_at, **proof,
        )  # fmt: skip
    await actions.aftercare.review_watch(session, event.project_id, event.occurred_at)


async def on_transfer_reversed(session: Session, event: TransferReversed) -> None:
    """Open again what money had closed that counts no longer; its period waits for money."""
    at, serials = event.occurred_at, event.bank_serials
    if event.lacking > 0:
        await actions.delay.reach_stage(
            session, event.obligation_id, StageCode.CREDITED, None, at=at, proof={"lost": serials}
        )
    if event.missed:
        await actions.reversals.reverse_transfer(
            session, event.obligation_id, event.lacking, serials, at=at, told_id=event.id
        )
    await actions.aftercare.review_watch(session, event.project_id, at)


async def on_transfer_sent(session: Session, event: TransferSent) -> None:
    """Know that the developer has paid, once all of a period's money was sent."""
    await actions.delay.learn_chain(session, **_chain(event))
    if event.lacking <= 0:
        await actions.delay.reach_stage(
            session, event.obligation_id, StageCode.DEVELOPER_PAID, event.sent_on,
            at=event.occurred_at, proof={"amount": str(event.amount)},
        )  # fmt: skip


async def on_pay_month_moved(session: Session, event: PayMonthMoved) -> None:
    """Know how far the wages of a month have come: the delay goes on from the money's coming."""
    told = {"owed", "employer_id", "submitted_on", "reviewed_on", "sent_on", "settled_on"}
    await actions.delay.learn_wages(
        session, event.project_id, event.period, event.occurred_at, **event.model_dump(include=told)
    )


async def on_miss_told(
    session: Session, event: BankNoticeReceived | ContractorReportReceived
) -> None:
    """Write on the item's timeline that the bank, or the contractor, told of the miss.

    Where that came first there is no item yet: it is kept for the one that opens.
    """
    bank = isinstance(event, BankNoticeReceived)
    what = Happening.BANK_NOTICE if bank else Happening.CONTRACTOR_REPORT
    said = event.model_dump(include={"told_on", "came_first"})
    kept = {event.obligation_id: event.model_dump(mode="json", include={"told_on", "came_first"})}
    await actions.precursors.keep_precursors(session, what, kept, event.id, event.occurred_at)
    told = (event.obligation_id, what, event.occurred_at, event.id)
    await actions.reversals.note_told(session, *told, **said)


async def on_transfers_reminded(session: Session, event: TransfersReminded) -> None:
    """Keep what was foretold and reminded of, for the items that it may precede."""
    what = Happening.FORETOLD if event.step == "forecast" else Happening.REMINDED
    told = {
        each.obligation_id: {"workdays": event.workdays}
        | each.model_dump(
            mode="json", include={"due_on", "lacking", "projected", "promised_on", "reasons"}
        )
        for each in event.transfers
    }
    await actions.precursors.keep_precursors(session, what, told, event.id, event.occurred_at)


async def on_transfer_noted(session: Session, event: TransferNoted) -> None:
    """Keep what was asked for beside a transfer and what was answered; the ladder runs on."""
    what, told = Happening(event.what), {event.obligation_id: event.details}
    await actions.precursors.keep_precursors(session, what, told, event.id, event.occurred_at)
    await actions.precursors.tell_open_items(
        session, event.obligation_id, what, event.id, event.occurred_at, **event.details
    )


async def on_bank_feed_late(session: Session, event: BankFeedLate) -> None:
    """Open an item for the bank: nobody else is to blame."""
    await actions.items.open_watch_item(session, _late(event), event.id)


def _late(event: BankFeedLate) -> Opening:
    """Its rungs count from the day on which the feed was expected."""
    return Opening(
        kind=WatchKind.BANK_FEED_LATE,
        key=key_of(WatchKind.BANK_FEED_LATE, event.source_id, event.day),
        subject_id=event.feed_id,
        area_code=event.area_code,
        period=event.day.isoformat(),
        unit_id=event.bank_id,
        due_on=clock.day_of(event.expected_at),
        due_at=event.expected_at,
        opened_at=event.occurred_at,
    )


async def on_bank_feed_completed(session: Session, event: BankFeedCompleted) -> None:
    """Close the item of a late feed."""
    await actions.items.complete_feed(
        session, event.feed_id, event.occurred_at, told_id=event.id, waived=event.waived
    )


async def on_canary_missed(session: Session, event: CanaryMissed) -> None:
    """Await the platform's own canary."""
    await actions.canary.await_canary(session, event.round_id, event.occurred_at)


async def on_canary_received(session: Session, event: CanaryReceived) -> None:
    """Close what the canary opened."""
    at = event.occurred_at
    await actions.canary.close_canary(session, event.round_id, event.bank_serials, at)


async def on_organisation_told(
    session: Session, event: OrganisationRegistered | OrganisationChanged
) -> None:
    """Keep what an organisation is called, and its trades."""
    await actions.registry.keep_organisation(session, event)


async def on_project_registered(session: Session, event: ProjectRegistered) -> None:
    """Keep what a project is called, and who builds it."""
    await actions.registry.keep_project(session, event.project, event.occurred_at)


async def on_project_changed(session: Session, event: ProjectChanged) -> None:
    """Keep what is different now; watch a project no longer that is complete."""
    card = event.project
    await actions.registry.keep_project(session, card, event.occurred_at)
    if card.status == COMPLETE:
        await actions.aftercare.end_watch(
            session, event.project_id, card.area_code, event.occurred_at
        )


async def on_person_assigned(session: Session, event: PersonAssigned) -> None:
    """Learn who is responsible for a project; open items get the person, late news or not."""
    at = event.occurred_at
    await actions.persons.learn_person(session, clock.day_of(at), at, **event.model_dump())


async def on_area_person_assigned(session: Session, event: AreaPersonAssigned) -> None:
    """Learn who is responsible for a part of an area; open items go to the nearest person."""
    at = event.occurred_at
    await actions.persons.learn_area_person(session, clock.day_of(at), at, **event.model_dump())


async def on_notices_delivered(session: Session, event: NoticesDelivered) -> None:
    await actions.packs.learn_notices(session, event)


async def on_alert_acknowledged(session: Session, event: AlertAcknowledged) -> None:
    """Keep on the timeline who answered for an alert."""
    said = event.model_dump(include={"alert_id", "acknowledged_by", "promised_on"})
    await actions.items.record_acknowledgement(
        session, event.watch_item_id, event.acknowledged_at, event.id, **said
    )


async def on_own_arrears_case(session: Session, event: ArrearsCaseOpened) -> None:
    """Hear from others, after a restore, that somebody had confirmed a proposal."""
    if not event.by_rule:
        await actions.proposals.confirm_again(session, event.proposal_id, event.opened_at)


async def on_own_decision(session: Session, event: WatchItemDecided) -> None:
    """Hear from others, after a restore, what somebody had decided about an item."""
    await actions.relearning.decide_again(session, event)


async def on_own_order(session: Session, event: CorrectionOrderMoved) -> None:
    """Hear from others, after a restore, how somebody had moved an order by hand."""
    await actions.order_relearning.move_again(session, event)


async def on_condition_found(
    session: Session, event: RegistryConditionFound | PayrollConditionFound
) -> None:
    """Keep a condition, and open or move its item as its policy says."""
    card = event.project
    kind = _kind(event.kind)
    found = Found(
        id=event.id,
        kind=kind,
        key=key_of(kind, event.subject_id, event.period or None),
        subject_id=event.subject_id,
        area_code=event.area_code,
        period=event.period,
        unit_id=event.unit_id,
        since=event.since,
        at=event.occurred_at,
        project_id=event.project_id,
        project=card.model_dump(mode="json") if card else None,
        developer_id=card.developer_id if card else None,
        contractor_id=card.contractor_id if card else None,
        facts=tuple(sorted(set(event.facts))),
        value=event.value,
        muted_by=event.muted_by,
    )
    await actions.conditions.learn_condition(session, found)


async def on_condition_ended(
    session: Session, event: RegistryConditionEnded | PayrollConditionEnded
) -> None:
    """Close the item of a condition with its proof, or let it never open."""
    kind = _kind(event.kind)
    key = key_of(kind, event.subject_id, event.period or None)
    about = {"subject_id", "project_id", "area_code", "period", "reason", "proof"}
    said = event.model_dump(include=about)
    ended = Ended(id=event.id, kind=kind, key=key, at=event.occurred_at, **said)
    await actions.conditions.end_condition(session, ended)


def _kind(code: str) -> WatchKind:
    """Give a kind of conditions, or raise KindUnknown: a finder is ahead of our table of kinds."""
    if code not in set(WatchKind) - TOLD_WHEN_WRONG - COUNTED_HERE:
        raise KindUnknown(kind=code)
    return WatchKind(code)


async def on_calendar_published(session: Session, event: CalendarPublished) -> None:
    """Keep the year's days, and count the limits of open items anew."""
    at = event.occurred_at
    held = await actions.expectations.hold(session, event.area_code)
    await actions.clock_recount.hold_clocks(session, event.area_code)
    await actions.levels.catch_up_within(session, event.area_code, at)
    await actions.tellings.record_calendar(session, event)
    await known.on_calendar_published(session, event)
    await actions.expectations.replan(session, held)
    # Clocks go first: what counts them down then waits for its new day already.
    await actions.clock_recount.recompute(session, event.area_code, at)
    await actions.condition_days.recompute_openings(session, event.area_code, at)
    await actions.levels.recompute_limits(session, event.area_code, at)
    await actions.order_course.recompute_orders(session, event.area_code, at)
    await actions.clearing.recompute_clearing(session, event.area_code, at)
