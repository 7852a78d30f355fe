"""Warning letters: to whom, by which ways, and what became of them at each receiver."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.alerts import actions, handlers
from services.alerts.rules.deliveries import Channel, DeliveryState
from services.alerts.rules.notices import AlertState
from shared import clock
from shared.db import Session, new_id
from tests.alerts import factories, looking
from tests.alerts.conftest import Mailbox
from tests.alerts.factories import AUTHORITY, CONTRACTOR, COUNTY, DEVELOPER, NEIGHBOUR, OPENED_AT
from tests.fixtures.service import Time, Token

PATH = "/alerts/v1/warning-letters"
office = pytest.mark.caller("wage_office", areas=[COUNTY])
OTHER = new_id()


@pytest.fixture(autouse=True)
async def _county(session: Session, time: Time) -> None:
    await factories.areas(session)
    time.move_to(OPENED_AT)


def letter(**receivers: Any) -> dict[str, Any]:
    return {
        "receivers": {"area_code": COUNTY} | receivers,
        "title": "关于按月足额拨付人工费用的提示",
        "text_zh": "请各单位于每月应拨日前足额拨付人工费用。联系电话 13800000000。",
        "text_en": "Transfer labour cost in full by the due day.",
    }


async def employers(session: Session) -> dict[str, UUID]:
    """Enter posts of three employers, one of them elsewhere, an office, and who has left."""
    made = {
        "developer": await factories.recipient(session, "developer", org_id=DEVELOPER),
        "contractor": await factories.recipient(
            session, "contractor", org_id=CONTRACTOR, mail="c@example.org", subject="chief"
        ),
        "other": await factories.recipient(session, "wage_officer", org_id=OTHER),
        "head": await factories.recipient(session, "unit_head", org_id=OTHER),
        "elsewhere": await factories.recipient(
            session, "developer", org_id=DEVELOPER, area_code=NEIGHBOUR
        ),
        "office": await factories.recipient(session, "wage_office"),
        "left": await factories.recipient(
            session, "developer", org_id=DEVELOPER, until_on=factories.BEGUN
        ),
    }
    return {name: row.id for name, row in made.items()}


@office
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["developer", "contractor", "other"]),
        ({"roles": ["unit_head"]}, ["head"]),
        ({"organisations": [str(OTHER)]}, ["other"]),
        ({"sector_authority_id": str(AUTHORITY)}, ["developer", "contractor"]),
        ({"investment_type": "government", "roles": ["contractor"]}, ["contractor"]),
        ({"investment_type": "private"}, []),
        ({"level": "yellow", "kind": "transfer_missed"}, ["developer", "contractor"]),
        ({"level": "red"}, []),
        ({"kind": "deposit_missing"}, []),
    ],
)
async def test_a_dry_run_counts_and_lists_whom_the_filter_reaches_and_tells_nobody(
    session: Session, client: AsyncClient, asked: dict[str, Any], found: list[str]
) -> None:
    people = await employers(session)
    await handlers.on_watch_item_opened(session, factories.opened(level="yellow"))
    before = len(await looking.deliveries(session))
    said = await client.post(f"{PATH}/rehearsals", json=letter(**asked))
    assert said.status_code == 200, said.text
    items = said.json()["items"]
    assert {item["recipient_id"] for item in items} == {str(people[name]) for name in found}
    assert said.json()["receivers"] == len(found)
    assert len(await looking.deliveries(session)) == before


@office
async def test_what_is_closed_is_no_open_alert(session: Session, client: AsyncClient) -> None:
    await employers(session)
    opened = factories.opened(level="yellow")
    await handlers.on_watch_item_opened(session, opened)
    await handlers.on_watch_item_closed(session, factories.closed(opened, OPENED_AT))
    said = await client.post(f"{PATH}/rehearsals", json=letter(level="yellow"))
    assert said.json()["receivers"] == 0
    refused = await client.post(PATH, json=letter(level="yellow"))
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/nobody-to-warn")
    outside = await client.post(PATH, json=letter(area_code=NEIGHBOUR))
    assert outside.status_code == 404


@office
async def test_a_letter_goes_to_each_inbox_and_by_each_way_once_and_its_state_is_told(
    session: Session, client: AsyncClient, token: Token, mailbox: Mailbox
) -> None:
    people = await employers(session)
    once = {"idempotency-key": "letter-1"}
    sent = await client.post(PATH, json=letter(), headers=once)
    assert sent.status_code == 201, sent.text
    assert (await client.post(PATH, json=letter(), headers=once)).json() == sent.json()
    path = f"{PATH}/{sent.json()['id']}"
    assert len((await client.get(PATH)).json()["items"]) == 1
    counts = (await client.get(path)).json()
    assert [counts[name] for name in ("receivers", "sent", "delivered", "refused", "read")] == [
        3, 1, 2, 0, 0,
    ]  # fmt: skip
    (mail,) = await looking.deliveries(session, channel=Channel.MAIL)
    parcels = await actions.deliveries.claim_deliveries(session, clock.wall(), {})
    (parcel,) = parcels
    assert "关于按月足额拨付人工费用的提示" in parcel.subject
    assert "请各单位于每月应拨日前足额拨付人工费用" in parcel.body
    assert "13800000000" not in parcel.body
    mail.give_up(DeliveryState.REFUSED)
    await session.flush()
    assert (await states(client, path))[str(people["contractor"])] == "refused"
    mail.deliver(OPENED_AT)
    await session.flush()
    assert (await states(client, path))[str(people["contractor"])] == "delivered"
    client.headers.update(token("contractor", areas=[COUNTY], org=CONTRACTOR, subject="chief"))
    (seen,) = (await client.get("/alerts/v1/inbox")).json()["items"]
    assert seen["alert"]["details"]["text_zh"].startswith("请各单位")
    read = {"notice_ids": [seen["id"], str(new_id())]}
    marked = await client.post("/alerts/v1/inbox/read", json=read)
    assert marked.json() == {"read": [seen["id"]]}
    client.headers.update(token("wage_office", areas=[COUNTY]))
    assert (await states(client, path))[str(people["contractor"])] == "read"
    counts = (await client.get(path)).json()
    assert [counts[name] for name in ("sent", "delivered", "refused", "read")] == [0, 2, 0, 1]


async def states(client: AsyncClient, path: str) -> dict[str, str]:
    items = (await client.get(f"{path}/receivers")).json()["items"]
    return {item["recipient_id"]: item["state"] for item in items}


@office
async def test_nobody_reads_for_another_and_a_letter_asks_for_no_answer(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await employers(session)
    sent = (await client.post(PATH, json=letter())).json()
    alert = await looking.alert(session, kind="warning_letter")
    assert alert.state is AlertState.CLOSED
    assert await looking.armed(session, alert.id) == []
    deliveries = await looking.deliveries(session)
    assert all(each.state is DeliveryState.DELIVERED for each in deliveries)
    notices = [str(each.notice_id) for each in deliveries]
    client.headers.update(token("developer", areas=[COUNTY], org=OTHER))
    marked = await client.post("/alerts/v1/inbox/read", json={"notice_ids": notices})
    assert marked.json() == {"read": []}
    assert (await client.get(f"{PATH}/{sent['id']}")).status_code == 403


@pytest.mark.caller("wage_office", areas=["4228"])
async def test_a_letter_of_the_prefecture_reaches_the_counties_below(
    session: Session, client: AsyncClient, token: Token
) -> None:
    await employers(session)
    sent = await client.post(PATH, json=letter(area_code="4228"))
    assert sent.json()["receivers"] == 4
    client.headers.update(token("contractor", areas=[COUNTY], org=CONTRACTOR))
    assert len((await client.get("/alerts/v1/inbox")).json()["items"]) == 1
