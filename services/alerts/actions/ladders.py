"""The notification ladder of an alert: begun, climbed while nobody answers, resumed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Alert, Route
from services.alerts.rules import ladders, routing
from services.alerts.rules.ladders import ESCALATION, PROMISE, Rung
from services.alerts.rules.notices import AlertState, Entry, Reason
from shared import clock, known, timers
from shared.db import Session


async def start_ladder(
    session: Session, alert: Alert, *, slot: str, at: datetime, step: str | None = None
) -> None:
    """Choose the route in force, tell its receivers, and time the first rung of its ladder.

    `step`: the item's ladder reached this step, which may have receivers of its own.
    """
    lineage = await known.lineage(session, alert.area_code)
    routes = await queries.routes.routes_in_force(session, lineage, clock.day_of(at))
    route = routing.match_route(routes, lineage, alert.kind, alert.level, alert.investment_type)
    alert.route_id, alert.step = (route.id if route else None), 0
    receivers = route.receivers_at(step) if route else []
    await actions.notices.tell(
        session, alert, route, receivers, reason=Reason.RAISED, slot=slot, at=at
    )
    await timers.disarm(session, alert.id, ESCALATION, PROMISE)
    following = ladders.following(route.ladder, 0) if route else None
    if route and following:
        calendar = await known.calendar(session, alert.area_code)
        due_at = ladders.due_at(at, following[1], route.working_day, calendar)
        timers.arm(session, ESCALATION, alert.id, due_at, entered_at=at,
                   policy_version=route.version, calendar_version=calendar.version)  # fmt: skip


async def catch_up(session: Session, watch_item_id: UUID, at: datetime) -> None:
    """Climb what fell due on an item's alerts before news of this instant ends their ladders.

    The limits of cases and ours fall due at the same nine o'clock: whose is done first would
    otherwise be chance, and with it who is told.
    """

    async def climb(session: Session, timer: timers.Timer) -> None:
        fallen_due = escalate if timer.kind == ESCALATION else lapse_promise
        await fallen_due(session, timer.subject_id, timer.due_at, at)

    about = await queries.alerts.ids_of_item(session, watch_item_id)
    await timers.fire_due(session, about, at, climb)


async def escalate(session: Session, alert_id: UUID, due: datetime, now: datetime) -> None:
    """Climb the rungs that are due, if still nobody answered, and tell people once."""
    alert = await queries.alerts.locked_alert_of_timer(session, alert_id)
    if alert and alert.state in {AlertState.RAISED, AlertState.SENT}:
        await _climb(session, alert, due, now, Reason.ESCALATED)


async def lapse_promise(session: Session, alert_id: UUID, due: datetime, now: datetime) -> None:
    """Reopen an alert whose promised day is over, one receiver up."""
    alert = await queries.alerts.locked_alert_of_timer(session, alert_id)
    if alert is None or alert.state is not AlertState.ACKNOWLEDGED or not alert.promised_on:
        return
    lapsed = {"promised_on": alert.promised_on.isoformat(), "by": alert.acknowledged_by}
    actions.notices.note(session, alert, Entry.PROMISE_LAPSED, due, lapsed)
    alert.reopen()
    await _climb(session, alert, due, now, Reason.PROMISE_LAPSED)


async def reckon_anew(session: Session, area_code: str) -> None:
    """Compute the open limits of an area, and of those below it, by the calendar it has now.

    A limit whose new instant is past already fires at once.
    """
    for timer, alert, route in await queries.alerts.open_ladders(session, area_code):
        following = ladders.following(route.ladder, alert.step)
        calendar = await known.calendar(session, alert.area_code)
        if following is None or calendar.version == timer.calendar_version:
            continue
        due_at = ladders.due_at(timer.entered_at, following[1], route.working_day, calendar)
        await timers.disarm(session, alert.id, ESCALATION)
        timers.arm(session, ESCALATION, alert.id, due_at, entered_at=timer.entered_at,
                   policy_version=route.version, calendar_version=calendar.version)  # fmt: skip


async def _climb(
    session: Session, alert: Alert, due: datetime, now: datetime, reason: Reason
) -> None:
    route = await queries.routes.find_route(session, alert.route_id)
    if route is None:
        slot = due.isoformat()
        await actions.notices.tell(session, alert, None, [], reason=reason, slot=slot, at=due)
        return
    calendar = await known.calendar(session, alert.area_code)
    rungs, next_at = ladders.climb(
        route.ladder, alert.step, due, until=now, hours=route.working_day, calendar=calendar
    )
    for rung in rungs:
        entered = {"rung": rung.number, "receivers": list(rung.step.receivers)}
        actions.notices.note(session, alert, Entry.ESCALATED, rung.entered_at, entered)
    alert.step, at = rungs[-1].number, rungs[-1].entered_at
    await actions.notices.tell(
        session, alert, route, _receivers(route, rungs), reason=reason, slot=at.isoformat(), at=at
    )
    if next_at:
        timers.arm(session, ESCALATION, alert.id, next_at, entered_at=at,
                   policy_version=route.version, calendar_version=calendar.version)  # fmt: skip


def _receivers(route: Route, rungs: Sequence[Rung]) -> list[str]:
    """Give whom the rungs name; with `again` also those before them, as of who holds it today."""
    receivers = [role for rung in rungs for role in rung.step.receivers]
    again = [rung.number for rung in rungs if rung.step.again]
    if again:
        receivers += route.receivers
        receivers += [role for step in route.ladder[: max(again)] for role in step.receivers]
    return receivers
