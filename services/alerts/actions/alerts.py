"""Alerts: raised, repeated, acknowledged, superseded, closed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.errors import AlertAnswered, AlertNotYours, AlertOver, PromiseInThePast
from services.alerts.models import Alert
from services.alerts.queries.alerts import Standing
from services.alerts.rules import routing, trees
from services.alerts.rules.ladders import PROMISE
from services.alerts.rules.notices import AlertState, Entry, reason_of
from services.alerts.rules.routing import Matter, Told
from services.alerts.schemas.alerts import AcknowledgementIn, AcknowledgementsIn
from shared import clock, sets, timers
from shared.areas import CANARY, NATION
from shared.auth import Caller
from shared.db import Session, new_id, same_id
from shared.events.alerts import AlertAcknowledged
from shared.events.platform import ItemWithoutTimer
from shared.outbox import publish
from shared.problems import NotFound, Problem


async def raise_alert(
    session: Session,
    matter: Matter,
    *,
    event_id: UUID,
    at: datetime,
    step: str | None = None,
    replayed: bool = False,
) -> Alert:
    """Raise the one alert of an item and level, tell people, and start its ladder.

    It takes over from those of lower levels. The same event again changes nothing; another one
    about the same is counted as a repeat, and told only if nobody answers for it any more.
    Replayed history is kept and told to nobody.
    """
    if matter.watch_item_id and not replayed:
        await actions.ladders.catch_up(session, matter.watch_item_id, at)
    alert = await queries.alerts.locked_find_alert(session, matter.dedupe_key)
    entry = Entry.REPEATED if alert else Entry.RAISED
    if alert is None:
        alert = _new_alert(matter, at, replayed=replayed)
    elif await queries.alerts.has_entry(session, alert.id, event_id):
        return alert
    else:
        alert.repeats += 1
        _update(alert, matter)
    actions.notices.note(session, alert, entry, at, matter.details, event_id=event_id)
    if entry is Entry.REPEATED and not _is_news(alert):
        return alert
    with session.no_autoflush:  # Its row is written once, as it stands when people are told.
        session.add(alert)
        alert.reopen()
        await _supersede_others(session, alert, at)
        alert.replayed = replayed
        if not replayed:
            await _mind_area(session, alert, at)
            await actions.ladders.start_ladder(session, alert, slot=str(event_id), at=at, step=step)
    return alert


async def raise_platform_alert(
    session: Session,
    kind: str,
    about_id: UUID,
    details: Mapping[str, Any],
    *,
    at: datetime,
    event_id: UUID | None = None,
    area_code: str = NATION,
    unit_id: UUID | None = None,
) -> None:
    """Tell operators of something about the platform itself; one alert per day and subject.

    `unit_id` is the organisation whose people are told as well, where the route names them.
    """
    matter = routing.platform_matter(
        kind, about_id, clock.day_of(at), details, area_code, unit_id=unit_id
    )
    await raise_alert(session, matter, event_id=event_id or new_id(), at=at)


async def remind(
    session: Session, matter: Matter, step: str, *, event_id: UUID, at: datetime, replayed: bool
) -> None:
    """Tell people again at a step of the item's own ladder, on the alert of its level.

    What it says of the item's people holds from its instant on: what fell due before is told first.
    """
    before = await queries.alerts.find_standing(session, matter.dedupe_key, event_id)
    if matter.watch_item_id and not replayed and _is_turning(before, matter):
        await actions.ladders.catch_up(session, matter.watch_item_id, at)
    alert = await queries.alerts.locked_find_alert(
        session, matter.dedupe_key, is_there=before is not None
    )
    if alert is None or alert.is_over:
        await raise_alert(session, matter, event_id=event_id, at=at, step=step, replayed=replayed)
        return
    if before and before.has_heard:
        return
    _update(alert, matter)
    actions.notices.note(session, alert, Entry.STEP_REACHED, at, {"step": step}, event_id=event_id)
    # While nobody answers, the alert's own ladder repeats; nobody is told twice of one day.
    climbing = alert.state is not AlertState.ACKNOWLEDGED
    climbers = await actions.ladders.climbers(session, alert)
    paths = await queries.routes.paths(session, climbers)
    held = [(path, trees.terms(path)) for path in paths if path]
    told = [
        Told.by(path, terms.receivers_at(step), terms.group)
        for path, terms in held
        if not climbing or step in terms.on_steps
    ]
    if not replayed and (told or not held):
        await actions.notices.tell(
            session, alert, told, reason=reason_of(step), slot=str(event_id), at=at,
            step=alert.step,
        )  # fmt: skip


def _is_turning(before: Standing | None, matter: Matter) -> bool:
    """Say whether it matters to a rung of the same instant that this is heard before it.

    It does where other people take part now, or where an answer may lapse. Otherwise nobody need
    wait for limits that are just falling due, fifty in one transaction.
    """
    if before is None or before.state is AlertState.ACKNOWLEDGED:
        return True
    return before.parties != routing.parties(matter)


async def close_alerts(
    session: Session,
    watch_item_id: UUID,
    reason: str,
    *,
    event_id: UUID,
    at: datetime,
    replayed: bool,
) -> None:
    """Close all alerts of an item with it, and tell everybody who was told of it."""
    if not replayed:
        await actions.ladders.catch_up(session, watch_item_id, at)
    alerts = await queries.alerts.locked_alerts_of_item(session, watch_item_id)
    open_ones = [alert for alert in alerts if alert.state is not AlertState.CLOSED]
    for alert in open_ones:
        await _close(session, alert, reason, at, event_id=event_id)
    if open_ones and not replayed:
        told = await queries.alerts.told_of_item(session, watch_item_id)
        await actions.notices.tell_of_closing(
            session, open_ones[-1], told, slot=str(event_id), at=at
        )


async def close_alert(session: Session, alert: Alert, reason: str, at: datetime) -> None:
    """Close an alert that has no watch item, and tell everybody who was told of it."""
    await _close(session, alert, reason, at)
    told = await queries.alerts.told_of(session, alert.id)
    await actions.notices.tell_of_closing(session, alert, told, slot="closed", at=at)


async def close_alert_of(session: Session, matter: Matter, reason: str, at: datetime) -> None:
    """Close the alert of a matter that has no watch item; twice is once."""
    alert = await queries.alerts.locked_find_alert(session, matter.dedupe_key)
    if alert is not None and alert.state is not AlertState.CLOSED:
        await close_alert(session, alert, reason, at)


async def _close(
    session: Session, alert: Alert, reason: str, at: datetime, *, event_id: UUID | None = None
) -> None:
    alert.close(at, reason)
    await timers.disarm(session, alert.id)
    if alert.area_code == CANARY:
        await actions.canary.let_go(session, alert)
    actions.notices.note(session, alert, Entry.CLOSED, at, {"reason": reason}, event_id=event_id)


async def report_alerts_without_timer(session: Session, limit: int = 1000) -> None:
    """Say which alerts wait for an answer, or a promised day, without being timed."""
    for alert in await queries.alerts.alerts_without_timer(session, limit):
        publish(session, ItemWithoutTimer(service="alerts", kind="alert", subject_id=alert.id))


async def acknowledge(
    session: Session, caller: Caller, alert_id: UUID, answer: AcknowledgementIn, now: datetime
) -> Alert:
    """Let a receiver answer for an alert, until a promised day; this stops its ladder.

    The same answer again changes nothing. Raises AlertNotYours, AlertOver, AlertAnswered,
    PromiseInThePast.
    """
    alert = await queries.alerts.locked_alert(session, alert_id, caller.scope)
    if refusal := _refusal(alert, caller, answer, now):
        raise refusal
    if alert.state is not AlertState.ACKNOWLEDGED:
        await timers.disarm(session, alert.id)
        _answer(session, alert, caller.subject, answer, now)
    return alert


async def acknowledge_several(
    session: Session, caller: Caller, answer: AcknowledgementsIn, now: datetime
) -> dict[str, Any]:
    """Answer for several alerts at once, each by the rules for one; give what came of each.

    What is refused keeps nothing back: the others are answered for.
    """
    asked = set(answer.alert_ids)
    await timers.hold_all(session, await queries.alerts.ids_in_scope(session, asked, caller.scope))
    found = await queries.alerts.locked_alerts(session, asked, caller.scope)
    refused: dict[UUID, Problem] = {}
    answered = []
    for alert_id in dict.fromkeys(answer.alert_ids):
        alert = found.get(alert_id)
        refusal = _refusal(alert, caller, answer, now) if alert else NotFound()
        if refusal:
            refused[alert_id] = refusal
        elif alert and alert.state is not AlertState.ACKNOWLEDGED:
            answered.append(alert)
    await timers.disarm_all(session, [alert.id for alert in answered])
    with session.no_autoflush:
        for alert in answered:
            _answer(session, alert, caller.subject, answer, now)
    await sets.change(session, answered)
    return {
        "acknowledged": [each for each in dict.fromkeys(answer.alert_ids) if each not in refused],
        "refused": [
            {"alert_id": each, "type": f"/problems/{why.slug()}", "title": why.title}
            for each, why in refused.items()
        ],
    }


def _refusal(
    alert: Alert, caller: Caller, answer: AcknowledgementIn, now: datetime
) -> Problem | None:
    """Say why a caller may not answer for an alert; the same answer again is no fault."""
    if caller.scope.org and caller.scope.org != alert.unit_id:
        return AlertNotYours()
    if alert.is_over:
        return AlertOver()
    if alert.state is AlertState.ACKNOWLEDGED:
        same = (alert.acknowledged_by, alert.promised_on) == (caller.subject, answer.promised_on)
        return None if same else AlertAnswered()
    if answer.promised_on and answer.promised_on < clock.day_of(now):
        return PromiseInThePast()
    return None


def _answer(
    session: Session, alert: Alert, by: str, answer: AcknowledgementIn, now: datetime
) -> None:
    """Hold an answer and tell others of it; the alert's limits are disarmed already."""
    _acknowledge(session, alert, by, now, answer.promised_on, note=answer.note)
    if alert.watch_item_id:
        publish(
            session,
            AlertAcknowledged(
                watch_item_id=alert.watch_item_id, alert_id=alert.id, area_code=alert.area_code,
                acknowledged_by=by, acknowledged_at=now, promised_on=answer.promised_on,
                occurred_at=now,
            ),
        )  # fmt: skip


