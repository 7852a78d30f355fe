"""A payroll sheet comes: it is kept, read before, checked, and stands as `checked`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import sheet_checks, sheet_lines
from services.payroll.actions.sheet_checks import Ahead
from services.payroll.errors import SheetRefused, SheetThere, SheetUnreadable
from services.payroll.models import Project, Sheet, SheetDifference, SheetFinding, SheetLine
from services.payroll.rules.sheet_facts import Laid, Total
from services.payroll.rules.sheet_lines import Noted, Reading
from services.payroll.rules.sheets import ArchiveCause, Severity, SheetStatus
from shared import pii, sets, turns
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.problems import Finding, NotFound
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class SentSheet:
    """A sheet as it was sent and read; `employer_id` None: the sender's own workers."""

    period: str
    run: int
    employer_id: UUID | None
    sha256: str
    size: int
    """In bytes."""
    file_id: UUID | None
    reading: Reading
    rows: Sequence[dict[str, Any]]
    """Of its lines, sealed."""
    ahead: Ahead | None = None
    """What was looked up of its people while it was read."""


class CheckedSheet:
    """A sheet with all that its last check found; no dataclass, which FastAPI would take apart."""

    def __init__(self, sheet: Sheet, findings: Sequence[SheetFinding]) -> None:
        self.sheet, self.findings = sheet, findings


async def check_sheet(
    session: Session, caller: Caller, project_id: UUID, sent: SentSheet, now: datetime
) -> CheckedSheet:
    """Take a sheet for a project: the same content again gives what came of it first.

    Raises ProjectUnknown; SheetRefused; SheetThere where it came for others; SheetUnreadable with
    all findings, after the file was noted. A file that could not be read is read anew.
    """
    project = await queries.sheets.locked_project_of_sender(session, project_id, caller.scope)
    digest = pii.blind_index(sent.sha256, "account")
    employer_id = await employer(session, caller, project, sent.employer_id)
    sheet = await queries.sheets.locked_same_content(session, project.id, sent.period, digest)
    if sheet and (sheet.employer_id, sheet.run) != (employer_id, sent.run):
        if sheet.status is not SheetStatus.REFUSED:
            raise SheetThere
    elif sheet and sheet.status is not SheetStatus.REFUSED:
        return await told(session, sheet)
    if sheet is None:
        sheet = Sheet(
            id=new_id(), project_id=project.id, period=sent.period, digest=digest, checks=0,
            replaces_id=None, moved_from_id=None,
        )  # fmt: skip
    _note(sheet, employer_id, caller, sent, now)
    if not sent.reading.refused:
        await number(session, sheet)
    session.add(sheet)
    if sent.reading.refused:
        await sheet_checks.check(session, project, sheet, Laid([], {}), sent.reading.noted, now=now)
        raise SheetUnreadable(errors=_told(sent.reading.noted), sheet_id=str(sheet.id))
    await write(session, project, sheet, sent, now)
    return await told(session, sheet)


async def told(session: Session, sheet: Sheet) -> CheckedSheet:
    """Give a sheet with what its last check found."""
    return CheckedSheet(sheet, await queries.sheets.all_findings(session, sheet))


async def employer(session: Session, caller: Caller, project: Project, wanted: UUID | None) -> UUID:
    """Give whose sheet it is: one's own, or for the contractor that of a subcontractor, too.

    Raises SheetRefused.
    """
    employer_id = wanted or caller.org or project.contractor_id
    allowed = {caller.org} if caller.org else {project.contractor_id}
    if caller.org in {None, project.contractor_id}:
        allowed |= {
            project.contractor_id,
            *await queries.sheets.subcontractors(session, project.id),
        }
    if employer_id is None or employer_id not in allowed:
        raise SheetRefused(
            errors=[
                Finding(
                    "employer_id",
                    "employer_unknown",
                    Text("该单位不是本项目的用工单位", "It employs nobody at this project"),
                    Text(
                        "请填写总包或本项目分包单位；分包登记后数秒内可用",
                        "Name the contractor or a subcontractor of the project; one that was "
                        "entered a moment ago may take some seconds",
                    ),
                )
            ]
        )
    return employer_id


def _note(sheet: Sheet, employer_id: UUID, caller: Caller, sent: SentSheet, now: datetime) -> None:
    reading = sent.reading
    sheet.employer_id, sheet.run, sheet.version = employer_id, sent.run, 0
    sheet.status = SheetStatus.REFUSED if reading.refused else SheetStatus.CHECKED
    sheet.file_id, sheet.size = sent.file_id, sent.size
    sheet.made_by, sheet.made_at = caller.actor, now
    describe(sheet, reading, sent.rows, now)


