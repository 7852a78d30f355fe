"""The papers of a deposit in cash (65号 art. 10-11): its agreement, the mark of its account."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from services.registry.models import Security
from services.registry.rules.deposit_papers import has_papers
from services.registry.rules.deposits import SecurityForm, SecurityPurpose
from shared.db import Session
from tests.contracts.access.deposits import RULE
from tests.fixtures.service import Time
from tests.registry.factories import Post
from tests.registry.systems import BEGINS
from tests.registry.test_actions_deposits import begun, give
from tests.registry.test_routes_requirements import PNG

V1 = "/registry/v1"
CASH = {"form": "cash", "valid_until": None, "number": "CK-1"}
FORM = {"kind": "agreement", "dated_on": "2023-04-19", "told_by": "银行甲咸丰支行"}
MARK = FORM | {"kind": "account_mark", "dated_on": "2023-04-20"}
office = pytest.mark.caller("wage_office")


@pytest.fixture(autouse=True)
def _begun(time: Time) -> None:
    time.move_to(BEGINS)


@pytest.mark.parametrize("form", SecurityForm)
@pytest.mark.parametrize("purpose", SecurityPurpose)
def test_only_deposits_in_cash_have_papers(purpose: SecurityPurpose, form: SecurityForm) -> None:
    assert has_papers(purpose, form) is ((purpose.value, form.value) == ("deposit", "cash"))


async def sent(
    client: AsyncClient, security: Security, form: dict[str, str], more: bytes = b""
) -> dict[str, Any]:
    """File a paper; give what is answered."""
    path = f"{V1}/securities/{security.id}/papers"
    answer = await client.post(path, files={"file": ("协议.png", PNG + more)}, data=form)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def shown(client: AsyncClient, security: Security) -> dict[str, Any]:
    """Give a deposit as the list shows it."""
    found = (await client.get(f"{V1}/securities")).json()["items"]
    one: dict[str, Any] = next(each for each in found if each["id"] == str(security.id))
    return one


def lacks(one: dict[str, Any]) -> list[str]:
    return [each["kind"] for each in one["papers_lacking"]]


async def listed(client: AsyncClient, *, lacking: bool) -> list[str]:
    found = await client.get(f"{V1}/securities", params={"lacks_papers": lacking})
    return [one["number"] for one in found.json()["items"]]


@office
async def test_agreement_and_mark_are_asked_for_until_they_are_filed(
    session: Session, client: AsyncClient
) -> None:
    here = await begun(session)
    cash, guarantee = await give(session, here, **CASH), await give(session, here)
    one = await shown(client, cash)
    assert lacks(one) == ["agreement", "account_mark"]
    assert "请上传" in one["papers_lacking"][0]["zh"]
    assert lacks(await shown(client, guarantee)) == []
    assert await listed(client, lacking=True) == ["CK-1"]
    assert await listed(client, lacking=False) == ["BH-1"]
    agreement = await sent(client, cash, FORM)
    assert (agreement["version"], agreement["digest"]) == (1, sha256(PNG).hexdigest())
    assert (agreement["filed_by"], agreement["told_by"]) == ("tester", FORM["told_by"])
    one = await shown(client, cash)
    assert (lacks(one), one["version"]) == (["account_mark"], 2)
    assert (one["agreement_id"], one["agreement_on"]) == (agreement["id"], "2023-04-19")
    mark = await sent(client, cash, MARK)
    one = await shown(client, cash)
    assert (lacks(one), one["mark_id"], one["marked_on"]) == ([], mark["id"], "2023-04-20")
    assert await listed(client, lacking=True) == []
    file = await client.get(f"{V1}/deposit-papers/{mark['id']}/file")
    assert (file.status_code, file.content) == (200, PNG)


@office
async def test_a_paper_is_replaced_and_withdrawn_and_never_lost(
    session: Session, client: AsyncClient
) -> None:
    cash = await give(session, await begun(session), **CASH)
    first = await sent(client, cash, FORM)
    assert await sent(client, cash, FORM) == first
    second = await sent(client, cash, FORM, b"signed anew")
    assert second["version"] == 2
    assert (await shown(client, cash))["agreement_id"] == second["id"]
    # The same file with another day is another statement, and so is the first file again.
    third = await sent(client, cash, FORM | {"dated_on": "2023-04-18"}, b"signed anew")
    fourth = await sent(client, cash, FORM)
    assert [third["version"], fourth["version"]] == [3, 4]
    papers = f"{V1}/deposit-papers"
    found = (await client.get(papers, params={"security_id": str(cash.id)})).json()["items"]
    assert [one["id"] for one in found] == [one["id"] for one in (first, second, third, fourth)]
    assert (await client.get(f"{papers}/{first['id']}/file")).content == PNG
    assert (await client.get(f"{papers}/{second['id']}/file")).content == PNG + b"signed anew"
    why = {"reason": "非本账户协议"}
    old = await client.post(f"{papers}/{first['id']}/withdraw", json=why)
    assert (old.status_code, old.json()["type"]) == (409, "/problems/step-refused")
    gone = (await client.post(f"{papers}/{fourth['id']}/withdraw", json=why)).json()
    assert (gone["withdrawn_by"], gone["withdrawn_why"]) == ("tester", "非本账户协议")
    # What it had replaced does not come back by itself.
    one = await shown(client, cash)
    assert (lacks(one), one["agreement_id"]) == (["agreement", "account_mark"], None)
    again = await client.post(f"{papers}/{fourth['id']}/withdraw", json=why)
    assert again.status_code == 409
    assert (await sent(client, cash, FORM))["version"] == 5
    assert lacks(await shown(client, cash)) == ["account_mark"]


@office
async def test_what_is_wrong_with_a_paper_is_said_all_at_once(
    session: Session, client: AsyncClient
) -> None:
    here = await begun(session)
    guarantee = await give(session, here)
    form = FORM | {"dated_on": "2023-04-21"}
    path = f"{V1}/securities/{guarantee.id}/papers"
    refused = await client.post(path, files={"file": ("x.png", PNG)}, data=form)
    assert refused.status_code == 422
    assert [(one["place"], one["code"]) for one in refused.json()["errors"]] == [
        ("kind", "NoAccount"), ("dated_on", "DayAhead"),
    ]  # fmt: skip
    cash = f"{V1}/securities/{(await give(session, here, **CASH)).id}/papers"
    script = await client.post(cash, files={"file": ("x.sh", b"#!/bin/sh")}, data=FORM)
    assert (script.status_code, script.json()["type"]) == (422, "/problems/file-not-taken")
    nowhere = await client.post(
        f"{V1}/securities/{uuid4()}/papers", files={"file": ("x.png", PNG)}, data=FORM
    )
    assert nowhere.status_code == 404
    assert (await client.get(f"{V1}/deposit-papers")).json()["items"] == []


@pytest.mark.caller("wage_office", areas=["422828"])
async def test_an_area_asks_for_what_it_wants_since_its_day(
    project: dict[str, Any], post: Post, client: AsyncClient
) -> None:
    rule = {"area_code": "422828", "mark_asked": False, "valid_from": "2023-04-20"}
    made = await post("deposit-rules", RULE | rule)
    assert (made["agreement_asked"], made["mark_asked"]) == (True, False)
    body = {"purpose": "deposit", "issuer": "银行甲", "amount": "1.00", **CASH}
    path = f"projects/{project['id']}/securities"
    before = await post(path, body | {"valid_from": "2023-04-19"})
    assert lacks(before) == ["agreement", "account_mark"]
    since = await post(path, body | {"number": "CK-2", "valid_from": "2023-04-20"})
    assert lacks(since) == ["agreement"]
    # Nothing was asked for before the first terms of all.
    ancient = await post(path, body | {"number": "CK-0", "valid_from": "1998-05-01"})
    assert lacks(ancient) == []
    replaced = {"number": "CK-3", "valid_from": "2023-04-20", "replaces": before["id"]}
    await post(path, body | replaced)
    items = (await client.get(f"{V1}/securities")).json()["items"]
    assert {one["number"]: lacks(one) for one in items}["CK-1"] == [], "it stands for nothing"
