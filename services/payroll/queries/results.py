"""Batches and attempts as a bank speaks of them, its instructions, and what it sent back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from services.payroll.models import (
    Disbursement,
    DisbursementLine,
    Instruction,
    PayeeAccount,
    PaymentAttempt,
    Project,
    ResultBatch,
    WageAccount,
    Worker,
)
from services.payroll.queries import disbursements
from services.payroll.queries.sets import one_of
from services.payroll.rules.disbursements import LineStatus, ToPay
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.files import FileKind
from shared.problems import NotFound


async def locked_batch_of_bank(
    session: Session, disbursement_id: UUID, scope: Scope
) -> Disbursement:
    """Give a batch that is paid from an account of the caller's, for changing, or raise NotFound.

    Whoever tells of its lines, or sends some again, waits here.
    """
    return await _locked_batch(
        session, disbursement_id, known.in_scope(Project.area_code, scope, Disbursement.bank_id)
    )


async def locked_batch_of_contractor(
    session: Session, disbursement_id: UUID, scope: Scope
) -> Disbursement:
    """Give a batch of a project of the caller's for changing, or raise NotFound."""
    return await _locked_batch(
        session, disbursement_id, known.in_scope(Project.area_code, scope, Project.contractor_id)
    )


async def _locked_batch(
    session: Session, disbursement_id: UUID, mine: ColumnElement[bool]
) -> Disbursement:
    row = await session.scalar(
        select(Disbursement)
        .join(Project, Project.id == Disbursement.project_id)
        .where(Disbursement.id == disbursement_id, mine)
        .with_for_update(of=Disbursement)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    return row


async def locked_lines(
    session: Session, batch: Disbursement, ids: Collection[UUID]
) -> Mapping[UUID, DisbursementLine]:
    """Give some lines of a batch for changing, by id; the batch is locked."""
    rows = await session.scalars(
        _lines_of(batch).where(one_of(DisbursementLine.id, ids)).with_for_update()
    )
    return {row.id: row for row in rows}


async def locked_open_lines(session: Session, batch: Disbursement) -> Sequence[DisbursementLine]:
    """Give the lines of a batch that were held or came back, for changing, in their order."""
    open_ = DisbursementLine.status.in_([LineStatus.HELD, LineStatus.RETURNED])
    return (
        await session.scalars(
            _lines_of(batch).where(open_).order_by(DisbursementLine.position).with_for_update()
        )
    ).all()


def _lines_of(batch: Disbursement) -> Select[DisbursementLine]:
    return (
        select(DisbursementLine)
        .where(
            DisbursementLine.disbursement_id == batch.id, DisbursementLine.period == batch.period
        )
        .execution_options(populate_existing=True)
    )


async def locked_attempts(
    session: Session, batch: Disbursement, line_ids: Collection[UUID]
) -> Mapping[tuple[UUID, int], PaymentAttempt]:
    """Give all attempts to pay some lines of a batch for changing, by line and number."""
    rows = await session.scalars(
        select(PaymentAttempt)
        .where(
            PaymentAttempt.disbursement_id == batch.id,
            PaymentAttempt.period == batch.period,
            one_of(PaymentAttempt.line_id, line_ids),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.line_id, row.number): row for row in rows}


async def last_settled_on(session: Session, batch: Disbursement) -> date:
    """Give the day on which the last line of a batch settled that has settled whole."""
    newest = await session.scalar(
        select(func.max(DisbursementLine.settled_on)).where(
            DisbursementLine.disbursement_id == batch.id, DisbursementLine.period == batch.period
        )
    )
    return newest or batch.sent_on


async def locked_result_batch(
    session: Session, disbursement_id: UUID, digest: str
) -> ResultBatch | None:
    """Give what came of the same words before, for changing; the batch is locked."""
    return await session.scalar(
        select(ResultBatch)
        .where(ResultBatch.disbursement_id == disbursement_id, ResultBatch.digest == digest)
        .with_for_update()
    )


async def result_batches(
    session: Session, disbursement_id: UUID, scope: Scope, *, cursor: str | None, limit: int
) -> paging.Found[ResultBatch]:
    """Give a page of what a bank sent of a batch, newest first; raises NotFound."""
    owner = await disbursements.disbursement(session, disbursement_id, scope)
    statement = select(ResultBatch).where(ResultBatch.disbursement_id == owner.id)
    return await paging.page(
        session, statement, by=(ResultBatch.id,), cursor=cursor, limit=limit, descending=True
    )


async def result_batch(
    session: Session, disbursement_id: UUID, result_id: UUID, scope: Scope
) -> ResultBatch:
    """Give what a bank sent once, with its findings, or raise NotFound."""
    owner = await disbursements.disbursement(session, disbursement_id, scope)
    row = await session.scalar(
        select(ResultBatch).where(
            ResultBatch.id == result_id, ResultBatch.disbursement_id == owner.id
        )
    )
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class Round:
    """A round of a batch: from which account whom it pays, and its instruction if there is one."""

    disbursement: Disbursement
    number: int
    account: WageAccount
    payments: Sequence[ToPay]
    kept: Instruction | None


def _of_contractor_or_bank(scope: Scope) -> ColumnElement[bool]:
    mine = known.in_scope(Project.area_code, scope, Project.contractor_id, Disbursement.bank_id)
    return Disbursement.project_id.in_(select(Project.id).where(mine).correlate(Disbursement))


async def round_of(
    session: Session, disbursement_id: UUID, number: int | None, kind: FileKind, scope: Scope
) -> Round:
    """Give a round of a batch of the caller's project or account; raises NotFound."""
    batch = await session.scalar(
        select(Disbursement).where(
            Disbursement.id == disbursement_id, _of_contractor_or_bank(scope)
        )
    )
    if batch is None or (number or 1) > batch.rounds:
        raise NotFound
    wanted = number or batch.rounds
    paying = select(PaymentAttempt.account_id).where(
        PaymentAttempt.disbursement_id == batch.id, PaymentAttempt.round == wanted
    )
    account = (
        await session.scalars(
            select(WageAccount).where(WageAccount.id == paying.limit(1).scalar_subquery())
        )
    ).one()
    kept = await session.scalar(_instruction(batch.id, wanted, kind))
    payments = [] if kept else await _payments(session, batch, wanted)
    return Round(batch, wanted, account, payments, kept)


def _instruction(disbursement_id: UUID, number: int, kind: FileKind) -> Select[Instruction]:
    return select(Instruction).where(
        Instruction.disbursement_id == disbursement_id,
        Instruction.round == number,
        Instruction.kind == kind,
    )


async def _payments(session: Session, batch: Disbursement, number: int) -> Sequence[ToPay]:
    rows: Any = await session.execute(
        select(
            PaymentAttempt.line_id,
            PaymentAttempt.number,
            DisbursementLine.position,
            Worker.name,
            PayeeAccount.card_no,
            PayeeAccount.bank_name,
            PayeeAccount.bank_code,
            PaymentAttempt.amount,
        )
        .join(
            DisbursementLine,
            and_(
                DisbursementLine.id == PaymentAttempt.line_id,
                DisbursementLine.period == PaymentAttempt.period,
            ),
        )
        .join(PayeeAccount, PayeeAccount.id == PaymentAttempt.payee_id)
        .join(Worker, Worker.id == PayeeAccount.worker_id)
        .where(
            PaymentAttempt.disbursement_id == batch.id,
            PaymentAttempt.period == batch.period,
            PaymentAttempt.round == number,
        )
        .order_by(DisbursementLine.position, PaymentAttempt.line_id)
    )
    return [ToPay(*row) for row in rows]


async def write_instruction(session: Session, row: Mapping[str, Any]) -> Instruction:
    """Write an instruction unless there is one of the round and kind; give the one that counts."""
    await session.execute(
        insert(Instruction)
        .values(**row)
        .on_conflict_do_nothing(index_elements=["disbursement_id", "round", "kind"])
    )
    wanted = _instruction(row["disbursement_id"], row["round"], row["kind"])
    return (await session.scalars(wanted)).one()
