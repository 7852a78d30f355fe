"""A month's attendance comes in a file: what can be taken of it counts, beside what gates saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import attendance, expectations, sheets
from services.payroll.errors import AttendanceSheetUnreadable
from services.payroll.models import AttendanceSheet, Project
from services.payroll.rules import attendance_sheets as marked
from services.payroll.rules.attendance import Seen
from services.payroll.rules.attendance_sheets import (
    AttendanceSheetState,
    MarkedMonth,
    MarkedRow,
)
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.sheet_lines import Noted
from services.payroll.rules.sheets import Severity
from services.payroll.rules.trades import IdType
from shared import clock, pii, turns
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.expectations import FeedKind
from shared.problems import Finding
from shared.wording import Text

MOST_FINDINGS = 10_000


@dataclass(frozen=True, slots=True)
class SentMonth:
    """A file as it was sent and read; `employer_id` None: the sender's own workers."""

    period: str
    employer_id: UUID | None
    sha256: str
    size: int
    file_id: UUID
    month: MarkedMonth


@dataclass(slots=True)
class _Checked:
    """What was found, and who is who: rows that count by the index of their person's number."""

    noted: list[tuple[Noted, dict[str, Any]]]
    people: list[tuple[str, MarkedRow]]
    workers: Mapping[str, UUID]
    """Those on the roster."""

    def wrong(self) -> set[tuple[str, int]]:
        """Give the places of rows with an error; one of the whole file is an error of each."""
        found = [one for one, _ in self.noted if one.severity is Severity.ERROR]
        if any(not one.row for one in found):
            return {(row.sheet, row.row) for _, row in self.people} | _places(found)
        return _places(found)


def _places(found: Sequence[Noted]) -> set[tuple[str, int]]:
    return {(one.sheet, one.row) for one in found if one.row}


async def take_sheet(
    session: Session, caller: Caller, project_id: UUID, sent: SentMonth, now: datetime
) -> AttendanceSheet:
    """Take a month's attendance: rows with errors are left out and told, all others count.

    The same file again gives what came of it first; another is the next version, and takes the
    place of the one before. Raises ProjectUnknown; SheetRefused; AttendanceSheetUnreadable with
    all findings, after the file was noted.
    """
    project = await queries.sheets.project_of_sender(session, project_id, caller.scope)
    await expectations.arrive(session, FeedKind.CONTRACTOR, {str(project.id)}, now)
    project = await queries.sheets.locked_project_of_sender(session, project_id, caller.scope)
    digest = pii.blind_index(sent.sha256, "account")
    employer_id = await sheets.employer(session, caller, project, sent.employer_id)
    row = await queries.attendance_sheets.locked_same_content(
        session, project.id, employer_id, sent.period, digest
    )
    if row and row.state is not AttendanceSheetState.REFUSED:
        return row
    if row is None:
        row = AttendanceSheet(
            id=new_id(), project_id=project.id, employer_id=employer_id, period=sent.period,
            digest=digest, replaced_at=None, replaces_id=None,
        )  # fmt: skip
        row.source = f"sheet:{row.id}"
    row.version, row.state = 0, AttendanceSheetState.REFUSED
    row.file_id, row.size, row.made_by, row.made_at = sent.file_id, sent.size, caller.actor, now
    row.columns = [
        {"sheet": one.sheet, "column": one.column, "title": one.title, "field": one.field}
        for one in sent.month.columns
    ]
    row.row_counts, row.days = dict(sent.month.counts), _NIL
    row.rows = row.accepted = row.rejected = 0
    if sent.month.refused:
        _find(row, [(one, {}) for one in sent.month.noted])
        session.add(row)
        raise AttendanceSheetUnreadable(errors=_told(row), attendance_sheet_id=str(row.id))
    await _take(session, project, row, sent, now)
    return row


