"""Attendance comes in batches: each record counts once, whoever sends it again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import expectations
from services.payroll.errors import AttendanceRefused, RetentionOver
from services.payroll.models import Attendance, Attendee
from services.payroll.rules.attendance import Batch, Seen
from shared import clock, pii, sets, turns
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.expectations import FeedKind

MOST_FINDINGS = 10_000
_VENDOR, _CONTRACTOR = "gate_vendor", "contractor"
_COLUMNS = ("project_id", "source", "record_key", "day", *queries.attendance.TOLD, "told_at")
_DAY = _COLUMNS.index("day")


class Taken(NamedTuple):
    """What became of a batch."""

    project_id: UUID
    source: str
    sent: int
    new: int
    known: int
    refused: int
    findings: Sequence[Mapping[str, Any]]
    more_findings: int


async def receive(
    session: Session, caller: Caller, project_id: UUID, batch: Batch, now: datetime
) -> Taken:
    """Take what can be taken of a batch; what cannot is told, record by record.

    Raises ProjectUnknown; AttendanceRefused with all findings where nothing can be taken.
    """
    project = await queries.attendance.project_of_sender(
        session, project_id, caller.scope, caller.org
    )
    role = _VENDOR if _VENDOR in caller.roles else _CONTRACTOR
    await expectations.arrive(session, FeedKind(role), {str(project.id)}, now)
    taken, wrong = await turns.aside(
        rules.attendance.split, batch.records, clock.day_end(clock.day_of(now))
    )
    findings = [*batch.findings, *wrong]
    if findings and not taken:
        raise AttendanceRefused(errors=findings[:MOST_FINDINGS])
    if not taken:
        return Taken(project.id, batch.source, 0, 0, 0, 0, (), 0)
    source = f"{role}:{batch.source}"
    rows, new = await write(session, project.id, source, taken, sha256=batch.sha256, now=now)
    other = await _differing(session, rows, taken) if new < len(rows) else []
    findings += [rules.attendance.differs(place) for place in other]
    known = len(rows) - new - len(other)
    return Taken(
        project.id, batch.source, batch.sent, new, known, batch.sent - new - known,
        [asdict(one) for one in findings[:MOST_FINDINGS]], max(0, len(findings) - MOST_FINDINGS),
    )  # fmt: skip


async def write(
    session: Session,
    project_id: UUID,
    source: str,
    taken: Sequence[Seen],
    *,
    sha256: str,
    now: datetime,
) -> tuple[list[tuple[Any, ...]], int]:
    """Write records of a source where they are not there; give them, and how many are new."""
    await queries.attendance.take_turns(session, project_id)
    people = await _attendees(session, project_id, taken, now)
    rows = await turns.aside(_rows, project_id, source, taken, people, now)
    new = await sets.merged(session, Attendance, _COLUMNS, rows)
    if new:
        days = {row[_DAY] for row in rows}
        await queries.paydays.touch(session, project_id, {f"{day:%Y-%m}" for day in days})
        # Once for all of them; the digest is keyed, as a bare one could be guessed back.
        digest = pii.blind_index(sha256, "account")
        said = {"source": source, "rows": new, "digest": digest}
        record(session, "copy", Attendance.__tablename__, project_id, after=said)
    return rows, new


async def _attendees(
    session: Session, project_id: UUID, records: Sequence[Seen], now: datetime
) -> Mapping[tuple[str, str], UUID]:
    """Give the id of each person by type and number as they were sent; new ones are sealed once."""
    sent = {(seen.id_type, seen.id_number) for seen in records}
    indexes = await turns.aside(
        lambda: {one: (one[0], pii.blind_index(one[1], "id_number")) for one in sent}
    )
    there = await queries.attendance.attendees(
        session, project_id, {index for _, index in indexes.values()}
    )
    fresh: Mapping[tuple[str, str], dict[str, Any]] = {
        indexes[one]: {
            "id": new_id(), "project_id": project_id, "id_type": one[0],
            "id_number": pii.normalised(one[1], "id_number"), "id_index": indexes[one][1],
            "first_told_at": now,
        }
        for one in sorted(sent)
        if indexes[one] not in there
    }  # fmt: skip
    await sets.copy(session, Attendee, list(fresh.values()))
    ids = {**there, **{key: row["id"] for key, row in fresh.items()}}
    return {one: ids[key] for one, key in indexes.items()}


def _rows(
    project_id: UUID,
    source: str,
    records: Sequence[Seen],
    people: Mapping[tuple[str, str], UUID],
    now: datetime,
) -> list[tuple[Any, ...]]:
    """Give rows in the order of their columns."""
    day_of = clock.day_of
    return [
        (
            project_id, source, key, day_of(at), people[kind, number], at, direction, attend_type,
            units, confidence, now,
        )
        for _, key, kind, number, at, direction, attend_type, units, confidence in records
    ]  # fmt: skip


async def _differing(
    session: Session, rows: Sequence[tuple[Any, ...]], records: Sequence[Seen]
) -> list[int]:
    """Give the places of records whose key stands for something else, in their order."""
    other = await queries.attendance.differing(session)
    told = [row[_COLUMNS.index("record_key") : _COLUMNS.index("told_at")] for row in rows]
    return [seen.place for one, seen in zip(told, records, strict=True) if one in other]


async def reveal(session: Session, attendee_id: UUID, scope: Scope, purpose: str) -> Attendee:
    """Give somebody whom gates saw with his number; who read it and why is recorded."""
    row = await queries.attendance.attendee(session, attendee_id, scope)
    if rules.retention.is_blanked(row.id_index):
        raise RetentionOver
    record(session, "reveal", Attendee.__tablename__, row.id, after={"purpose": purpose})
    return row
