"""The notification ladders of an alert: begun, climbed while nobody answers, resumed."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from services.alerts import actions, queries
from services.alerts.models import Alert, Branch, Route
from services.alerts.rules import ladders, trees
from services.alerts.rules.ladders import ESCALATION, PROMISE
from services.alerts.rules.notices import ABOUT_DATA, AlertState, Entry, Reason
from services.alerts.rules.routing import Told
from shared import clock, known, sets, timers
from shared.db import Session, new_id, same_id
from shared.events.alerts import SupervisionProposed
from shared.outbox import publish

WAITS = {AlertState.RAISED, AlertState.SENT}
"""While it stands there, it waits for an answer and climbs."""


async def start_ladder(
    session: Session, alert: Alert, *, slot: str, at: datetime, step: str | None = None
) -> None:
    """Choose the routes in force, tell their receivers, and time the first rung of each ladder.

    `step`: the item's ladder reached this step, which may have receivers of its own.
    """
    lineage = await known.lineage(session, alert.area_code)
    routes = await queries.routes.routes_for(
        session, lineage, clock.day_of(at), kind=alert.kind, level=alert.level
    )
    paths = trees.walk(routes, alert, lineage).paths
    if alert not in session.new:
        await queries.routes.forget_branches(session, alert.id)
        await timers.disarm(session, alert.id, ESCALATION, PROMISE)
    first = paths[0] if paths else ()
    alert.route_id, alert.path, alert.step = (first[-1].id if first else None), _ids(first), 0
    session.add_all(
        Branch(id=new_id(), alert_id=alert.id, number=number, path=_ids(path), step=0)
        for number, path in enumerate(paths[1:], start=1)
    )
    held = [(path, trees.terms(path)) for path in paths]
    told = [Told.by(path, terms.receivers_at(step), terms.group) for path, terms in held]
    await actions.notices.tell(session, alert, told, reason=Reason.RAISED, slot=slot, at=at)
    for number, path in enumerate(paths):
        if due_at := await _next_due(session, alert, path, 0, at):
            await _arm(session, alert, number, path, due_at=due_at, at=at)


def _ids(path: Sequence[Route]) -> list[str]:
    return [str(route.id) for route in path]


async def _next_due(
    session: Session, alert: Alert, path: Sequence[Route], step: int, at: datetime
) -> datetime | None:
    """Give when the rung after a step of a route falls due; the step was entered at an instant."""
    held = trees.terms(path)
    following = ladders.following(held.ladder, step)
    if following is None:
        return None
    calendar = await known.calendar(session, alert.area_code)
    return ladders.due_at(at, following[1], held.hours, calendar)


async def _arm(
    session: Session,
    alert: Alert,
    number: int,
    path: Sequence[Route],
    *,
    due_at: datetime,
    at: datetime,
) -> None:
    calendar = await known.calendar(session, alert.area_code)
    timers.arm(
        session, ESCALATION, alert.id, due_at, entered_at=at, step=str(number) if number else "",
        policy_version=path[-1].version, calendar_version=calendar.version,
    )  # fmt: skip


async def climbers(session: Session, alert: Alert) -> list[Alert | Branch]:
    """Give an alert's routes as what climbs them: the alert its own first, then its branches."""
    return [alert, *await queries.routes.branches(session, alert.id)]


def branch_of(timer: timers.Timer) -> int:
    """Give which of an alert's routes a limit belongs to: 0 its first, then its branches."""
    return int(timer.step or 0)


async def catch_up(session: Session, watch_item_id: UUID, at: datetime) -> None:
    """Climb what fell due on an item's alerts before news of this instant ends their ladders.

    The limits of cases and ours fall due at the same nine o'clock: whose is done first would
    otherwise be chance, and with it who is told.
    """

    async def climb(session: Session, timer: timers.Timer) -> None:
        if timer.kind == ESCALATION:
            await escalate(session, timer.subject_id, timer.due_at, at, branch_of(timer))
        elif timer.kind == PROMISE:
            await lapse_promise(session, timer.subject_id, timer.due_at, at)
        else:
            await actions.silences.on_retelling(session, timer)

    about = await queries.alerts.ids_of_item(session, watch_item_id)
    await timers.fire_due(session, about, at, climb)


@asynccontextmanager
async def together(session: Session, due: Sequence[timers.Timer]) -> AsyncIterator[None]:
    """Read in sets what rungs of one batch need, and write in one what becomes of their alerts.

    What this does not foresee each of them reads itself.
    """
    subjects = [timer.subject_id for timer in due]
    alerts = await queries.alerts.locked_alerts_of_timers(session, subjects)
    waiting = {alert.id: alert for alert in alerts if alert.state in WAITS}
    paths = await queries.routes.paths(session, [*waiting.values()])
    roles = {role for path in paths if path for role in trees.terms(path).all_receivers}
    by_instant: dict[datetime, list[Alert]] = defaultdict(list)
    for timer in due:
        if alert := waiting.get(timer.subject_id):
            by_instant[timer.due_at].append(alert)
    for at, concerned in by_instant.items():
        await actions.notices.look_ahead(session, concerned, roles, at)
    yield
    await sets.change(session, alerts)


