"""Finance tells what it sent; each payment is looked for among the credits of its account."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.errors import PaymentsRefused
from services.payroll.models import Obligation, TreasuryPayment
from services.payroll.rules.payments import Arrived, Sent
from services.payroll.schemas.payments import PaymentIn, PaymentsIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, same_id
from shared.events.payroll import TransferSent
from shared.outbox import publish
from shared.problems import Finding
from shared.wording import Text

_NOTHING = Decimal(0)


async def receive_payments(
    session: Session, caller: Caller, body: PaymentsIn, now: datetime
) -> Sequence[TreasuryPayment]:
    """Take what a finance bureau sent, all of it or nothing; what came before comes again as it is.

    Raises PaymentsRefused with all findings.
    """
    await queries.payments.wait_for_turn(session, body.area_code)
    wanted = {one.project_id for one in body.payments}
    projects = await queries.payments.projects_in_scope(session, wanted, caller.scope)
    vouchers = {one.voucher for one in body.payments}
    kept = dict(await queries.payments.payments_by_voucher(session, body.area_code, vouchers))
    found = [
        finding
        for n, one in enumerate(body.payments)
        for finding in _findings(f"payments[{n}]", one, projects, kept.get(one.voucher), now)
    ]
    found += _twice(body.payments)
    if not caller.scope.areas.intersection(await known.lineage(session, body.area_code)):
        found.append(Finding("area_code", "area_not_yours", *_AREA))
    if found:
        raise PaymentsRefused(errors=found)
    fresh = [one for one in body.payments if one.voucher not in kept]
    await _write(session, caller, body.area_code, fresh, kept, now=now)
    return [kept[one.voucher] for one in body.payments]


def _findings(
    place: str,
    one: PaymentIn,
    projects: Collection[UUID],
    before: TreasuryPayment | None,
    now: datetime,
) -> Iterable[Finding]:
    if one.project_id not in projects:
        yield Finding(f"{place}.project_id", "project_unknown", *_PROJECT)
    if one.amount <= 0:
        yield Finding(f"{place}.amount", "amount_not_positive", *_AMOUNT)
    if one.sent_on > clock.day_of(now):
        yield Finding(f"{place}.sent_on", "day_in_future", *_FUTURE)
    if before and not _is_same(one, before):
        yield Finding(f"{place}.voucher", "voucher_reused", *_REUSED)


def _is_same(one: PaymentIn, before: TreasuryPayment) -> bool:
    return (one.project_id, one.period, one.amount, one.sent_on) == (
        before.project_id,
        before.period,
        before.amount,
        before.sent_on,
    )


def _twice(payments: Sequence[PaymentIn]) -> Iterable[Finding]:
    met: set[str] = set()
    for n, one in enumerate(payments):
        if one.voucher in met:
            yield Finding(f"payments[{n}].voucher", "voucher_twice", *_TWICE)
        met.add(one.voucher)


async def _write(
    session: Session,
    caller: Caller,
    payer_area: str,
    fresh: Sequence[PaymentIn],
    kept: dict[str, TreasuryPayment],
    *,
    now: datetime,
) -> None:
    """Write new payments, each for what its project is owed then, and look for them at once."""
    project_ids = {one.project_id for one in fresh}
    # As whoever brings lines does: the source first, so that no line comes meanwhile.
    accounts = await queries.accounts.accounts_of_projects(session, project_ids)
    await queries.sources.locked_sources(session, {one.source_id for one in accounts.values()})
    covered: dict[UUID | None, Decimal] = defaultdict(Decimal)
    for before in await queries.payments.payments_of(session, project_ids):
        covered[before.obligation_id] += before.amount
    owed: dict[tuple[UUID, str], list[Obligation]] = defaultdict(list)
    for row in await queries.payments.owed_of(session, project_ids):
        owed[row.project_id, row.period].append(row)
    for one in sorted(fresh, key=lambda each: (each.sent_on, each.voucher)):
        row_for = _for_what(owed[one.project_id, one.period], covered)
        payment = TreasuryPayment(
            id=same_id(clock.at(one.sent_on), payer_area, one.voucher),
            payer_area=payer_area,
            obligation_id=row_for.id if row_for else None,
            received_at=now,
            received_from=caller.actor,
            **one.model_dump(),
        )
        session.add(payment)
        kept[one.voucher] = payment
        if row_for:
            covered[row_for.id] += one.amount
            publish(session, _sent(row_for, payment, covered[row_for.id], now))
    # They are looked for by their rows.
    await session.flush()
    await look_for_payments(session, project_ids)


def _for_what(owed: Sequence[Obligation], covered: dict[UUID | None, Decimal]) -> Obligation | None:
    """Give what a payment for a period is for: the first of it that is not covered, or the last."""
    open_ = [row for row in owed if covered[row.id] < row.due_amount]
    return open_[0] if open_ else (owed[-1] if owed else None)


def _sent(row: Obligation, payment: TreasuryPayment, sent: Decimal, now: datetime) -> TransferSent:
    return TransferSent(
        id=same_id(clock.at(payment.sent_on), payment.id, "sent"),
        occurred_at=now,
        project_id=row.project_id,
        area_code=row.area_code,
        obligation_id=row.id,
        works_contract_id=row.works_contract_id,
        period=row.period,
        due_on=row.due_on,
        amount=payment.amount,
        sent_on=payment.sent_on,
        lacking=max(row.due_amount - sent, _NOTHING),
        developer_id=row.developer_id,
        contractor_id=row.contractor_id,
    )


async def look_for_payments(session: Session, project_ids: Collection[UUID]) -> None:
    """See which payments for some projects have come in since, by the credits of their accounts."""
    waiting = await queries.payments.locked_payments_unseen(session, project_ids)
    if not waiting:
        return
    sent: dict[UUID, list[TreasuryPayment]] = defaultdict(list)
    for payment in waiting:
        sent[payment.project_id].append(payment)
    came: dict[UUID, list[Arrived]] = defaultdict(list)
    for project_id, line in await queries.payments.credits_unclaimed(session, sent):
        came[project_id].append(Arrived(line.id, line.day, line.amount))
    for project_id, mine in sent.items():
        asked = [Sent(one.id, one.sent_on, one.amount) for one in mine]
        found = rules.payments.seen(asked, came[project_id])
        for payment in mine:
            if credit := found.get(payment.id):
                payment.be_seen(credit.id, credit.day)


_PROJECT = (
    Text("项目不存在，或不在您的管辖范围内", "No such project, or it is outside yours"),
    Text("核对项目编号", "Check the project's id"),
)
_AREA = (
    Text("该行政区划不在您的管辖范围内", "This area is not yours"),
    Text("填写本级财政部门的行政区划代码", "Give the code of your bureau's own area"),
)
_AMOUNT = (
    Text("金额须大于零", "The amount must be greater than zero"),
    Text("填写实际拨付金额", "Give the amount that was sent"),
)
_FUTURE = (
    Text("拨付日期在未来", "This day lies in the future"),
    Text("实际拨付后再报送", "Tell of it once it was sent"),
)
_REUSED = (
    Text("该凭证号已用于内容不同的拨付", "This voucher came before with another content"),
    Text("核对凭证号；更正请使用新的凭证号", "Check the number; a correction has a new one"),
)
_TWICE = (
    Text("该凭证号在本批中出现两次", "This voucher stands in the batch twice"),
    Text("删除重复的一行", "Leave one of them out"),
)
