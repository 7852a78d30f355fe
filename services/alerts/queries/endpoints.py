"""Webhook endpoints."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from services.alerts.errors import EndpointOff
from services.alerts.models import Endpoint, Message
from services.alerts.rules.deliveries import EndpointState
from services.alerts.schemas.endpoints import EndpointFilter
from shared import asking, known, paging
from shared.areas import CANARY, NATION, Scope
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
        inside = ~Endpoint.areas.contains([CANARY])
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


async def locked_active(session: Session, endpoint_id: UUID, scope: Scope) -> Endpoint:
    """Give an endpoint that is sent to, for changing; raise NotFound or EndpointOff."""
    found = await locked_endpoint(session, endpoint_id, scope)
    if found.state is not EndpointState.ACTIVE:
        raise EndpointOff
    return found


async def locked_failing(
    session: Session, wall: datetime, warn_after: Sequence[float]
) -> Sequence[Endpoint]:
    """Give the endpoints that have failed for so long that people must be warned (again)."""
    due = [
        and_(Endpoint.warned <= place, Endpoint.failing_since <= wall - timedelta(seconds=span))
        for place, span in enumerate(warn_after)
    ]
    found = await session.scalars(
        select(Endpoint)
        .where(Endpoint.state == EndpointState.ACTIVE, or_(*due))
        .order_by(Endpoint.id)
        .with_for_update(skip_locked=True)
    )
    return found.all()


def asks_for(endpoint: Endpoint) -> list[ColumnElement[bool]]:
    """Give the predicates that messages are of an endpoint's projects and parties."""
    found: list[ColumnElement[bool]] = []
    if endpoint.projects:
        found.append(Message.project_id.in_([UUID(one) for one in endpoint.projects]))
    if endpoint.org_id:
        found.append(Message.organisations.contains([str(endpoint.org_id)]))
    return found


class Subscriber(NamedTuple):
    """An endpoint, as far as what is queued for it names it."""

    id: UUID
    org_id: UUID | None


# Built once: each event asks for it.
_SUBSCRIBED = (
    select(Endpoint.id, Endpoint.org_id)
    .where(
        Endpoint.state == EndpointState.ACTIVE,
        Endpoint.types.op("?")(bindparam("type", type_=Text)),
        Endpoint.areas.op("?|")(bindparam("lineage", type_=ARRAY(Text))),
        or_(
            Endpoint.org_id.is_(None),
            asking.one_of(Endpoint.org_id, "organisations"),
        ),
        or_(
            func.jsonb_array_length(Endpoint.projects) == 0,
            Endpoint.projects.op("?")(bindparam("project", type_=Text)),
        ),
    )
    .order_by(Endpoint.id)
)


async def subscribed(
    session: Session,
    kind: str,
    lineage: Sequence[str],
    *,
    organisations: Collection[UUID],
    project_id: UUID | None,
) -> list[Subscriber]:
    """Give the active endpoints that a message of a type, area, project and parties goes to."""
    asked = {"type": kind, "lineage": lineage, "organisations": list(organisations),
             "project": str(project_id) if project_id else None}  # fmt: skip
    return [Subscriber(*row) for row in await asking.told(session, _SUBSCRIBED, asked)]
