"""Batches of wages, their lines, and how they stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select

from services.payroll.models import (
    Disbursement,
    DisbursementLine,
    LineDispute,
    PayeeAccount,
    PaymentAttempt,
    Project,
    SheetLine,
)
from services.payroll.queries.sets import one_of
from services.payroll.rules.disbursements import (
    UNDER_WAY,
    Answer,
    BatchState,
    Count,
    LineStatus,
    Tally,
)
from services.payroll.schemas.disbursements import DisbursementFilter, DisbursementLineFilter
from shared import known, paging
from shared.areas import Scope
from shared.db import Session
from shared.problems import NotFound


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with how its lines stand."""

    disbursement: Disbursement
    tally: Tally

    @property
    def state(self) -> BatchState:
        """Give how it stands."""
        return self.tally.state


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with whose it is, the card of its last attempt, and an open dispute."""

    line: DisbursementLine
    name: str | None
    id_number: str | None
    card_no: str | None
    disputed: Answer | None


def _seen(scope: Scope) -> ColumnElement[bool]:
    """A batch is its project's: contractor and bank see all, another employer its own."""
    mine = known.in_scope(
        Project.area_code,
        scope,
        Project.contractor_id,
        Disbursement.employer_id,
        Disbursement.bank_id,
    )
    return Disbursement.project_id.in_(select(Project.id).where(mine).correlate(Disbursement))


async def disbursement(session: Session, disbursement_id: UUID, scope: Scope) -> Disbursement:
    """Give a batch, or raise NotFound."""
    row = await session.scalar(
        select(Disbursement).where(Disbursement.id == disbursement_id, _seen(scope))
    )
    if row is None:
        raise NotFound
    return row


async def batch(session: Session, disbursement_id: UUID, scope: Scope) -> Batch:
    """Give a batch with how its lines stand, or raise NotFound."""
    row = await disbursement(session, disbursement_id, scope)
    return Batch(row, (await tallies(session, [row.id]))[row.id])


async def batches(
    session: Session, scope: Scope, only: DisbursementFilter, *, cursor: str | None, limit: int
) -> paging.Found[Batch]:
    """Give a page of batches with how their lines stand, newest first."""
    statement = select(Disbursement).where(_seen(scope))
    for name in ("project_id", "sheet_id", "employer_id", "period"):
        wanted = getattr(only, name)
        if wanted is not None:
            statement = statement.where(getattr(Disbursement, name) == wanted)
    by = (Disbursement.made_at, Disbursement.id)
    page = await paging.page(session, statement, by=by, cursor=cursor, limit=limit, descending=True)
    stand = await tallies(session, [row.id for row in page.items])
    return paging.Found([Batch(row, stand[row.id]) for row in page.items], page.next)


async def tallies(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Tally]:
    """Give how the lines of some batches stand."""
    found: dict[UUID, dict[str, Count]] = defaultdict(dict)
    if not ids:
        return {}
    counted = (func.count(), func.coalesce(func.sum(DisbursementLine.amount), 0))
    rows = await session.execute(
        select(DisbursementLine.disbursement_id, DisbursementLine.status, *counted)
        .where(one_of(DisbursementLine.disbursement_id, ids))
        .group_by(DisbursementLine.disbursement_id, DisbursementLine.status)
    )
    for disbursement_id, status, lines, total in rows:
        found[disbursement_id][status.value] = Count(lines, total)
    disputed = await session.execute(
        select(LineDispute.disbursement_id, *counted)
        .join(DisbursementLine, DisbursementLine.id == LineDispute.line_id)
        .where(one_of(LineDispute.disbursement_id, ids), LineDispute.closed_at.is_(None))
        .group_by(LineDispute.disbursement_id)
    )
    for disbursement_id, lines, total in disputed:
        found[disbursement_id]["disputed"] = Count(lines, total)
    return {one: Tally(**found[one]) for one in ids}


