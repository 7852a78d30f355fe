"""Routes in their versions."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Text, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from services.alerts.models import Alert, Branch, Route
from services.alerts.queries import areas
from services.alerts.schemas.routes import RouteFilter
from shared import asking, paging, remembered
from shared.areas import Scope
from shared.db import Session


async def routes(
    session: Session, scope: Scope, asked: RouteFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of all versions of the routes that concern a caller."""
    statement = select(Route).where(areas.concerns(Route.area_code, scope))
    for name, value in asked.model_dump(exclude_none=True).items():
        statement = statement.where(getattr(Route, name) == value)
    by = (Route.area_code, Route.code, Route.version)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def routes_for(
    session: Session, lineage: Sequence[str], day: date, *, kind: str, level: str
) -> Sequence[Route]:
    """Give those of them that take a kind and a level: under the others nothing is looked at."""
    asked = {"lineage": lineage, "day": day, "kind": kind, "level": level}
    return (await session.scalars(_TAKING, asked)).all()


# Built once: each alert asks for them.
_IN_FORCE = (
    select(Route)
    .ext(distinct_on(Route.area_code, Route.code))
    .where(
        asking.one_of(Route.area_code, "lineage"),
        Route.valid_from <= bindparam("day", type_=Date),
    )
    .order_by(Route.area_code, Route.code, Route.version.desc())
)


_KINDS = (Route.kinds, bindparam("kind", type_=Text))
_LEVELS = (Route.levels, bindparam("level", type_=Text))
_TAKING = select(Route).where(
    Route.id.in_(_IN_FORCE.with_only_columns(Route.id)),
    Route.enabled,
    *(
        or_(func.jsonb_array_length(some) == 0, some.op("?")(one))
        for some, one in (_KINDS, _LEVELS)
    ),
)


async def routes_in_force(session: Session, lineage: Sequence[str], day: date) -> list[Route]:
    """Give the version in force of each route of an area and those above it; not disabled ones."""
    found = await session.scalars(_IN_FORCE, {"lineage": lineage, "day": day})
    return [route for route in found if route.enabled]


async def versions(session: Session, area_code: str) -> Sequence[Route]:
    """Give all versions of the routes of one area."""
    found = await session.scalars(
        select(Route).where(Route.area_code == area_code).order_by(Route.code, Route.version)
    )
    return found.all()


_SOME = select(Route).where(asking.one_of(Route.id, "ids"))


async def path(session: Session, climber: Alert | Branch) -> list[Route]:
    """Give the versions by which an alert was routed, the tree's root first; [] where by none."""
    return (await paths(session, [climber]))[0]


async def paths(session: Session, climbers: Sequence[Alert | Branch]) -> list[list[Route]]:
    """Give the same of several climbers, in their order."""
    ids = [_path(climber) for climber in climbers]
    kept: dict[UUID, Route] = remembered.of(session, "routes")
    if lacking := {each for path in ids for each in path if each not in kept}:
        kept |= {row.id: row for row in await session.scalars(_SOME, {"ids": sorted(lacking)})}
    return [[kept[each] for each in path if each in kept] for path in ids]


def _path(climber: Alert | Branch) -> list[UUID]:
    ids = [UUID(each) for each in climber.path]
    if isinstance(climber, Alert) and not ids and climber.route_id:
        return [climber.route_id]  # Raised before routes lay in trees.
    return ids


# Built once: each reminder asks for it.
_BRANCHES = (
    select(Branch.id).where(Branch.alert_id == bindparam("alert_id")).order_by(Branch.number)
)


async def branches(session: Session, alert_id: UUID) -> Sequence[Branch]:
    """Give the further routes of an alert, in order."""
    return await asking.seldom(session, Branch, _BRANCHES, {"alert_id": alert_id})


async def find_branch(session: Session, alert_id: UUID, number: int) -> Branch | None:
    """Give one of the further routes of an alert."""
    return await session.scalar(
        select(Branch).where(Branch.alert_id == alert_id, Branch.number == number)
    )


async def forget_branches(session: Session, alert_id: UUID) -> None:
    """Let go of the further routes of an alert that is routed anew."""
    await session.execute(delete(Branch).where(Branch.alert_id == alert_id))


async def lock_tree(session: Session, area_code: str) -> None:
    """Let whoever enters a route of an area wait: two at once might lay a circle."""
    await asking.wait_for(session, f"routes:{area_code}")


async def locked_find_route(session: Session, area_code: str, code: str) -> Route | None:
    """Give the newest version of a route; whoever enters its next one, or its first, waits here."""
    await asking.wait_for(session, f"route:{area_code}:{code}")
    return await session.scalar(
        select(Route)
        .where(Route.area_code == area_code, Route.code == code)
        .order_by(Route.version.desc())
        .limit(1)
        .with_for_update()
    )
