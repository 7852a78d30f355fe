"""Allocations over HTTP: two persons, the same line at once, the queue."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.payroll.models import BankLine
from shared import clock
from shared.db import Session, Sessions
from tests.fixtures.service import Time, Token
from tests.payroll import factories
from tests.payroll.factories import COUNTY, NEIGHBOUR, line, statement

PATH = "/payroll/v1/allocations"


async def money(session: Session) -> tuple[str, str]:
    """Let 450 come where 400 are owed; give the line, and February's obligation."""
    await factories.tree(session)
    project_id = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, project_id)
    paid = line("A", "2023-01-12T09:00:00", 450, 450)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    (line_id,) = await session.scalars(select(BankLine.id))
    february = (await factories.owed(session, project_id))[1]
    return str(line_id), str(february.id)


def body(line_id: str, amount: str = "20.00", **changes: str) -> dict[str, str]:
    return {"line_id": line_id, "amount": amount, "reason": "核对付款凭证", **changes}


async def test_the_queue_shows_what_counts_for_nothing(
    session: Session, client: AsyncClient, token: Token, time: Time
) -> None:
    time.move_to(clock.at(date(2023, 1, 13), 12))
    line_id, obligation_id = await money(session)
    anna, bo = (token("wage_office", areas=[COUNTY], subject=name) for name in ("anna", "bo"))
    left = await client.get("/payroll/v1/bank-lines", params={"left": True}, headers=anna)
    assert [(one["serial"], one["left_amount"]) for one in left.json()["items"]] == [("A", "50.00")]
    sent = body(line_id, "90.00", obligation_id=obligation_id)
    made = (await client.post(PATH, json=sent, headers=anna)).json()
    alone = await client.post(f"{PATH}/{made['id']}/confirm", headers=anna)
    assert alone.json()["type"].endswith("/second-person-needed")
    done = await client.post(f"{PATH}/{made['id']}/confirm", headers=bo)
    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    shown = await client.get(f"/payroll/v1/obligations/{obligation_id}/credits", headers=bo)
    (credit,) = shown.json()["items"]
    assert (credit["amount"], credit["decided_amount"]) == ("100.00", "90.00")
    assert credit["matched_as"] == ["split", "early", "over", "by_hand"]
    elsewhere = token("wage_office", areas=[NEIGHBOUR])
    assert (await client.get(PATH, headers=elsewhere)).json()["items"] == []
    asked = await client.post(f"{PATH}/{made['id']}/reversal", json={"reason": "有误"}, headers=bo)
    assert asked.json()["state"] == "reversing"
    undone = await client.post(f"{PATH}/{made['id']}/confirm", headers=anna)
    assert [(one["what"], one["by"]) for one in undone.json()["steps"]] == [
        ("proposed", "anna"), ("confirmed", "bo"),
        ("reversal_proposed", "bo"), ("reversed", "anna"),
    ]  # fmt: skip


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_money_cannot_be_returned_and_count_for_something(
    session: Session, client: AsyncClient
) -> None:
    one = str(UUID(int=1))
    sent = body(one, obligation_id=one, returning_line_id=one)
    answer = await client.post(PATH, json=sent)
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json()["errors"]] == ["two_decisions"]


async def test_two_persons_who_decide_of_one_line_at_once_meet_one_problem(
    sessions: Sessions, client: AsyncClient, token: Token, time: Time
) -> None:
    time.move_to(clock.at(date(2023, 1, 13), 12))
    async with sessions.begin() as session:
        line_id, obligation_id = await money(session)
    names = ("anna", "bo", "cai", "ding")
    sent = body(line_id, obligation_id=obligation_id)
    headers = {name: token("wage_office", areas=[COUNTY], subject=name) for name in names}
    answers = await asyncio.gather(
        *(client.post(PATH, json=sent, headers=headers[name]) for name in names)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    met = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(one["type"].rpartition("/")[2], one["allocation_id"]) for one in met} == {
        ("line-being-allocated", made["id"])
    }
    others = [name for name in names if name != made["asked_by"]]
    confirm = f"{PATH}/{made['id']}/confirm"
    said = await asyncio.gather(*(client.post(confirm, headers=headers[name]) for name in others))
    assert sorted(answer.status_code for answer in said) == [200, 409, 409]
    async with sessions.begin() as session:
        kept = (await session.scalars(select(BankLine))).one()
        assert kept.left_amount == 50
