"""Organisations: those of the caller's areas, and those that take part in projects there."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Text, column, exists, func, or_, select

from services.registry.errors import OrganisationUnknown
from services.registry.models import Organisation, Project
from services.registry.queries import projects
from services.registry.schemas.organisations import OrganisationFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session


def _visible(scope: Scope) -> ColumnElement[bool]:
    """Say whether an organisation sits in the caller's areas or takes part in a project there.

    Contractors work far from the place of their registration, and whoever sees the project must
    see who builds it.
    """
    part = exists().where(
        or_(
            Project.developer_id == Organisation.id,
            Project.contractor_id == Organisation.id,
            Project.sector_authority_id == Organisation.id,
        ),
        known.in_scope(Project.area_code, scope, Project.developer_id, Project.contractor_id),
    )
    return or_(known.in_scope(Organisation.area_code, scope, Organisation.id), part)


def _hard(tag: str, on: date) -> ColumnElement[bool]:
    """Say whether an organisation has a hardship tag in force on a day."""
    tags = (
        func.jsonb_to_recordset(Organisation.hardship)
        .table_valued(column("tag", Text), column("from_on", Date), column("until_on", Date))
        .render_derived(with_types=True)
    )
    return (
        select(tags.c.tag)
        .where(
            tags.c.tag == tag,
            tags.c.from_on <= on,
            or_(tags.c.until_on.is_(None), tags.c.until_on >= on),
        )
        .exists()
    )


async def organisations(
    session: Session,
    scope: Scope,
    wanted: OrganisationFilter,
    *,
    today: date,
    cursor: str | None,
    changed_after: datetime | None,
    limit: int,
) -> paging.Found[Organisation]:
    """Give a page of organisations, or of their changes."""
    statement = select(Organisation).where(_visible(scope))
    if wanted.role:
        statement = statement.where(Organisation.roles.contains([wanted.role.value]))
    if wanted.trade:
        statement = statement.where(Organisation.trades.contains([wanted.trade]))
    if wanted.hardship:
        statement = statement.where(_hard(wanted.hardship, wanted.on or today))
    if wanted.area_code:
        inside = known.in_scope(Organisation.area_code, Scope(frozenset({wanted.area_code})))
        statement = statement.where(inside)
    if wanted.name:
        statement = statement.where(Organisation.name.icontains(wanted.name, autoescape=True))
    if wanted.credit_code:
        statement = statement.where(Organisation.credit_code == wanted.credit_code)
    return await paging.sync(
        session,
        statement,
        model=Organisation,
        cursor=cursor,
        changed_after=changed_after,
        limit=limit,
        left=projects.gone(scope, _visible(scope)),
    )


async def organisation(session: Session, organisation_id: UUID, scope: Scope) -> Organisation:
    """Give an organisation that the caller may see; raises OrganisationUnknown."""
    found = await session.scalar(
        select(Organisation).where(Organisation.id == organisation_id, _visible(scope))
    )
    if found is None:
        raise OrganisationUnknown
    return found


async def locked_organisation(
    session: Session, organisation_id: UUID, scope: Scope
) -> Organisation:
    """Give an organisation of the caller's own areas, to be changed; raises OrganisationUnknown."""
    found = await session.scalar(
        select(Organisation)
        .where(
            Organisation.id == organisation_id,
            known.in_scope(Organisation.area_code, scope, Organisation.id),
        )
        .with_for_update()
    )
    if found is None:
        raise OrganisationUnknown
    return found


async def locked_organisation_of(session: Session, credit_code: str) -> Organisation | None:
    """Give the organisation of a credit code; whoever enters the same one waits here."""
    await asking.wait_for(session, f"organisation:{credit_code}")
    return await session.scalar(
        select(Organisation).where(Organisation.credit_code == credit_code).with_for_update()
    )


async def organisations_by_id(
    session: Session, ids: Collection[UUID]
) -> Mapping[UUID, Organisation]:
    """Give organisations that a body names, wherever they sit."""
    found = await session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    return {row.id: row for row in found}
