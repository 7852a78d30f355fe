"""What is wrong with payments of projects: came back, disputed, or left for somebody else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from services.payroll.models import (
    BankLine,
    Condition,
    Disbursement,
    DisbursementLine,
    LineDispute,
    PayeeAccount,
    PaymentAttempt,
    Project,
    RosterEntry,
    WageAccount,
    Worker,
)
from services.payroll.queries.pay_months import IN_DISBURSEMENT, of_those
from services.payroll.rules.conditions import ConditionKind
from services.payroll.rules.disbursements import Answer, LineStatus
from services.payroll.rules.statements import Direction, LineKind
from shared import asking
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Returned:
    """A batch of which something came back and is not paid since; since when."""

    project_id: UUID
    disbursement_id: UUID
    period: str
    since: date


@dataclass(frozen=True, slots=True)
class Disputed:
    """A line that a worker disputes."""

    project_id: UUID
    line_id: UUID
    period: str
    answer: Answer
    said_on: date


@dataclass(frozen=True, slots=True)
class Outside:
    """A debit that fits nobody of a project's roster and no payment that was sent."""

    project_id: UUID
    account_id: UUID
    day: date
    name: str | None
    purpose: str | None
    batches_by_then: bool
    """Wages had been sent to the bank before."""


_SUPERVISED = (
    select(Project)
    .where(asking.one_of(Project.id, "ids"), Project.card["supervised_since"].astext.is_not(None))
    .order_by(Project.id)
)
_SENT = select(func.min(Disbursement.period), func.max(Disbursement.period)).where(
    asking.one_of(Disbursement.project_id, "ids")
)
_RETURNED = (
    select(
        Disbursement.project_id,
        Disbursement.id,
        Disbursement.period,
        func.min(DisbursementLine.returned_on),
    )
    .join(DisbursementLine, IN_DISBURSEMENT)
    .where(
        asking.one_of(Disbursement.project_id, "ids"),
        of_those(DisbursementLine.period),
        DisbursementLine.returned_on.is_not(None),
        DisbursementLine.status != LineStatus.SETTLED,
    )
    .group_by(Disbursement.project_id, Disbursement.id)
)
_DISPUTED = (
    select(
        Disbursement.project_id,
        LineDispute.line_id,
        Disbursement.period,
        LineDispute.answer,
        LineDispute.said_on,
    )
    .join(Disbursement, Disbursement.id == LineDispute.disbursement_id)
    .where(asking.one_of(Disbursement.project_id, "ids"), LineDispute.closed_at.is_(None))
)


async def supervised(session: Session, project_ids: Collection[UUID]) -> Sequence[Project]:
    """Give those of some projects that are supervised."""
    return (await session.scalars(_SUPERVISED, {"ids": [*project_ids]})).all()


async def asked_by(session: Session, project_ids: Collection[UUID]) -> Mapping[str, Any]:
    """Give what statements about payments of some projects are asked by.

    The first and last month of which any wages were sent are said beside: what was sent lies by
    month, and only of what is known before can partitions be pruned.
    """
    asked = {"ids": [*project_ids]}
    [(first, last)] = await asking.told(session, _SENT, asked)
    return asked | {"first_period": first or "", "last_period": last or ""}


async def returned(session: Session, asked: Mapping[str, Any]) -> Sequence[Returned]:
    """Give the batches of some projects with lines that came back and have not settled since."""
    rows = await asking.told(session, _RETURNED, asked)
    return [
        Returned(project_id, batch_id, period, since)
        for project_id, batch_id, period, since in rows
        if since
    ]


async def disputed(session: Session, project_ids: Collection[UUID]) -> Sequence[Disputed]:
    """Give the open disputes about lines of some projects."""
    return [
        Disputed(project_id, line_id, period, Answer(answer), said_on)
        for project_id, line_id, period, answer, said_on in await asking.told(
            session, _DISPUTED, {"ids": [*project_ids]}
        )
    ]


async def outside(session: Session, asked: Mapping[str, Any]) -> Sequence[Outside]:
    """Give the debits of some projects' accounts that went to nobody who is known there.

    Somebody is known by a card or the name on the roster, a payment by its serial or card, a whole
    batch by its sum. A line that names nobody says nothing, and so does a project without roster.
    """
    return [Outside(*row) for row in await session.execute(_OUTSIDE, asked)]


