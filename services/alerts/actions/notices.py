"""Telling people: who is found is told by each of his ways; nobody found is itself an alert."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog

from services.alerts import actions, queries
from services.alerts.models import Alert, Delivery, Notice, Recipient, TimelineEntry
from services.alerts.rules import routing
from services.alerts.rules.deliveries import ROBOTS, Channel, DeliveryState
from services.alerts.rules.notices import Entry, Reason
from services.alerts.rules.routing import Told
from services.alerts.settings import settings
from shared import clock, known, sets
from shared.areas import CANARY
from shared.db import Session, new_id

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom routes reach, each with why; roles that nobody holds; and whether all are such."""

    told_of: Sequence[tuple[Recipient, Mapping[str, Any]]]
    unfilled: tuple[str, ...]
    is_dead_end: bool

    def without(self, recipients: Collection[UUID]) -> "Reached":
        """Leave some recipients out."""
        told_of = [(who, why) for who, why in self.told_of if who.id not in recipients]
        return Reached(told_of, self.unfilled, self.is_dead_end)


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
    sets.put(session, TimelineEntry, {
        "id": new_id(), "alert_id": alert.id, "at": at, "entry": entry, "event_id": event_id,
        "actor": session.info["actor"], "details": dict(details),
    })  # fmt: skip


async def tell(
    session: Session,
    alert: Alert,
    routes: Sequence[Told],
    *,
    reason: Reason,
    slot: str,
    at: datetime,
    step: int = 0,
    unless_told: bool = False,
) -> None:
    """Tell whom routes name, as of that day; nobody found: who is on duty, and a dead end.

    With `unless_told` who was told of this alert at this very instant is left out. Of the canary
    nobody is told: it leaves by an endpoint of its own.
    """
    if alert.area_code == CANARY:
        await actions.canary.leave(session, alert, reason, at)
        return
    wanted = list(dict.fromkeys(role for route in routes for role in route.receivers))
    found = await reach(session, alert, routes, at)
    if unless_told and found.told_of:
        heard = await queries.alerts.told_at(session, alert.id, at)
        found = found.without(heard)
    await _send(session, alert, found.told_of, reason=reason, slot=slot, at=at, step=step)
    told = {
        "reason": reason,
        "receivers": wanted,
        "recipients": [str(person.id) for person, _ in found.told_of],
        "unfilled": list(found.unfilled),
    }
    note(session, alert, Entry.TOLD, at, told)
    if found.is_dead_end:
        await _dead_end(session, alert, wanted, slot=slot, at=at)


async def reach(
    session: Session, about: routing.Concerned, routes: Sequence[Told], at: datetime
) -> Reached:
    """Find whom routes name for an alert, or what would be one, as of an instant's day."""
    day = clock.day_of(at)
    lineage = await known.lineage(session, about.area_code)
    wanted = {role for route in routes for role in route.receivers}
    candidates, offices = await _candidates(session, [about], lineage, wanted, day)
    people = {each.id: each for each in candidates}
    traces: dict[UUID, dict[str, Any]] = {}
    unfilled: list[str] = []
    duties: routing.Duties = {}
    if routing.DUTY_ROSTER in wanted:
        duties = await actions.duties.on_duty(session, lineage, at)
        _, near = routing.nearest_duty(lineage, duties)
        people |= await queries.recipients.recipients_in_force(session, near, day)
    for route in routes:
        named = routing.addressees(
            route.receivers, about, lineage, people.values(), offices, duties=duties
        )
        unfilled += named.unfilled
        for each in named.found:
            routing.add_trace(traces, each, route.trace)
    await actions.duties.represent(session, lineage, traces, at)
    is_dead_end = not traces
    if is_dead_end:
        trace = routes[0].trace if routes else {"route": None}
        traces = await _fall_back(session, lineage, candidates, at, trace)
    # Who is on duty or stands in need not be one of those whom the alert might concern.
    if others := [each for each in traces if each not in people]:
        people |= await queries.recipients.recipients_in_force(session, others, day)
    told_of = [(people[each], trace) for each, trace in traces.items()]
    return Reached(told_of, tuple(dict.fromkeys(unfilled)), is_dead_end)


async def look_ahead(
    session: Session, alerts: Sequence[Alert], wanted: Collection[str], at: datetime
) -> None:
    """Read for several alerts at once what to tell some roles of each of them then asks for."""
    above: set[str] = set()
    for area_code in {alert.area_code for alert in alerts}:
        above |= {*(lineage := await known.lineage(session, area_code))}
        await known.calendar(session, area_code)
        await queries.silences.silences_at(session, lineage, at)
    day = clock.day_of(at)
    found, _ = await _candidates(session, alerts, above, wanted, day)
    await queries.duties.away(session, [each.id for each in found], day)
    projects = {alert.project_id for alert in alerts if alert.project_id}
    await queries.inhibitions.facts(session, projects)


