"""The liability path and the money of a case: who is asked, what came, what is to be recovered."""

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import WatchItem
from services.cases.rules.arrears import PaymentSource
from shared.db import Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at
from tests.cases.test_arrears import CASES, Do, do, opened, sent
from tests.cases.test_proceedings import (
    PROCEEDINGS,
    Act,
    act,
    fresh,
    of_kind,
    open_one,
    ordered,
    running,
)
from tests.fixtures.service import Time, Token

__all__ = ["act", "do"]

MORNING = "2023-05-31 10:00"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
PAPER = {"document_number": "函〔2023〕1号", "done_on": "2023-05-31"}


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def refused(client: AsyncClient, case: dict[str, Any], **said: Any) -> list[tuple[str, str]]:
    """Give the places and codes for which a proceeding is not opened."""
    done = await client.post(f"{CASES}/{case['id']}/proceedings", json=said)
    assert done.status_code == 422, done.text
    return [(one["place"], one["code"]) for one in done.json()["errors"]]


async def paid(client: AsyncClient, case: dict[str, Any], amount: str, **said: Any) -> Any:  # noqa: ANN401 -- as JSON is
    """Pay the one line of a case."""
    where = f"{CASES}/{case['id']}"
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    one = {
        "line_id": line["id"], "amount": amount, "source": "employer", "paid_on": "2023-05-31",
        "proof": "bank_line", "bank_serial": f"S-{amount}",
    } | said  # fmt: skip
    return await sent(client, f"{where}/payments", await fresh(client, case), payments=[one])


async def money(client: AsyncClient, case: dict[str, Any]) -> dict[str, Any]:
    shown = await client.get(f"{CASES}/{case['id']}/money")
    assert shown.status_code == 200, shown.text
    said: dict[str, Any] = shown.json()
    return said


@inspector
async def test_each_party_of_the_path_is_asked_in_its_turn_and_for_no_more_than_it_owes(
    session: Session, client: AsyncClient, do: Do, act: Act, *, time: Time
) -> None:
    case = await ordered(client, do, "9000.00")
    ask = {"kind": "demand", "days": 5, **PAPER}
    assert (await money(client, case))["next_party"] == "employer"
    assert await refused(client, case, party="contractor", amount="9000.01", **ask) == [
        ("party", "passed_over"), ("amount", "above_owed"),
    ]  # fmt: skip
    employer = await open_one(client, case, **ask, party="employer", amount="9000.00")
    assert running(employer) == {"demand_pay": "2023-06-08 00:00"}
    await paid(client, case, "1000.00")
    await act(employer, "fail", reason="无力支付", done_on="2023-05-31")
    contractor = await open_one(client, case, **ask, party="contractor", amount="2000.00")
    assert (await money(client, case))["next_party"] == "developer"
    case = await paid(client, case, "2000.00", source="contractor")
    contractor = (await client.get(f"{PROCEEDINGS}/{contractor['id']}")).json()
    assert (contractor["stage"], running(contractor)) == ("met", {})
    payments = (await client.get(f"{CASES}/{case['id']}/payments")).json()["items"]
    back = f"/cases/v1/arrears-payments/{payments[-1]['id']}/reversal"
    await sent(client, back, await fresh(client, case), reason="退汇")
    contractor = (await client.get(f"{PROCEEDINGS}/{contractor['id']}")).json()
    assert (contractor["stage"], [*running(contractor)]) == ("asked", ["demand_pay"])
    assert await refused(client, case, party="developer", amount="3000.00", **ask) == [
        ("unpaid_price", "lacking")
    ]
    price = {"party": "developer", "unpaid_price": "2500.00"}
    assert await refused(client, case, amount="2500.01", **price, **ask) == [
        ("amount", "above_price")
    ]
    await open_one(client, case, **ask, amount="2500.00", **price)
    assert await refused(client, case, party="deposit", amount="1.00", **ask) == [
        ("party", "order_runs")
    ]
    assert await refused(client, case, party="emergency_fund", amount="1.00", **ask) == [
        ("party", "passed_over"), ("reason", "lacking"),
    ]  # fmt: skip
    await make.pass_time(session, at("2023-06-09 08:00"))
    time.move_to(at("2023-06-09 09:00"))
    await open_one(client, case, **ask, party="deposit", amount="500.00")
    shown = await money(client, case)
    assert shown["asked"] == ["employer", "contractor", "developer", "deposit"]
    assert shown["next_party"] == "emergency_fund"
    # The demand that the contractor owes again was not kept, and is told of.
    late = select(WatchItem).where(WatchItem.key.contains(contractor["id"]))
    assert len((await session.scalars(late)).all()) == 1


