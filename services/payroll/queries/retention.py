"""What keeps workers' data, and what is blanked of a project when its time is over, in sets."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from services.payroll.errors import RetentionOver
from services.payroll.models import (
    ArrearsCase,
    Attendance,
    Attendee,
    ContractPaper,
    Disbursement,
    DisbursementLine,
    DiscardedFile,
    LabourContract,
    LegalHold,
    LineDispute,
    PayeeAccount,
    PaymentAttempt,
    Project,
    ProjectEnding,
    RosterEntry,
    RosterList,
    Sheet,
    SheetLine,
    Worker,
)
from services.payroll.rules.disbursements import LineStatus
from services.payroll.rules.retention import BLANKED
from shared import known
from shared.areas import Scope
from shared.db import Session, record
from shared.problems import NotFound

_STANDS = ProjectEnding.replaced_at.is_(None)


async def ending(session: Session, project_id: UUID) -> ProjectEnding | None:
    """Give the word that stands of a project's end."""
    return await session.scalar(
        select(ProjectEnding).where(ProjectEnding.project_id == project_id, _STANDS)
    )


async def locked_ending(session: Session, project_id: UUID) -> ProjectEnding | None:
    """Give it for changing, behind whoever blanks by it."""
    return await session.scalar(
        select(ProjectEnding)
        .where(ProjectEnding.project_id == project_id, _STANDS)
        .with_for_update()
    )


async def unblanked(session: Session, project_id: UUID) -> UUID:
    """Give a project whose sheets tell who people are, or raise RetentionOver."""
    said = select(ProjectEnding.id).where(
        ProjectEnding.project_id == project_id, ProjectEnding.blanked_at.is_not(None)
    )
    if await session.scalar(said.limit(1)):
        raise RetentionOver
    return project_id


async def holds(session: Session, project_id: UUID) -> Sequence[LegalHold]:
    """Give the holds of a project, those lifted too."""
    found = await session.scalars(
        select(LegalHold).where(LegalHold.project_id == project_id).order_by(LegalHold.id)
    )
    return found.all()


async def locked_hold(session: Session, hold_id: UUID, scope: Scope) -> LegalHold:
    """Give a hold of a project of the caller's for changing, or raise NotFound."""
    seen = known.in_scope(Project.area_code, scope)
    found = await session.scalar(
        select(LegalHold)
        .join(Project, Project.id == LegalHold.project_id)
        .where(LegalHold.id == hold_id, seen)
        .with_for_update(of=LegalHold)
    )
    if found is None:
        raise NotFound
    return found


async def open_cases(session: Session, project_id: UUID) -> int:
    """Count a project's arrears cases of which nobody told that they are closed."""
    counted = (
        select(func.count())
        .select_from(ArrearsCase)
        .where(ArrearsCase.project_id == project_id, ArrearsCase.closed_at.is_(None))
    )
    return await session.scalar(counted) or 0


async def unsettled_lines(session: Session, project_id: UUID) -> int:
    """Count lines of a project that went to the bank and are not settled, or are disputed."""
    disputed = select(LineDispute.id).where(
        LineDispute.line_id == DisbursementLine.id, LineDispute.closed_at.is_(None)
    )
    counted = (
        select(func.count())
        .select_from(DisbursementLine)
        .join(Disbursement, Disbursement.id == DisbursementLine.disbursement_id)
        .where(
            Disbursement.project_id == project_id,
            (DisbursementLine.status != LineStatus.SETTLED) | disputed.exists(),
        )
    )
    return await session.scalar(counted) or 0


_ENDED = and_(
    _STANDS, ProjectEnding.completed_on.is_not(None), ProjectEnding.settled_on.is_not(None)
)
_GOING = DiscardedFile.discarded_at.is_(None)
BLANKING_WAITS = or_(exists().where(_ENDED), exists().where(_GOING))
"""Whether the end of a project is known, or a file is to be discarded."""


async def ended_projects(session: Session, today: date, before: date) -> Sequence[UUID]:
    """Give projects whose end is known, not held, not looked at since a day; `today` has begun."""
    held = select(LegalHold.id).where(
        LegalHold.project_id == ProjectEnding.project_id, LegalHold.lifted_at.is_(None)
    )
    case = select(ArrearsCase.id).where(
        ArrearsCase.project_id == ProjectEnding.project_id, ArrearsCase.closed_at.is_(None)
    )
    looked = ProjectEnding.looked_on.is_(None) | (ProjectEnding.looked_on < before)
    found = await session.scalars(
        select(ProjectEnding.project_id)
        .where(
            _ENDED,
            func.greatest(ProjectEnding.completed_on, ProjectEnding.settled_on) < today,
            # One that is not blanked yet is looked at each day: its time may be over.
            ProjectEnding.blanked_at.is_(None) | looked,
            ~held.exists(),
            ~case.exists(),
        )
        .order_by(ProjectEnding.project_id)
    )
    return found.all()


def _gone(row_id: Any) -> ColumnElement[str]:  # noqa: ANN401  any mapped column
    return literal(BLANKED) + cast(row_id, Text)


