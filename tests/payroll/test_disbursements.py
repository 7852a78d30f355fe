"""Batches of wages: out of the project's account, to the own cards of its workers."""

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.payroll import queries
from services.payroll.models import PaymentAttempt
from services.payroll.rules.disbursements import Count
from shared import clock
from shared.db import Session, Sessions
from shared.events.payroll import DisbursementSent
from tests.fixtures.service import Published, Time, Token
from tests.payroll import disbursements as pay
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.disbursements import known, tell_card

NEW_CARD = "6228480402564890042"
BATCHES = "/payroll/v1/disbursements"
Speak = Callable[..., None]
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


@pytest.fixture
def speak(client: AsyncClient, token: Token) -> Speak:
    return pay.speaker(client, token)


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


async def sent(client: AsyncClient, speak: Speak, project: UUID, *lines: Any) -> dict[str, Any]:
    sheet_id = await pay.approved(client, speak, project, *lines)
    answer = await pay.send(client, sheet_id)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_batch_pays_each_worker_to_the_own_card_and_is_told_once(
    client: AsyncClient, session: Session, project: UUID, published: Published, speak: Speak
) -> None:
    sheet_id = await pay.approved(
        client,
        speak,
        project,
        sheets.line(),
        sheets.second(),
        sheets.third(gross="500.00", net="0.00"),
    )
    speak("contractor", "maker")
    assert (await pay.send(client, sheet_id)).status_code == 409  # who made it pays by another
    speak("contractor", "cashier")
    made = (await pay.send(client, sheet_id)).json()
    batch, tally = made["disbursement"], made["tally"]
    assert (batch["lines"], batch["total"], batch["nothing_due"]) == (2, "11000.00", 1)
    assert (made["state"], tally["sent"]) == ("under_way", {"lines": 2, "total": "11000.00"})
    assert (await pay.send(client, sheet_id)).status_code == 409  # it is sent once

    [said] = await published(session, DisbursementSent)
    assert (said.sheet_id, said.total, said.held) == (UUID(sheet_id), Decimal("11000.00"), 0)
    assert (await client.get(f"/payroll/v1/sheets/{sheet_id}")).json()["status"] == "sent"
    assert (await client.get(f"{BATCHES}/{batch['id']}")).json() == made
    shown = (await client.get(f"{BATCHES}/{batch['id']}/lines", params={"limit": 1})).json()
    [first] = shown["items"]
    assert (first["name"], first["card_no"]) == ("张*", "***************0018")
    assert (first["line"]["status"], first["line"]["amount"]) == ("sent", "5500.00")
    rest = await client.get(f"{BATCHES}/{batch['id']}/lines", params={"cursor": shown["next"]})
    assert [one["name"] for one in rest.json()["items"]] == ["李*"]
    attempts = (await session.scalars(select(PaymentAttempt))).all()
    assert {(one.number, one.round, one.amount) for one in attempts} == {(1, 1, Decimal(5500))}

    [paid] = await queries.disbursements.paid_workers(session, [project], ["2023-03"])
    assert (paid.employer_id, paid.settled, paid.under_way) == (
        make.CONTRACTOR, Count(), Count(2, Decimal(11000)),
    )  # fmt: skip
    for role, org, seen in (
        ("bank", make.BANK, 1), ("bank", make.OTHER_BANK, 0),
        ("subcontractor", sheets.SUBCONTRACTOR, 0), ("wage_office", None, 1),
    ):  # fmt: skip
        speak(role, "anybody", org)
        listed = (await client.get(BATCHES)).json()["items"]
        assert (role, len(listed)) == (role, seen)


async def test_a_line_whose_card_is_not_the_workers_own_and_confirmed_is_held_with_its_reason(
    client: AsyncClient, session: Session, project: UUID, time: Time, speak: Speak
) -> None:
    # Changed today: the first sheet names the new card, which waits; nothing else could be paid.
    await tell_card(session, project, sheets.ID_CARD, NEW_CARD)
    new = sheets.line(card_no=NEW_CARD)
    alone = await pay.approved(client, speak, project, new)
    refused = await pay.send(client, alone)
    assert (refused.status_code, refused.json()["held"]) == (409, {"card_waiting": 1})
    speak("contractor", "approver")
    assert (await sheets.step(client, alone, "return", reason="并入一张表")).status_code == 200

    sheet_id = await pay.approved(client, speak, project, new, sheets.second(), sheets.third())
    await tell_card(session, project, sheets.OTHER_CARD, "6228480402564890059")
    time.move_to(clock.at(date(2023, 4, 6), 8))  # 71 hours later the first one still waits
    await tell_card(session, project, sheets.THIRD_CARD, "6228480402564890067")
    made = (await pay.send(client, sheet_id)).json()
    lines = (await client.get(f"{BATCHES}/{made['disbursement']['id']}/lines")).json()["items"]
    told = [(one["line"]["status"], one["line"]["hold"], one["card_no"]) for one in lines]
    assert told == [
        ("held", "card_waiting", None),
        # What waits takes no wages away: the former card counts, and the sheet names it.
        ("sent", None, "***************4213"),
        ("sent", None, "***************0026"),
    ]
    assert lines[0]["line"]["held_until"] == "2023-04-06T01:00:00Z"
    assert (made["tally"]["held"], made["state"]) == ({"lines": 1, "total": "5500.00"}, "under_way")


