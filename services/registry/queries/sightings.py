"""What others saw, and the known projects that it may be."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from services.registry.errors import SightingUnknown
from services.registry.models import Organisation, Project, Sighting
from services.registry.queries import projects
from services.registry.rules.organisations import OrganisationRole
from services.registry.rules.sightings import SightingSource, SightingState
from services.registry.schemas.reporting import SightingFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session


def _visible(scope: Scope) -> ColumnElement[bool]:
    return known.in_scope(Sighting.area_code, scope, Sighting.developer_id, Sighting.unit_id)


async def sightings(
    session: Session, scope: Scope, wanted: SightingFilter, *, cursor: str | None, limit: int
) -> paging.Found[Sighting]:
    """Give a page of sightings."""
    statement = select(Sighting).where(_visible(scope))
    for name in ("state", "source", "project_id", "developer_id"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(Sighting, name) == value)
    if wanted.area_code:
        inside = known.in_scope(Sighting.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    return await paging.page(session, statement, by=(Sighting.id,), cursor=cursor, limit=limit)


async def locked_sighting(session: Session, sighting_id: UUID, scope: Scope) -> Sighting:
    """Give a sighting to decide on; raises SightingUnknown."""
    await _one_at_a_time(session)
    found = await session.scalar(
        select(Sighting).where(Sighting.id == sighting_id, _visible(scope)).with_for_update()
    )
    if found is None:
        raise SightingUnknown
    return found


async def locked_sightings_of(
    session: Session, keys: Collection[tuple[SightingSource, str]]
) -> dict[tuple[SightingSource, str], Sighting]:
    """Give the rows of some keys; whoever enters sightings meanwhile waits here."""
    await _one_at_a_time(session)
    found = await session.scalars(
        select(Sighting)
        .where(Sighting.key.in_({key for _, key in keys}))
        .order_by(Sighting.id)
        .with_for_update()
    )
    return {(row.source, row.key): row for row in found if (row.source, row.key) in keys}


async def locked_joined(session: Session, ids: Collection[UUID]) -> list[Sighting]:
    """Give sightings with those that were found to be the same, oldest first."""
    found = await session.scalars(
        select(Sighting)
        .where(or_(Sighting.id.in_(ids), Sighting.same_as_id.in_(ids)))
        .order_by(Sighting.seen_on, Sighting.id)
        .with_for_update()
    )
    return list(found)


async def _one_at_a_time(session: Session) -> None:
    """Two lists that tell of one project must not both be its first sighting."""
    await asking.wait_for(session, "sightings")


async def locked_open_like(
    session: Session, seen: Sequence[Sighting | Project], scope: Scope
) -> list[Sighting]:
    """Give open sightings that share a number or a developer with some projects or sightings."""
    keys = {
        "code": {one.code for one in seen if one.code},
        "approval_key": {one.approval_key for one in seen if one.approval_key},
        "permit_key": {one.permit_key for one in seen if one.permit_key},
        "developer_id": {one.developer_id for one in seen if one.developer_id},
        "developer_key": {one.developer_key for one in seen if isinstance(one, Sighting)},
    }
    found = await session.scalars(
        select(Sighting)
        .where(
            Sighting.state == SightingState.OPEN,
            known.in_scope(Sighting.area_code, Scope(scope.areas)),
            or_(*(getattr(Sighting, name).in_(said) for name, said in keys.items() if said)),
        )
        .order_by(Sighting.id)
        .with_for_update()
    )
    return list(found)


async def projects_like(session: Session, seen: Sequence[Sighting], scope: Scope) -> list[Project]:
    """Give projects of the caller that share a number or the developer with some sightings."""
    keys = {
        "code": {one.code for one in seen if one.code},
        "approval_key": {one.approval_key for one in seen if one.approval_key},
        "permit_key": {one.permit_key for one in seen if one.permit_key},
        "developer_id": {one.developer_id for one in seen if one.developer_id},
    }
    told = [getattr(Project, name).in_(said) for name, said in keys.items() if said]
    if not told:
        return []
    found = await session.scalars(
        select(Project)
        .where(projects.visible(Scope(scope.areas)), or_(*told))
        .options(joinedload(Project.developer))
    )
    return list(found)


async def organisations_named(
    session: Session, codes: Iterable[str], names: Iterable[str]
) -> list[Organisation]:
    """Give organisations by credit code or by their very name."""
    found = await session.scalars(
        select(Organisation).where(
            or_(Organisation.credit_code.in_(set(codes)), Organisation.name.in_(set(names)))
        )
    )
    return list(found)


async def answering(session: Session, areas: Collection[str]) -> list[Organisation]:
    """Give the towns, wage offices and HRSS departments that sit in some areas."""
    roles = [OrganisationRole.TOWN, OrganisationRole.WAGE_OFFICE, OrganisationRole.HRSS]
    found = await session.scalars(
        select(Organisation)
        .where(
            Organisation.area_code.in_(areas),
            or_(*(Organisation.roles.contains([role.value]) for role in roles)),
        )
        .order_by(Organisation.credit_code)
    )
    return list(found)