async def acknowledge_again(session: Session, told: AlertAcknowledged) -> None:
    """Take an answer from what others heard of it, and hold it again: our own record was lost."""
    alert = await queries.alerts.locked_alert_of_timer(session, told.alert_id)
    if alert and not alert.is_over and alert.state is not AlertState.ACKNOWLEDGED:
        by, at = told.acknowledged_by, told.acknowledged_at
        await timers.disarm(session, alert.id)
        _acknowledge(session, alert, by, at, told.promised_on, note=None)
        publish(session, told)


def _acknowledge(
    session: Session,
    alert: Alert,
    by: str,
    at: datetime,
    promised_on: date | None,
    *,
    note: str | None,
) -> None:
    alert.acknowledge(by, at, promised_on)
    promised = promised_on.isoformat() if promised_on else None
    said = {"promised_on": promised, "note": note}
    actions.notices.note(session, alert, Entry.ACKNOWLEDGED, at, said)
    _keep_promise(session, alert, promised_on, at)


def _keep_promise(session: Session, alert: Alert, promised_on: date | None, now: datetime) -> None:
    """Time the end of the promised day."""
    if promised_on:
        due_at = clock.day_end(promised_on)
        timers.arm(session, PROMISE, alert.id, due_at, entered_at=now)


def _is_news(alert: Alert) -> bool:
    """Say whether a repeat must be told: nobody answers for the alert any more.

    What happened again to the platform after an operator answered is not covered by his answer.
    """
    answered = alert.state is AlertState.ACKNOWLEDGED
    unheard = alert.replayed or alert.is_over
    return unheard or (answered and alert.kind in routing.PLATFORM_KINDS)


