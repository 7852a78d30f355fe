"""Imported files, and what their rows name: areas, projects, organisations."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from services.registry.errors import ImportUnknown
from services.registry.models import Import, Organisation, Project
from services.registry.queries import projects
from services.registry.rules.imports import ImportKind
from services.registry.schemas.imports import ImportFilter
from shared import asking, known, paging
from shared.areas import Scope
from shared.db import Session
from shared.known import KnownArea


async def imports(
    session: Session, scope: Scope, wanted: ImportFilter, *, cursor: str | None, limit: int
) -> paging.Found[Import]:
    """Give a page of imports, the newest first."""
    statement = select(Import).where(known.in_scope(Import.area_code, Scope(scope.areas)))
    if wanted.kind:
        statement = statement.where(Import.kind == wanted.kind)
    if wanted.state:
        statement = statement.where(Import.state == wanted.state)
    return await paging.page(
        session, statement, by=(Import.id,), cursor=cursor, limit=limit, descending=True
    )


async def imported(session: Session, import_id: UUID, scope: Scope) -> Import:
    """Give one import; raises ImportUnknown."""
    found = await session.scalar(
        select(Import).where(
            Import.id == import_id, known.in_scope(Import.area_code, Scope(scope.areas))
        )
    )
    if found is None:
        raise ImportUnknown
    return found


async def locked_import_of(
    session: Session, kind: ImportKind, area_code: str, digest: str
) -> Import | None:
    """Give the import of a file; whoever sends the same one waits here."""
    await asking.wait_for(session, f"import:{kind}:{area_code}:{digest}")
    return await session.scalar(
        select(Import)
        .where(Import.kind == kind, Import.area_code == area_code, Import.digest == digest)
        .with_for_update()
    )


async def areas_under(session: Session, area_code: str, scope: Scope) -> Mapping[str, str]:
    """Give the names of an area and of those below it, by code, as far as the caller sees them."""
    found = await session.execute(
        select(KnownArea.code, KnownArea.name)
        .where(
            known.in_scope(KnownArea.code, Scope(frozenset({area_code}))),
            known.in_scope(KnownArea.code, Scope(scope.areas)),
        )
        .order_by(KnownArea.code)
    )
    return {row[0]: row[1] for row in found}


async def _wait(session: Session, kind: str, names: Collection[str]) -> None:
    """Wait for whoever enters one of these, always in the same order."""
    await asking.wait_for(session, *(f"{kind}:{name}" for name in names))


async def locked_organisations_of(
    session: Session, credit_codes: Collection[str]
) -> dict[str, Organisation]:
    """Give the organisations of some credit codes; whoever enters one of them waits here."""
    await _wait(session, "organisation", credit_codes)
    found = await session.scalars(
        select(Organisation)
        .where(Organisation.credit_code.in_(credit_codes))
        .order_by(Organisation.id)
        .with_for_update()
    )
    return {row.credit_code: row for row in found}


async def locked_projects_of_codes(session: Session, codes: Collection[str]) -> dict[str, Project]:
    """Give the projects of some codes; whoever enters one of them waits here."""
    await _wait(session, "project", codes)
    found = await session.scalars(
        select(Project)
        .where(Project.code.in_(codes))
        .options(joinedload(Project.developer), joinedload(Project.contractor))
        .order_by(Project.id)
        .with_for_update(of=Project)
    )
    return {row.code: row for row in found}


async def projects_of_codes(
    session: Session, codes: Collection[str], scope: Scope
) -> Mapping[str, UUID]:
    """Give the ids of projects by their codes, as far as the caller sees them."""
    found = await session.execute(
        select(Project.code, Project.id).where(Project.code.in_(codes), projects.visible(scope))
    )
    return {row[0]: row[1] for row in found}


async def organisations_of(session: Session, credit_codes: Collection[str]) -> Mapping[str, UUID]:
    """Give the ids of organisations by their credit codes, wherever they sit."""
    found = await session.execute(
        select(Organisation.credit_code, Organisation.id).where(
            Organisation.credit_code.in_(credit_codes)
        )
    )
    return {row[0]: row[1] for row in found}
