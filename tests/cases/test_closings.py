"""Documents close an item where its proof is one, two persons where the terms say so."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient

from services.cases import actions
from services.cases.errors import PersonNeeded
from services.cases.models import WatchItem
from services.cases.rules.items import ItemState
from services.cases.schemas.closings import ClosingIn, ReopeningIn
from services.cases.schemas.policies import PolicyIn
from shared import clock, timers
from shared.auth import Caller
from shared.db import Session
from shared.events.cases import WatchItemClosed, WatchItemOpened
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, at
from tests.cases.policies import DEFAULTS, body
from tests.fixtures.service import Published, Time, Token

ITEMS = "/cases/v1/watch-items"
PDF = {"file": ("x.pdf", b"%PDF-1.7 agreement")}
AGREEMENT = ("agreement_missing", "2023-04-20", "2023-04-20 10:00")
GUARANTEE = ("payment_guarantee_missing", "2023-04-14", "2023-04-14 09:00")
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-10 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


async def opened(session: Session, *said: str) -> WatchItem:
    await make.tell(session, make.found(*said))
    await make.pass_time(session, clock.now())
    item = await make.find_item(session, said[0])
    assert item
    return item


async def brought(client: AsyncClient, item: WatchItem) -> str:
    made = await client.post(f"{ITEMS}/{item.id}/evidence", files=PDF)
    assert made.status_code == 201, made.text
    evidence_id: str = made.json()["id"]
    return evidence_id


async def close(
    client: AsyncClient, item: WatchItem, proof: str, *evidence_ids: str
) -> tuple[int, dict[str, Any]]:
    said = {"proof": proof, "reason": "已核对原件", "evidence_ids": evidence_ids}
    answer = await client.post(f"{ITEMS}/{item.id}/closings", json=said)
    return answer.status_code, answer.json()


async def decide(
    client: AsyncClient, closing_id: str, headers: Mapping[str, str] | None, *, enough: bool = True
) -> tuple[int, dict[str, Any]]:
    path = f"/cases/v1/closings/{closing_id}/decision"
    said = {"enough": enough, "reason": "与原件一致" if enough else "字迹不清"}
    answer = await client.post(path, json=said, headers=headers)
    return answer.status_code, answer.json()


@inspector
async def test_a_document_closes_what_it_proves_and_says_which(
    session: Session, client: AsyncClient, published: Published
) -> None:
    item = await opened(session, *AGREEMENT)
    evidence_id = await brought(client, item)
    code, closing = await close(client, item, "agreement_signed", evidence_id)
    assert (code, closing["state"], closing["decided_by"]) == (201, "closed", "inspector")
    shown = (await client.get(f"{ITEMS}/{item.id}")).json()
    assert (shown["state"], shown["close_reason"]) == ("closed", "agreement_signed")
    last = shown["timeline"][-1]
    assert last["details"]["evidence_ids"] == [evidence_id]
    [told] = await published(session, WatchItemClosed)
    assert told.close_reason == "agreement_signed"
    assert await timers.armed(session, item.id) == []
    assert (await close(client, item, "agreement_signed", evidence_id))[0] == 409
    [listed] = (await client.get(f"{ITEMS}/{item.id}/closings")).json()["items"]
    assert listed["id"] == closing["id"]


@inspector
async def test_without_a_document_or_by_what_no_document_proves_nothing_is_closed(
    session: Session, client: AsyncClient
) -> None:
    item = await opened(session, *AGREEMENT)
    code, problem = await close(client, item, "agreement_signed")
    assert (code, problem["type"]) == (422, "/problems/evidence-refused")
    assert problem["errors"][0]["code"] == "evidence_needed"
    evidence_id = await brought(client, item)
    code, problem = await close(client, item, "project_closed", evidence_id)
    assert (code, problem["type"]) == (422, "/problems/proof-not-taken")
    assert problem["taken"] == ["agreement_signed"]
    # Money is proved by the bank's lines alone.
    miss = await make.open_item(session)
    await session.flush()  # The app's own transactions must see it.
    receipt = await brought(client, miss)
    code, problem = await close(client, miss, "transfer_received", receipt)
    assert (code, problem["taken"]) == (422, [])
    code, problem = await close(client, item, "agreement_signed", receipt)
    assert problem["errors"][0]["code"] == "evidence_unknown"
    assert item.state is ItemState.OPEN


@inspector
async def test_two_persons_close_what_money_stands_behind(
    session: Session, client: AsyncClient, token: Token
) -> None:
    item = await opened(session, *GUARANTEE)
    evidence_id = await brought(client, item)
    code, closing = await close(client, item, "evidence_filed", evidence_id)
    assert (code, closing["state"]) == (201, "asked")
    again = await close(client, item, "evidence_filed", evidence_id)
    assert again[1]["id"] == closing["id"]
    said = (await client.get(f"{ITEMS}/{item.id}/why")).json()
    assert said["item"]["state"] == "verifying"
    assert "confirm_closing" in [one["code"] for one in said["next_steps"]]
    first = said["closes_by"][0]
    assert (first["code"], first["by_document"], first["second_person"]) == (
        "evidence_filed", True, True,
    )  # fmt: skip
    code, problem = await decide(client, closing["id"], None)
    assert (code, problem["type"]) == (409, "/problems/second-person-needed")
    elsewhere = token("wage_office", areas=[NEIGHBOUR], subject="office")
    assert (await decide(client, closing["id"], elsewhere))[0] == 404
    office = token("wage_office", areas=[COUNTY], subject="office")
    code, refused = await decide(client, closing["id"], office, enough=False)
    assert (code, refused["state"]) == (200, "refused")
    await session.refresh(item)
    assert (item.state, item.close_reason) == (ItemState.OPEN, None)
    assert (await decide(client, closing["id"], office))[0] == 409
    _, closing = await close(client, item, "evidence_filed", evidence_id)
    code, done = await decide(client, closing["id"], office)
    assert (code, done["state"], done["decided_by"]) == (200, "closed", "office")
    await session.refresh(item)
    assert item.state is ItemState.CLOSED


@inspector
async def test_what_does_not_hold_is_opened_again_and_its_clock_goes_on(
    session: Session, client: AsyncClient, time: Time, published: Published
) -> None:
    """Closed on 10 May, told of once more, opened again on 25 May: orange since the 20th."""
    item = await opened(session, *AGREEMENT)
    assert item.level == "yellow"
    await close(client, item, "agreement_signed", await brought(client, item))
    await make.tell(session, make.found("agreement_missing", "2023-04-20", "2023-05-12 10:00"))
    assert (await make.find_item(session, "agreement_missing")) is item
    await session.refresh(item)
    assert item.is_closed, "what documents have closed rests"
    time.move_to(at("2023-05-25 10:00"))
    path = f"{ITEMS}/{item.id}/reopen"
    answer = await client.post(path, json={"reason": "协议系伪造"})
    assert (answer.status_code, answer.json()["state"]) == (200, "open")
    assert (answer.json()["level"], answer.json()["close_reason"]) == ("orange", None)
    [armed] = await timers.armed(session, item.id, "level")
    # Orange on 20 May, then every fifth working day: 26 May.
    assert (armed.step, armed.due_at) == ("repeat", at("2023-05-26 09:00"))
    assert [one.reopened for one in await published(session, WatchItemOpened)] == [False, True]
    assert (await client.post(path, json={"reason": "再次"})).status_code == 409
    [listed] = (await client.get(f"{ITEMS}/{item.id}/closings")).json()["items"]
    assert (listed["state"], listed["decision"]) == ("reopened", "协议系伪造")
    # Its finder may still end it, and then nothing is opened by hand any more.
    await session.refresh(item)
    await make.tell(
        session, make.ended("agreement_missing", "2023-05-25 11:00", "agreement_signed")
    )
    assert (await client.post(path, json={"reason": "再次"})).status_code == 409


@inspector
async def test_what_data_closed_is_not_opened_by_hand(
    session: Session, client: AsyncClient
) -> None:
    miss = await make.open_item(session)
    await make.tell(session, make.received("2023-05", "0.00", "2023-05-26 10:00"))
    answer = await client.post(f"{ITEMS}/{miss.id}/reopen", json={"reason": "款项有误"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-closed-by-hand")


async def test_a_key_closes_nothing(session: Session) -> None:
    item = await opened(session, *AGREEMENT)
    machine = Caller("key:1", frozenset({"wage_office"}), frozenset({COUNTY}))
    said = ClosingIn(proof="agreement_signed", reason="x")
    with pytest.raises(PersonNeeded):
        await actions.closings.close_by_hand(session, machine, item.id, said, clock.now())
    why = ReopeningIn(reason="x")
    with pytest.raises(PersonNeeded):
        await actions.closings.reopen_by_hand(session, machine, item.id, why, clock.now())


@inspector
async def test_a_rehearsal_closes_and_reopens_as_it_was_done_by_hand(
    session: Session, client: AsyncClient, time: Time
) -> None:
    item = await opened(session, *AGREEMENT)
    await close(client, item, "agreement_signed", await brought(client, item))
    await make.tell(session, make.found("agreement_missing", "2023-04-20", "2023-05-12 10:00"))
    time.move_to(at("2023-05-25 10:00"))
    await client.post(f"{ITEMS}/{item.id}/reopen", json={"reason": "协议系伪造"})
    await make.pass_time(session, at("2023-06-20 10:00"))
    names = ("unit", "levels", "steps", "jumps", "answer_within", "proposal")
    rows = {name: DEFAULTS["agreement_missing"][name] for name in names}
    default = PolicyIn(**body(**(rows | {"kind": "agreement_missing", "area_code": "0"})))
    first, last = date(2023, 1, 1), date(2023, 6, 19)
    said = await actions.rehearsals.rehearse(session, default, first, last)
    assert said["recorded"] == said["same"] == 1, said
    said = await actions.rehearsals.rehearse(session, default, first, date(2023, 5, 20))
    assert said["recorded"] == said["same"] == 1, said
