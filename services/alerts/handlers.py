"""What others say, in the words of alerts. Replayed history is kept and told to nobody."""

from typing import Any
from uuid import UUID

from services.alerts import actions
from services.alerts.rules.routing import Matter, organisations, platform_subject
from shared import known
from shared.db import Session
from shared.events.alerts import AlertAcknowledged, SupervisionProposed
from shared.events.cases import (
    ArrearsCaseOpened,
    CaseProposed,
    CorrectionOrderMoved,
    FundingOrderMoved,
    IncidentEnded,
    IncidentRecorded,
    RestrictionChanged,
    RetaliationSettled,
    RetaliationTold,
    WatchItemClosed,
    WatchItemDecided,
    WatchItemLowered,
    WatchItemOpened,
    WatchItemRaised,
    WatchItemStepReached,
)
from shared.events.payroll import TransfersReminded, WageAccountChanged
from shared.events.platform import EventParked, ItemWithoutTimer, TimerLate
from shared.events.registry import CalendarPublished, PersonPosted, ProjectCard


def _unheard(session: Session) -> bool:
    """Say whether this is history that nobody was told of, and nobody shall be.

    What a restored alerts is told again people have heard before: all of it is done again, but
    for sending.
    """
    return bool(session.info.get("replayed")) and not session.info.get("again")


ItemEvent = (
    WatchItemOpened
    | WatchItemRaised
    | WatchItemLowered
    | WatchItemStepReached
    | WatchItemClosed
    | CorrectionOrderMoved
    | FundingOrderMoved
)
_UNSERVED = {"draft", "signed", "withdrawn"}


async def on_watch_item_opened(session: Session, event: WatchItemOpened) -> None:
    """Tell people of a new item."""
    replayed = _unheard(session)
    matter = _matter(event)
    await actions.alerts.raise_alert(
        session, matter, event_id=event.id, at=event.occurred_at, replayed=replayed
    )
    await _push(session, event, matter)


async def on_watch_item_raised(session: Session, event: WatchItemRaised) -> None:
    """Tell people that an item's level is higher."""
    replayed = _unheard(session)
    matter = _matter(event)
    await actions.alerts.raise_alert(
        session, matter, event_id=event.id, at=event.occurred_at, replayed=replayed
    )
    await _push(session, event, matter)


async def on_watch_item_lowered(session: Session, event: WatchItemLowered) -> None:
    """Tell people that an item's level is lower: what it is about was measured and is better."""
    matter = _matter(event)
    await actions.alerts.raise_alert(
        session, matter, event_id=event.id, at=event.occurred_at, replayed=_unheard(session)
    )
    await _push(session, event, matter)


async def on_watch_item_step_reached(session: Session, event: WatchItemStepReached) -> None:
    """Tell people again, as a step of the item's ladder asks."""
    matter = _matter(event)
    await actions.alerts.remind(
        session, matter, event.step, event_id=event.id, at=event.occurred_at,
        replayed=_unheard(session),
    )  # fmt: skip
    await _push(session, event, matter)


async def on_watch_item_closed(session: Session, event: WatchItemClosed) -> None:
    """End the item's alerts and tell who knew of them."""
    await actions.alerts.close_alerts(
        session, event.watch_item_id, event.close_reason, event_id=event.id,
        at=event.occurred_at, replayed=_unheard(session),
    )  # fmt: skip
    await _push(session, event, _matter(event))


async def on_watch_item_decided(_session: Session, _event: WatchItemDecided) -> None:
    """Tell nobody: it lies in our inbox, where a cases that was restored hears it back."""


