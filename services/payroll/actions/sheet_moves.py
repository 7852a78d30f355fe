"""A payroll sheet that came for the wrong project, employer, period or run goes to its place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import conditions, sheet_checks, sheets
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import SheetStep, SheetThere
from services.payroll.models import Sheet
from services.payroll.rules.sheets import MOVED, ArchiveCause, SheetStatus
from services.payroll.schemas.sheets import SheetMoveIn
from shared.auth import Caller
from shared.db import Session, new_id, record


async def move_sheet(
    session: Session, caller: Caller, sheet_id: UUID, body: SheetMoveIn, now: datetime
) -> CheckedSheet:
    """Make of a sheet one of another place, checked anew; the former stays, archived as moved.

    Raises NotFound, RetentionOver, ProjectUnknown, SheetRefused, SheetStep, SheetThere.
    """
    there = await queries.sheets.sheet(session, sheet_id, caller.scope)
    project_id = body.project_id or there.project_id
    await queries.sheets.locked_projects(session, {there.project_id, project_id})
    former = await queries.sheets.locked_sheet(session, sheet_id, caller.scope)
    await queries.retention.unblanked(session, former.project_id)
    project = await queries.sheets.project_of_sender(session, project_id, caller.scope)
    if former.status not in MOVED:
        raise SheetStep(status_now=former.status)
    employer_id = await sheets.employer(
        session, caller, project, body.employer_id or former.employer_id
    )
    sheet = _moved(former, caller, body, now)
    sheet.project_id, sheet.employer_id = project.id, employer_id
    await _room(session, former, sheet)
    sheets.archive(former, ArchiveCause.MOVED, body.reason, caller.actor, now)
    await queries.paydays.touch(session, former.project_id, [former.period])
    await session.flush()  # It makes room in the index of contents before the new one comes.
    await sheets.number(session, sheet)
    session.add(sheet)
    noted = await queries.sheets.noted_findings(session, former)
    rows = _rows(await queries.sheets.whole_lines(session, former), sheet)
    record(
        session, "move", Sheet.__tablename__, sheet.id,
        before={"sheet_id": str(former.id)}, after={"reason": body.reason},
    )  # fmt: skip
    as_noted = [sheet_checks.as_noted(one) for one in noted]
    await sheets.write_rows(session, project, sheet, rows, as_noted, now=now)
    await session.flush()  # What was submitted stands where it was no longer.
    await conditions.review_sheets(session, {there.project_id, project_id}, now)
    return await sheets.told(session, sheet)


def _moved(former: Sheet, caller: Caller, body: SheetMoveIn, now: datetime) -> Sheet:
    kept = (
        "file_id", "digest", "size", "columns", "said_periods", "said_project", "row_counts",
        "totals", "gross", "net",
    )  # fmt: skip
    sheet = Sheet(
        id=new_id(), period=body.period or former.period, run=body.run or former.run, version=0,
        status=SheetStatus.CHECKED, checks=0,
        made_by=caller.actor, made_at=now, moved_from_id=former.id,
        **{name: getattr(former, name) for name in kept},
    )  # fmt: skip
    sheets.unchecked(sheet, now)
    return sheet


async def _room(session: Session, former: Sheet, sheet: Sheet) -> None:
    """See that the place is another one, and does not hold the same content."""
    place = ("project_id", "employer_id", "period", "run")
    if all(getattr(former, name) == getattr(sheet, name) for name in place):
        raise SheetThere
    same = await queries.sheets.locked_same_content(
        session, sheet.project_id, sheet.period, sheet.digest
    )
    if same and same.id != former.id:
        raise SheetThere


def _rows(whole: Sequence[dict[str, Any]], sheet: Sheet) -> list[dict[str, Any]]:
    return [{**row, "id": new_id(), "sheet_id": sheet.id, "period": sheet.period} for row in whole]
