"""Finance tells what it sent; each payment is looked for among the credits of its account."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import expectations
from services.payroll.errors import PaymentsRefused
from services.payroll.models import Obligation, TreasuryPayment
from services.payroll.rules.payments import Arrived, Sent, Told
from services.payroll.schemas.payments import PaymentsIn
from shared import clock, known
from shared.auth import Caller
from shared.db import Session, same_id
from shared.events.payroll import TransferSent
from shared.expectations import FeedKind
from shared.outbox import publish_all
from shared.problems import Finding
from shared.wording import Text

_NOTHING = Decimal(0)
# As of days that are read from cells: what lies before is a slip of typing.
_FIRST = date(2000, 1, 1)


async def receive_payments(
    session: Session, caller: Caller, body: PaymentsIn, now: datetime
) -> Sequence[TreasuryPayment]:
    """Take what a finance bureau sent, all of it or nothing; what came before comes again as it is.

    Raises PaymentsRefused with all findings.
    """
    await expectations.arrive(session, FeedKind.TREASURY, {body.area_code}, now)
    await queries.payments.wait_for_turn(session, body.area_code)
    told = [Told(**one.model_dump()) for one in body.payments]
    projects = await queries.payments.projects_in_scope(
        session, {one.project_id for one in told}, caller.scope
    )
    vouchers = {one.voucher for one in told}
    kept = dict(await queries.payments.payments_by_voucher(session, body.area_code, vouchers))
    found = [
        finding
        for n, one in enumerate(told)
        for finding in _findings(f"payments[{n}]", one, projects, kept.get(one.voucher), now)
    ]
    found += _twice(told)
    if not caller.scope.areas.intersection(await known.lineage(session, body.area_code)):
        found.append(Finding("area_code", "area_not_yours", *_AREA))
    if found:
        raise PaymentsRefused(errors=found)
    fresh = [one for one in told if one.voucher not in kept]
    written = await write(session, Origin(body.area_code, caller.actor), fresh, now)
    kept |= {one.voucher: one for one in written}
    return [kept[one.voucher] for one in told]


def _findings(
    place: str,
    one: Told,
    projects: Collection[UUID],
    before: TreasuryPayment | None,
    now: datetime,
) -> Iterable[Finding]:
    if one.project_id not in projects:
        yield Finding(f"{place}.project_id", "project_unknown", *_PROJECT)
    objections = [*object_to(one.amount, one.sent_on, now), *object_to_voucher(one, before)]
    for name, code, said, remedy in objections:
        yield Finding(f"{place}.{name}", code, said, remedy)


Objection: TypeAlias = tuple[str, str, Text, Text]
"""The field that is wrong, a code, what is wrong, what to do."""


def object_to(amount: Decimal | None, sent_on: date | None, now: datetime) -> Iterable[Objection]:
    """Say what cannot be in a payment by itself; what was not readable is none."""
    if amount is not None and amount <= 0:
        yield "amount", "amount_not_positive", *_AMOUNT
    if sent_on and sent_on > clock.day_of(now):
        yield "sent_on", "day_in_future", *_FUTURE
    if sent_on and sent_on < _FIRST:
        yield "sent_on", "day_too_early", *_EARLY


def object_to_voucher(one: Told, before: TreasuryPayment | None) -> Iterable[Objection]:
    """Say whether a voucher came before with another content."""
    if before and (one.project_id, one.period or before.period, one.amount, one.sent_on) != (
        before.project_id, before.period, before.amount, before.sent_on,
    ):  # fmt: skip
        yield "voucher", "voucher_reused", *_REUSED


def _twice(payments: Sequence[Told]) -> Iterable[Finding]:
    met: set[str] = set()
    for n, one in enumerate(payments):
        if one.voucher in met:
            yield Finding(f"payments[{n}].voucher", "voucher_twice", *_TWICE)
        met.add(one.voucher)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who told payments: a bureau by its area, a person or machine, a file."""

    payer_area: str
    actor: str
    payment_list_id: UUID | None = None


async def write(
    session: Session, origin: Origin, fresh: Sequence[Told], now: datetime
) -> Sequence[TreasuryPayment]:
    """Write new payments, each for what its project is owed then, and look for them at once.

    One without a period must be for a project that is owed something.
    """
    project_ids = {one.project_id for one in fresh}
    # As whoever brings lines does: the source first, so that no line comes meanwhile.
    accounts = await queries.accounts.accounts_of_projects(session, project_ids)
    await queries.sources.locked_sources(session, {one.source_id for one in accounts.values()})
    covered: dict[UUID | None, Decimal] = defaultdict(Decimal)
    for before in await queries.payments.payments_of(session, project_ids):
        covered[before.obligation_id] += before.amount
    owed: dict[UUID, list[Obligation]] = defaultdict(list)
    for row in await queries.payments.owed_of(session, project_ids):
        owed[row.project_id].append(row)
    written, told = [], []
    for one in sorted(fresh, key=lambda each: (each.sent_on, each.voucher)):
        row_for = _for_what(one, owed[one.project_id], covered)
        payment = _payment(origin, one, row_for, now)
        written.append(payment)
        if row_for:
            covered[row_for.id] += one.amount
            told.append(_sent(row_for, payment, covered[row_for.id], now))
    session.add_all(written)
    # They are looked for by their rows.
    await session.flush()
    await publish_all(session, told)
    await look_for_payments(session, project_ids)
    return written


def _for_what(
    one: Told, owed: Sequence[Obligation], covered: Mapping[UUID | None, Decimal]
) -> Obligation | None:
    """Give what a payment is for: the first of its period that is not covered, or the last.

    Without a period, the first of all that are owed still.
    """
    if one.period is None:
        rows = [row for row in owed if row.closed_reason is None] or list(owed)
    else:
        rows = [row for row in owed if row.period == one.period]
    open_ = [row for row in rows if covered[row.id] < row.due_amount]
    return open_[0] if open_ else (rows[-1] if rows else None)


def _payment(
    origin: Origin, one: Told, row_for: Obligation | None, now: datetime
) -> TreasuryPayment:
    period = row_for.period if row_for else one.period
    if period is None:
        raise ValueError(f"voucher {one.voucher} names no period, and its project is owed nothing")
    return TreasuryPayment(
        id=same_id(clock.at(one.sent_on), origin.payer_area, one.voucher),
        payer_area=origin.payer_area,
        voucher=one.voucher,
        project_id=one.project_id,
        obligation_id=row_for.id if row_for else None,
        period=period,
        amount=one.amount,
        sent_on=one.sent_on,
        funding_source=one.funding_source,
        payment_list_id=origin.payment_list_id,
        received_at=now,
        received_from=origin.actor,
    )


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
_EARLY = (
    Text("拨付日期早于2000年", "This day lies before 2000"),
    Text("核对年份", "Check the year"),
)
_REUSED = (
    Text("该凭证号已用于内容不同的拨付", "This voucher came before with another content"),
    Text("核对凭证号；更正请使用新的凭证号", "Check the number; a correction has a new one"),
)
_TWICE = (
    Text("该凭证号在本批中出现两次", "This voucher stands in the batch twice"),
    Text("删除重复的一行", "Leave one of them out"),
)