async def test_what_the_account_cannot_pay_is_refused_with_the_figures(
    client: AsyncClient, session: Session, time: Time, speak: Speak
) -> None:
    project = await known(session, time, amount=10999)
    sheet_id = await pay.approved(client, speak, project)
    short = await pay.send(client, sheet_id)
    assert short.status_code == 409, short.text
    told = short.json()
    figures = [told[name] for name in ("needed", "balance", "committed", "lacking", "fed_until")]
    assert figures == ["11000.00", "10999.00", "0.00", "1.00", "2023-01-10"]
    status = (await client.get(f"/payroll/v1/sheets/{sheet_id}")).json()["status"]
    assert (status, (await client.get(BATCHES)).json()["items"]) == ("approved", [])

    speak("wage_office", "anna", None)
    [account] = (await client.get("/payroll/v1/wage-accounts")).json()["items"]
    said = {"from_on": "2023-04-03", "until_on": "2023-04-20", "by": "县人民法院", "reason": "查封"}
    await client.post(f"/payroll/v1/wage-accounts/{account['id']}/freezes", json=said)
    speak("contractor", "cashier")
    frozen = await pay.send(client, sheet_id)
    assert (frozen.status_code, frozen.json()["frozen_until"]) == (409, "2023-04-20")


async def test_money_that_was_sent_and_is_not_seen_to_leave_is_not_promised_twice(
    client: AsyncClient, session: Session, time: Time, speak: Speak
) -> None:
    project = await known(session, time, amount=16000)
    first = await pay.approved(client, speak, project, sheets.line(), sheets.second())
    speak("contractor", "maker")
    rest = (await sheets.send(client, project, sheets.body(sheets.third(), run=2))).json()
    again = await pay.passed(client, speak, rest["sheet"]["id"])
    assert (await pay.send(client, first)).status_code == 201
    short = (await pay.send(client, again)).json()
    assert [short[name] for name in ("balance", "committed", "lacking")] == [
        "16000.00", "11000.00", "500.00",
    ]  # fmt: skip
    # The bank's data show one of them leave, and more come in: what left is promised no longer.
    paid = make.line(
        "D1", "2023-01-11T10:00:00", -5500, 10500, purpose="工资",
        counterparty={"name": "张三丰", "account_no": sheets.BANK_CARD},
    )  # fmt: skip
    await make.feed(session, date(2023, 1, 11), make.statement(16000, paid))
    short = (await pay.send(client, again)).json()
    # It left before it was sent, so it is something else.
    assert [short[name] for name in ("balance", "committed")] == ["10500.00", "11000.00"]


async def test_without_an_account_nothing_is_sent(
    client: AsyncClient, session: Session, time: Time, speak: Speak
) -> None:
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    project = await make.contract(session)
    await session.flush()
    await sheets.enrol(session, project)
    refused = await pay.send(client, await pay.approved(client, speak, project))
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (
        409, "no-wage-account",
    )  # fmt: skip


async def test_a_sheet_that_two_send_while_a_third_sends_it_back_becomes_one_batch_or_none(
    sessions: Sessions, client: AsyncClient, time: Time, speak: Speak, published: Published
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    sheet_id = await pay.approved(client, speak, project)
    answers = await asyncio.gather(
        pay.send(client, sheet_id), sheets.step(client, sheet_id, "return", reason="重报"),
        pay.send(client, sheet_id),
    )  # fmt: skip
    status = (await client.get(f"/payroll/v1/sheets/{sheet_id}")).json()["status"]
    batches = (await client.get(BATCHES)).json()["items"]
    assert sorted(one.status_code for one in answers)[1:] == [409, 409]
    assert (status, len(batches)) in {("sent", 1), ("archived", 0)}
    assert len(await published(None, DisbursementSent)) == len(batches)