@inspector
async def test_a_plan_names_who_answers_and_its_instalments_are_followed_to_the_day(
    session: Session, client: AsyncClient, do: Do, act: Act, *, time: Time
) -> None:
    case = await ordered(client, do, "9000.00")
    plan: dict[str, Any] = {"kind": "plan", "leader": "分管副县长", "person": "监察大队长", **PAPER}
    rows = [{"due_on": day, "amount": amount} for day, amount in (
        ("2023-06-30", "3000.00"), ("2023-07-31", "3000.00"), ("2023-08-31", "3000.00"),
    )]  # fmt: skip
    assert await refused(client, case, kind="plan", **PAPER) == [
        ("leader", "lacking"), ("person", "lacking"), ("instalments", "lacking"),
    ]  # fmt: skip
    wrong = [rows[1], rows[0], {"due_on": "2024-05-31", "amount": "1.00"}]
    assert await refused(client, case, instalments=wrong, **plan) == [
        ("instalments[1].due_on", "out_of_order"),
        ("instalments[2].due_on", "after_clearing_day"), ("instalments", "not_the_whole"),
    ]  # fmt: skip
    one = await open_one(client, case, **plan, instalments=rows)
    assert running(one) == {"instalment": "2023-07-01 00:00"}
    assert (one["leader"], one["amount"]) == ("分管副县长", "9000.00")
    time.move_to(at("2023-06-20 10:00"))
    await paid(client, case, "3500.00")
    assert running(await of_kind(client, "plan")) == {"instalment": "2023-08-01 00:00"}
    await make.pass_time(session, at("2023-08-01 08:00"))
    time.move_to(at("2023-08-01 09:00"))
    late = select(WatchItem).where(WatchItem.key.contains(one["id"]))
    [item] = (await session.scalars(late)).all()
    assert (item.state, item.kind) == ("open", "case_step_overdue")
    await paid(client, case, "2500.00")
    await session.refresh(item)
    assert item.state == "closed"
    assert running(await of_kind(client, "plan")) == {"instalment": "2023-09-01 00:00"}
    await paid(client, case, "3000.00")
    one = await of_kind(client, "plan")
    assert (one["stage"], running(one)) == ("kept", {})


