"""Payments that came back, are disputed or went to somebody else are told of, and ended."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import conditions
from services.payroll.models import Condition, Project
from services.payroll.queries.payment_conditions import Outside
from services.payroll.rules.conditions import PAYMENTS, ConditionKind, Ended, Found
from services.payroll.rules.policies import PayrollPurpose, PolicyKind
from shared import clock
from shared.db import Session

_ENDED = {
    ConditionKind.PAYMENT_OUTSIDE_ACCOUNT: "payee_known",
    ConditionKind.PAYMENT_RETURNED: "payment_settled",
    ConditionKind.RECEIPT_DISPUTED: "dispute_closed",
}


async def review(session: Session, project_ids: Collection[UUID], now: datetime) -> None:
    """Look at the payments of some projects as they are now; tell what is so anew or no longer."""
    await session.flush()  # What was just said of them is read from the rows.
    projects = await queries.payment_conditions.supervised(session, project_ids)
    if not projects:
        return
    ids = [one.id for one in projects]
    rows = await queries.conditions.locked_open_conditions(session, ids, PAYMENTS)
    held: dict[UUID, list[Found]] = {one.id: [] for one in projects}
    units = {one.id: one.contractor_id or one.developer_id for one in projects}
    asked = await queries.payment_conditions.asked_by(session, ids)
    for back in await queries.payment_conditions.returned(session, asked):
        kind, subject = ConditionKind.PAYMENT_RETURNED, back.disbursement_id
        unit = units[back.project_id]
        held[back.project_id].append(Found(kind, subject, unit, back.since, period=back.period))
    for said in await queries.payment_conditions.disputed(session, ids):
        kind, unit = ConditionKind.RECEIPT_DISPUTED, units[said.project_id]
        facts = (said.answer.value,)
        held[said.project_id].append(
            Found(kind, said.line_id, unit, said.said_on, facts, period=said.period)
        )
    for project_id, found in (await _outside(session, projects, asked, now)).items():
        first = found[0]
        kind, unit = ConditionKind.PAYMENT_OUTSIDE_ACCOUNT, units[project_id]
        held[project_id].append(Found(kind, first.account_id, unit, first.day))
    await conditions.tell(session, rows, held, _ended, now)


async def review_debits(session: Session, project_ids: Collection[UUID], now: datetime) -> None:
    """Look at payments of those projects on whose accounts money moved that have a roster.

    Not where no wages were sent and nothing went out: nothing can have come back or gone astray.
    """
    if spending := await queries.payment_conditions.spending(session, project_ids):
        await review(session, spending, now)


async def review_known(session: Session, project_id: UUID, now: datetime) -> None:
    """Look again at whom money went to, if that was told of: more people are known now."""
    if await queries.payment_conditions.watched(session, project_id):
        await review(session, [project_id], now)


async def _outside(
    session: Session, projects: Sequence[Project], asked: Mapping[str, Any], now: datetime
) -> Mapping[UUID, Sequence[Outside]]:
    """Give the debits that went to somebody unknown, by project, the first one first."""
    found: dict[UUID, list[Outside]] = defaultdict(list)
    areas = {one.id: one.area_code for one in projects}
    for one in await queries.payment_conditions.outside(session, asked):
        words, names = await _words(session, areas[one.project_id], now)
        lump = words.matches(one.purpose) and any(name in (one.name or "") for name in names)
        # Before any batch was sent through the platform nobody knows whose wages a sum pays.
        if one.batches_by_then or not lump:
            found[one.project_id].append(one)
    return found


async def _words(
    session: Session, area_code: str, now: datetime
) -> tuple[PayrollPurpose, Sequence[str]]:
    """Give by what words wages are known, and under what names a bank books a whole batch."""
    today = clock.day_of(now)
    wages = await queries.policies.policy_in_force(
        session, PolicyKind.PAYROLL_PURPOSE, area_code, today
    )
    lump = await queries.policies.policy_in_force(session, PolicyKind.LUMP_PAYEES, area_code, today)
    return PayrollPurpose.of(wages.values), lump.values["words"]


def _ended(row: Condition, project: Project) -> Ended:
    del project  # What came back is owed, however far the works are.
    return Ended(_ENDED[ConditionKind(row.kind)])