async def _take(
    session: Session, project: Project, row: AttendanceSheet, sent: SentMonth, now: datetime
) -> None:
    month = sent.month
    checked = await _check(session, project, month, sent.period, clock.day_of(now))
    wrong = checked.wrong()
    kept = [(who, one) for who, one in checked.people if (one.sheet, one.row) not in wrong]
    row.rows, row.rejected = len(month.rows), len(month.rows) - len(kept)
    row.accepted = len(kept)
    days = marked.by_person(kept)
    row.days = sum((sum(one.values(), _NIL) for one in days.values()), _NIL)
    if kept:
        await _stand(session, row, now)
    _find(row, checked.noted)
    session.add(row)
    if kept:
        await session.flush()  # Its records count as soon as it stands.
        confidence = await _confidence(session, project, now)
        seen = await turns.aside(_records, kept, days, confidence)
        if seen:
            await attendance.write(
                session, project.id, row.source, seen, sha256=sent.sha256, now=now
            )
        checked.noted += await _beside_gates(
            session, project, row, month, kept=kept, days=days, checked=checked
        )
    _find(row, checked.noted)


async def _stand(session: Session, row: AttendanceSheet, now: datetime) -> None:
    versions = await queries.attendance_sheets.locked_versions(
        session, row.project_id, row.employer_id, row.period
    )
    row.version = versions[0].version + 1 if versions else 1
    for one in versions:
        if one.state is AttendanceSheetState.STANDING:
            one.state, one.replaced_at = AttendanceSheetState.REPLACED, now
            row.replaces_id = one.id
            await queries.paydays.touch(session, row.project_id, [row.period])
    await session.flush()  # The former one makes room in the index before this one stands.
    row.state = AttendanceSheetState.STANDING


async def _confidence(session: Session, project: Project, now: datetime) -> Decimal:
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.ATTENDANCE_SOURCES, project.area_code, clock.day_of(now)
    )
    return Decimal(policy.values["sheet_confidence"])


async def _check(
    session: Session, project: Project, month: MarkedMonth, period: str, today: date
) -> _Checked:
    """Find what is wrong with days, and who each row is: by number, else by the one of a name."""
    noted: list[tuple[Noted, dict[str, Any]]] = [(one, {}) for one in month.noted]
    noted += [(one, {}) for one in marked.objections(month, period, today)]
    indexes, names = await turns.aside(_indexes, month.rows)
    named = await queries.attendance_sheets.on_roster(
        session, project.id, period, set(indexes.values()), set(names.values())
    )
    by_name: dict[str, set[str]] = {}
    for one in named:
        by_name.setdefault(one.name_index, set()).add(one.id_index)
    workers = {one.id_index: one.worker_id for one in named}
    people: list[tuple[str, MarkedRow]] = []
    lacking: list[tuple[str, MarkedRow]] = []
    for n, row in enumerate(month.rows):
        column = month.column(row.sheet, "id_number")
        if n in indexes:
            people.append((indexes[n], row))
            if indexes[n] not in workers:
                words, name = marked.NOT_ON_ROSTER, "id_number"
                said = marked.noted("not_on_roster", Severity.WARNING, words, row, column, name)
                noted.append((said, {}))
            continue
        same = by_name.get(names.get(n, ""), set())
        if len(same) == 1:
            lacking.append((next(iter(same)), row))
            continue
        said = marked.noted("nobody", Severity.ERROR, marked.NOBODY, row, column, "id_number")
        noted.append((said, {}))
    found = await _numbered(session, workers, lacking)
    return _Checked(noted, [*people, *found], workers)


async def _numbered(
    session: Session, workers: Mapping[str, UUID], lacking: Sequence[tuple[str, MarkedRow]]
) -> list[tuple[str, MarkedRow]]:
    """Give rows without a number those of the people whom their names stand for."""
    ids = {workers[index] for index, _ in lacking}
    rows = await queries.attendance_sheets.workers(session, ids) if ids else ()
    known = {one.id_index: one for one in rows}
    return [
        (
            index,
            replace(row, id_number=known[index].id_number, id_type=str(known[index].id_type)),
        )
        for index, row in lacking
    ]


def _indexes(rows: Sequence[MarkedRow]) -> tuple[dict[int, str], dict[int, str]]:
    """Give the blind indexes of numbers, and of names where there is no number."""
    numbers = {
        n: pii.blind_index(row.id_number, "id_number")
        for n, row in enumerate(rows)
        if row.id_number
    }
    names = {
        n: pii.blind_index(row.name, "name")
        for n, row in enumerate(rows)
        if row.name and not row.id_number
    }
    return numbers, names