@inspector
async def test_what_the_fund_advances_counts_for_the_worker_and_is_recovered_to_the_fen(
    client: AsyncClient, do: Do, token: Token
) -> None:
    case = await ordered(client, do, "2000.00")
    where = f"{CASES}/{case['id']}"
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    no = {
        "line_id": line["id"], "amount": "1.00", "source": "employer", "paid_on": "2023-05-31",
        "proof": "bank_line", "bank_serial": "S-0", "purpose": "living_cost",
    }  # fmt: skip
    done = await client.post(
        f"{where}/payments", json={"version": case["version"], "payments": [no]}
    )
    assert [one["code"] for one in done.json()["errors"]] == ["no_living_cost"]
    fund = {"source": "emergency_fund", "purpose": "living_cost"}
    case = await paid(client, case, "800.00", **fund)
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    assert (line["paid"], line["owed"], line["state"]) == ("800.00", "1200.00", "part_paid")
    back = {"paid_by": "employer", "received_on": "2023-05-31", "bank_serial": "R-1"}
    much = await client.post(
        f"{where}/recoveries", json={"version": case["version"], "amount": "800.01", **back}
    )
    assert [one["code"] for one in much.json()["errors"]] == ["above_advanced"]
    case = await paid(client, case, "1200.00")
    found = [{"line_id": line["id"], "verified": "2000.00"}]
    await sent(client, f"{where}/verifications", case, lines=found)
    case = await do(await fresh(client, case), "propose_end", conclusion="paid")
    second = token("inspector", areas=[COUNTY], subject="inspector-2")
    case = await do(case, "confirm_end", headers=second)
    # What the fund has advanced is owed to it although the worker has all.
    made = await client.post(
        f"{where}/recoveries", json={"version": case["version"], "amount": "300.00", **back}
    )
    assert made.status_code == 201, made.text
    shown = await money(client, case)
    assert (shown["advanced"], shown["recovered"], shown["to_recover"], shown["living_cost"]) == (
        "800.00", "300.00", "500.00", "800.00",
    )  # fmt: skip
    assert (shown["owed"], shown["next_party"]) == ("0.00", None)
    case = await fresh(client, case)
    path = f"/cases/v1/arrears-recoveries/{made.json()['id']}/reversal"
    await sent(client, path, case, reason="退回")
    twice = await client.post(path, json={"version": case["version"] + 1, "reason": "退回"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/payment-taken-back")
    assert (await money(client, case))["to_recover"] == "800.00"


@dataclass
class Book:
    """What has been paid, taken back, advanced and recovered, kept apart from the service."""

    owed: Counter[str] = field(default_factory=Counter)
    by_source: Counter[str] = field(default_factory=Counter)
    payments: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    recoveries: dict[str, int] = field(default_factory=dict)

    @property
    def to_recover(self) -> int:
        return self.by_source["emergency_fund"] - sum(self.recoveries.values())


def yuan(fen: int) -> str:
    return str(Decimal(fen) / 100)


@inspector
@pytest.mark.parametrize(
    ("seed", "acts"),
    [(1, 30), (2, 30), *(pytest.param(one, 120, marks=pytest.mark.soak) for one in range(3, 13))],
)
async def test_sums_by_source_by_line_and_of_the_case_agree_whatever_is_paid_and_taken_back(
    client: AsyncClient, seed: int, acts: int
) -> None:
    chance, book = random.Random(seed), Book()
    case = await opened(client)
    where = f"{CASES}/{case['id']}"
    rows = [{"name": f"工人{place}", "months": "2023-04", "claimed": yuan(chance.randint(1, 10**6))}
            for place in range(3)]  # fmt: skip
    case = (await sent(client, f"{where}/lines", case, lines=rows))["case"]
    for line in (await client.get(f"{where}/lines")).json()["items"]:
        book.owed[line["id"]] = int(Decimal(line["claimed"]) * 100)
    whole = sum(book.owed.values())
    for turn in range(acts):
        await _any_act(client, where, book, chance, turn)
        await _agree(client, where, book, whole)
    assert book.payments


async def _any_act(
    client: AsyncClient, where: str, book: Book, chance: random.Random, turn: int
) -> None:
    """Pay, take back, recover or take a recovery back; what is refused changes nothing."""
    version = (await client.get(where)).json()["version"]
    what = chance.choice(("pay", "pay", "pay", "take back", "recover", "take back recovery"))
    if what == "pay":
        line = chance.choice([*book.owed])
        source = chance.choice([*PaymentSource])
        fen = chance.randint(1, 500_000)
        one = {
            "line_id": line, "amount": yuan(fen), "source": source, "paid_on": "2023-05-31",
            "proof": "bank_line", "bank_serial": f"S-{turn}",
        }  # fmt: skip
        said = {"version": version, "payments": [one]}
        done = await client.post(f"{where}/payments", json=said)
        assert done.status_code == (200 if fen <= book.owed[line] else 422), done.text
        if done.status_code == 200:
            book.owed[line] -= fen
            book.by_source[source] += fen
            last = (await client.get(f"{where}/payments", params={"limit": 200})).json()["items"]
            book.payments[last[-1]["id"]] = (line, source, fen)
    elif what == "take back" and book.payments:
        payment = chance.choice([*book.payments])
        line, source, fen = book.payments[payment]
        fits = source != "emergency_fund" or fen <= book.to_recover
        path = f"/cases/v1/arrears-payments/{payment}/reversal"
        done = await client.post(path, json={"version": version, "reason": "退汇"})
        assert done.status_code == (200 if fits else 422), done.text
        if fits:
            del book.payments[payment]
            book.owed[line] += fen
            book.by_source[source] -= fen
    elif what == "recover":
        fen = chance.randint(1, 300_000)
        one = {
            "version": version, "paid_by": "employer", "amount": yuan(fen),
            "received_on": "2023-05-31", "bank_serial": f"R-{turn}",
        }  # fmt: skip
        done = await client.post(f"{where}/recoveries", json=one)
        assert done.status_code == (201 if fen <= book.to_recover else 422), done.text
        if done.status_code == 201:
            book.recoveries[done.json()["id"]] = fen
    elif what == "take back recovery" and book.recoveries:
        recovery = chance.choice([*book.recoveries])
        path = f"/cases/v1/arrears-recoveries/{recovery}/reversal"
        done = await client.post(path, json={"version": version, "reason": "退回"})
        assert done.status_code == 200, done.text
        del book.recoveries[recovery]


async def _agree(client: AsyncClient, where: str, book: Book, whole: int) -> None:
    """Compare what the service says with the book, each sum from another of its answers."""
    shown = (await client.get(f"{where}/money")).json()
    lines = (await client.get(f"{where}/lines")).json()["items"]
    case = (await client.get(where)).json()
    counts = (await client.get(f"{CASES}/counts")).json()

    def fen(text: str) -> int:
        return int(Decimal(text) * 100)

    by_source = {source: fen(amount) for source, amount in shown["by_source"].items()}
    assert {one: n for one, n in by_source.items() if n} == {
        one.value: n for one in PaymentSource if (n := book.by_source[one])
    }
    owed, paid = sum(book.owed.values()), whole - sum(book.owed.values())
    assert {line["id"]: fen(line["owed"]) for line in lines} == dict(book.owed)
    for said in (shown, case, counts):
        assert (fen(said["paid"]), fen(said["owed"])) == (paid, owed)
    assert (sum(by_source.values()), sum(fen(line["paid"]) for line in lines)) == (paid, paid)
    assert fen(shown["to_recover"]) == book.to_recover
