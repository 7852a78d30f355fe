"""Correction orders: from the ladder's draft to proof or a decision, and never to silence."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases import actions, jobs
from services.cases.errors import (
    DecisionNumberNeeded,
    EvidenceRefused,
    OrderLengthUnfit,
    OrderNotThere,
    PersonNeeded,
    ServiceDayUnfit,
)
from services.cases.models import CorrectionOrder, Evidence, OrderStep, WatchItem
from services.cases.rules import orders as rules
from services.cases.rules.orders import OrderState, ServedHow
from services.cases.schemas.orders import CheckIn, PenaltyIn, ProofIn, ServeIn, SignIn, WithdrawalIn
from services.cases.service import service
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.base import Event
from shared.events.cases import CorrectionOrderMoved
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, an_id, at
from tests.fixtures.service import Published, Time, Token

ORDERS = "/cases/v1/correction-orders"
INSPECTOR = Caller("inspector-1", frozenset({"inspector"}), frozenset({COUNTY}))
PAYER = Caller("payer", frozenset({"developer"}), frozenset({COUNTY}), make.DEVELOPER)
D17 = "2023-06-19 09:00"


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def tell(session: Session, *events: Event) -> None:
    for event in events:
        await service.handles[type(event)](session, event)
    await session.flush()  # What was written must be seen by queries.


async def orders(session: Session) -> list[CorrectionOrder]:
    await session.flush()  # As above.
    return list(await session.scalars(select(CorrectionOrder).order_by(CorrectionOrder.id)))


async def drafted(session: Session, project: str = "p") -> CorrectionOrder:
    """Let a miss climb until its order is drafted."""
    item = await make.open_item(session, make.missed("2023-05", project))
    await make.climb_to(session, item, D17)
    [order] = [one for one in await orders(session) if one.watch_item_id == item.id]
    return order


async def signed(session: Session, when: str = "2023-06-20 10:00", **said: Any) -> CorrectionOrder:
    order = await drafted(session)
    return await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(**said), at(when))


async def served(session: Session, on: str = "2023-06-20", **said: Any) -> CorrectionOrder:
    order = await signed(session, **said)
    body = ServeIn(served_on=date.fromisoformat(on), served_how=ServedHow.DIRECT)
    now = max(at(f"{on} 17:00"), at("2023-06-20 17:00"))
    return await actions.orders.serve_order(session, INSPECTOR, order.id, body, now)


async def overdue(session: Session) -> CorrectionOrder:
    order = await served(session)
    await fall_due(session, order)
    assert order.state is OrderState.OVERDUE
    return order


async def fall_due(session: Session, order: CorrectionOrder) -> None:
    """Let the one armed limit of an order end, as its timer does, twice."""
    [timer] = await timers.armed(session, order.id)
    timer.state = timers.FIRED
    for _ in range(2):
        await jobs.on_order_due(session, timer)
    await session.flush()  # As above.


async def bring(session: Session, order: CorrectionOrder) -> UUID:
    row = Evidence(
        id=new_id(), subject_id=order.watch_item_id, kind="pdf", sha256="a" * 64, size=9,
        scan="not_scanned", kept_at=at("2023-06-21 10:00"), kept_by="payer",
    )  # fmt: skip
    session.add(row)
    await session.flush()  # As above.
    return row.id


async def history(session: Session, order: CorrectionOrder) -> list[str]:
    await session.flush()  # As above.
    found = select(OrderStep.what).where(OrderStep.order_id == order.id)
    return list(await session.scalars(found.order_by(OrderStep.at, OrderStep.id)))


# ---- drafting --------------------------------------------------------------------------------


async def test_the_ladder_drafts_an_order_seventeen_working_days_after_the_due_day(
    session: Session, published: Published
) -> None:
    item = await make.open_item(session)
    await make.climb_to(session, item, "2023-06-19 08:59")
    assert await orders(session) == []
    await make.climb_to(session, item, D17)
    [order] = await orders(session)
    assert (order.state, order.article, order.unit_id) == ("draft", "724号第57条", make.DEVELOPER)
    assert (order.drafted_at, order.number) == (at(D17), None)
    [moved] = await published(session, CorrectionOrderMoved)
    assert (moved.order_state, moved.watch_item_id) == ("draft", item.id)
    await make.climb_to(session, item, "2023-07-31 09:00")
    assert len(await orders(session)) == 1


async def test_a_jump_over_the_step_and_a_late_opening_draft_it_too(session: Session) -> None:
    await tell(session, make.missed("2023-04"), make.missed("2023-05"))
    [order] = await orders(session)
    assert order.period == "2023-05"
    await tell(session, make.missed("2023-05", "q", occurred_at=at("2023-06-20 10:00")))
    assert [one.project_id for one in await orders(session)] == [an_id("p"), an_id("q")]


async def test_a_late_feed_never_brings_an_order(session: Session) -> None:
    await tell(session, make.feed_late())
    item = await make.item_about(session, an_id("feed", "2023-06-28"))
    await make.climb_to(session, item, "2023-08-31 09:00")
    assert await orders(session) == []


async def test_a_missing_system_has_one_order_at_a_time() -> None:
    keys = {rules.about("deposit", key, an_id("p")) for key in ("deposit_missing:1", "no:2")}
    assert len(keys) == 1
    assert rules.about("deposit", "k", an_id("p")) != rules.about("roster", "k", an_id("p"))
    assert rules.about("transfer_missed", "a", 1) != rules.about("transfer_missed", "b", 1)


async def test_an_order_drafted_by_hand_is_the_one_that_is_under_way(session: Session) -> None:
    order = await drafted(session)
    item = await session.get_one(WatchItem, order.watch_item_id)
    body = actions.orders.DraftIn(watch_item_id=item.id)
    again = await actions.orders.draft_order(session, INSPECTOR, body, at("2023-06-20 10:00"))
    assert again is order
    took_back = WithdrawalIn(reason="typo")
    await actions.orders.withdraw_order(
        session, INSPECTOR, order.id, took_back, at("2023-06-20 10:00")
    )
    new = await actions.orders.draft_order(session, INSPECTOR, body, at("2023-06-20 11:00"))
    assert (new.id != order.id, new.state) == (True, "draft")


# ---- numbers ---------------------------------------------------------------------------------


async def test_a_signature_gives_the_offices_next_number_of_the_year(session: Session) -> None:
    found = []
    for project, area, when in (
        ("a", COUNTY, "2023-06-20 10:00"),
        ("b", TOWN, "2023-12-31 23:59"),
        ("c", COUNTY, "2024-01-01 00:00"),
    ):
        event = make.missed("2023-05", project, area_code=area)
        item = await make.open_item(session, event)
        await make.climb_to(session, item, D17)
        [order] = [one for one in await orders(session) if one.watch_item_id == item.id]
        await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(), at(when))
        found.append((order.office, order.number))
    # A town's orders are its county's.
    assert found == [
        (COUNTY, "劳监令字〔2023〕第1号"),
        (COUNTY, "劳监令字〔2023〕第2号"),
        (COUNTY, "劳监令字〔2024〕第1号"),
    ]


async def test_only_a_person_signs_and_only_within_the_terms(session: Session) -> None:
    order = await drafted(session)
    machine = Caller("key:1", frozenset({"inspector"}), frozenset({COUNTY}))
    now = at("2023-06-20 10:00")
    with pytest.raises(PersonNeeded):
        await actions.orders.sign_order(session, machine, order.id, SignIn(), now)
    for length in (2, 16):
        with pytest.raises(OrderLengthUnfit) as refused:
            await actions.orders.sign_order(
                session, INSPECTOR, order.id, SignIn(length=length), now
            )
        assert (refused.value.extra["shortest"], refused.value.extra["longest"]) == (3, 15)
    await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(length=3), now)
    with pytest.raises(OrderNotThere):
        await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(), now)


# ---- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "length", "due_on"),
    [
        ("2023-06-20", 10, "2023-06-30"),
        # The third day, 23 June, is a holiday; Sunday 25 June is worked.
        ("2023-06-20", 3, "2023-06-25"),
        ("2023-06-21", 10, "2023-07-03"),
    ],
)
async def test_an_order_is_due_so_many_days_after_its_service(
    session: Session, on: str, length: int, due_on: str
) -> None:
    order = await served(session, on, length=length)
    assert (order.due_on, order.due_at) == (
        date.fromisoformat(due_on), clock.day_end(date.fromisoformat(due_on)),
    )  # fmt: skip
    [timer] = await timers.armed(session, order.id)
    assert (timer.kind, timer.step, timer.due_at) == ("order", "served", order.due_at)


async def test_an_order_is_served_between_its_signature_and_today(session: Session) -> None:
    order = await signed(session)
    for day in ("2023-06-19", "2023-06-22"):
        body = ServeIn(served_on=date.fromisoformat(day), served_how=ServedHow.MAIL)
        with pytest.raises(ServiceDayUnfit):
            await actions.orders.serve_order(
                session, INSPECTOR, order.id, body, at("2023-06-21 10:00")
            )


async def test_what_lies_unsigned_or_unserved_is_told_of_once(
    session: Session, published: Published
) -> None:
    order = await drafted(session)
    await fall_due(session, order)
    now = at("2023-06-28 10:00")
    await actions.orders.sign_order(session, INSPECTOR, order.id, SignIn(), now)
    await fall_due(session, order)
    told = [
        (one.order_state, one.stalled) for one in await published(session, CorrectionOrderMoved)
    ]
    assert told == [("draft", False), ("draft", True), ("signed", False), ("signed", True)]
    assert await history(session, order) == [
        "draft", "not_signed_in_time", "signed", "not_served_in_time",
    ]  # fmt: skip


async def test_another_calendar_counts_a_running_limit_anew(session: Session) -> None:
    order = await served(session)
    assert order.due_on == date(2023, 6, 30)
    more = {date(2023, 6, 30): "holiday"}
    days = make.calendar_told().exceptions | more
    told = make.calendar_told(exceptions=days, occurred_at=at("2023-06-21 12:00"))
    await tell(session, told)
    assert order.due_on == date(2023, 7, 3)
    [timer] = await timers.armed(session, order.id)
    assert timer.due_at == order.due_at


async def test_the_night_finds_an_order_that_nothing_will_wake(
    session: Session, published: Published
) -> None:
    order = await served(session)
    await timers.disarm(session, order.id)
    await session.flush()  # As above.
    for _ in range(2):
        now = at("2023-06-22 00:30")
        await actions.items.report_without_timer(session, clock.day_of(now), now)
    about = [one for one in await published(session) if type(one).__name__ == "ItemWithoutTimer"]
    assert [(one.kind, one.subject_id) for one in about] == [("correction_order", order.id)]


# ---- how it ends -----------------------------------------------------------------------------


async def test_money_that_comes_in_time_fulfils_the_order(session: Session) -> None:
    order = await served(session)
    await tell(session, make.received("2023-05", "0.00", "2023-06-28 15:00"))
    assert (order.state, order.put_right_at) == ("fulfilled", at("2023-06-28 15:00"))
    assert await timers.armed(session, order.id) == []


async def test_money_that_comes_before_the_service_takes_the_order_back(session: Session) -> None:
    order = await signed(session)
    await tell(session, make.received("2023-05", "0.00", "2023-06-21 15:00"))
    assert (order.state, order.reason) == ("withdrawn", "put_right_before_service")
    assert order.number == "劳监令字〔2023〕第1号"


async def test_an_order_that_is_not_obeyed_proposes_a_penalty_that_must_be_decided(
    session: Session, published: Published
) -> None:
    order = await overdue(session)
    assert (await published(session, CorrectionOrderMoved))[-1].order_state == "overdue"
    # Late money does not end it: somebody has to say what follows.
    await tell(session, make.received("2023-05", "0.00", "2023-07-05 15:00"))
    assert (order.state, order.put_right_at) == ("overdue", at("2023-07-05 15:00"))
    now = at("2023-07-06 10:00")
    with pytest.raises(DecisionNumberNeeded):
        await actions.orders.decide_penalty(
            session, INSPECTOR, order.id, PenaltyIn(penalised=True, reason="x"), now
        )
    body = PenaltyIn(penalised=True, decision_number="劳监罚字〔2023〕第1号", reason="逾期不改正")
    await actions.orders.decide_penalty(session, INSPECTOR, order.id, body, now)
    assert (order.state, order.ended_by, order.ended_at) == ("penalised", INSPECTOR.actor, now)
    assert order.decision_number == "劳监罚字〔2023〕第1号"


async def test_proof_is_brought_by_the_addressee_and_checked_by_an_inspector(
    session: Session,
) -> None:
    order = await served(session)
    now = at("2023-06-26 10:00")
    with pytest.raises(EvidenceRefused):
        await actions.orders.check_order(
            session, INSPECTOR, order.id, CheckIn(enough=True, reason="x"), now
        )
    unknown = ProofIn(text="已付", evidence_ids=[an_id("nothing")])
    with pytest.raises(EvidenceRefused) as refused:
        await actions.orders.prove_order(session, PAYER, order.id, unknown, now)
    assert refused.value.errors[0].place == "evidence_ids[0]"
    proof = ProofIn(text="已付", evidence_ids=[await bring(session, order)])
    await actions.orders.prove_order(session, PAYER, order.id, proof, now)
    no, yes = CheckIn(enough=False, reason="金额不符"), CheckIn(enough=True, reason="凭证齐全")
    await actions.orders.check_order(session, INSPECTOR, order.id, no, now)
    assert (order.state, len(await timers.armed(session, order.id))) == ("served", 1)
    await session.flush()  # As above.
    with pytest.raises(EvidenceRefused):
        await actions.orders.check_order(session, INSPECTOR, order.id, yes, now)
    await actions.orders.prove_order(session, PAYER, order.id, proof, now)
    await session.flush()  # As above.
    await actions.orders.check_order(session, INSPECTOR, order.id, yes, now)
    assert (order.state, order.put_right_at) == ("fulfilled", now)
    assert await timers.armed(session, order.id) == []


async def test_every_way_of_an_order_ends_with_a_person_or_a_proof() -> None:
    """No state from which nothing leads on, and no end that time alone brings about."""
    ends = set(OrderState) - rules.UNDER_WAY
    assert ends == {"fulfilled", "penalised", "spared", "withdrawn"}
    assert OrderState.OVERDUE in rules.UNDER_WAY
    assert {OrderState.DRAFT, OrderState.SIGNED} == rules.WITHDRAWABLE


# ---- over HTTP -------------------------------------------------------------------------------


@pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
async def test_an_order_goes_its_way_over_http(
    session: Session, client: AsyncClient, time: Time, token: Token
) -> None:
    order = await drafted(session)
    time.move_to(at("2023-06-20 10:00"))
    path = f"{ORDERS}/{order.id}"
    party = token("developer", areas=[COUNTY], org=make.DEVELOPER)
    assert (await client.get(path, headers=party)).status_code == 404
    answer = await client.post(f"{path}/sign", json={"length": 10, "facts": "累计欠拨30万元"})
    assert (answer.status_code, answer.json()["number"]) == (200, "劳监令字〔2023〕第1号")
    answer = await client.post(
        f"{path}/serve", json={"served_on": "2023-06-20", "served_how": "direct"}
    )
    assert (answer.json()["state"], answer.json()["due_on"]) == ("served", "2023-06-30")
    shown = (await client.get(path, headers=party)).json()
    assert [step["what"] for step in shown["steps"]] == ["draft", "signed", "served"]
    listed = (await client.get(ORDERS, params={"state": "served"})).json()["items"]
    assert [one["id"] for one in listed] == [str(order.id)]
    other = token("inspector", areas=[NEIGHBOUR])
    assert (await client.get(ORDERS, headers=other)).json()["items"] == []


@pytest.mark.parametrize("role", ["co_inspector", "wage_office", "developer"])
async def test_nobody_but_an_inspector_signs(
    session: Session, client: AsyncClient, token: Token, role: str
) -> None:
    order = await drafted(session)
    headers = token(role, areas=[COUNTY], org=make.DEVELOPER)
    for tail in ("sign", "serve", "check", "penalty"):
        answer = await client.post(f"{ORDERS}/{order.id}/{tail}", json={}, headers=headers)
        assert answer.status_code == 403
    draft = await client.post(ORDERS, json={}, headers=headers)
    assert draft.status_code == (422 if role == "wage_office" else 403)


@pytest.mark.caller("inspector", areas=[COUNTY])
async def test_an_order_needs_terms_that_fit(
    session: Session, client: AsyncClient, time: Time
) -> None:
    time.move_to(at("2023-06-30 10:00"))
    await tell(session, make.feed_late(), make.missed())
    feed = await make.item_about(session, an_id("feed", "2023-06-28"))
    miss = await make.item_about(session, an_id("p", "2023-05"))
    for said in (
        {"watch_item_id": str(feed.id)},
        {"watch_item_id": str(miss.id), "system": "deposit"},
    ):
        answer = await client.post(ORDERS, json=said)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/no-order-fits")
    await tell(session, make.received("2023-05", "0", "2023-06-30 09:00"))
    answer = await client.post(ORDERS, json={"watch_item_id": str(miss.id)})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-closed")
