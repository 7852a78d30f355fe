"""Routes: the next version of one, by area and code; whom an alert would reach by them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from services.alerts import actions, queries
from services.alerts.actions.foresight import Foresight
from services.alerts.errors import ParentUnknown, RouteNotLater, RoutesUnder
from services.alerts.models import Alert, Route
from services.alerts.rules import ladders, routing, trees
from services.alerts.rules.routing import Told
from services.alerts.schemas.routes import RehearsalIn, RouteIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text
from shared.workdays import Calendar

_UNDER = Text("其下仍有路由：{codes}", "These routes lie under it: {codes}")
Climbed: TypeAlias = tuple[int, datetime, Told | None]
"""A rung of a dry run: its number, its instant, and whom it names."""
# So far apart two clocks are that are the same one, read one after the other.
_TOGETHER = timedelta(minutes=1)
_MOVE_FIRST = Text("请先停用或移走下级路由", "Disable those first, or lay them elsewhere")


async def enter_route(session: Session, caller: Caller, wanted: RouteIn, now: datetime) -> Route:
    """Enter the next version of a route; earlier ones stay, for what was decided by them.

    Raises AreaUnknown, RouteNotLater, RecipientUnknown, ParentUnknown, RoutesUnder.
    """
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    await queries.routes.lock_tree(session, wanted.area_code)
    newest = await queries.routes.locked_find_route(session, wanted.area_code, wanted.code)
    if newest and wanted.valid_from < newest.valid_from:
        raise RouteNotLater
    await queries.recipients.recipients_in_scope(session, wanted.recipients(), caller.scope)
    said = wanted.model_dump(mode="json", include={
        "kinds", "levels", "investment_types", "receivers", "on_steps", "steps", "areas",
        "sector_authorities", "group_by", "group_wait_minutes",
    })  # fmt: skip
    route = Route(
        id=new_id(), area_code=wanted.area_code, code=wanted.code,
        version=newest.version + 1 if newest else 1, valid_from=wanted.valid_from,
        enabled=wanted.enabled, priority=wanted.priority, opens=wanted.opens,
        parent=wanted.parent, continues=wanted.continues, amount_from=wanted.amount_from,
        major=wanted.major,
        closes=wanted.closes, source=wanted.source, certainty=wanted.certainty,
        created_at=now, created_by=caller.subject, **said,
    )  # fmt: skip
    await _check_tree(session, route)
    session.add(route)
    return route


async def _check_tree(session: Session, route: Route) -> None:
    """Refuse what no root would lead to, on the version's first day or any later one.

    An alert is not lost in silence because a route lies in a circle, or under one that is gone.
    """
    versions = await queries.routes.versions(session, route.area_code)
    before = trees.cut_off(versions, route.valid_from)
    after = trees.cut_off([*versions, route], route.valid_from) - before
    if route.code in after:
        raise ParentUnknown
    if after:
        codes = ", ".join(sorted(after))
        under = Finding("code", "routes_under", _UNDER.fill(codes=codes), _MOVE_FIRST)
        raise RoutesUnder(errors=[under])


async def rehearse(
    session: Session, caller: Caller, asked: RehearsalIn, now: datetime
) -> dict[str, Any]:
    """Say whom an alert would reach and when, by the routes, people and calendar known today.

    And what would keep it from being sent, by what is silenced, muted or bundled today.
    Nothing is kept and nobody is told. Raises NotFound, AreaUnknown.
    """
    about: Alert | routing.Matter
    if asked.alert_id:
        about = await queries.alerts.alert(session, asked.alert_id, caller.scope)
    else:
        about = _supposed(asked)
        await queries.areas.areas_in_scope(session, [about.area_code], caller.scope)
    at = asked.at or now
    lineage = await known.lineage(session, about.area_code)
    routes = await queries.routes.routes_in_force(session, lineage, clock.day_of(at))
    walk = trees.walk(routes, about, lineage)
    calendar = await known.calendar(session, about.area_code)
    paths = walk.paths or [()]
    ahead = [list(_rungs(path, at, asked.rungs, calendar)) for path in paths]
    shown = await _in_time(session, about, ahead, Foresight(session, about, lineage, _shift(now)))
    taken = [{"path": path, "rungs": rungs} for path, rungs in zip(paths, shown, strict=True)]
    looks = [
        {"area_code": look.route.area_code, "code": look.route.code,
         "version": look.route.version, "refused": look.refused}
        for look in walk.looks
    ]  # fmt: skip
    return {"at": at, "lineage": lineage, "taken": taken, "looks": looks}


async def _in_time(
    session: Session,
    about: Alert | routing.Matter,
    ahead: Sequence[Sequence[Climbed]],
    foresight: Foresight,
) -> list[list[dict[str, Any]]]:
    """Give the rungs of each route as they are shown, looked at in the order of their instants.

    What goes first decides what goes by itself, whichever route it comes by.
    """
    shown: list[list[dict[str, Any]]] = [[] for _ in ahead]
    every = [(rung[1], number, rung) for number, rungs in enumerate(ahead) for rung in rungs]
    for _, number, rung in sorted(every, key=lambda each: each[:2]):
        shown[number].append(await _rung(session, about, rung, foresight))
    return shown


def _shift(now: datetime) -> timedelta:
    """Give how far the machine's clock is ahead of the domain's: nothing, but in a scenario."""
    shift = clock.wall() - now
    return shift if abs(shift) > _TOGETHER else timedelta()


def _supposed(asked: RehearsalIn) -> routing.Matter:
    said = asked.model_dump(exclude={"alert_id", "at", "rungs"})
    none = new_id()
    return routing.Matter(
        about_id=none, subject_id=none, period="", level_rank=0, level_label="", **said
    )


def _rungs(path: Sequence[Route], at: datetime, most: int, calendar: Calendar) -> Iterator[Climbed]:
    """Give the birth of an alert and the rungs after it: number, instant, and who is named."""
    if not path:
        yield 0, at, None
        return
    held, number, count = trees.terms(path), 0, 0
    yield 0, at, Told.by(path, held.receivers_at(None), held.group)
    while (following := ladders.following(held.ladder, number)) and count < most:
        number, step = following
        at, count = ladders.due_at(at, step, held.hours, calendar), count + 1
        receivers = held.receivers_of([ladders.Rung(number, step, at)])
        yield number, at, Told.by(path, receivers, held.group)


async def _rung(
    session: Session,
    about: Alert | routing.Matter,
    rung: Climbed,
    foresight: Foresight,
) -> dict[str, Any]:
    number, at, told = rung
    found = await actions.notices.reach(session, about, [told] if told else [], at)
    muted = await foresight.muted(at)
    reached = [
        {"recipient_id": who.id, "title": who.title, "trace": why,
         "channels": actions.notices.ways(who),
         "held": [] if muted else await foresight.held(who, why, at)}
        for who, why in found.told_of
    ]  # fmt: skip
    return {
        "rung": number, "at": at, "reached": reached, "unfilled": found.unfilled,
        "is_dead_end": found.is_dead_end, "muted": muted,
    }  # fmt: skip