async def lines(
    session: Session,
    disbursement_id: UUID,
    scope: Scope,
    only: DisbursementLineFilter,
    *,
    cursor: str | None,
    limit: int,
) -> paging.Found[ShownLine]:
    """Give a page of a batch's lines in the sheet's order; raises NotFound."""
    owner = await disbursement(session, disbursement_id, scope)
    statement = select(DisbursementLine).where(
        DisbursementLine.disbursement_id == owner.id, DisbursementLine.period == owner.period
    )
    if only.status:
        statement = statement.where(DisbursementLine.status == only.status)
    if only.disputed is not None:
        open_ = _disputed()
        statement = statement.where(open_ if only.disputed else ~open_)
    by = (DisbursementLine.position, DisbursementLine.id)
    page = await paging.page(session, statement, by=by, cursor=cursor, limit=limit)
    return paging.Found(await _shown(session, owner, page.items), page.next)


def _disputed() -> ColumnElement[bool]:
    return (
        select(LineDispute.id)
        .where(LineDispute.line_id == DisbursementLine.id, LineDispute.closed_at.is_(None))
        .exists()
    )


async def _shown(
    session: Session, owner: Disbursement, rows: Sequence[DisbursementLine]
) -> Sequence[ShownLine]:
    ids = [row.id for row in rows]
    said: Any = await session.execute(
        select(DisbursementLine.id, SheetLine.name, SheetLine.id_number, PayeeAccount.card_no)
        .join(
            SheetLine,
            and_(
                SheetLine.id == DisbursementLine.sheet_line_id,
                SheetLine.period == DisbursementLine.period,
            ),
        )
        .outerjoin(
            PaymentAttempt,
            and_(
                PaymentAttempt.line_id == DisbursementLine.id,
                PaymentAttempt.number == DisbursementLine.attempts,
                PaymentAttempt.period == DisbursementLine.period,
            ),
        )
        .outerjoin(PayeeAccount, PayeeAccount.id == PaymentAttempt.payee_id)
        .where(one_of(DisbursementLine.id, ids), DisbursementLine.period == owner.period)
    )
    whose = {row[0]: row[1:] for row in said}
    open_ = await session.execute(
        select(LineDispute.line_id, LineDispute.answer).where(
            one_of(LineDispute.line_id, ids), LineDispute.closed_at.is_(None)
        )
    )
    disputed: dict[UUID, Answer] = {row[0]: row[1] for row in open_}
    shown = []
    for row in rows:
        name, id_number, card_no = whose[row.id]
        shown.append(ShownLine(row, name, id_number, card_no, disputed.get(row.id)))
    return shown


@dataclass(frozen=True, slots=True)
class Paid:
    """What became of the wages of an employer's workers at a project for a period.

    Somebody with several lines counts in each class that has one of them; what is disputed
    counts in its own class, too.
    """

    project_id: UUID
    employer_id: UUID
    period: str
    settled: Count
    returned: Count
    under_way: Count
    held: Count
    disputed: Count


async def paid_workers(
    session: Session, project_ids: Collection[UUID], periods: Collection[str]
) -> Sequence[Paid]:
    """Give workers and yuan by what became of them: per project, employer and period, one query.

    `lines` of each count are workers here, not lines.
    """
    disputed, line = _disputed(), DisbursementLine
    classes = {
        "settled": line.status == LineStatus.SETTLED,
        "returned": line.status == LineStatus.RETURNED,
        "under_way": line.status.in_(UNDER_WAY),
        "held": line.status == LineStatus.HELD,
        "disputed": disputed,
    }
    whose = func.coalesce(line.worker_id, line.id)
    sums = [
        each
        for of in classes.values()
        for each in (
            func.count(case((of, whose)).distinct()),
            func.coalesce(func.sum(case((of, line.amount))), Decimal(0)),
        )
    ]
    key = (Disbursement.project_id, Disbursement.employer_id, Disbursement.period)
    rows = await session.execute(
        select(*key, *sums)
        .join(
            line, and_(line.disbursement_id == Disbursement.id, line.period == Disbursement.period)
        )
        .where(one_of(Disbursement.project_id, project_ids), Disbursement.period.in_(periods))
        .group_by(*key)
        .order_by(*key)
    )
    found = []
    for project_id, employer_id, period, *counts in rows:
        pairs = zip(counts[::2], counts[1::2], strict=True)
        found.append(Paid(project_id, employer_id, period, *(Count(*pair) for pair in pairs)))
    return found