async def _candidates(
    session: Session,
    about: Sequence[routing.Concerned],
    lineage: Collection[str],
    wanted: Collection[str],
    day: date,
) -> tuple[Sequence[Recipient], routing.Offices]:
    """Give whom alerts might concern on a day, and who is in office in their units."""
    parties = {unit for each in about for unit in routing.organisations(each)}
    heads = await queries.posts.offices(session, parties, day)
    persons = {person for office in heads.values() for person in office.persons}
    sought = queries.recipients.Sought(
        organisations=parties,
        persons=persons | {each.person_id for each in about if each.person_id},
        ids={each for role in wanted if (each := routing.one_recipient(role))},
        lineage={*lineage},
        by_area={role for role in routing.BY_AREA
                 if role in wanted or f"{routing.ABOVE}{role}" in wanted},
    )  # fmt: skip
    found = await queries.recipients.candidates(session, sought, day)
    units = {each.org_id for each in found if each.org_id} - parties
    return found, heads | await queries.posts.offices(session, units, day)


async def tell_of_closing(
    session: Session, alert: Alert, recipient_ids: Sequence[UUID], *, slot: str, at: datetime
) -> None:
    """Tell all who were told of an item, and are in office still, that it is put right."""
    await tell_those(
        session, alert, recipient_ids, reason=Reason.CLOSED, slot=slot, at=at,
        found_by="told before",
    )  # fmt: skip


async def tell_those(
    session: Session,
    alert: Alert,
    recipient_ids: Sequence[UUID],
    *,
    reason: Reason,
    slot: str,
    at: datetime,
    found_by: str,
) -> None:
    """Tell some recipients who are in office still, whatever routes say."""
    day = clock.day_of(at)
    in_office = await queries.recipients.recipients_in_force(session, recipient_ids, day)
    traces = {who: {"roles": [], "found_by": [found_by]} for who in in_office}
    lineage = await known.lineage(session, alert.area_code)
    await actions.duties.represent(session, lineage, traces, at)
    people = await queries.recipients.recipients_in_force(session, list(traces), day)
    told_of = [(person, traces[who]) for who, person in people.items()]
    await _send(session, alert, told_of, reason=reason, slot=slot, at=at, step=alert.step)
    if people:
        told = {"reason": reason, "recipients": [str(person) for person in people]}
        note(session, alert, Entry.TOLD, at, told)


async def _fall_back(
    session: Session,
    lineage: Sequence[str],
    candidates: Sequence[Recipient],
    at: datetime,
    why: Mapping[str, Any],
) -> dict[UUID, dict[str, Any]]:
    """Give whoever is told where a route reaches nobody; on leave or not if all are."""
    duties = await actions.duties.on_duty(session, lineage, at)
    operators = [each.id for each in candidates if routing.Receiver.OPERATOR in each.roles]
    traces: dict[UUID, dict[str, Any]] = {}
    for each in routing.fall_back(lineage, duties, operators):
        routing.add_trace(traces, each, why)
    there = {who: dict(trace) for who, trace in traces.items()}
    await actions.duties.represent(session, lineage, there, at)
    return there or traces


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
    step: int = 0,
) -> None:
    """Write a notice to each, with why it is his, and one delivery for each of his ways."""
    if not people:
        return
    silence = await actions.silences.silence_of(session, alert, at)
    fact = None if silence else await actions.inhibitions.fact_muting(session, alert, at)
    # What was sent before a database was lost went with the log of it.
    stays = silence or fact or session.info.get("replayed")
    notices: list[dict[str, Any]] = []
    wanted: list[tuple[Recipient, Mapping[str, Any], dict[str, Any]]] = []
    for person, trace in people:
        notice = {
            "id": new_id(), "alert_id": alert.id, "recipient_id": person.id, "step": step,
            "reason": reason, "slot": slot, "told_at": at, "trace": dict(trace),
            "silenced_by": silence.id if silence else None,
            "inhibited_by": fact.id if fact else None,
        }  # fmt: skip
        notices.append(notice)
        wanted += [
            (person, notice, _delivery(alert, person, way, notice))
            for way in _ways(alert, person)
            if way is Channel.INBOX or not stays
        ]
    alert.sent()
    sets.gather(session, Notice, notices)
    sent = await actions.bundles.fold(session, alert, wanted, at)
    sets.gather(session, Delivery, sent)
    actions.delivered.tell_inbox(session, alert, notices, sent)


def ways(person: Recipient) -> list[Channel]:
    """Give the ways by which a recipient can be told now."""
    return person.ways(settings().provided)


def _ways(alert: Alert, person: Recipient) -> list[Channel]:
    """Give the ways by which somebody is told: not by the one that the alert says is away."""
    away = alert.details.get("channel") if alert.kind == routing.CHANNEL_FAILING else None
    return [way for way in ways(person) if way != away]


def _delivery(
    alert: Alert, person: Recipient, way: Channel, notice: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what is sent by one way; what goes to the inbox is there at once."""
    arrived, at = way is Channel.INBOX, notice["told_at"]
    return {
        "id": new_id(),
        "key": f"{alert.id}:{notice['step']}:{person.id}:{way}:{notice['slot']}",
        "lane": str(person.robot_id) if way in ROBOTS else way.value,
        "channel": way,
        "type": notice["reason"].value,
        "area_code": alert.area_code,
        "org_id": person.org_id,
        "notice_id": notice["id"],
        "robot_id": person.robot_id if way in ROBOTS else None,
        "state": DeliveryState.DELIVERED if arrived else DeliveryState.WAITING,
        "created_at": at,
        "delivered_at": at if arrived else None,
    }
