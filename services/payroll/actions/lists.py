"""A list in a file is tried, and entered whole or not at all; the file is kept."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from services.payroll import queries
from services.payroll.errors import AreaUnknown
from services.payroll.models import FilledList
from services.payroll.rules.lists import ListState
from shared import pii
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.problems import Finding, Problem
from shared.tables.forms import Filled

L = TypeVar("L", bound=FilledList)


@dataclass(frozen=True, slots=True)
class SentList:
    """A file as it was sent, kept and read."""

    area_code: str
    kept: Kept
    filled: Filled


Enter = Callable[[Session, Caller, SentList, UUID, datetime], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Importing(Generic[L]):
    """A kind of list: where its files are kept, what enters its rows, what refuses them.

    `enter` gets the list's id too, says at a line what is wrong with it, and gives how many rows
    were new.
    """

    rows: type[L]
    enter: Enter
    refused: Callable[[Sequence[Finding], L], Problem]


class _Undone(Exception):
    """Whatever was entered is taken back: it was a trial, or a row is wrong."""


async def import_list(
    session: Session,
    caller: Caller,
    importing: Importing[L],
    sent: SentList,
    now: datetime,
    *,
    dry_run: bool,
) -> L:
    """Enter all rows of a file, or none; the same file again gives the first result.

    Raises AreaUnknown, and the kind's refusal with all findings, after the file was kept.
    """
    if not await queries.sources.in_areas(session, sent.area_code, caller.scope):
        raise AreaUnknown
    digest = pii.blind_index(sent.kept.sha256, "account")
    row = await queries.lists.locked_list_of(session, importing.rows, sent.area_code, digest)
    if row and row.state is ListState.IMPORTED:
        return row
    filled = sent.filled
    list_id = row.id if row else new_id()

    async def enter() -> int:
        return await importing.enter(session, caller, sent, list_id, now)

    entered = await attempt(session, enter, filled, dry_run=dry_run)
    row = row or importing.rows(
        id=list_id, area_code=sent.area_code, digest=digest, file_id=sent.kept.file_id,
        received_at=now, received_from=caller.actor,
    )  # fmt: skip
    session.add(row)
    say(row, filled, entered, dry_run=dry_run)
    if row.state is ListState.REFUSED and not dry_run:
        found = [one for line in filled.lines for _, one in line.findings]
        raise importing.refused([*filled.findings, *found], row)
    return row


async def attempt(
    session: Session, enter: Callable[[], Awaitable[int]], filled: Filled, *, dry_run: bool
) -> int:
    """Enter what a file holds, and take it back if a row is wrong, or if it was a trial."""
    entered = 0
    if not filled.findings:
        with suppress(_Undone):
            async with session.begin_nested():
                entered = await enter()
                await session.flush()  # What the database refuses is refused in a trial, too.
                _undo_if(dry_run or bool(filled.findings) or filled.rejected > 0)
    return entered


def _undo_if(unwanted: bool) -> None:  # noqa: FBT001  there is nothing else to say
    if unwanted:
        raise _Undone


def say(row: FilledList, filled: Filled, entered: int, *, dry_run: bool) -> None:
    """Let a list say what became of its file."""
    row.rows, row.accepted, row.rejected = len(filled.lines), filled.accepted, filled.rejected
    row.findings = list(filled.told())
    wrong = bool(filled.findings or filled.rejected)
    done = ListState.CHECKED if dry_run else ListState.IMPORTED
    row.state, row.entered = (ListState.REFUSED, 0) if wrong else (done, entered)
