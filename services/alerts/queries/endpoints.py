"""Webhook endpoints."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, true

from services.alerts.models import Endpoint
from services.alerts.rules.deliveries import EndpointState
from services.alerts.schemas.endpoints import EndpointFilter
from shared import known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.problems import NotFound


def visible(scope: Scope) -> ColumnElement[bool]:
    """Give the predicate that an endpoint's areas, all of them, and organisation are in scope."""
    theirs = func.jsonb_array_elements_text(Endpoint.areas).table_valued("code").render_derived()
    ours = select(KnownArea.code).where(known.in_scope(KnownArea.code, Scope(scope.areas)))
    outside = select(literal(1)).select_from(theirs).where(theirs.c.code.not_in(ours))
    inside: ColumnElement[bool] = ~outside.correlate(Endpoint).exists()
    if NATION in scope.areas:
        inside = true()
    return inside if scope.org is None else inside & (Endpoint.org_id == scope.org)


async def endpoints(
    session: Session, scope: Scope, asked: EndpointFilter, *, cursor: str | None, limit: int
) -> paging.Found[Any]:
    """Give a page of the endpoints that a caller may see."""
    statement = select(Endpoint).where(visible(scope))
    if asked.state:
        statement = statement.where(Endpoint.state == asked.state)
    return await paging.page(session, statement, by=(Endpoint.id,), cursor=cursor, limit=limit)


async def endpoint(session: Session, endpoint_id: UUID, scope: Scope) -> Endpoint:
    """Give an endpoint; NotFound outside the scope."""
    found = await session.scalar(select(Endpoint).where(Endpoint.id == endpoint_id, visible(scope)))
    if found is None:
        raise NotFound
    return found


async def locked_endpoint(session: Session, endpoint_id: UUID, scope: Scope) -> Endpoint:
    """Give an endpoint for changing; NotFound outside the scope."""
    found = await session.scalar(
        select(Endpoint).where(Endpoint.id == endpoint_id, visible(scope)).with_for_update()
    )
    if found is None:
        raise NotFound
    return found


async def locked_endpoints(session: Session, endpoint_ids: set[UUID]) -> Sequence[Endpoint]:
    """Give endpoints whose subscribers want no more."""
    found = await session.scalars(
        select(Endpoint)
        .where(Endpoint.id.in_(endpoint_ids))
        .order_by(Endpoint.id)
        .with_for_update()
    )
    return found.all()


async def subscribed(
    session: Session, kind: str, lineage: Sequence[str], organisations: set[UUID]
) -> Sequence[Endpoint]:
    """Give the active endpoints that an event of a type, area and parties goes to."""
    found = await session.scalars(
        select(Endpoint)
        .where(
            Endpoint.state == EndpointState.ACTIVE,
            Endpoint.types.contains([kind]),
            or_(*(Endpoint.areas.contains([area]) for area in lineage)),
            or_(Endpoint.org_id.is_(None), Endpoint.org_id.in_(organisations)),
        )
        .order_by(Endpoint.id)
    )
    return found.all()