def describe(
    sheet: Sheet, reading: Reading, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Say of a sheet what was read beside its lines, and what these come to."""
    sheet.columns = [asdict(one) for one in reading.columns]
    sheet.said_periods, sheet.said_project = list(reading.said_periods), reading.said_project
    sheet.row_counts = dict(reading.counts)
    sheet.totals = [_total(one) for one in reading.totals]
    sheet.gross = rules.sheets.total([one["gross"] for one in rows])
    sheet.net = rules.sheets.total([one["net"] for one in rows])
    unchecked(sheet, now)


def unchecked(sheet: Sheet, now: datetime) -> None:
    """Let a row be written before it is checked: other rows refer to it."""
    sheet.rows = sheet.accepted = sheet.rejected = 0
    sheet.errors = sheet.warnings = sheet.hints = 0
    sheet.checked_at, sheet.rules = now, {}


def _total(one: Total) -> dict[str, Any]:
    return {**asdict(one), "said": str(one.said)}


async def number(session: Session, sheet: Sheet) -> None:
    """Make a sheet the next version of its project, employer, period and run."""
    versions = await queries.sheets.locked_versions(
        session, sheet.project_id, sheet.employer_id, sheet.period, sheet.run
    )
    sheet.version = versions[0].version + 1 if versions else 1
    sheet.replaces_id = versions[0].id if versions else None


class Sent(Protocol):
    """What was read of a sheet, and its lines as rows."""

    @property
    def reading(self) -> Reading: ...
    @property
    def rows(self) -> Sequence[dict[str, Any]]: ...
    @property
    def ahead(self) -> Ahead | None: ...


async def write(
    session: Session, project: Project, sheet: Sheet, sent: Sent, now: datetime
) -> None:
    """Write a sheet's lines as one set, check them, and say what differs from the one before."""
    rows = sheet_lines.placed(sent.rows, sheet.id, sheet.period)
    await write_rows(session, project, sheet, rows, sent.reading.noted, now=now, ahead=sent.ahead)


async def write_rows(
    session: Session,
    project: Project,
    sheet: Sheet,
    rows: Sequence[dict[str, Any]],
    noted: Sequence[Noted],
    *,
    now: datetime,
    ahead: Ahead | None = None,
) -> None:
    """Write lines while they are checked, and tell the difference."""
    binding = asyncio.create_task(_bound(session, rows))

    async def written() -> None:
        if lines := await binding:
            await sets.copied(session, SheetLine, lines)

    try:
        laid = await turns.aside(sheet_lines.checked, rows)
        await sheet_checks.check(
            session, project, sheet, laid, noted, now=now, ahead=ahead, meanwhile=written
        )
    finally:
        await asyncio.gather(binding, return_exceptions=True)
    # Once for all of them: what they say is what the file of this digest says.
    record(
        session, "copy", SheetLine.__tablename__, sheet.id,
        after={"rows": len(rows), "digest": sheet.digest},
    )  # fmt: skip
    if sheet.replaces_id:
        await _compare(session, sheet, rows)


async def _bound(session: Session, rows: Sequence[dict[str, Any]]) -> sets.Bound | None:
    return await sets.bound(session, SheetLine, rows) if rows else None


async def _compare(session: Session, sheet: Sheet, rows: Sequence[dict[str, Any]]) -> None:
    former = await queries.sheets.former_version(session, sheet)
    before = await queries.sheets.compared_lines(session, former)
    found = rules.sheets.differences(before, sheet_lines.compared(rows))
    made = [
        {
            "sheet_id": sheet.id, "position": position, "change": one.change, "row": one.row,
            "former_row": one.former_row, "fields": dict(one.fields),
        }
        for position, one in enumerate(found, start=1)
    ]  # fmt: skip
    if made:
        await sets.copied(session, SheetDifference, made)


def _told(noted: Sequence[Noted]) -> list[Finding]:
    found = []
    for one in noted:
        where = f"{one.column}{one.row}" if one.row else ""
        place = "!".join(each for each in (one.sheet, where) if each) or "file"
        if one.severity is Severity.ERROR:
            found.append(Finding(place, one.code, one.detail, one.remedy))
    return found


def archive(
    sheet: Sheet, cause: ArchiveCause, reason: str | None, actor: str, now: datetime
) -> None:
    """Let a sheet count no longer; it stays."""
    sheet.status, sheet.archive_cause, sheet.archive_reason = (
        SheetStatus.ARCHIVED, cause, reason,
    )  # fmt: skip
    sheet.archived_by, sheet.archived_at = actor, now


async def reveal_sheet(session: Session, sheet_id: UUID, scope: Scope, purpose: str) -> UUID:
    """Give the id of a file that is about to be shown; who takes it and why is recorded.

    Raises NotFound, also for a sheet that came as JSON.
    """
    sheet = await queries.sheets.sheet(session, sheet_id, scope)
    await queries.retention.unblanked(session, sheet.project_id)
    if sheet.file_id is None:
        raise NotFound
    record(session, "reveal", Sheet.__tablename__, sheet.id, after={"purpose": purpose})
    return sheet.file_id