async def escalate(
    session: Session, alert_id: UUID, due: datetime, now: datetime, number: int = 0
) -> None:
    """Climb the rungs of one of its routes that are due, if still nobody answered."""
    alert = await queries.alerts.locked_alert_of_timer(session, alert_id)
    if alert is None or alert.state not in WAITS:
        return
    climber = await queries.routes.find_branch(session, alert_id, number) if number else alert
    if climber:
        await _climb(session, alert, climber, due, now, reason=Reason.ESCALATED)


async def lapse_promise(session: Session, alert_id: UUID, due: datetime, now: datetime) -> None:
    """Reopen an alert whose promised day is over, one receiver up."""
    alert = await queries.alerts.locked_alert_of_timer(session, alert_id)
    if alert is None or alert.state is not AlertState.ACKNOWLEDGED or not alert.promised_on:
        return
    lapsed = {"promised_on": alert.promised_on.isoformat(), "by": alert.acknowledged_by}
    actions.notices.note(session, alert, Entry.PROMISE_LAPSED, due, lapsed)
    alert.reopen()
    for climber in await climbers(session, alert):
        await _climb(session, alert, climber, due, now, reason=Reason.PROMISE_LAPSED)


async def reckon_anew(session: Session, area_code: str) -> None:
    """Compute the open limits of an area, and of those below it, by the calendar it has now.

    A limit whose new instant is past already fires at once.
    """
    for timer, alert in await queries.alerts.open_ladders(session, area_code):
        number = branch_of(timer)
        climber = await queries.routes.find_branch(session, alert.id, number) if number else alert
        calendar = await known.calendar(session, alert.area_code)
        if climber is None or calendar.version == timer.calendar_version:
            continue
        path = await queries.routes.path(session, climber)
        at = timer.entered_at
        if path and (due_at := await _next_due(session, alert, path, climber.step, at)):
            await timers.disarm_one(session, timer)
            await _arm(session, alert, number, path, due_at=due_at, at=at)


async def _climb(
    session: Session,
    alert: Alert,
    climber: Alert | Branch,
    due: datetime,
    now: datetime,
    *,
    reason: Reason,
) -> None:
    """Enter the rungs of a route that are due by now, and tell people once."""
    number = climber.number if isinstance(climber, Branch) else 0
    path = await queries.routes.path(session, climber)
    if not path:
        slot = due.isoformat()
        await actions.notices.tell(session, alert, [], reason=reason, slot=slot, at=due)
        return
    held = trees.terms(path)
    calendar = await known.calendar(session, alert.area_code)
    rungs, next_at = ladders.climb(
        held.ladder, climber.step, due, until=now, hours=held.hours, calendar=calendar
    )
    for rung in rungs:
        entered = {"rung": rung.number, "receivers": list(rung.step.receivers)}
        if number:
            entered["branch"] = number
        actions.notices.note(session, alert, Entry.ESCALATED, rung.entered_at, entered)
    if any(rung.step.propose_supervision for rung in rungs):
        await _propose_supervision(session, alert, rungs[-1].entered_at)
    climber.step, at = rungs[-1].number, rungs[-1].entered_at
    told = Told.by(path, held.receivers_of(rungs), held.group)
    await actions.notices.tell(
        session, alert, [told], reason=reason, at=at, step=climber.step,
        slot=f"{number}:{at.isoformat()}" if number else at.isoformat(),
        # Whom another of the alert's routes told of this very instant has heard of it.
        unless_told=number > 0,
    )  # fmt: skip
    if next_at:
        await _arm(session, alert, number, path, due_at=next_at, at=at)


async def _propose_supervision(session: Session, alert: Alert, at: datetime) -> None:
    """Propose listed supervision of an item that nobody answers for; once for an alert.

    It is the authorities' own matter: no party of the project is told by us. Data that did not
    come are no reason for it.
    """
    event_id = same_id(alert.raised_at, f"supervision:{alert.dedupe_key}")
    if alert.kind in ABOUT_DATA or alert.watch_item_id is None:
        return
    if await queries.alerts.has_entry(session, alert.id, event_id):
        return
    said = {"level": alert.level, "silent_since": alert.raised_at.isoformat()}
    actions.notices.note(session, alert, Entry.SUPERVISION_PROPOSED, at, said, event_id=event_id)
    event = SupervisionProposed(
        id=event_id, watch_item_id=alert.watch_item_id, alert_id=alert.id, kind=alert.kind,
        level=alert.level, area_code=alert.area_code, project_id=alert.project_id,
        unit_id=alert.unit_id, raised_at=alert.raised_at, occurred_at=at,
    )  # fmt: skip
    # It is pushed when we hear it ourselves: numbered here, it would hold the project's number
    # while other alerts of the batch are waited for, by whoever holds one and waits for the number.
    publish(session, event)
