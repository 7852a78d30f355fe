"""Columns that were understood wrongly are corrected once, and remembered for their sender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import sheets
from services.payroll.actions.sheet_checks import Ahead
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import MappingRefused, SheetStep
from services.payroll.models import Sheet
from services.payroll.rules.sheet_lines import Noted, Reading
from services.payroll.rules.sheets import REMAPPED, ArchiveCause, SheetStatus
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding


@dataclass(frozen=True, slots=True)
class Mapped:
    """A kept file as it was read with its columns as somebody said; `header` is their digest."""

    kind: str
    header: str
    columns: Mapping[str, str]
    reading: Reading
    rows: Sequence[dict[str, Any]]
    """Of its lines, sealed."""
    ahead: Ahead | None = None


async def map_columns(
    session: Session, caller: Caller, sheet_id: UUID, mapped: Mapped, now: datetime
) -> CheckedSheet:
    """Make of a file that was read anew the next version of its sheet; remember how it is read.

    Raises NotFound, SheetStep, MappingRefused where it is no sheet when it is read like this.
    """
    former = await queries.sheets.locked_sheet(session, sheet_id, caller.scope)
    project = await queries.sheets.project_of_sender(session, former.project_id, caller.scope)
    if former.status not in REMAPPED:
        raise SheetStep(status_now=former.status)
    if mapped.reading.refused:
        raise MappingRefused(errors=[_said(one) for one in mapped.reading.noted])
    sheet = former
    if former.status is SheetStatus.CHECKED:
        sheet = _next(former, caller, now)
        sheets.archive(former, ArchiveCause.SUPERSEDED, None, caller.actor, now)
        await session.flush()  # It makes room in the index of contents before the new one comes.
    sheet.status = SheetStatus.CHECKED
    sheets.describe(sheet, mapped.reading, mapped.rows, now)
    await sheets.number(session, sheet)
    session.add(sheet)
    await sheets.write(session, project, sheet, mapped, now)
    await _remember(session, caller, mapped, now)
    return await sheets.told(session, sheet)


def _next(former: Sheet, caller: Caller, now: datetime) -> Sheet:
    kept = ("project_id", "employer_id", "period", "run", "file_id", "digest", "size")
    return Sheet(
        id=new_id(), version=0, checks=0, made_by=caller.actor, made_at=now, moved_from_id=None,
        **{name: getattr(former, name) for name in kept},
    )  # fmt: skip


async def _remember(session: Session, caller: Caller, mapped: Mapped, now: datetime) -> None:
    if caller.org is None:
        return
    fields = dict(mapped.columns)
    is_new = await queries.sheet_columns.mapping_is_new(
        session, id=new_id(), organisation_id=caller.org, kind=mapped.kind, header=mapped.header,
        fields=fields, told_at=now, told_by=caller.actor,
    )  # fmt: skip
    if not is_new:
        row = await queries.sheet_columns.locked_mapping(
            session, caller.org, mapped.kind, mapped.header
        )
        row.fields, row.told_at, row.told_by = fields, now, caller.actor


def _said(one: Noted) -> Finding:
    place = f"{one.sheet}!{one.column}{one.row}" if one.row else one.sheet or "file"
    return Finding(place, one.code, one.detail, one.remedy)
