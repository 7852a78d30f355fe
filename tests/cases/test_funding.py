"""Government money that is not in place: each step with its person, day and paper, to the end."""

from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient

from services.cases import actions, jobs
from services.cases.errors import FundingNotThere, NoGovernmentMoney, SecondPersonNeeded
from services.cases.models import FundingOrder
from services.cases.rules.funding import FOLLOWS, FundingState, Measure
from services.cases.schemas.funding import ApprovalIn, FundIn, MeasureIn, ReportIn
from services.cases.service import service
from shared import timers
from shared.auth import Caller
from shared.db import Session
from shared.events.cases import FundingOrderMoved
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at
from tests.fixtures.service import Published, Time, Token

FUNDS = "/cases/v1/funding-orders"
HRSS = Caller("hrss-1", frozenset({"inspector"}), frozenset({COUNTY}))
GOVERNMENT = Caller("county-1", frozenset({"leading_group"}), frozenset({COUNTY}))
STEP = {"done_on": "2023-06-01", "done_by": "县人社局", "document_number": "鹤人社〔2023〕9号"}
NOW = at("2023-06-01 10:00")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(NOW)
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def reported(session: Session, **changes: Any) -> FundingOrder:
    item = await make.open_item(session, make.missed())
    said = STEP | {"watch_item_id": item.id, "reason": "财政资金未到位"} | changes
    return await actions.funding.report_funding(session, HRSS, ReportIn.model_validate(said), NOW)


async def approved(session: Session, *, yes: bool = True) -> FundingOrder:
    order = await reported(session)
    said = ApprovalIn.model_validate(STEP | {"approved": yes, "reason": "同意"})
    return await actions.funding.approve_funding(session, GOVERNMENT, order.id, said, NOW)


async def ordered(session: Session, length: int = 5, unit: str = "wd") -> FundingOrder:
    order = await approved(session)
    said = {"addressed_to": "县财政局", "served_on": "2023-06-01", "length": length, "unit": unit}
    body = FundIn.model_validate(STEP | said)
    return await actions.funding.order_funding(session, HRSS, order.id, body, NOW)


async def overdue(session: Session) -> FundingOrder:
    order = await ordered(session)
    [timer] = await timers.armed(session, order.id)
    timer.state = timers.FIRED
    for _ in range(2):
        await jobs.on_funding_due(session, timer)
    return order


async def measure(session: Session, order: FundingOrder, what: Measure) -> FundingOrder:
    body = MeasureIn.model_validate(STEP | {"measure": what, "reason": "逾期未拨付"})
    return await actions.funding.take_measure(session, HRSS, order.id, body, NOW)


@pytest.mark.parametrize(
    ("length", "unit", "due_on"),
    [(5, "wd", "2023-06-08"), (10, "cd", "2023-06-12"), (15, "wd", "2023-06-25")],
)
async def test_each_order_has_its_own_limit(
    session: Session, length: int, unit: str, due_on: str
) -> None:
    order = await ordered(session, length, unit)
    assert order.due_on == date.fromisoformat(due_on)
    [timer] = await timers.armed(session, order.id)
    assert (timer.kind, timer.due_at) == ("funding", order.due_at)


async def test_a_report_is_of_missed_government_money_and_one_at_a_time(session: Session) -> None:
    order = await reported(session)
    assert order.amount == 300000
    assert await reported(session) is order
    private = make.missed(project="q", card=make.card("q", investment_type="private"))
    item = await make.open_item(session, private)
    said = ReportIn.model_validate(STEP | {"watch_item_id": item.id, "reason": "x"})
    with pytest.raises(NoGovernmentMoney):
        await actions.funding.report_funding(session, HRSS, said, NOW)


async def test_another_person_approves_and_a_refusal_ends_it(session: Session) -> None:
    order = await reported(session)
    yes = ApprovalIn.model_validate(STEP | {"approved": True, "reason": "同意"})
    both = Caller("hrss-1", frozenset({"leading_group"}), frozenset({COUNTY}))
    with pytest.raises(SecondPersonNeeded):
        await actions.funding.approve_funding(session, both, order.id, yes, NOW)
    no = ApprovalIn.model_validate(STEP | {"approved": False, "reason": "资金已在途"})
    await actions.funding.approve_funding(session, GOVERNMENT, order.id, no, NOW)
    assert (order.state, order.is_over) == ("refused", True)
    with pytest.raises(FundingNotThere):
        await actions.funding.approve_funding(session, GOVERNMENT, order.id, yes, NOW)


async def test_an_order_that_is_not_obeyed_goes_to_the_higher_hrss_step_by_step(
    session: Session, published: Published
) -> None:
    order = await overdue(session)
    with pytest.raises(FundingNotThere):
        await measure(session, order, Measure.DISCIPLINE)
    for what in Measure:
        before = order.state
        await measure(session, order, what)
        assert FOLLOWS[what] == (before, order.state)
    told = [one.order_state for one in await published(session, FundingOrderMoved)]
    assert told == [
        "reported", "approved", "ordered", "overdue", "interviewed", "notified", "disciplined",
    ]  # fmt: skip


async def test_only_the_money_ends_an_order_however_late(session: Session) -> None:
    order = await overdue(session)
    await measure(session, order, Measure.INTERVIEW)
    event = make.received("2023-05", "0.00", "2023-06-20 15:00")
    await service.handles[type(event)](session, event)
    assert (order.state, order.funded_at) == (FundingState.FUNDED, at("2023-06-20 15:00"))


async def test_money_in_time_stops_the_limit(session: Session) -> None:
    order = await ordered(session)
    event = make.received("2023-05", "0.00", "2023-06-05 15:00")
    await service.handles[type(event)](session, event)
    assert order.state == "funded"
    assert await timers.armed(session, order.id) == []


@pytest.mark.caller("inspector", areas=[COUNTY], subject="hrss-1")
async def test_each_step_is_shown_with_person_day_and_paper(
    session: Session, client: AsyncClient, token: Token
) -> None:
    item = await make.open_item(session, make.missed())
    await session.flush()  # The app's own transactions must see it.
    said = STEP | {"watch_item_id": str(item.id), "reason": "财政资金未到位"}
    made = (await client.post(FUNDS, json=said)).json()
    path = f"{FUNDS}/{made['id']}"
    yes = STEP | {"approved": True, "reason": "同意", "done_by": "县人民政府"}
    assert (await client.post(f"{path}/approval", json=yes)).status_code == 403
    group = token("leading_group", areas=[COUNTY], subject="county-1")
    assert (await client.post(f"{path}/approval", json=yes, headers=group)).status_code == 200
    steps = (await client.get(path)).json()["steps"]
    assert [(one["state"], one["actor"], one["done_by"]) for one in steps] == [
        ("reported", "hrss-1", "县人社局"), ("approved", "county-1", "县人民政府"),
    ]  # fmt: skip
    assert {(one["done_on"], one["document_number"]) for one in steps} == {
        ("2023-06-01", "鹤人社〔2023〕9号")
    }
    missing = {key: value for key, value in yes.items() if key != "document_number"}
    assert (await client.post(f"{path}/approval", json=missing, headers=group)).status_code == 422