def _records(
    kept: Sequence[tuple[str, MarkedRow]],
    days: Mapping[str, Mapping[date, Decimal]],
    confidence: Decimal,
) -> list[Seen]:
    """Give a record for each day of each person, under the first row that names him."""
    first: dict[str, tuple[int, MarkedRow]] = {}
    for n, (who, row) in enumerate(kept):
        first.setdefault(who, (n, row))
    return [
        Seen(
            n, f"{n + 1}:{day}", row.id_type or IdType.RESIDENT, row.id_number or "",
            clock.at(day), None, None, units, confidence,
        )
        for who, (n, row) in first.items()
        for day, units in sorted(days[who].items())
    ]  # fmt: skip


async def _beside_gates(
    session: Session,
    project: Project,
    row: AttendanceSheet,
    month: MarkedMonth,
    *,
    kept: Sequence[tuple[str, MarkedRow]],
    days: Mapping[str, Mapping[date, Decimal]],
    checked: _Checked,
) -> list[tuple[Noted, dict[str, Any]]]:
    """Compare with what gates saw of the same people in the month; both are kept.

    Where gates saw nobody, or fell silent, fewer days than on the sheet prove nothing.
    """
    months = await queries.attended.workers_of_month(session, project.id, row.period)
    if not any(_GATE in one.days for one in months.values()):
        return []
    silent = await queries.attended.unheard_since(session, [project.id])
    last = rules.periods.last_day(row.period)
    heard = silent.get(project.id, date.max) > last
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.ATTENDANCE_SOURCES, project.area_code, last
    )
    allowed, found, told = Decimal(policy.values["differ_days"]), [], set()
    for who, one in kept:
        worker_id = checked.workers.get(who)
        if worker_id is None or who in told:
            continue
        told.add(who)
        ours = sum(days[who].values(), Decimal(0))
        gates = months[worker_id].days.get(_GATE, Decimal(0)) if worker_id in months else _NIL
        if abs(ours - gates) > allowed and (heard or gates > ours):
            column = month.column(one.sheet, "days")
            said = marked.noted(
                "gate_differs", Severity.WARNING, marked.GATE_DIFFERS, one, column, "days"
            )
            compared = {"worker_id": str(worker_id), "sheet": f"{ours}", "gate": f"{gates}"}
            found.append((said, compared))
    return found


def _find(row: AttendanceSheet, noted: Sequence[tuple[Noted, Mapping[str, Any]]]) -> None:
    """Keep what was found, at its cells, and count it."""
    counts = {one: sum(said.severity is one for said, _ in noted) for one in Severity}
    row.errors, row.warnings, row.hints = (
        counts[one] for one in (Severity.ERROR, Severity.WARNING, Severity.HINT)
    )
    row.findings = [
        {
            "place": "!".join(each for each in (one.sheet, _cell(one)) if each) or "sheet",
            "code": one.code, "severity": str(one.severity), "sheet": one.sheet, "row": one.row,
            "column": one.column, "field": one.field,
            "detail": {"zh": one.detail.zh, "en": one.detail.en},
            "remedy": one.remedy and {"zh": one.remedy.zh, "en": one.remedy.en},
            "compared": dict(compared),
        }
        for one, compared in noted[:MOST_FINDINGS]
    ]  # fmt: skip


def _cell(one: Noted) -> str:
    return f"{one.column}{one.row}" if one.row else ""


def _told(row: AttendanceSheet) -> list[Finding]:
    return [
        Finding(
            one["place"] if one["row"] else "file", one["code"], Text(**one["detail"]),
            Text(**one["remedy"]) if one["remedy"] else None,
        )
        for one in row.findings
        if one["severity"] == Severity.ERROR
    ]  # fmt: skip


async def reveal_sheet(session: Session, sheet_id: UUID, scope: Scope, purpose: str) -> None:
    """Note that a file is about to be given back, to whom and why."""
    row = await queries.attendance_sheets.sheet_of_sender(session, sheet_id, scope)
    record(session, "reveal", AttendanceSheet.__tablename__, row.id, after={"purpose": purpose})


_GATE, _NIL = "gate_vendor", Decimal("0.00")
