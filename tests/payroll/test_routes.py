"""Routes of payroll: status, body, problem."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll import actions
from services.payroll.models import BankFeed
from shared import clock
from shared.auth import new_key
from shared.db import AuditRow, Session, Sessions, new_id
from shared.events.registry import ApiKeyIssued
from shared.known import on_api_key_issued
from tests.fixtures.service import Time, Token
from tests.payroll import factories
from tests.payroll.factories import (
    ACCOUNT_NO,
    BANK,
    CONTRACTOR,
    COUNTY,
    DEVELOPER,
    NEIGHBOUR,
    OTHER_BANK,
    line,
    statement,
)

FIRST = date(2023, 1, 10)
PAYER = {"name": "县交通运输局", "account_no": "4200000000000017"}


@pytest.fixture
async def project_id(session: Session, time: Time) -> UUID:
    """Give a project with a contract, a source and an account, at noon of 11 January."""
    time.move_to(clock.at(date(2023, 1, 11), 12))
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    await session.flush()
    return found


def places(answer: Response) -> list[tuple[str, str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [(error["place"], error["code"]) for error in answer.json()["errors"]]


def kind(answer: Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


async def send(client: AsyncClient, token: Token, body: dict[str, Any], **who: Any) -> Response:
    headers = token("bank", areas=[COUNTY], org=BANK) | who
    return await client.post("/payroll/v1/bank-feeds", json=body, headers=headers)


# ---- sources and accounts --------------------------------------------------------------------


@pytest.mark.caller("operator")
async def test_a_source_is_entered_and_listed(
    session: Session, time: Time, client: AsyncClient
) -> None:
    time.move_to(clock.at(date(2023, 1, 11), 12))
    await factories.tree(session)
    await factories.bank(session)
    await session.flush()
    body = factories.source_in().model_dump(mode="json")
    made = await client.post("/payroll/v1/sources", json=body)
    assert made.status_code == 201
    assert made.json() | body | {"fed_until": "2023-01-09"} == made.json()
    again = await client.post("/payroll/v1/sources", json=body)
    assert again.json() == made.json()
    listed = await client.get("/payroll/v1/sources")
    assert listed.json()["items"] == [made.json()]
    feeds = (await client.get("/payroll/v1/bank-feeds")).json()["items"]
    assert [(feed["day"], feed["status"]) for feed in feeds] == [
        ("2023-01-11", "expected"),
        ("2023-01-10", "expected"),
    ]
    other = await client.post("/payroll/v1/sources", json=body | {"name": "另一支行"})
    assert (other.status_code, kind(other)) == (409, "source-code-taken")
    for field, value in (("expected_by", "1٣:00"), ("area_code", "４２２８２８")):
        odd = await client.post("/payroll/v1/sources", json=body | {"code": "S2", field: value})
        assert places(odd) == [(f"body.{field}", "string_pattern_mismatch")]


async def test_the_same_source_or_account_from_two_at_once_is_one(
    sessions: Sessions, time: Time, client: AsyncClient, token: Token
) -> None:
    time.move_to(clock.at(date(2023, 1, 11), 12))
    async with sessions.begin() as session:
        await factories.tree(session)
        await factories.bank(session)
        projects = [await factories.contract(session) for _ in range(2)]

    async def at_once(path: str, role: str, bodies: list[dict[str, Any]]) -> list[Response]:
        return await asyncio.gather(
            *(client.post(f"/payroll/v1/{path}", json=b, headers=token(role)) for b in bodies)
        )

    body = factories.source_in().model_dump(mode="json")
    answers = await at_once("sources", "operator", [body] * 3 + [body | {"name": "另一家"}])
    assert sorted(answer.status_code for answer in answers) in (
        [201] * 3 + [409],
        [201] + [409] * 3,
    )
    bodies = [factories.account_in(found).model_dump(mode="json") for found in projects]
    answers = await at_once("wage-accounts", "wage_office", bodies * 2)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_an_unknown_project_is_explained(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    body = factories.account_in(new_id(), account_no="9999").model_dump(mode="json")
    answer = await client.post("/payroll/v1/wage-accounts", json=body)
    assert (answer.status_code, kind(answer)) == (404, "project-unknown")
    assert "稍后" in answer.json()["detail"]
    english = await client.post(
        "/payroll/v1/wage-accounts", json=body, headers={"accept-language": "en"}
    )
    assert "Send the same request again" in english.json()["detail"]


@pytest.mark.caller("contractor", areas=[COUNTY], org=CONTRACTOR)
async def test_a_contractor_enters_the_account_of_its_own_project(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    own = factories.account_in(await factories.contract(session), account_no="62 0001 2345 6789")
    others = await factories.contract(
        session, factories.card(contractor_id=new_id()), contractor_id=new_id()
    )
    await session.flush()
    made = await client.post("/payroll/v1/wage-accounts", json=own.model_dump(mode="json"))
    assert made.status_code == 201
    assert made.json()["account_no"].endswith("*6789")
    assert "2345" not in made.text
    foreign = own.model_copy(update={"project_id": others}).model_dump(mode="json")
    answer = await client.post("/payroll/v1/wage-accounts", json=foreign)
    assert (answer.status_code, kind(answer)) == (404, "project-unknown")


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_an_account_again_gives_the_first_and_another_is_refused(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    body = factories.account_in(project_id).model_dump(mode="json")
    again = await client.post("/payroll/v1/wage-accounts", json=body)
    listed = await client.get("/payroll/v1/wage-accounts", params={"project_id": str(project_id)})
    assert listed.json()["items"] == [again.json()]
    taken = await client.post("/payroll/v1/wage-accounts", json=body | {"bank_name": "另一行"})
    assert (taken.status_code, kind(taken)) == (409, "account-taken")
    second = await client.post("/payroll/v1/wage-accounts", json=body | {"account_no": "99999"})
    assert (second.status_code, kind(second)) == (409, "project-has-account")
    wrong = await client.post(
        "/payroll/v1/wage-accounts", json=body | {"source": "S9", "opened_on": "2023-01-12"}
    )
    assert wrong.status_code == 422
    assert places(wrong) == [("source", "source_unknown"), ("opened_on", "day_in_future")]


# ---- feeds -----------------------------------------------------------------------------------


async def test_a_bank_sends_a_day_by_its_api_key(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    key, key_hash = new_key()
    issued = ApiKeyIssued(
        api_key_id=new_id(),
        key_hash=key_hash,
        name="bank",
        org_id=BANK,
        areas=[COUNTY],
        roles=["bank"],
    )
    await on_api_key_issued(session, issued)
    paid = line("A", "2023-01-10T09:00:00", 100, 100, counterparty=PAYER, purpose="人工费")
    answer = await client.post(
        "/payroll/v1/bank-feeds",
        json=factories.batch(FIRST, statement(0, paid)),
        headers={"authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 201
    assert answer.json() | {"day": "2023-01-10", "status": "complete"} == answer.json()
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "full", 100)


@pytest.mark.parametrize(
    ("org", "areas", "status"),
    [
        (BANK, [COUNTY], 201),
        (BANK, ["0"], 201),
        (BANK, ["4228"], 201),
        (BANK, [NEIGHBOUR], 404),
        (OTHER_BANK, [COUNTY], 404),
        (None, [COUNTY], 404),
    ],
)
async def test_a_feed_of_anothers_source_is_not_found(
    *,
    project_id: UUID,
    client: AsyncClient,
    token: Token,
    org: UUID | None,
    areas: list[str],
    status: int,
) -> None:
    answer = await client.post(
        "/payroll/v1/bank-feeds",
        json=factories.batch(FIRST),
        headers=token("bank", areas=areas, org=org),
    )
    assert answer.status_code == status
    if status == 404:
        assert kind(answer) == "source-unknown"


async def test_a_rejected_batch_says_everything_and_can_be_found(
    project_id: UUID, client: AsyncClient, token: Token
) -> None:
    bad = [
        line("A", "2023-01-10T09:00:00", 10, 10, counterparty=PAYER),
        line("B", "2023-01-10T08:00:00", 10, 21, purpose="张三工资"),
    ]
    refused = await send(client, token, factories.batch(FIRST, statement(0, *bad)))
    assert (refused.status_code, kind(refused)) == (422, "feed-refused")
    assert places(refused) == [
        ("accounts[0].lines[1].at", "lines_out_of_order"),
        ("accounts[0].lines[1].balance", "balance_does_not_chain"),
    ]
    assert all(error["remedy"] for error in refused.json()["errors"])
    english = await send(
        client,
        token,
        factories.batch(FIRST, statement(0, *bad)),
        **{"accept-language": "en"},
    )
    assert english.json()["errors"][0]["detail"] != refused.json()["errors"][0]["detail"]
    bank = token("bank", areas=[COUNTY], org=BANK)
    (feed,) = (await client.get("/payroll/v1/bank-feeds", headers=bank)).json()["items"]
    assert feed["status"] == "expected"
    path = f"/payroll/v1/bank-feeds/{feed['id']}/batches"
    listed = await client.get(path, params={"status": "rejected"}, headers=bank)
    (kept,) = listed.json()["items"]
    assert kept["id"] == refused.json()["batch_id"]
    assert [each["place"] for each in kept["findings"]] == [place for place, _ in places(refused)]
    shown = (await client.get(f"{path}/{kept['id']}", headers=bank)).json()
    (account,) = shown["content"]["accounts"]
    assert account["account_no"] == "*" * 15 + "0001"
    assert account["lines"][0]["counterparty"] == {"name": "县*", "account_no": "*" * 12 + "0017"}
    assert account["lines"][1]["balance"] == "21.00"
    assert "张三" not in str(shown)
    other = token("bank", areas=[COUNTY], org=OTHER_BANK)
    assert (await client.get(f"{path}/{kept['id']}", headers=other)).status_code == 404
    assert (await client.get(path, headers=other)).status_code == 404


async def test_a_final_feed_twice_is_one(
    project_id: UUID, client: AsyncClient, token: Token
) -> None:
    body = factories.batch(FIRST, statement(0, line("A", "2023-01-10T09:00:00", 10, 10)))
    first = await send(client, token, body)
    again = await send(client, token, body)
    assert (again.status_code, again.json()) == (201, first.json())
    other = factories.batch(FIRST, statement(0, line("A", "2023-01-10T09:00:00", 20, 20)))
    refused = await send(client, token, other)
    assert (refused.status_code, kind(refused)) == (409, "feed-closed")
    assert ("accounts[0].lines[0].serial", "serial_reused") in places(refused)


async def test_an_idempotency_key_repeats_even_a_refusal(
    project_id: UUID, client: AsyncClient, token: Token
) -> None:
    body = factories.batch(FIRST, statement(0, closing=5))
    first = await send(client, token, body, **{"idempotency-key": "k1"})
    again = await send(client, token, body, **{"idempotency-key": "k1"})
    assert first.status_code == again.status_code == 422
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"amount": "1.234"}, "body.accounts[0].lines[0].amount"),
        ({"amount": "x"}, "body.accounts[0].lines[0].amount"),
        ({"amount": "1" * 15}, "body.accounts[0].lines[0].amount"),
        ({"at": "2023-01-10T09:00:00"}, "body.accounts[0].lines[0].at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "body.accounts[0].lines[0].at"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "body.accounts[0].lines[0].at"),
        ({"direction": "up"}, "body.accounts[0].lines[0].direction"),
        ({"serial": ""}, "body.accounts[0].lines[0].serial"),
        ({"purpose": "a\0b"}, "body.accounts[0].lines[0].purpose"),
        ({"colour": "red"}, "body.accounts[0].lines[0].colour"),
    ],
)
async def test_a_batch_of_another_form_is_refused_at_its_place(
    project_id: UUID, client: AsyncClient, token: Token, change: dict[str, Any], place: str
) -> None:
    said = line("A", "2023-01-10T09:00:00", 10, 10) | change
    answer = await send(client, token, factories.batch(FIRST, statement(0, said, closing=10)))
    assert answer.status_code == 422
    assert [found for found, _ in places(answer)] == [place]


async def test_a_day_in_the_future_is_refused(
    project_id: UUID, client: AsyncClient, token: Token
) -> None:
    answer = await send(client, token, factories.batch(date(2023, 1, 12)))
    assert (answer.status_code, kind(answer)) == (422, "feed-day-refused")
    assert places(answer) == [("day", "day_in_future")]


async def test_two_persons_waive_a_late_day(
    session: Session, project_id: UUID, client: AsyncClient, token: Token
) -> None:
    feed = (await session.scalars(select(BankFeed))).one()
    path = f"/payroll/v1/bank-feeds/{feed.id}/waivers"

    async def waive(person: str, area: str = COUNTY) -> Response:
        headers = token("wage_office", areas=[area], subject=person)
        return await client.post(path, json={"reason": "银行系统停用"}, headers=headers)

    assert kind(await waive("anna")) == "feed-not-late"
    await actions.feeds.report_late_feed(session, feed.id, feed.expected_at)
    await session.flush()
    first, same = await waive("anna"), await waive("anna")
    assert (first.status_code, first.json()["completes"]) == (201, False)
    assert (same.status_code, kind(same)) == (409, "second-person-needed")
    assert (await waive("bo", NEIGHBOUR)).status_code == 404
    second = await waive("bo")
    assert (second.status_code, second.json()["completes"]) == (201, True)
    headers = token("wage_office", areas=[COUNTY])
    shown = await client.get(f"/payroll/v1/bank-feeds/{feed.id}", headers=headers)
    assert shown.json()["status"] == "waived"
    listed = (await client.get(path, headers=headers)).json()["items"]
    assert [each["waived_by"] for each in listed] == ["anna", "bo"]


# ---- obligations -----------------------------------------------------------------------------


@pytest.mark.caller("wage_office", areas=[COUNTY])
@pytest.mark.parametrize(
    ("only", "periods"),
    [
        ({}, ["2023-01", "2023-02", "2023-03", "2023-04"]),
        ({"status": "full"}, ["2023-01"]),
        ({"period": "2023-02"}, ["2023-02"]),
        ({"due_from": "2023-02-24", "due_to": "2023-03-24"}, ["2023-02", "2023-03"]),
        ({"developer_id": str(DEVELOPER), "due_to": "2023-01-31"}, ["2023-01"]),
        ({"developer_id": str(new_id())}, []),
        ({"project_id": str(new_id())}, []),
    ],
)
async def test_obligations_are_filtered(
    session: Session,
    project_id: UUID,
    client: AsyncClient,
    only: dict[str, str],
    periods: list[str],
) -> None:
    paid = line("A", "2023-01-10T09:00:00", 130, 130)
    await factories.feed(session, FIRST, statement(0, paid))
    answer = await client.get("/payroll/v1/obligations", params=only)
    assert [each["period"] for each in answer.json()["items"]] == periods


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_an_obligation_shows_the_money_that_counts_for_it(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    paid = line("A", "2023-01-10T09:00:00", 130, 130)
    await factories.feed(session, FIRST, statement(0, paid))
    items = (await client.get("/payroll/v1/obligations")).json()["items"]
    second = items[1]
    money = {name: second[name] for name in ("due_amount", "credited_amount", "lacking")}
    assert money == {"due_amount": "100.00", "credited_amount": "30.00", "lacking": "70.00"}
    path = f"/payroll/v1/obligations/{second['id']}"
    assert (await client.get(path)).json() == second
    (credit,) = (await client.get(f"{path}/credits")).json()["items"]
    assert (credit["serial"], credit["credited_on"], credit["amount"]) == (
        "A",
        "2023-01-10",
        "30.00",
    )


@pytest.mark.caller("provincial_system", areas=["42"])
async def test_obligations_are_synced_from_an_instant_on(
    session: Session, project_id: UUID, client: AsyncClient
) -> None:
    params = {"changed_after": "2020-01-01T00:00:00Z", "limit": "3"}
    first = (await client.get("/payroll/v1/obligations", params=params)).json()
    then = {"cursor": first["next"], "limit": "3"}
    second = (await client.get("/payroll/v1/obligations", params=then)).json()
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 4
    end = {"cursor": second["next"]}
    assert (await client.get("/payroll/v1/obligations", params=end)).json()["items"] == []


@pytest.mark.parametrize(
    ("role", "areas", "org", "count"),
    [
        ("wage_office", [COUNTY], None, 4),
        ("wage_office", ["42"], None, 4),
        ("wage_office", [NEIGHBOUR], None, 0),
        ("developer", [COUNTY], DEVELOPER, 4),
        ("developer", [COUNTY], new_id(), 0),
        ("developer", [NEIGHBOUR], DEVELOPER, 0),
        ("contractor", [COUNTY], CONTRACTOR, 4),
        ("contractor", [COUNTY], None, 0),
    ],
)
async def test_everybody_sees_the_obligations_of_his_scope(
    *,
    project_id: UUID,
    client: AsyncClient,
    token: Token,
    role: str,
    areas: list[str],
    org: UUID | None,
    count: int,
) -> None:
    headers = token(role, areas=areas, org=org)
    items = (await client.get("/payroll/v1/obligations", headers=headers)).json()["items"]
    assert len(items) == count
    everybody = token("operator")
    one = (await client.get("/payroll/v1/obligations", headers=everybody)).json()["items"][0]
    shown = await client.get(f"/payroll/v1/obligations/{one['id']}", headers=headers)
    assert shown.status_code == (200 if count else 404)


# ---- lines -----------------------------------------------------------------------------------


@pytest.fixture
async def lines(session: Session, project_id: UUID) -> None:
    """Let a line of a known account come, and one of an account that nobody knows."""
    known = line("A", "2023-01-10T09:00:00", 10, 10, counterparty=PAYER, purpose="1月人工费")
    strange = line("B", "2023-01-10T10:00:00", 20, 20)
    await factories.feed(
        session, FIRST, statement(0, known), statement(0, strange, account_no="5555666677778888")
    )


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_unmatched_lines_are_visible(lines: None, client: AsyncClient) -> None:
    everything = (await client.get("/payroll/v1/bank-lines")).json()["items"]
    assert [each["serial"] for each in everything] == ["B", "A"]
    (strange,) = (await client.get("/payroll/v1/bank-lines", params={"matched": "false"})).json()[
        "items"
    ]
    assert (strange["account_id"], strange["account_no"]) == (None, "*" * 12 + "8888")
    assert (strange["amount"], strange["left_amount"]) == ("20.00", "20.00")


@pytest.mark.caller("wage_office", areas=[COUNTY])
async def test_who_stands_behind_a_line_is_masked_until_it_is_revealed(
    session: Session, lines: None, client: AsyncClient
) -> None:
    (known,) = (await client.get("/payroll/v1/bank-lines", params={"matched": "true"})).json()[
        "items"
    ]
    assert (known["counterparty_name"], known["counterparty_account"]) == ("县*", "*" * 12 + "0017")
    assert known["period"] == "2023-01"
    assert "purpose" not in known
    path = f"/payroll/v1/bank-lines/{known['id']}/reveal"
    clear = await client.post(path, json={"purpose": "核对付款单位"})
    assert clear.json() == {
        "id": known["id"],
        "account_no": None,
        "counterparty_name": PAYER["name"],
        "counterparty_account": PAYER["account_no"],
        "purpose": "1月人工费",
    }
    row = (await session.scalars(select(AuditRow).where(AuditRow.action == "reveal"))).one()
    assert (row.actor, row.row_id) == ("tester", known["id"])
    assert row.after == {"purpose": "核对付款单位"}
    assert (await client.post(path, json={})).status_code == 422


@pytest.mark.caller("wage_office", areas=[COUNTY])
@pytest.mark.parametrize(
    ("whose", "serials"),
    [
        ({"name": " 县交通运输局 "}, ["A"]),
        ({"account_no": "4200 0000 0000 0017"}, ["A"]),
        ({"name": "县交通运输局", "account_no": "1111"}, []),
        ({"name": "交通"}, []),
    ],
)
async def test_lines_are_found_by_the_whole_name_or_number(
    lines: None, client: AsyncClient, whose: dict[str, str], serials: list[str]
) -> None:
    answer = await client.post("/payroll/v1/bank-lines/search", json=whose)
    assert [each["serial"] for each in answer.json()["items"]] == serials
    assert (await client.post("/payroll/v1/bank-lines/search", json={})).status_code == 422


async def test_lines_are_seen_in_scope_only(
    session: Session, lines: None, client: AsyncClient, token: Token
) -> None:
    for headers, serials in (
        (token("wage_office", areas=[NEIGHBOUR]), []),
        (token("contractor", areas=[COUNTY], org=CONTRACTOR), ["A"]),
        (token("contractor", areas=[COUNTY], org=new_id()), []),
    ):
        items = (await client.get("/payroll/v1/bank-lines", headers=headers)).json()["items"]
        assert [each["serial"] for each in items] == serials
    everybody = token("operator")
    items = (await client.get("/payroll/v1/bank-lines", headers=everybody)).json()["items"]
    path = f"/payroll/v1/bank-lines/{items[0]['id']}/reveal"
    elsewhere = token("wage_office", areas=[NEIGHBOUR])
    answer = await client.post(path, json={"purpose": "好奇"}, headers=elsewhere)
    assert answer.status_code == 404
    assert (await client.post(path, json={"purpose": "x"}, headers=everybody)).status_code == 403


async def test_no_answer_shows_an_account_number(
    lines: None, client: AsyncClient, token: Token
) -> None:
    for path in ("sources", "wage-accounts", "obligations", "bank-feeds", "bank-lines"):
        answer = await client.get(f"/payroll/v1/{path}", headers=token("operator"))
        assert answer.status_code == 200
        assert ACCOUNT_NO not in answer.text
        assert PAYER["account_no"] not in answer.text
