"""Restrictions: proposed by rule, decided by another, asked for by credit code, ended by time."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from services.cases.models import OWN_COURSE, CaseClock, WatchItem
from shared import timers
from shared.db import Session
from shared.events.cases import RestrictionChanged
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, at
from tests.cases.test_arrears import CASES, Do, do
from tests.cases.test_proceedings import (
    CODE,
    TERMS,
    Act,
    act,
    ordered,
)
from tests.fixtures.service import Published, Time, Token

__all__ = ["act", "do"]

URL = "/cases/v1/restrictions"
MORNING = "2023-05-31 10:00"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def entries(client: AsyncClient, **params: Any) -> list[dict[str, Any]]:
    shown = await client.get(f"{URL}/entries", params=params)
    found: list[dict[str, Any]] = shown.json()["items"]
    return found


async def asked(client: AsyncClient, **said: Any) -> dict[str, Any]:
    answer = await client.get(URL, params={"credit_code": CODE}, **said)
    assert answer.status_code == 200, answer.text
    standing: dict[str, Any] = answer.json()
    return standing


@inspector
async def test_what_follows_a_candidate_and_a_listing_is_proposed_and_restricts_nobody(
    session: Session, client: AsyncClient, do: Do, act: Act, *, token: Token, time: Time
) -> None:
    office = token("wage_office", areas=[COUNTY], subject="office")
    measures = [
        {"after": "candidate", "kind": "key_control", "months": 12},
        {"after": "listed", "kind": "bid_restriction", "months": 36},
        {"after": "listed", "kind": "veto", "months": 24},
    ]
    stored = await client.post(
        "/cases/v1/terms/enforcement", json=TERMS | {"measures": measures}, headers=office
    )
    assert stored.status_code == 201, stored.text
    await ordered(client, do, "12000.00", employer_name="某劳务公司")
    assert await entries(client) == []
    await make.pass_time(session, at("2023-06-08 00:00"))
    time.move_to(at("2023-06-08 09:00"))
    [one] = await entries(client)
    assert (one["kind"], one["state"], one["by_rule"], one["months"], one["name"]) == (
        "key_control", "proposed", True, 12, "某劳务公司",
    )  # fmt: skip
    listing = (await client.get("/cases/v1/proceedings", params={"kind": "listing"})).json()
    paper = {"document_number": "告1号", "done_on": "2023-06-08"}
    said = {"name": "某劳务公司", "credit_code": CODE}
    one = await act(listing["items"][0], "notify", **said, **paper)
    one = await act(one, "object", reason="异议", done_on="2023-06-08")
    one = await act(one, "answer", reason="不成立", done_on="2023-06-08")
    second = token("inspector", areas=[COUNTY], subject="inspector-2")
    await act(one, "list", headers=second, **paper)
    found = {(one["kind"], one["state"], one["credit_code"]) for one in await entries(client)}
    assert found == {
        ("key_control", "proposed", None), ("bid_restriction", "proposed", CODE),
        ("veto", "proposed", CODE),
    }  # fmt: skip
    assert (await asked(client))["restricted"] is False


@inspector
async def test_a_restriction_is_decided_by_another_told_of_and_ends_by_itself(
    session: Session,
    client: AsyncClient,
    do: Do,
    published: Published,
    *,
    token: Token,
    time: Time,
) -> None:
    case = await ordered(client, do, "900.00")
    body = {
        "kind": "key_control", "name": "某劳务公司", "credit_code": CODE, "basis": "724号第48条",
    }  # fmt: skip
    made = await client.post(f"{CASES}/{case['id']}/restrictions", json=body)
    assert made.status_code == 201, made.text
    twice = await client.post(f"{CASES}/{case['id']}/restrictions", json=body)
    assert [one["code"] for one in twice.json()["errors"]] == ["standing"]
    path = f"{URL}/{made.json()['id']}"
    yes = {
        "version": 1, "decided": True, "reason": "集体研究决定", "document_number": "列管1号",
        "from_on": "2023-05-31", "to_on": "2023-07-31",
    }  # fmt: skip
    assert (await client.post(f"{path}/decision", json=yes)).status_code == 403
    own = token("wage_office", areas=[COUNTY], subject="inspector-1")
    same = await client.post(f"{path}/decision", json=yes, headers=own)
    assert (same.status_code, same.json()["type"]) == (409, "/problems/second-person-needed")
    office = token("wage_office", areas=[COUNTY], subject="office")
    wrong = yes | {"to_on": "2023-05-31"}
    refused = await client.post(f"{path}/decision", json=wrong, headers=office)
    assert [one["place"] for one in refused.json()["errors"]] == ["to_on"]
    lacking = await client.post(
        f"{path}/decision", headers=office,
        json={name: value for name, value in yes.items() if name != "document_number"},
    )  # fmt: skip
    assert lacking.status_code == 422
    decided = await client.post(f"{path}/decision", json=yes, headers=office)
    assert decided.status_code == 200, decided.text
    again = await client.post(f"{path}/decision", json=yes | {"version": 2}, headers=office)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/restriction-not-there")
    # Whoever asks by the credit code hears of it, wherever it was decided.
    neighbour = token("developer", areas=[NEIGHBOUR], org=make.an_id("elsewhere"))
    shown = await asked(client, headers=neighbour)
    assert (shown["restricted"], [one["kind"] for one in shown["restrictions"]]) == (
        True, ["key_control"],
    )  # fmt: skip
    assert (shown["restrictions"][0]["basis"], shown["restrictions"][0]["to_on"]) == (
        "724号第48条", "2023-07-31",
    )  # fmt: skip
    ends = select(timers.Timer).where(timers.Timer.kind == "restriction")
    assert (await session.scalars(ends)).one().due_at == at("2023-08-01 00:00")
    await make.pass_time(session, at("2023-08-01 00:00"))
    time.move_to(at("2023-08-01 09:00"))
    assert (await asked(client))["restricted"] is False
    told = await published(session, RestrictionChanged)
    assert [(one.state, one.credit_code) for one in told] == [("in_force", CODE), ("ended", CODE)]
    names = [one["what"] for one in (await client.get(f"{CASES}/{case['id']}")).json()["steps"]]
    assert [one for one in names if one.startswith("restriction")] == [
        "restriction_proposed", "restriction_decided", "restriction_ended",
    ]  # fmt: skip


@inspector
async def test_a_restriction_is_lifted_by_a_decision_or_dropped_with_its_reason(
    client: AsyncClient, do: Do, token: Token
) -> None:
    case = await ordered(client, do, "900.00")
    office = token("wage_office", areas=[COUNTY], subject="office")
    yes = {
        "version": 1, "decided": True, "reason": "决定", "document_number": "1号",
        "from_on": "2023-05-31", "to_on": "2024-05-31",
    }  # fmt: skip
    said = {"name": "某劳务公司", "credit_code": CODE, "basis": "724号第48条"}
    for kind in ("veto", "market_removal"):
        made = await client.post(f"{CASES}/{case['id']}/restrictions", json={"kind": kind} | said)
        path = f"{URL}/{made.json()['id']}"
        if kind == "veto":
            no = {"version": 1, "decided": False, "reason": "情节轻微"}
            dropped = await client.post(f"{path}/decision", json=no, headers=office)
            assert (dropped.json()["state"], dropped.json()["reason"]) == ("dropped", "情节轻微")
            continue
        await client.post(f"{path}/decision", json=yes, headers=office)
        assert (await asked(client))["restricted"] is True
        lifting = {"version": 2, "reason": "已足额支付"}
        lifted = await client.post(f"{path}/lifting", json=lifting, headers=office)
        assert lifted.json()["state"] == "lifted"
    assert (await asked(client))["restricted"] is False
    wrong = await client.get(URL, params={"credit_code": "91422801MA48ABCD1"})
    assert wrong.status_code == 422


@inspector
async def test_what_is_proposed_and_not_decided_is_told_of_to_the_day(
    session: Session, client: AsyncClient, do: Do, *, token: Token, time: Time
) -> None:
    case = await ordered(client, do, "900.00")
    body = {"kind": "veto", "name": "某劳务公司", "credit_code": CODE, "basis": "724号第48条"}
    made = await client.post(f"{CASES}/{case['id']}/restrictions", json=body)
    other = body | {"kind": "key_control"}
    second = (await client.post(f"{CASES}/{case['id']}/restrictions", json=other)).json()
    # Twenty working days from 31 May, over the Dragon Boat Festival, with a worked Sunday.
    await make.pass_time(session, at("2023-06-29 23:59"))
    late = select(WatchItem).where(WatchItem.key.contains("restriction_decision"))
    assert (await session.scalars(late)).all() == []
    time.move_to(at("2023-06-29 23:59"))
    office = token("wage_office", areas=[COUNTY], subject="office")
    no = {"version": 1, "decided": False, "reason": "已付清"}
    dropped = await client.post(f"{URL}/{second['id']}/decision", json=no, headers=office)
    assert dropped.status_code == 200, dropped.text
    await make.pass_time(session, at("2023-06-30 09:00"))
    [item] = (await session.scalars(late)).all()
    assert (item.kind, made.json()["id"] in item.key, item.closed_at) == (
        "case_step_overdue", True, None,
    )  # fmt: skip
    shown = (await client.get(f"{CASES}/{case['id']}")).json()
    assert "restriction_decision" not in {one["kind"] for one in shown["clocks"]}
    time.move_to(at("2023-07-03 09:00"))
    await client.post(f"{URL}/{made.json()['id']}/decision", json=no, headers=office)
    await session.refresh(item)
    assert item.closed_at == at("2023-07-03 09:00")


@inspector
async def test_a_case_is_not_overdue_because_something_beside_it_is(
    session: Session, client: AsyncClient, do: Do
) -> None:
    case = await ordered(client, do, "900.00")
    body = {"kind": "key_control", "name": "某劳务公司", "credit_code": CODE, "basis": "48条"}
    made = await client.post(f"{CASES}/{case['id']}/restrictions", json=body)
    assert made.status_code == 201, made.text
    ledger = "/cases/v1/arrears-ledger"
    for beside, overdue in ((CaseClock.restriction_id.is_not(None), 0), (OWN_COURSE, 1)):
        over = update(CaseClock).where(beside, CaseClock.ended_at.is_(None))
        await session.execute(over.values(over_at=at(MORNING)))
        await session.commit()
        [row] = (await client.get(ledger)).json()["items"]
        told = (await client.get(f"{ledger}/counts")).json()["whole"]["wages"]["now"]
        listed = (await client.get(ledger, params={"overdue": True})).json()["items"]
        assert (row["overdue"], told["overdue"], len(listed)) == (bool(overdue), overdue, overdue)
