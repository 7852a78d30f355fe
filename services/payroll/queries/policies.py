"""What areas decided: which rows are there, and which is in force."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from services.payroll import rules
from services.payroll.errors import AreaUnknown
from services.payroll.models import Policy
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.policies import PolicyFilter
from shared import asking, known, paging
from shared.areas import NATION, Scope
from shared.db import Session
from shared.known import KnownArea


class Ruling(NamedTuple):
    """A row as rules ask for it, which is nearly always."""

    area_code: str
    version: int
    valid_from: date
    values: dict[str, Any]
    basis: str


_RULINGS = select(*(getattr(Policy, name) for name in Ruling._fields)).where(
    Policy.kind == bindparam("kind"),
    asking.one_of(Policy.area_code, "lineage"),
)


async def policies_of(
    session: Session, kind: PolicyKind, area_code: str
) -> tuple[Sequence[Ruling], Sequence[str]]:
    """Give the rows that may govern an area, those to come included, and its lineage."""
    lineage = await known.lineage(session, area_code)
    nearest = [*lineage, NATION] if NATION not in lineage else list(lineage)
    rows = await asking.told(session, _RULINGS, {"kind": kind, "lineage": nearest})
    return [Ruling(*row) for row in rows], nearest


async def policy_in_force(session: Session, kind: PolicyKind, area_code: str, day: date) -> Ruling:
    """Give the row of the nearest area up the lineage; the nation's own is there for each kind."""
    found = rules.policies.in_force(*await policies_of(session, kind, area_code), day)
    if found is None:
        raise LookupError(f"no row of {kind} is in force on {day}")
    return found


async def policy_version(
    session: Session, area_code: str, kind: PolicyKind, version: int
) -> Policy:
    """Give the one row of an area, kind and version."""
    return (
        await session.scalars(
            select(Policy).where(
                Policy.area_code == area_code, Policy.kind == kind, Policy.version == version
            )
        )
    ).one()


async def policy_is_new(session: Session, **values: Any) -> bool:
    """Write a row; False if its version is there."""
    written = insert(Policy).values(**values).on_conflict_do_nothing().returning(Policy.id)
    return await session.scalar(written) is not None


def _applies(scope: Scope) -> ColumnElement[bool]:
    """A row is shown where it is made, and in every area below it, which it may govern."""
    if not scope.areas:
        return literal(value=False)
    own, above = aliased(KnownArea), aliased(KnownArea)
    lineage = (
        select(above.code)
        .join(own, own.path.startswith(above.path))
        .where(own.code.in_(scope.areas))
    )
    return or_(
        Policy.area_code == NATION,
        known.in_scope(Policy.area_code, Scope(scope.areas)),
        Policy.area_code.in_(lineage),
    )


async def policies(
    session: Session, scope: Scope, only: PolicyFilter, *, cursor: str | None, limit: int
) -> paging.Found[Policy]:
    """Give a page of rows, by area, kind and version."""
    statement = select(Policy).where(_applies(scope))
    if only.area_code is not None:
        statement = statement.where(Policy.area_code == only.area_code)
    if only.kind is not None:
        statement = statement.where(Policy.kind == only.kind)
    by = (Policy.area_code, Policy.kind, Policy.version, Policy.id)
    return await paging.page(session, statement, by=by, cursor=cursor, limit=limit)


async def area_for_policy(session: Session, code: str, scope: Scope) -> str:
    """Give the code of an area that a caller may decide for, or raise AreaUnknown."""
    if code == NATION and NATION in scope.areas:
        return code
    inside = known.in_scope(KnownArea.code, Scope(scope.areas))
    found = await session.scalar(select(KnownArea.code).where(KnownArea.code == code, inside))
    if found is None:
        raise AreaUnknown
    return found
