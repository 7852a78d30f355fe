"""Telling people: who is found is told by each of his ways; nobody found is itself an alert."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog

from services.alerts import actions, queries
from services.alerts.models import Alert, Delivery, Notice, Recipient, Route, TimelineEntry
from services.alerts.rules import routing
from services.alerts.rules.deliveries import MAIL_LANE, Channel, DeliveryState
from services.alerts.rules.notices import Entry, Reason
from services.alerts.settings import settings
from shared import clock, known, sets
from shared.db import Session, new_id

log = structlog.get_logger()


def note(
    session: Session,
    alert: Alert,
    entry: Entry,
    at: datetime,
    details: Mapping[str, Any],
    *,
    event_id: UUID | None = None,
) -> None:
    """Write a line of an alert's timeline."""
    session.add(
        TimelineEntry(
            id=new_id(), alert_id=alert.id, at=at, entry=entry, event_id=event_id,
            actor=session.info["actor"], details=dict(details),
        )
    )  # fmt: skip


async def tell(
    session: Session,
    alert: Alert,
    route: Route | None,
    receivers: Iterable[str],
    *,
    reason: Reason,
    slot: str,
    at: datetime,
) -> None:
    """Tell whom roles name, as of that day; nobody found: who is on duty, and a dead end."""
    day, wanted = clock.day_of(at), list(dict.fromkeys(receivers))
    lineage = await known.lineage(session, alert.area_code)
    candidates, offices = await _candidates(session, alert, lineage, wanted, day)
    named = routing.addressees(wanted, alert, lineage, candidates, offices)
    found = named.found or await _on_duty(session, lineage, candidates, at)
    people = {each.id: each for each in candidates}
    # Who is on duty need not be one of those whom the alert might concern.
    if others := [each.recipient_id for each in found if each.recipient_id not in people]:
        people |= await queries.recipients.recipients_in_force(session, others, day)
    told_of = [
        (
            people[each.recipient_id],
            _trace(route) | {"roles": list(each.roles), "found_by": list(each.found_by)},
        )
        for each in found
    ]
    await _send(session, alert, told_of, reason=reason, slot=slot, at=at)
    told = {
        "reason": reason,
        "receivers": wanted,
        "recipients": [str(each.recipient_id) for each in found],
        "unfilled": list(named.unfilled),
    }
    note(session, alert, Entry.TOLD, at, told)
    if not named.found:
        await _dead_end(session, alert, wanted, slot=slot, at=at)


async def _candidates(
    session: Session, alert: Alert, lineage: Sequence[str], wanted: Sequence[str], day: date
) -> tuple[Sequence[Recipient], routing.Offices]:
    """Give whom an alert might concern on a day, and who is in office in their units."""
    parties = routing.organisations(alert)
    heads = await queries.posts.offices(session, parties, day)
    persons = {person for office in heads.values() for person in office.persons}
    found = await queries.recipients.candidates(
        session, organisations=parties,
        persons=persons | ({alert.person_id} if alert.person_id else set()),
        lineage=lineage, by_area=[role for role in routing.BY_AREA if role in wanted], day=day,
    )  # fmt: skip
    units = {each.org_id for each in found if each.org_id} - parties
    return found, heads | await queries.posts.offices(session, units, day)


async def tell_of_closing(
    session: Session, alert: Alert, recipient_ids: Sequence[UUID], *, slot: str, at: datetime
) -> None:
    """Tell all who were told of an item, and are in office still, that it is put right."""
    people = await queries.recipients.recipients_in_force(session, recipient_ids, clock.day_of(at))
    trace = {"roles": [], "found_by": ["told before"]}
    told_of = [(person, trace) for person in people.values()]
    await _send(session, alert, told_of, reason=Reason.CLOSED, slot=slot, at=at)
    if people:
        told = {"reason": Reason.CLOSED, "recipients": [str(person) for person in people]}
        note(session, alert, Entry.TOLD, at, told)


def _trace(route: Route | None) -> dict[str, Any]:
    """Say by which version of which route somebody is told."""
    if route is None:
        return {"route": None}
    return {"route": route.code, "version": route.version, "area_code": route.area_code}


async def _on_duty(
    session: Session, lineage: Sequence[str], candidates: Sequence[Recipient], at: datetime
) -> tuple[routing.Addressed, ...]:
    duties = await queries.recipients.on_duty(session, lineage, at, clock.day_of(at))
    operators = [each.id for each in candidates if routing.Receiver.OPERATOR in each.roles]
    return routing.fall_back(lineage, duties, operators)


async def _dead_end(
    session: Session, alert: Alert, receivers: Sequence[str], *, slot: str, at: datetime
) -> None:
    """Say that an alert reached nobody whom its route names; of a dead end itself, only the log."""
    note(session, alert, Entry.DEAD_END, at, {"receivers": list(receivers)})
    if alert.kind == routing.DEAD_END:
        log.error("dead_end_reaches_nobody", alert_id=str(alert.id), area_code=alert.area_code)
        return
    details = {"alert_id": str(alert.id), "kind": alert.kind, "level": alert.level,
               "receivers": list(receivers), "slot": slot}  # fmt: skip
    await actions.alerts.raise_platform_alert(
        session, routing.DEAD_END, alert.id, details, at=at, area_code=alert.area_code
    )


async def _send(
    session: Session,
    alert: Alert,
    people: Sequence[tuple[Recipient, Mapping[str, Any]]],
    *,
    reason: Reason,
    slot: str,
    at: datetime,
) -> None:
    """Write a notice to each, with why it is his, and one delivery for each of his ways."""
    if not people:
        return
    replayed = session.info.get("replayed")
    notices: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    for person, trace in people:
        notice = {
            "id": new_id(), "alert_id": alert.id, "recipient_id": person.id, "step": alert.step,
            "reason": reason, "slot": slot, "told_at": at, "trace": dict(trace),
        }  # fmt: skip
        notices.append(notice)
        deliveries += [
            _delivery(alert, person, way, notice)
            for way in person.ways(by_mail=settings().smtp_url is not None)
            # What was sent before the database was lost went with the log of it.
            if way is Channel.INBOX or not replayed
        ]
    alert.sent()
    await sets.add(session, Notice, notices)
    await sets.add(session, Delivery, deliveries)


def _delivery(
    alert: Alert, person: Recipient, way: Channel, notice: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what is sent by one way; what goes to the inbox is there at once."""
    arrived, at = way is Channel.INBOX, notice["told_at"]
    return {
        "id": new_id(),
        "key": f"{alert.id}:{alert.step}:{person.id}:{way}:{notice['slot']}",
        "lane": MAIL_LANE if way is Channel.MAIL else way.value,
        "channel": way,
        "type": notice["reason"].value,
        "area_code": alert.area_code,
        "org_id": person.org_id,
        "notice_id": notice["id"],
        "state": DeliveryState.DELIVERED if arrived else DeliveryState.WAITING,
        "created_at": at,
        "delivered_at": at if arrived else None,
    }
