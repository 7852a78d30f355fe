"""The steps of a payroll sheet: submitted, reviewed, approved, sent back; maker is no checker."""

from datetime import datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import conditions, sheet_checks, sheets
from services.payroll.actions.sheets import CheckedSheet
from services.payroll.errors import (
    PersonNeeded,
    SecondPersonNeeded,
    SheetHasErrors,
    SheetStep,
)
from services.payroll.models import Project, Sheet, SheetFinding
from services.payroll.rules.sheets import RETURNED, ArchiveCause, Severity, SheetStatus, Standing
from shared.auth import Caller
from shared.db import Session
from shared.events.payroll import SheetApproved, SheetReviewed, SheetSubmitted
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text


async def recheck_sheet(
    session: Session, caller: Caller, sheet_id: UUID, now: datetime
) -> CheckedSheet:
    """Check a sheet anew, as roster and policy are now. Raises NotFound, SheetStep."""
    sheet = await queries.sheets.locked_sheet(session, sheet_id, caller.scope)
    _stands(sheet, SheetStatus.CHECKED)
    project = await queries.projects.project(session, sheet.project_id)
    await sheet_checks.check_again(session, project, sheet, now)
    return await sheets.told(session, sheet)


async def submit_sheet(session: Session, caller: Caller, sheet_id: UUID, now: datetime) -> Sheet:
    """Let somebody stand for a sheet; it takes the place of its former versions.

    It is checked once more: others may have come since. Raises NotFound, SheetStep,
    SheetHasErrors with all of them.
    """
    sheet = await queries.sheets.locked_sheet(session, sheet_id, caller.scope)
    _stands(sheet, SheetStatus.CHECKED)
    project = await queries.projects.project(session, sheet.project_id)
    await sheet_checks.check_again(session, project, sheet, now)
    if sheet.errors:
        found = await queries.sheets.all_findings(session, sheet)
        raise SheetHasErrors(errors=[_said(one) for one in found if one.severity is Severity.ERROR])
    await _take_place(session, sheet, caller, now)
    sheet.status, sheet.submitted_by, sheet.submitted_at = (
        SheetStatus.SUBMITTED, caller.actor, now,
    )  # fmt: skip
    await _touch(session, sheet)
    publish(session, SheetSubmitted(**_facts(project, sheet), occurred_at=now))
    await session.flush()  # What it pays is looked at by what stands.
    await conditions.review_sheets(session, [sheet.project_id], now)
    return sheet


async def _take_place(session: Session, sheet: Sheet, caller: Caller, now: datetime) -> None:
    versions = await queries.sheets.locked_versions(
        session, sheet.project_id, sheet.employer_id, sheet.period, sheet.run
    )
    if any(one.status is SheetStatus.SENT for one in versions):
        raise SheetStep(
            Text(
                "本表已送银行，更正或补发请另报一次（run 加一）",
                "It was sent to the bank already; correct it by another run",
            )
        )
    for one in versions:
        standing = Standing(one.version, one.status)
        if one.id != sheet.id and rules.sheets.takes_place_of(sheet.version, standing):
            sheets.archive(one, ArchiveCause.SUPERSEDED, None, caller.actor, now)
    await session.flush()  # The former one makes room in the index before this one stands.


async def review_sheet(session: Session, caller: Caller, sheet_id: UUID, now: datetime) -> Sheet:
    """Let the wage officer confirm a sheet (724号 art. 28).

    Raises NotFound, PersonNeeded, SheetStep, SecondPersonNeeded.
    """
    sheet = await queries.sheets.locked_sheet_of_contractor(session, sheet_id, caller.scope)
    _person(caller)
    _stands(sheet, SheetStatus.SUBMITTED)
    _second(caller, sheet.made_by, sheet.submitted_by)
    project = await queries.projects.project(session, sheet.project_id)
    sheet.status, sheet.reviewed_by, sheet.reviewed_at = SheetStatus.REVIEWED, caller.actor, now
    await _touch(session, sheet)
    publish(session, SheetReviewed(**_facts(project, sheet), occurred_at=now))
    return sheet


async def approve_sheet(session: Session, caller: Caller, sheet_id: UUID, now: datetime) -> Sheet:
    """Let the contractor approve a sheet that was reviewed (724号 art. 31).

    Raises NotFound, PersonNeeded, SheetStep, SecondPersonNeeded.
    """
    sheet = await queries.sheets.locked_sheet_of_contractor(session, sheet_id, caller.scope)
    _person(caller)
    _stands(sheet, SheetStatus.REVIEWED)
    _second(caller, sheet.made_by, sheet.submitted_by, sheet.reviewed_by)
    project = await queries.projects.project(session, sheet.project_id)
    sheet.status, sheet.approved_by, sheet.approved_at = SheetStatus.APPROVED, caller.actor, now
    await _touch(session, sheet)
    publish(session, SheetApproved(**_facts(project, sheet), occurred_at=now))
    return sheet


async def send_back_sheet(
    session: Session, caller: Caller, sheet_id: UUID, reason: str, now: datetime
) -> Sheet:
    """Send a sheet back before it goes to the bank; a new version follows it.

    Raises NotFound, PersonNeeded, SheetStep.
    """
    sheet = await queries.sheets.locked_sheet_of_contractor(session, sheet_id, caller.scope)
    _person(caller)
    _stands(sheet, *RETURNED)
    sheets.archive(sheet, ArchiveCause.SENT_BACK, reason, caller.actor, now)
    await _touch(session, sheet)
    await session.flush()  # It stands no longer.
    await conditions.review_sheets(session, [sheet.project_id], now)
    return sheet


async def _touch(session: Session, sheet: Sheet) -> None:
    await queries.paydays.touch(session, sheet.project_id, [sheet.period])


def _stands(sheet: Sheet, *wanted: SheetStatus) -> None:
    if sheet.status not in wanted:
        raise SheetStep(status_now=sheet.status)


def _person(caller: Caller) -> None:
    if caller.is_machine:
        raise PersonNeeded


def _second(caller: Caller, *before: str | None) -> None:
    if rules.sheets.maker_is_checker(caller.actor, *before):
        raise SecondPersonNeeded


def _facts(project: Project, sheet: Sheet) -> dict[str, object]:
    return {
        "project_id": project.id,
        "area_code": project.area_code,
        "sheet_id": sheet.id,
        "employer_id": sheet.employer_id,
        "period": sheet.period,
        "run": sheet.run,
        "version": sheet.version,
        "lines": sheet.rows,
        "gross": sheet.gross,
        "net": sheet.net,
    }


def _said(one: SheetFinding) -> Finding:
    remedy = Text(**one.remedy) if one.remedy else None
    return Finding(one.place, one.code, Text(**one.detail), remedy)
