"""A list of workers in a file: tried, then entered; each row is accepted, or reported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.cases import queries
from services.cases.actions import case_claims, case_lines
from services.cases.actions.case_claims import MOST, Claim
from services.cases.errors import LineListRefused
from services.cases.models import ArrearsCase, LineList
from services.cases.rules import case_people
from services.cases.rules.case_people import LineListState
from services.cases.schemas.case_lines import ArrearsLineIn
from shared import list_files, pii
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.problems import Finding
from shared.tables.forms import Filled, Line
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class SentLines:
    """A file as it was sent for a case that was read in some version; kept and read."""

    version: int
    kept: Kept
    filled: Filled


async def import_lines(
    session: Session,
    caller: Caller,
    case_id: UUID,
    sent: SentLines,
    now: datetime,
    *,
    dry_run: bool,
) -> LineList:
    """Enter the workers of a file whose rows are right and new; the others are reported.

    The same file again gives the first result, once all of its rows are in. A row that the case
    has as it is told changes nothing, so that a corrected file can be sent as a whole. Raises
    CaseUnknown, CaseEnded, CaseMoved, or LineListRefused of what is no list, after it was kept.
    """
    case = await queries.arrears.locked_case(session, case_id, caller.scope)
    digest = pii.blind_index(sent.kept.sha256, "account")
    row = await queries.line_lists.locked_line_list(session, case.id, digest)
    if row and row.state is LineListState.ENTERED and not row.rejected:
        return row
    case_lines.check(case, sent.version)
    entered = await _enter(session, caller, case, sent.filled, now, dry_run=dry_run)
    row = row or LineList(
        id=new_id(), case_id=case.id, digest=digest, file_id=sent.kept.file_id, received_at=now,
        received_by=caller.actor,
    )  # fmt: skip
    session.add(row)
    _say(row, sent.filled, entered, dry_run=dry_run)
    if row.state is LineListState.REFUSED and not dry_run:
        raise LineListRefused(errors=sent.filled.findings, line_list_id=str(row.id))
    return row


async def _enter(
    session: Session,
    caller: Caller,
    case: ArrearsCase,
    filled: Filled,
    now: datetime,
    *,
    dry_run: bool,
) -> int:
    """Give how many workers are new; of a trial, how many would be."""
    if len(filled.lines) > MOST:
        filled.findings.append(_TOO_MANY)
    if filled.findings:
        return 0
    read = [(line, one) for line in filled.lines if (one := _body(line))]
    claims = await case_claims.compare(session, case, [one for _, one in read])
    for (line, _), claim in zip(read, claims, strict=True):
        for fault in claim.faults:
            line.find(fault.field, fault.code, fault.text, fault.remedy)
    new = [one for one in claims if one.is_new]
    if new and not dry_run:
        await _take(session, caller, case, new, now)
    return len(new)


async def _take(
    session: Session, caller: Caller, case: ArrearsCase, new: list[Claim], now: datetime
) -> None:
    await case_claims.enter(session, case, new)
    await case_lines.moved(session, caller, case, now, "lines_added", entered=len(new))


def _body(line: Line) -> ArrearsLineIn | None:
    """Give a row as the claim that it tells; what is wrong is found at its cells."""
    values = dict(line.values)
    if said := values["months"]:
        values["months"] = case_people.months_said(said)
        if values["months"] is None:
            line.find("months", "months_unreadable", *_MONTHS)
    if line.findings:
        # Whatever else is wrong with it is said at once.
        if fault := case_people.id_fault(values["id_number"]):
            line.find(fault.field, fault.code, fault.text, fault.remedy)
        return None
    return list_files.body(line, ArrearsLineIn, values, {})


def _say(row: LineList, filled: Filled, entered: int, *, dry_run: bool) -> None:
    row.rows, row.accepted, row.rejected = len(filled.lines), filled.accepted, filled.rejected
    row.findings, row.entered = [*_told(filled)], entered
    if filled.findings:
        row.state = LineListState.REFUSED
    else:
        row.state = LineListState.TRIED if dry_run else LineListState.ENTERED


def _told(filled: Filled) -> Iterator[dict[str, object]]:
    return filled.told()


_MONTHS = (
    Text("不是可识别的月份或起止月份", "These are no months that can be read"),
    Text("请填写如 2023-03 或 2023-03至2023-05", "Write 2023-03 or 2023-03..2023-05"),
)
_TOO_MANY = Finding(
    "file",
    "too_many",
    Text(f"一次最多 {MOST} 人", f"At most {MOST} workers at once"),
    Text("请分成几个文件", "Split the file"),
)
