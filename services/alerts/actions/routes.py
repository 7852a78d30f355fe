"""Routes: the next version of one, by area and code."""

from datetime import datetime

from services.alerts import queries
from services.alerts.errors import RouteNotLater
from services.alerts.models import Route
from services.alerts.schemas.routes import RouteIn
from shared.auth import Caller
from shared.db import Session, new_id


async def enter_route(session: Session, caller: Caller, wanted: RouteIn, now: datetime) -> Route:
    """Enter the next version of a route; earlier ones stay, for what was decided by them.

    Raises AreaUnknown, RouteNotLater.
    """
    await queries.areas.areas_in_scope(session, [wanted.area_code], caller.scope)
    newest = await queries.routes.locked_find_route(session, wanted.area_code, wanted.code)
    if newest and wanted.valid_from < newest.valid_from:
        raise RouteNotLater
    said = wanted.model_dump(mode="json", include={
        "kinds", "levels", "investment_types", "receivers", "on_steps", "steps",
    })  # fmt: skip
    route = Route(
        id=new_id(), area_code=wanted.area_code, code=wanted.code,
        version=newest.version + 1 if newest else 1, valid_from=wanted.valid_from,
        enabled=wanted.enabled, priority=wanted.priority, opens=wanted.opens,
        closes=wanted.closes, source=wanted.source, certainty=wanted.certainty,
        created_at=now, created_by=caller.subject, **said,
    )  # fmt: skip
    session.add(route)
    return route
