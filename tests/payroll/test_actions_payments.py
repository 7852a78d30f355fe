"""What finance sent is looked for in the accounts, and compared with schedule and credits."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.payroll import actions, queries
from services.payroll.errors import PaymentsRefused
from services.payroll.models import TreasuryPayment
from services.payroll.rules import payments
from services.payroll.rules.payments import Arrived, Difference, Payment, Scheduled, Sent
from services.payroll.schemas.payments import PaymentFilter, PaymentIn, PaymentsIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.events.payroll import TransferSent
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import COUNTY, EVERYWHERE, NEIGHBOUR, line, statement

DUE, TODAY = date(2023, 1, 20), date(2023, 1, 30)
FINANCE = Caller("fei", frozenset({"finance_bureau"}), frozenset({COUNTY}))


@pytest.fixture
async def project_id(session: Session) -> UUID:
    """Give a project with a contract, a source and an account: 100 is due each month."""
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    return found


def sent(project_id: UUID, voucher: str = "V1", **changes: Any) -> PaymentIn:
    values = {"period": "2023-01", "amount": Decimal(100), "sent_on": date(2023, 1, 18)}
    return PaymentIn(voucher=voucher, project_id=project_id, **(values | changes))


async def tell(
    session: Session, *told: PaymentIn, caller: Caller = FINANCE, now: datetime | None = None
) -> list[TreasuryPayment]:
    body = PaymentsIn(area_code=COUNTY, payments=list(told))
    kept = await actions.payments.receive_payments(session, caller, body, now or clock.at(TODAY, 9))
    await session.flush()
    return list(kept)


async def came(session: Session, day: date, amount: int, serial: str = "A") -> None:
    said = line(serial, f"{day}T10:00:00", amount, amount)
    await factories.feed(session, day, statement(0, said), final=False)


async def test_a_payment_is_seen_once_its_money_is_in_the_account(
    session: Session, project_id: UUID
) -> None:
    [payment] = await tell(session, sent(project_id))
    assert (payment.seen_on, payment.waiting_since) == (None, date(2023, 1, 18))
    await came(session, date(2023, 1, 17), 100, "early")
    assert payment.seen_on is None
    await came(session, date(2023, 1, 19), 100)
    assert (payment.seen_on, payment.waiting_since) == (date(2023, 1, 19), None)
    [later] = await tell(session, sent(project_id, "V2", period="2023-02"))
    unseen = await queries.payments.payments(
        session, EVERYWHERE, PaymentFilter(seen=False), cursor=None, limit=9
    )
    assert unseen.items == [later]


async def test_a_payment_told_after_its_money_came_is_seen_at_once(
    session: Session, project_id: UUID
) -> None:
    await came(session, date(2023, 1, 19), 100)
    [payment] = await tell(session, sent(project_id))
    assert payment.seen_on == date(2023, 1, 19)


async def test_what_came_before_comes_again_as_it_is(
    session: Session, project_id: UUID, published: Published
) -> None:
    first = await tell(session, sent(project_id))
    again = await tell(session, sent(project_id), sent(project_id, "V2", amount=Decimal(7)))
    assert again[0] is first[0]
    told = await published(session, TransferSent)
    assert [(one.amount, one.lacking) for one in told] == [
        (Decimal(100), Decimal(0)), (Decimal(7), Decimal(0)),
    ]  # fmt: skip


async def test_all_that_is_wrong_is_said_and_nothing_is_taken(
    session: Session, project_id: UUID
) -> None:
    await tell(session, sent(project_id))
    with pytest.raises(PaymentsRefused) as refused:
        await tell(
            session,
            sent(project_id, amount=Decimal(99)),
            sent(UUID(int=99), "V2", sent_on=TODAY + timedelta(days=1)),
            sent(project_id, "V2", amount=Decimal(0)),
            caller=Caller("fei", frozenset({"finance_bureau"}), frozenset({NEIGHBOUR, COUNTY})),
        )
    assert [(one.place, one.code) for one in refused.value.errors] == [
        ("payments[0].voucher", "voucher_reused"),
        ("payments[1].project_id", "project_unknown"),
        ("payments[1].sent_on", "day_in_future"),
        ("payments[2].amount", "amount_not_positive"),
        ("payments[2].voucher", "voucher_twice"),
    ]
    neighbour = Caller("fei", frozenset({"finance_bureau"}), frozenset({NEIGHBOUR}))
    with pytest.raises(PaymentsRefused) as refused:
        await tell(session, sent(project_id, "V3"), caller=neighbour)
    assert [one.code for one in refused.value.errors] == ["project_unknown", "area_not_yours"]


async def test_the_three_views_of_a_project_stand_side_by_side(
    session: Session, project_id: UUID
) -> None:
    await came(session, date(2023, 1, 19), 60)
    await tell(
        session,
        sent(project_id, amount=Decimal(60)),
        sent(project_id, "V2", amount=Decimal(30), sent_on=date(2023, 1, 28)),
        sent(project_id, "V3", period="2023-12", amount=Decimal(5)),
    )
    rows = await queries.payments.three_way(session, project_id, EVERYWHERE, TODAY)
    assert [(row.period, [one.value for one in row.differences]) for row in rows] == [
        ("2023-01", ["sent_less", "sent_late", "not_arrived"]),
        ("2023-02", []),
        ("2023-03", []),
        ("2023-04", []),
        ("2023-12", ["not_scheduled", "not_arrived"]),
    ]
    january = rows[0]
    figures = (january.due_amount, january.sent_amount, january.seen_amount)
    assert figures == (Decimal(100), Decimal(90), Decimal(60))
    assert (january.credited_amount, january.waiting_since) == (60, date(2023, 1, 28))


# ---- rules -----------------------------------------------------------------------------------


def owed(due: int, credited: int, due_on: date = DUE) -> list[Scheduled]:
    return [Scheduled("2023-01", due_on, Decimal(due), Decimal(credited))]


def paid(*amounts: int, seen: bool = True, on: date = DUE) -> list[Payment]:
    return [Payment("2023-01", on, Decimal(each), on if seen else None) for each in amounts]


@pytest.mark.parametrize(
    ("scheduled", "sent_", "found"),
    [
        (owed(100, 100), paid(100), []),
        (owed(100, 100), paid(60, 40), []),
        (owed(100, 0), [], [Difference.NOT_SENT]),
        (owed(100, 0, date(2023, 2, 20)), [], []),
        (owed(100, 60), paid(60), [Difference.SENT_LESS]),
        (owed(100, 100), paid(130), [Difference.SENT_MORE]),
        (owed(100, 100), paid(100, on=date(2023, 1, 21)), [Difference.SENT_LATE]),
        (owed(100, 0), paid(100, seen=False), [Difference.NOT_ARRIVED]),
        (owed(100, 40), paid(100), [Difference.ARRIVED_LESS]),
        (owed(100, 100), paid(60), [Difference.SENT_LESS, Difference.ARRIVED_MORE]),
        ([], paid(10), [Difference.NOT_SCHEDULED]),
    ],
)
def test_differences_are_named(
    scheduled: list[Scheduled], sent_: list[Payment], found: list[Difference]
) -> None:
    [row] = payments.compare(scheduled, sent_, TODAY)
    assert row.differences == found


def test_a_credit_is_one_payment_of_its_amount_and_not_before_it() -> None:
    asked = [Sent(UUID(int=n), date(2023, 1, n), Decimal(10)) for n in (3, 1)]
    credits_ = [
        Arrived(UUID(int=11), date(2023, 1, 2), Decimal(10)),
        Arrived(UUID(int=12), date(2023, 1, 2), Decimal(9)),
    ]
    found = payments.seen(asked, credits_)
    assert {payment: one.id for payment, one in found.items()} == {UUID(int=1): UUID(int=11)}