async def blanked_rows(
    session: Session, project_id: UUID, now: datetime, attended_before: date
) -> Mapping[str, int]:
    """Blank what tells who people of a project are, one statement a table; give rows by table.

    Its ending is locked, and says that it is blanked. Of attendance those are left who were seen
    on or after a day. A worker who is on the roster of another project is left to that one.
    """
    statements = {
        "sheet_lines": _lines(project_id),
        "payee_accounts": _cards(project_id),
        "payment_attempts": _attempts(project_id),
        "attendees": _attendees(project_id, attended_before),
        "workers": _workers(project_id),
        "roster_entries": _entries(project_id),
    }
    counts = {table: await _change(session, one) for table, one in statements.items()}
    counts["discarded_files"] = await _let_go(session, project_id, now)
    for table, rows in counts.items():
        if rows:
            record(session, "blank", table, project_id, after={"rows": rows})
    return counts


async def _change(session: Session, statement: Any) -> int:  # noqa: ANN401  a statement that changes
    done: Any = await session.execute(statement.execution_options(synchronize_session=False))
    count: int = done.rowcount
    return count


def _lines(project_id: UUID) -> Any:  # noqa: ANN401  a statement
    told = (SheetLine.id_number, SheetLine.name, SheetLine.phone, SheetLine.card_no)
    sheets = select(Sheet.id).where(Sheet.project_id == project_id)
    return (
        update(SheetLine)
        .where(SheetLine.sheet_id.in_(sheets), or_(*(one.is_not(None) for one in told)))
        .values(
            id_number=None, id_index=None, name=None, name_index=None, phone=None, card_no=None,
            card_index=None,
        )
    )  # fmt: skip


def _cards(project_id: UUID) -> Any:  # noqa: ANN401  a statement
    gone = _gone(PayeeAccount.id)
    return (
        update(PayeeAccount)
        .where(PayeeAccount.project_id == project_id, ~PayeeAccount.card_index.startswith(BLANKED))
        .values(card_no="", card_index=gone, holder_index=gone)
    )


def _attempts(project_id: UUID) -> Any:  # noqa: ANN401  a statement
    batches = select(Disbursement.id).where(Disbursement.project_id == project_id)
    return (
        update(PaymentAttempt)
        .where(
            PaymentAttempt.disbursement_id.in_(batches),
            ~PaymentAttempt.payee_index.startswith(BLANKED),
        )
        .values(payee_index=_gone(PaymentAttempt.id))
    )


def _entries(project_id: UUID) -> Any:  # noqa: ANN401  a statement
    return (
        update(RosterEntry)
        .where(RosterEntry.project_id == project_id, ~RosterEntry.name_index.startswith(BLANKED))
        .values(name_index=_gone(RosterEntry.id))
    )


def _attendees(project_id: UUID, before: date) -> Any:  # noqa: ANN401  a statement
    later = select(Attendance.day).where(
        Attendance.project_id == project_id,
        Attendance.attendee_id == Attendee.id,
        Attendance.day >= before,
    )
    return (
        update(Attendee)
        .where(
            Attendee.project_id == project_id,
            ~Attendee.id_index.startswith(BLANKED),
            ~later.exists(),
        )
        .values(id_number="", id_index=_gone(Attendee.id))
    )


def _workers(project_id: UUID) -> Any:  # noqa: ANN401  a statement
    blanked = select(ProjectEnding.project_id).where(_STANDS, ProjectEnding.blanked_at.is_not(None))
    here = select(RosterEntry.worker_id).where(RosterEntry.project_id == project_id)
    elsewhere = [
        select(one.id).where(one.worker_id == Worker.id, one.project_id.not_in(blanked)).exists()
        for one in (RosterEntry, PayeeAccount, LabourContract)
    ]
    return (
        update(Worker)
        .where(Worker.id.in_(here), ~Worker.id_index.startswith(BLANKED), ~or_(*elsewhere))
        .values(
            id_number="", id_index=_gone(Worker.id), name="", name_index=_gone(Worker.id),
            phone=None, phone_index=None,
        )
    )  # fmt: skip


async def _let_go(session: Session, project_id: UUID, now: datetime) -> int:
    """Note the files of a project as to be discarded, but those that another project names."""
    named = union(
        *(
            select(one.file_id).where(one.project_id == project_id, one.file_id.is_not(None))
            for one in (Sheet, RosterList, LabourContract, ContractPaper)
        )
    ).subquery()
    elsewhere = select(Sheet.id).where(
        Sheet.file_id == named.c.file_id, Sheet.project_id != project_id
    )
    going = select(
        named.c.file_id,
        literal(project_id, DiscardedFile.project_id.type),
        literal(now, DiscardedFile.over_at.type),
    ).where(~elsewhere.exists())
    count = await _change(
        session,
        upsert(DiscardedFile)
        .from_select(["file_id", "project_id", "over_at"], going)
        .on_conflict_do_nothing(),
    )
    papers: dict[str, Any] = {"sha256": None}
    for one, gone in ((Sheet, {}), (LabourContract, papers), (ContractPaper, papers)):
        there = update(one).where(one.project_id == project_id, one.file_id.is_not(None))
        await _change(session, there.values(file_id=None, **gone))
    return count


async def locked_discards(session: Session, limit: int) -> Sequence[DiscardedFile]:
    """Give files that are to be discarded, for changing."""
    found = await session.scalars(
        select(DiscardedFile)
        .where(_GOING)
        .order_by(DiscardedFile.file_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.all()
