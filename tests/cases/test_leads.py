"""Leads are pushed once, concluded here, and read back by who pushed them."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import Lead
from shared.db import AuditRow, Session
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, TOWN, at
from tests.fixtures.service import Time, Token

LEADS = "/cases/v1/leads"
province = pytest.mark.caller("provincial_system", areas=[COUNTY], subject="province")


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at("2023-05-31 10:00"))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def lead(**changes: Any) -> dict[str, Any]:
    return {
        "source": "province_platform", "external_id": "L-1", "area_code": TOWN,
        "place": "走马镇产业路工地", "text": "张三（13812345678）反映四月工资未发",
        "workers": 12, "amount": "86000.00", "received_at": "2023-05-30T18:00:00+08:00",
    } | changes  # fmt: skip


@province
async def test_a_lead_pushed_again_is_the_same_lead(client: AsyncClient) -> None:
    first = await client.post(LEADS, json=lead())
    again = await client.post(LEADS, json=lead())
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.json()["state"] == "received"
    assert "text" not in first.json()
    for other in ({"text": "另一件"}, {"amount": "1.00"}, {"area_code": COUNTY}):
        taken = await client.post(LEADS, json=lead(**other))
        assert (taken.status_code, taken.json()["type"]) == (409, "/problems/lead-taken")
    assert (await client.post(LEADS, json=lead(external_id="L-2"))).json() != first.json()


@province
async def test_a_result_is_read_back_by_what_changed(
    client: AsyncClient, token: Token, time: Time
) -> None:
    pushed = (await client.post(LEADS, json=lead())).json()
    await client.post(LEADS, json=lead(external_id="L-2"))
    time.move_to(at("2023-06-02 10:00"))
    office = token("wage_office", areas=[COUNTY], subject="office")
    said = {"conclusion": "paid", "result": "核实12人，已由专户补发", "amount_paid": "86000.00"}
    done = await client.post(f"{LEADS}/{pushed['id']}/result", json=said, headers=office)
    assert (done.status_code, done.json()["state"]) == (200, "concluded")
    since = {"changed_after": "2023-06-01T00:00:00Z"}
    changed = {row["id"]: row for row in (await client.get(LEADS, params=since)).json()["items"]}
    assert list(changed) == [pushed["id"]]
    assert changed[pushed["id"]]["conclusion"] == "paid"
    assert changed[pushed["id"]]["amount_paid"] == "86000.00"
    # Pushed once more it comes back with what became of it.
    assert (await client.post(LEADS, json=lead())).json()["result"] == said["result"]


@province
async def test_what_tells_of_persons_is_sealed_and_its_reading_recorded(
    session: Session, client: AsyncClient, token: Token
) -> None:
    pushed = (await client.post(LEADS, json=lead())).json()
    path = f"{LEADS}/{pushed['id']}/reveal"
    assert (await client.post(path, json={"purpose": "x"})).status_code == 403
    office = token("wage_office", areas=[COUNTY], subject="office")
    shown = await client.post(path, json={"purpose": "联系投诉人"}, headers=office)
    assert "13812345678" in shown.json()["text"]
    audited = select(AuditRow).where(AuditRow.table_name == "leads").order_by(AuditRow.id)
    rows = list(await session.scalars(audited))
    assert [row.action for row in rows] == ["insert", "reveal"]
    assert rows[1].after == {"purpose": "联系投诉人"}
    assert rows[0].after
    assert rows[0].after["text"] == "[sealed]"
    assert (await session.scalars(select(Lead))).one().text == lead()["text"]


@province
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"area_code": NEIGHBOUR}, 404),
        ({"source": "wechat"}, 422),
        ({"external_id": ""}, 422),
        ({"received_at": "2023-05-30"}, 422),
        ({"amount": "1.001"}, 422),
        ({"reporter": "张三"}, 422),
    ],
)
async def test_a_lead_must_be_one(
    client: AsyncClient, changes: dict[str, Any], status: int
) -> None:
    assert (await client.post(LEADS, json=lead(**changes))).status_code == status