async def on_correction_order_moved(session: Session, event: CorrectionOrderMoved) -> None:
    """Tell people again of an order that lies about or is not obeyed; push what is served.

    Before it is served it is the office's own paper, of which no party hears.
    """
    matter = _matter(event)
    if event.stalled or event.order_state == "overdue":
        await actions.alerts.remind(
            session, matter, f"order_{event.order_state}", event_id=event.id,
            at=event.occurred_at, replayed=_unheard(session),
        )  # fmt: skip
    if not _unheard(session):
        parties = organisations(matter) if event.order_state not in _UNSERVED else set()
        await actions.messages.queue_webhooks(session, event, event.area_code, parties)


async def on_funding_order_moved(session: Session, event: FundingOrderMoved) -> None:
    """Tell people again that money was ordered and not paid; push every step to subscribers."""
    matter = _matter(event)
    if event.order_state == "overdue":
        await actions.alerts.remind(
            session, matter, "funding_overdue", event_id=event.id, at=event.occurred_at,
            replayed=_unheard(session),
        )  # fmt: skip
    await _push(session, event, matter)


async def on_transfers_reminded(session: Session, event: TransfersReminded) -> None:
    """Tell units of their transfers that lie ahead; nobody is told of history."""
    if not _unheard(session):
        await actions.reminders.tell_units(session, event, event.occurred_at)


async def on_wage_account_changed(session: Session, event: WageAccountChanged) -> None:
    """Keep whether a project's account is frozen, which mutes what cannot be put right then."""
    await actions.inhibitions.note_freeze(
        session, event.account_id, event.project_id, event.area_code, frozen=event.frozen,
        until_on=event.frozen_until, at=event.occurred_at,
    )  # fmt: skip


async def on_case_proposed(session: Session, event: CaseProposed) -> None:
    """Push a proposal to subscribers."""
    await _push_project(session, event, event.project)


async def on_arrears_case_opened(session: Session, event: ArrearsCaseOpened) -> None:
    """Push an opened case to subscribers."""
    await _push_project(session, event, event.project)


async def on_restriction_changed(session: Session, event: RestrictionChanged) -> None:
    """Push to subscribers that a unit is restricted, or no longer is."""
    if not _unheard(session):
        await actions.messages.queue_webhooks(session, event, event.area_code, set())


async def on_incident_recorded(session: Session, event: IncidentRecorded) -> None:
    """Tell the top at once of an incident; no company hears of it."""
    said = {"persons": event.persons, "grade": event.grade}
    matter = _incident(event, project_id=event.project_id, name=event.name, said=said)
    await actions.alerts.raise_alert(
        session, matter, event_id=event.id, at=event.occurred_at, replayed=_unheard(session)
    )


async def on_incident_ended(session: Session, event: IncidentEnded) -> None:
    """End the alert of an incident, and tell all who were told of it."""
    await actions.alerts.close_alert_of(
        session, _incident(event), "incident_ended", event.occurred_at
    )


def _incident(
    event: IncidentRecorded | IncidentEnded,
    *,
    project_id: UUID | None = None,
    name: str | None = None,
    said: dict[str, Any] | None = None,
) -> Matter:
    return Matter(
        kind=event.kind, about_id=event.incident_id, subject_id=event.incident_id,
        area_code=event.area_code, period="", level="major", level_rank=100,
        level_label="重大", project_id=project_id, project_name=name, major=True,
        details=said or {},
    )  # fmt: skip


async def on_retaliation_told(session: Session, event: RetaliationTold) -> None:
    """Tell the top at once that somebody suffers for a complaint; no company hears of it."""
    await actions.alerts.raise_alert(
        session, _retaliation(event, {"how": event.kind}), event_id=event.id,
        at=event.occurred_at, replayed=_unheard(session),
    )  # fmt: skip


async def on_retaliation_settled(session: Session, event: RetaliationSettled) -> None:
    """End the alert, and tell all who were told of it."""
    await actions.alerts.close_alert_of(
        session, _retaliation(event), "retaliation_settled", event.occurred_at
    )


