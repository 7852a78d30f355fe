"""A file of rows is tried, and entered whole or not at all; it is kept with its findings."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from services.registry import queries
from services.registry.actions import areas, listed_persons, listed_projects, listed_sightings
from services.registry.errors import ImportRefused, RegistrationRefused
from services.registry.models import Import
from services.registry.rules.imports import ImportKind, ImportState
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.tables.forms import Filled


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, kept and read."""

    kind: ImportKind
    area_code: str
    kept: Kept
    filled: Filled


class _Undone(Exception):
    """Whatever was entered is taken back: it was a trial, or a row is wrong."""


Enter = Callable[[Session, Caller, Sent, datetime], Awaitable[int]]


async def import_file(
    session: Session, caller: Caller, sent: Sent, now: datetime, *, dry_run: bool
) -> Import:
    """Enter all rows of a file, or none; the same file again gives the first result.

    A trial does the same and takes it back. Raises RegistrationRefused for an area that is not
    the caller's, ImportRefused with all findings, after the file was kept.
    """
    found = await areas.check_area(session, caller.scope, "area_code", sent.area_code, now)
    if found:
        raise RegistrationRefused(errors=found)
    row = await queries.imports.locked_import_of(
        session, sent.kind, sent.area_code, sent.kept.sha256
    )
    if row and row.state is ImportState.IMPORTED:
        return row
    entered = (
        0 if sent.filled.findings else await _enter(session, caller, sent, now, dry_run=dry_run)
    )
    row = row or _row(caller, sent, now)
    session.add(row)
    _say(row, sent.filled, entered, dry_run=dry_run)
    if row.state is ImportState.REFUSED and not dry_run:
        findings = [
            *sent.filled.findings,
            *(one for line in sent.filled.lines for _, one in line.findings),
        ]
        raise ImportRefused(
            errors=findings, import_id=str(row.id), rows=row.rows, accepted=row.accepted,
            rejected=row.rejected,
        )  # fmt: skip
    return row


async def _enter(
    session: Session, caller: Caller, sent: Sent, now: datetime, *, dry_run: bool
) -> int:
    entered = 0
    with suppress(_Undone):
        async with session.begin_nested():
            entered = await ENTER[sent.kind](session, caller, sent, now)
            await session.flush()  # What the database refuses is refused in a trial, too.
            _undo_if(dry_run or sent.filled.rejected > 0)
    return entered


def _undo_if(unwanted: bool) -> None:  # noqa: FBT001  there is nothing else to say
    if unwanted:
        raise _Undone


def _row(caller: Caller, sent: Sent, now: datetime) -> Import:
    kept = sent.kept
    return Import(
        id=new_id(), kind=sent.kind, area_code=sent.area_code, digest=kept.sha256,
        file_id=kept.file_id, file_kind=kept.kind, size=kept.size, received_at=now,
        received_from=caller.actor,
    )  # fmt: skip


def _say(row: Import, filled: Filled, entered: int, *, dry_run: bool) -> None:
    row.rows, row.accepted, row.rejected = len(filled.lines), filled.accepted, filled.rejected
    row.findings = list(filled.told())
    if filled.findings or filled.rejected:
        row.state, row.entered = ImportState.REFUSED, 0
    else:
        row.state = ImportState.CHECKED if dry_run else ImportState.IMPORTED
        row.entered = entered


async def _projects(session: Session, caller: Caller, sent: Sent, now: datetime) -> int:
    return await listed_projects.enter_projects(
        session, caller.scope, sent.area_code, sent.filled, now
    )


async def _persons(session: Session, caller: Caller, sent: Sent, now: datetime) -> int:
    return await listed_persons.enter_persons(session, caller.scope, sent.filled, now)


async def _sightings(session: Session, caller: Caller, sent: Sent, now: datetime) -> int:
    return await listed_sightings.enter_listed(
        session, caller, sent.kind, sent.area_code, filled=sent.filled, now=now
    )


ENTER: Mapping[ImportKind, Enter] = {
    ImportKind.PROJECTS: _projects,
    ImportKind.PERSONS: _persons,
    ImportKind.APPROVALS: _sightings,
    ImportKind.PERMITS: _sightings,
    ImportKind.TENDERS: _sightings,
}


async def template_choices(
    session: Session, scope: Scope, area_code: str, now: datetime
) -> Mapping[str, str]:
    """Give the areas that a template offers. Raises RegistrationRefused for another's area."""
    if found := await areas.check_area(session, scope, "area_code", area_code, now):
        raise RegistrationRefused(errors=found)
    return await queries.imports.areas_under(session, area_code, scope)
