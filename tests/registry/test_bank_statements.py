"""The bank's quarterly statements of deposits (65号 art. 21): expected, filed, missing."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.registry import actions, jobs
from services.registry.errors import RegistrationRefused
from services.registry.models import BankStatement, Security
from services.registry.rules.bank_statements import (
    StatementState,
    check_filing,
    check_months,
    period_at,
)
from services.registry.rules.deposits import Limit
from services.registry.schemas.deposits import DepositRuleIn
from shared import clock, timers
from shared.db import Session, Sessions
from shared.events.conditions import RegistryConditionEnded, RegistryConditionFound
from shared.workdays import Unit, national_calendar
from tests.contracts.access.deposits import RULE
from tests.fixtures.service import Published, Time, nightly
from tests.registry.systems import BEGINS, OFFICE, Site, words
from tests.registry.test_actions_deposits import begun, give
from tests.registry.test_routes_requirements import PNG

CALENDAR = national_calendar(range(2022, 2027))
TEN = Limit(10, Unit.WD)
CASH = {"form": "cash", "valid_until": None}


@given(st.dates(date(2023, 1, 1), date(2025, 6, 30)), st.sampled_from([1, 2, 3, 4, 6, 12]))
def test_periods_cover_each_day_once_and_are_due_after_they_end(day: date, months: int) -> None:
    period = period_at(day, months, TEN, CALENDAR)
    assert period.from_on <= day <= period.to_on < period.due_on
    assert CALENDAR.workdays_between(period.to_on, period.due_on) == 10
    following = period_at(period.to_on + timedelta(days=1), months, TEN, CALENDAR)
    assert following.from_on == period.to_on + timedelta(days=1)


def test_what_is_wrong_with_a_statement_is_said_all_at_once() -> None:
    end, day = date(2023, 6, 30), date(2023, 7, 3)
    assert list(check_filing(end, day, day, balance=Decimal(0), interest=Decimal(0))) == []
    less = {"balance": Decimal(-1), "interest": Decimal("-0.01")}
    found = check_filing(end, end, date(2023, 6, 29), **less)
    assert [(one.place, one.code) for one in found] == [
        ("stated_on", "DayAhead"), ("stated_on", "PeriodNotOver"),
        ("balance", "AmountNegative"), ("interest", "AmountNegative"),
    ]  # fmt: skip
    assert [one.code for months in range(1, 13) for one in check_months(months)] == [
        "MonthsDoNotDivide"
    ] * 6


@pytest.fixture(autouse=True)
def _begun(time: Time) -> None:
    time.move_to(BEGINS)


async def deposit(session: Session, **changes: object) -> tuple[Site, Security]:
    """Give a project with a deposit, in cash unless it is said otherwise."""
    here = await begun(session)
    return here, await give(session, here, **(CASH | changes))


async def of(session: Session, security: Security) -> list[BankStatement]:
    await session.flush()
    found = select(BankStatement).where(BankStatement.security_id == security.id)
    return list(await session.scalars(found.order_by(BankStatement.to_on)))


@pytest.mark.caller("wage_office")
async def test_a_statement_that_does_not_come_is_told_by_itself_until_it_is_filed(
    session: Session, published: Published, time: Time, client: AsyncClient
) -> None:
    here, security = await deposit(session)
    [first] = await of(session, security)
    # Ten working days after June: 3 to 7 and 10 to 14 July.
    assert (first.from_on, first.to_on, first.due_on) == (
        date(2023, 4, 20), date(2023, 6, 30), date(2023, 7, 14),
    )  # fmt: skip
    assert security.statement_due_on == first.due_on
    [timer] = await timers.armed(session, first.id)
    assert timer.due_at == clock.day_end(first.due_on)
    time.move_to(timer.due_at)
    await jobs.on_bank_statement_due(session, timer)
    missing = [
        one
        for one in await published(session, RegistryConditionFound)
        if one.kind == "deposit_statement_missing"
    ]
    assert [(one.since, one.subject_id, one.unit_id) for one in missing] == [
        (date(2023, 7, 14), first.id, here.contractor.id)
    ]
    # The next one is expected while this one is missing.
    [first, second] = await of(session, security)
    assert (first.late, second.to_on) == (True, date(2023, 9, 30))
    assert security.statement_due_on == second.due_on
    path = f"/registry/v1/bank-statements/{first.id}/file"
    files, form = {"file": ("对账单.png", PNG)}, {
        "stated_on": "2023-07-15", "balance": "120350.00", "interest": "350.00",
    }  # fmt: skip
    early = await client.post(path, files=files, data=form | {"stated_on": "2023-06-30"})
    assert [one["code"] for one in early.json()["errors"]] == ["PeriodNotOver"]
    filed = (await client.post(path, files=files, data=form)).json()
    assert (filed["state"], filed["balance"], filed["late"]) == ("filed", "120350.00", True)
    # The account is the contractor's who stored the deposit, and so is its interest.
    assert (filed["interest"], filed["interest_owner_id"]) == (
        "350.00", str(here.contractor.id),
    )  # fmt: skip
    assert (await client.post(path, files=files, data=form)).json() == filed
    other = await client.post(path, files={"file": ("b.png", PNG + b"b")}, data=form)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/step-refused")
    assert (await client.get(path)).content == PNG
    ended = await published(session, RegistryConditionEnded)
    assert words([*ended])[-1] == ("deposit_statement_missing", "ended", "statement_filed")
    assert len(await of(session, security)) == 2
    listed = await client.get("/registry/v1/bank-statements", params={"state": "owed"})
    assert [one["id"] for one in listed.json()["items"]] == [str(second.id)]
    shown = (await client.get("/registry/v1/securities")).json()["items"][0]
    assert shown["statement_due_on"] == second.due_on.isoformat()


async def test_a_guarantee_and_what_was_replaced_owe_no_statement(session: Session) -> None:
    here, guarantee = await deposit(session, form="bank_guarantee", valid_until="2024-04-19")
    assert await of(session, guarantee) == []
    cash = await give(session, here, **CASH, number="CK-1")
    await give(session, here, number="BH-2", replaces=cash.id)
    [dropped] = await of(session, cash)
    assert (dropped.state.value, cash.statement_due_on) == ("dropped", None)
    assert await timers.armed(session, dropped.id) == []


async def test_period_and_limit_are_numbers_of_the_area(session: Session) -> None:
    here = await begun(session)
    monthly = {"area_code": "422828", "valid_from": "2023-04-20", "statement_months": 1}
    body = DepositRuleIn.model_validate(RULE | monthly)
    await actions.deposit_rules.enter_deposit_rule(session, OFFICE, body, clock.now())
    uneven = DepositRuleIn.model_validate(RULE | monthly | {"version": 2, "statement_months": 5})
    with pytest.raises(RegistrationRefused):
        await actions.deposit_rules.enter_deposit_rule(session, OFFICE, uneven, clock.now())
    await session.flush()
    security = await give(session, here, **CASH)
    [first] = await of(session, security)
    # Five working days after April: 4 to 6 May, the make-up Saturday among them, 8 and 9.
    assert (first.to_on, first.due_on) == (date(2023, 4, 30), date(2023, 5, 9))


async def test_deposits_from_before_are_expected_of_at_night(
    sessions: Sessions, time: Time
) -> None:
    async with sessions.begin("test") as session:
        _, security = await deposit(session)
        [made] = await of(session, security)
        made.state = StatementState.DROPPED
        security_id: UUID = security.id
    time.move_to(clock.at(date(2023, 7, 2)))
    await nightly(sessions, "expect_bank_statements", date(2023, 7, 2))
    await nightly(sessions, "expect_bank_statements", date(2023, 7, 2))
    async with sessions.begin("test") as session:
        found = await of(session, await session.get_one(Security, security_id))
        assert [one.to_on for one in found] == [date(2023, 6, 30), date(2023, 9, 30)]


@pytest.mark.caller("wage_office")
async def test_interest_is_whose_the_area_says_it_is(
    session: Session, time: Time, client: AsyncClient
) -> None:
    here = await begun(session)
    own = {"area_code": "422828", "valid_from": "2023-04-20", "interest_to": "developer"}
    body = DepositRuleIn.model_validate(RULE | own)
    await actions.deposit_rules.enter_deposit_rule(session, OFFICE, body, clock.now())
    await session.flush()
    [first] = await of(session, await give(session, here, **CASH))
    time.move_to(clock.at(date(2023, 7, 3), 9))
    path = f"/registry/v1/bank-statements/{first.id}/file"
    form = {"stated_on": "2023-07-03", "balance": "120000.01", "interest": "0.01"}
    filed = (await client.post(path, files={"file": ("x.png", PNG)}, data=form)).json()
    assert (filed["late"], filed["interest_owner_id"]) == (False, str(here.developer.id))