def _retaliation(
    event: RetaliationTold | RetaliationSettled, said: dict[str, Any] | None = None
) -> Matter:
    """Name neither project nor employer: no route finds a company by them."""
    return Matter(
        kind="retaliation", about_id=event.arrears_case_id, subject_id=event.arrears_case_id,
        area_code=event.area_code, period="", level="major", level_rank=100,
        level_label="重大", major=True, details=said or {},
    )  # fmt: skip


async def on_event_parked(session: Session, event: EventParked) -> None:
    """Tell operators of an event that waits for them."""
    about_id = platform_subject("event_parked", f"{event.service}:{event.event_type}")
    await _tell_operators(session, "event_parked", about_id, event)


async def on_timer_late(session: Session, event: TimerLate) -> None:
    """Tell operators of a time limit that nothing handles."""
    about_id = platform_subject("timer_late", f"{event.service}:{event.kind}")
    await _tell_operators(session, "timer_late", about_id, event)


async def on_item_without_timer(session: Session, event: ItemWithoutTimer) -> None:
    """Tell operators of something open that would stay silent."""
    await _tell_operators(session, "item_without_timer", event.subject_id, event)


async def on_own_acknowledgement(session: Session, event: AlertAcknowledged) -> None:
    """Hear from others, after a restore, who had answered for an alert."""
    await actions.alerts.acknowledge_again(session, event)


async def on_supervision_proposed(session: Session, event: SupervisionProposed) -> None:
    """Push a proposal of our own, numbered where no alert is held; no party of it is told."""
    await actions.messages.queue_webhooks(session, event, event.area_code, set())


async def on_person_posted(session: Session, event: PersonPosted) -> None:
    """Keep who is head of a unit or on duty in an office, from when until when."""
    said = event.model_dump(exclude={"area_code", "unit_id"})
    await actions.posts.keep_post(session, event.occurred_at, **said)


async def on_calendar_published(session: Session, event: CalendarPublished) -> None:
    """Keep the working days, and compute the open limits anew by them."""
    await known.on_calendar_published(session, event)
    await actions.ladders.reckon_anew(session, event.area_code)


def _matter(event: ItemEvent) -> Matter:
    card = event.project
    return Matter(
        kind=event.kind, about_id=event.watch_item_id, subject_id=event.subject_id,
        area_code=event.area_code, period=event.period, level=event.level,
        level_rank=event.level_rank, level_label=event.level_label,
        watch_item_id=event.watch_item_id, project_id=event.project_id,
        project_name=card.name if card else None,
        investment_type=card.investment_type if card else None,
        developer_id=card.developer_id if card else None,
        contractor_id=card.contractor_id if card else None,
        sector_authority_id=card.sector_authority_id if card else None,
        unit_id=event.unit_id, person_id=event.person_id, due_on=event.due_on,
        lacking=event.lacking, details=_details(event),
    )  # fmt: skip


def _details(event: ItemEvent) -> dict[str, Any]:
    waits = {"waiting_for": event.waiting_for} if event.waiting_for else {}
    return {"passed": event.passed, "by_rule": event.by_rule, **waits}


async def _push(session: Session, event: ItemEvent, matter: Matter) -> None:
    if not _unheard(session):
        await actions.messages.queue_webhooks(
            session, event, event.area_code, organisations(matter)
        )


async def _push_project(
    session: Session, event: CaseProposed | ArrearsCaseOpened, card: ProjectCard
) -> None:
    if not _unheard(session):
        parties = {card.developer_id, card.contractor_id, card.sector_authority_id} - {None}
        await actions.messages.queue_webhooks(
            session, event, event.area_code, {each for each in parties if each}
        )


async def _tell_operators(
    session: Session, kind: str, about_id: UUID, event: EventParked | TimerLate | ItemWithoutTimer
) -> None:
    if not _unheard(session):
        await actions.alerts.raise_platform_alert(
            session, kind, about_id, event.model_dump(mode="json"),
            at=event.occurred_at, event_id=event.id,
        )  # fmt: skip
