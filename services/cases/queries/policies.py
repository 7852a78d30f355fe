"""Policies: which are there, and which is in force."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal, or_, select
from sqlalchemy.orm import aliased

from services.cases.errors import AreaUnknown, PolicyMissing
from services.cases.models import Policy
from services.cases.queries import rows
from services.cases.rules import policies as rules
from services.cases.rules.items import WatchKind
from services.cases.schemas.policies import PolicyFilter
from shared import asking, known, paging, remembered
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea
from shared.paging import Found


async def policy_in_force(session: Session, kind: WatchKind, area_code: str, day: date) -> Policy:
    """Give the live policy of the nearest area up the lineage; raise PolicyMissing if none is."""
    lineage = await known.lineage(session, area_code)
    found = rules.in_force(await live_policies(session, kind, lineage), lineage, day)
    if found is None:
        raise PolicyMissing(kind=kind, area_code=area_code)
    return found


_LIVE = select(Policy).where(
    Policy.kind == bindparam("kind"),
    Policy.mode == rules.Mode.LIVE,
    asking.one_of(Policy.area_code, "lineage"),
)


async def live_policies(
    session: Session, kind: WatchKind, lineage: Collection[str]
) -> Sequence[Policy]:
    """Give the live policies of a kind that may govern an area, those to come included."""
    return (await session.scalars(_LIVE, {"kind": kind, "lineage": [*lineage]})).all()


async def policies_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Policy]:
    """Give the policies of some items, by id."""
    found = await session.scalars(select(Policy).where(Policy.id.in_(ids)))
    return {policy.id: policy for policy in found.all()}


async def policy(session: Session, policy_id: UUID) -> Policy:
    """Give the policy of an item; of a batch's items one that is the same is asked for once."""
    kept = remembered.of(session, Policy.__tablename__)
    if policy_id not in kept:
        kept[policy_id] = await session.get_one(Policy, policy_id)
    found: Policy = kept[policy_id]
    return found


async def policy_version(session: Session, area_code: str, kind: WatchKind, version: int) -> Policy:
    """Give the one policy of an area, kind and version."""
    statement = select(Policy).where(
        Policy.area_code == area_code, Policy.kind == kind, Policy.version == version
    )
    return (await session.scalars(statement)).one()


async def policy_is_new(session: Session, **values: Any) -> bool:
    """Write a policy; False if its version is there."""
    return await rows.insert_new(session, Policy, **values)


def applies(area_code: known.Column, scope: Scope) -> ColumnElement[bool]:
    """A policy is shown where it is made, and in every area below it, which it may govern."""
    if not scope.areas:
        return literal(value=False)
    own, above = aliased(KnownArea), aliased(KnownArea)
    lineage = (
        select(above.code)
        .join(own, own.path.startswith(above.path))
        .where(own.code.in_(scope.areas))
    )
    return or_(
        area_code == NATION,
        known.in_scope(area_code, Scope(scope.areas)),
        area_code.in_(lineage),
    )


async def policies(
    session: Session, filters: PolicyFilter, scope: Scope, *, cursor: str | None, limit: int
) -> Found[Policy]:
    """Give a page of policies, by area, kind and version."""
    statement = select(Policy).where(applies(Policy.area_code, scope))
    for column in ("area_code", "kind", "mode"):
        wanted = getattr(filters, column)
        if wanted is not None:
            statement = statement.where(getattr(Policy, column) == wanted)
    by = (Policy.area_code, Policy.kind, Policy.version, Policy.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def area_for_policy(session: Session, code: str, scope: Scope) -> str:
    """Give the code of an area that a caller may make policies for, or raise AreaUnknown."""
    if code == NATION and NATION in scope.areas:
        return code
    inside = known.in_scope(KnownArea.code, Scope(scope.areas))
    found = await session.scalar(select(KnownArea.code).where(KnownArea.code == code, inside))
    if found is None:
        raise AreaUnknown
    return found
