"""Retaliation: told by a receipt or an office, heard at the top at once, by no employer ever."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shared.db import Session
from shared.events.cases import RetaliationSettled, RetaliationTold
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, an_id, at
from tests.cases.test_arrears import CASES, Do, do, sent
from tests.cases.test_employer_cases import EMPLOYER
from tests.cases.test_public_door import PUBLIC, board, mailbox, stranger, tell
from tests.fixtures.service import Published, Time, Token

__all__ = ["do"]  # The fixture, by which acts are done upon cases.

CREW = an_id("crew")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


@pytest.mark.caller("wage_office", areas=[COUNTY], subject="office", org=an_id("office"))
async def test_who_suffers_for_telling_says_so_and_the_top_hears_but_never_the_employer(
    session: Session,
    client: AsyncClient,
    app: FastAPI,
    token: Token,
    published: Published,
) -> None:
    hung = await board(client)
    async with stranger(app) as http:
        receipt = (await tell(http, hung)).json()["receipt"]
        [case] = (await client.get(CASES)).json()["items"]
        said = {"receipt": receipt, "kind": "dismissal", "text": "反映后被班组长清退"}
        told = await http.post(f"{PUBLIC}/mailbox/retaliations", json=said)
        wrong = await http.post(f"{PUBLIC}/mailbox/retaliations", json=said | {"receipt": "Z" * 20})
        assert (told.status_code, wrong.status_code) == (201, 404), told.text
        assert set(told.json()) == {"kind", "told_at"}
        box = await mailbox(http, receipt)
    assert [one["text"] for one in box["messages"]] == ["反映后被班组长清退"]
    # The office hears of another by phone, and both are open beside the case.
    path = f"{CASES}/{case['id']}/retaliations"
    desk = token("intake_desk", areas=[COUNTY], subject="desk")
    heard = await client.post(path, json={"kind": "threat"}, headers=desk)
    assert heard.status_code == 201, heard.text
    foreign = {"kind": "threat", "report_id": str(an_id("nobody"))}
    assert (await client.post(path, json=foreign)).status_code == 404
    for who, status in (
        (token("inspector", areas=[NEIGHBOUR], subject="far"), 404),
        (token("contractor", areas=[COUNTY], subject="firm", org=CREW), 403),
    ):
        assert (await client.get(path, headers=who)).status_code == status
    rows = (await client.get(path)).json()["items"]
    assert [(one["kind"], one["answered_at"], one["report_id"] is None) for one in rows] == [
        ("dismissal", None, False), ("threat", None, True),
    ]  # fmt: skip
    assert "清退" not in str(rows), "his words stand in the mailbox alone, sealed"
    suffers = (await client.get(CASES, params={"retaliation": "true"})).json()["items"]
    assert [(one["id"], one["retaliations_open"]) for one in suffers] == [(case["id"], 2)]
    events = await published(session, RetaliationTold)
    assert [(one.kind, one.area_code) for one in events] == [
        ("dismissal", case["area_code"]), ("threat", case["area_code"]),
    ]  # fmt: skip
    assert set(events[0].model_dump()) == {"arrears_case_id", "area_code", "kind"}
    # Each is dealt with once; with the last the top hears that nothing is open.
    for number, one in enumerate(rows):
        assert len(await published(session, RetaliationSettled)) == 0
        answer = f"/cases/v1/retaliations/{one['id']}/answer"
        done = await client.post(answer, json={"measure": "已约谈用人单位并书面警告"})
        assert (done.status_code, done.json()["answered_by"]) == (200, "office"), number
        assert (await client.post(answer, json={"measure": "另"})).status_code == 409
    assert len(await published(session, RetaliationSettled)) == 1
    whole: dict[str, Any] = (await client.get(f"{CASES}/{case['id']}")).json()
    assert [one["what"] for one in whole["steps"]][-4:] == [
        "retaliation", "retaliation", "retaliation_answered", "retaliation_answered",
    ]  # fmt: skip
    assert whole["retaliations_open"] == 0


@pytest.mark.caller("wage_office", areas=[COUNTY], subject="office", org=an_id("office"))
async def test_nothing_of_retaliation_is_at_the_employer_s_door(
    client: AsyncClient, token: Token, do: Do
) -> None:
    body = {
        "channel": "desk", "speaker": "anyone", "text": "听说欠薪", "area_code": COUNTY,
        "place": "某餐馆", "industry": "catering", "employer_id": str(CREW), "workers": 9,
    }  # fmt: skip
    case = (await client.post(CASES, json=body)).json()["case"]
    case = await do(await do(case, "sign"), "accept")
    firm = token("employer", areas=[COUNTY], subject="firm", org=CREW)
    before = (await client.get(EMPLOYER, headers=firm)).json()
    path = f"{CASES}/{case['id']}/retaliations"
    assert (await client.post(path, json={"kind": "violence"})).status_code == 201
    assert (await client.get(EMPLOYER, headers=firm)).json() == before
    assert before["items"][0]["at_least"] == 5
    case = (await client.get(f"{CASES}/{case['id']}")).json()
    await sent(client, f"{CASES}/{case['id']}/steps", case, act="finish", result="x",
               officers=["a", "b"])  # fmt: skip
    assert "retaliation" not in (await client.get(EMPLOYER, headers=firm)).text