async def _supersede_others(session: Session, alert: Alert, at: datetime) -> None:
    if alert.watch_item_id is None:
        return
    for other in await queries.alerts.locked_alerts_of_item(session, alert.watch_item_id):
        if other.id != alert.id and not other.is_over:
            other.supersede(at)
            await timers.disarm(session, other.id)
            actions.notices.note(session, other, Entry.SUPERSEDED, at, {"by": str(alert.id)})


async def _mind_area(session: Session, alert: Alert, at: datetime) -> None:
    """Tell operators of an area that cannot be placed: its routes and subscribers miss it."""
    code = alert.area_code
    if alert.kind in routing.PLATFORM_KINDS or await queries.areas.is_known(session, code):
        return
    about_id = routing.platform_subject("area_unknown", code)
    await raise_platform_alert(session, "area_unknown", about_id, {"area_code": code}, at=at)


def _new_alert(matter: Matter, at: datetime, *, replayed: bool) -> Alert:
    return Alert(
        id=same_id(at, matter.dedupe_key), dedupe_key=matter.dedupe_key,
        kind=matter.kind, about_id=matter.about_id,
        subject_id=matter.subject_id, watch_item_id=matter.watch_item_id,
        project_id=matter.project_id, area_code=matter.area_code, period=matter.period,
        level=matter.level, state=AlertState.RAISED, raised_at=at, repeats=0, step=0,
        replayed=replayed, **{name: getattr(matter, name) for name in _TOLD_EACH_TIME},
    )  # fmt: skip


_TOLD_EACH_TIME = (
    "project_name", "investment_type", "level_rank", "level_label", "developer_id",
    "contractor_id", "sector_authority_id", "unit_id", "person_id", "due_on", "lacking", "details",
    "major",
)  # fmt: skip
"""What may differ from one telling to the next: names, parties, what is lacking."""


def _update(alert: Alert, matter: Matter) -> None:
    """Take what differs now: what is as it was is not looked through when the rest is written."""
    for name in _TOLD_EACH_TIME:
        if (said := getattr(matter, name)) != getattr(alert, name):
            setattr(alert, name, said)
