"""How headers of payroll files are to be read, as their senders said."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.payroll.errors import SheetStep
from services.payroll.models import ColumnMapping
from services.payroll.queries import retention, sheets
from services.payroll.rules.sheets import REMAPPED
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


async def mappings(
    session: Session, organisation_id: UUID, kind: str
) -> Mapping[str, ColumnMapping]:
    """Give how headers of an organisation's files are to be read, by their digest."""
    rows = await session.scalars(
        select(ColumnMapping).where(
            ColumnMapping.organisation_id == organisation_id, ColumnMapping.kind == kind
        )
    )
    return {row.header: row for row in rows}


async def mapping_is_new(session: Session, **values: Any) -> bool:
    """Write how a header is read; False if it is known, if only since a moment."""
    written = insert(ColumnMapping).values(**values).on_conflict_do_nothing()
    return await session.scalar(written.returning(ColumnMapping.id)) is not None


async def locked_mapping(
    session: Session, organisation_id: UUID, kind: str, header: str
) -> ColumnMapping:
    """Give how an organisation's header is read, for changing."""
    return (
        await session.scalars(
            select(ColumnMapping)
            .where(
                ColumnMapping.organisation_id == organisation_id,
                ColumnMapping.kind == kind,
                ColumnMapping.header == header,
            )
            .with_for_update()
        )
    ).one()


async def kept_file(session: Session, sheet_id: UUID, scope: Scope) -> UUID:
    """Give the id of a sheet's file to be read anew; raises NotFound, RetentionOver, SheetStep."""
    owner = await sheets.sheet(session, sheet_id, scope)
    await retention.unblanked(session, owner.project_id)
    if owner.file_id is None:
        raise NotFound
    if owner.status not in REMAPPED:
        raise SheetStep(status_now=owner.status)
    return owner.file_id