def _to_worker() -> ColumnElement[bool]:
    by_card = exists().where(
        PayeeAccount.project_id == WageAccount.project_id,
        PayeeAccount.debit_index == BankLine.counterparty_account_index,
    )
    by_name = exists().where(
        RosterEntry.project_id == WageAccount.project_id,
        Worker.id == RosterEntry.worker_id,
        or_(
            RosterEntry.name_index == BankLine.counterparty_name_index,
            Worker.name_index == BankLine.counterparty_name_index,
        ),
    )
    return or_(by_card, by_name)


def _to_own_account() -> ColumnElement[bool]:
    other = aliased(WageAccount)
    return exists().where(
        other.project_id == WageAccount.project_id,
        other.account_index == BankLine.counterparty_account_index,
    )


def _of_attempt() -> ColumnElement[bool]:
    return exists().where(
        of_those(PaymentAttempt.period),
        PaymentAttempt.account_id == WageAccount.id,
        PaymentAttempt.sent_on <= BankLine.day,
        or_(
            PaymentAttempt.serial == BankLine.serial,
            and_(
                PaymentAttempt.payee_index == BankLine.counterparty_account_index,
                PaymentAttempt.amount == BankLine.amount,
            ),
        ),
    )


def _of_round() -> ColumnElement[bool]:
    """Say whether a debit is the sum of a round of a batch: a bank may book it as one."""
    rounds = (
        select(PaymentAttempt.disbursement_id)
        .where(
            of_those(PaymentAttempt.period),
            PaymentAttempt.account_id == WageAccount.id,
            PaymentAttempt.sent_on <= BankLine.day,
        )
        .group_by(PaymentAttempt.disbursement_id, PaymentAttempt.round)
        .having(func.sum(PaymentAttempt.amount) == BankLine.amount)
        .correlate(WageAccount, BankLine)
    )
    return rounds.exists()


def _outside() -> Select[*tuple[Any, ...]]:
    batches = exists().where(
        Disbursement.account_id == WageAccount.id, Disbursement.sent_on <= BankLine.day
    )
    named = or_(
        BankLine.counterparty_name_index.is_not(None),
        BankLine.counterparty_account_index.is_not(None),
    )
    return (
        select(
            WageAccount.project_id,
            WageAccount.id,
            BankLine.day,
            BankLine.counterparty_name,
            BankLine.purpose,
            batches,
        )
        .join(BankLine, BankLine.account_id == WageAccount.id)
        .where(
            asking.one_of(WageAccount.project_id, "ids"),
            exists().where(RosterEntry.project_id == WageAccount.project_id),
            BankLine.direction == Direction.OUT,
            BankLine.kind == LineKind.ORDINARY,
            named,
            # What is left goes to the contractor once the closing was announced (724号 art. 27).
            or_(WageAccount.noticed_on.is_(None), BankLine.day < WageAccount.noticed_on),
            ~_to_worker(),
            ~_to_own_account(),
            ~_of_attempt(),
            ~_of_round(),
        )
        .order_by(BankLine.day, BankLine.id)
    )


_OUTSIDE = _outside()
# Of wages nothing can have gone astray, come back or be disputed before that.
_SPENT = or_(
    exists().where(Disbursement.project_id == Project.id),
    exists().where(
        WageAccount.project_id == Project.id,
        BankLine.account_id == WageAccount.id,
        BankLine.direction == Direction.OUT,
    ),
)
_SPENDING = (
    select(Project.id)
    .where(
        asking.one_of(Project.id, "ids"),
        exists().where(RosterEntry.project_id == Project.id),
        _SPENT,
    )
    .order_by(Project.id)
)


async def spending(session: Session, project_ids: Collection[UUID]) -> Sequence[UUID]:
    """Give those of some projects that have a roster, and sent wages or spent anything."""
    rows = await asking.told(session, _SPENDING, {"ids": [*project_ids]})
    return [row[0] for row in rows]


async def watched(session: Session, project_id: UUID) -> bool:
    """Say whether it was told of a project that money left its account for somebody unknown."""
    found = await session.scalar(
        select(Condition.id)
        .where(
            Condition.project_id == project_id,
            Condition.kind == ConditionKind.PAYMENT_OUTSIDE_ACCOUNT,
            Condition.ended_at.is_(None),
        )
        .limit(1)
    )
    return found is not None
