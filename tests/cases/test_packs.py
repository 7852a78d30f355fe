"""Evidence packs: all that is known of a matter in one file, masked, with digests that hold."""

import json
import struct
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from services.cases.models import WatchItem
from services.cases.service import service
from shared import audit
from shared.db import Session, Sessions
from shared.proofs import merged_minutes
from tests.cases import factories as make
from tests.cases.factories import COUNTY, NEIGHBOUR, at
from tests.cases.test_arrears import CASES, Do, do, opened, sent
from tests.fixtures.database import Databases, connected
from tests.fixtures.service import Time, Token
from tests.flows import sealed

__all__ = ["do"]

ITEMS, PACKS = "/cases/v1/watch-items", "/cases/v1/evidence-packs"
MORNING = "2023-05-31 10:00"
inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")


def unzipped(content: bytes) -> dict[str, bytes]:
    """Read a zip by its central directory, with nothing of what wrote it."""
    end = content.rindex(b"PK\x05\x06")
    count, _, place = struct.unpack_from("<HII", content, end + 10)
    files = {}
    for _ in range(count):
        assert content[place : place + 4] == b"PK\x01\x02"
        method, check, packed, size = struct.unpack_from("<H4xIII", content, place + 10)
        name_long, extra, comment, start = struct.unpack_from("<HHH8xI", content, place + 28)
        name = content[place + 46 : place + 46 + name_long].decode()
        here = start + 30 + sum(struct.unpack_from("<HH", content, start + 26))
        clear = zlib.decompress(content[here : here + packed], -15)
        assert (method, len(clear), zlib.crc32(clear)) == (8, size, check)
        files[name] = clear
        place += 46 + name_long + extra + comment
    return files


async def read(client: AsyncClient, pack: Mapping[str, Any]) -> dict[str, Any]:
    """Take a pack, see that its digests are those of its index, and give its parts."""
    taken = await client.get(f"{PACKS}/{pack['id']}/file")
    assert taken.status_code == 200, taken.text
    assert taken.headers["content-type"] == "application/zip"
    assert (sha256(taken.content).hexdigest(), len(taken.content)) == (pack["sha256"], pack["size"])
    files = unzipped(taken.content)
    index = json.loads(files.pop("index.json"))
    assert index["entries"] == pack["entries"]
    assert {name: sha256(said).hexdigest() for name, said in files.items()} == {
        one["name"]: one["sha256"] for one in index["entries"]
    }
    cover = files.pop("cover.html").decode()
    return {name: json.loads(said) for name, said in files.items()} | {"cover": cover}


async def make_pack(client: AsyncClient, path: str, **said: Any) -> dict[str, Any]:
    made = await client.post(f"{path}/evidence-pack", **said)
    assert made.status_code == 201, made.text
    pack: dict[str, Any] = made.json()
    return pack


@inspector
async def test_a_pack_of_an_item_says_what_happened_who_was_told_and_that_the_audit_holds(
    sessions: Sessions,
    client: AsyncClient,
    databases: Databases,
    *,
    time: Time,
    token: Token,
) -> None:
    time.move_to(at(MORNING))
    async with sessions.begin("event:test") as session:
        await make.world(session)
        item = await make.open_item(session, make.missed("2023-05"))
        item_id = item.id
        part = make.received("2023-05", "1.00", "2023-05-27 10:00")
        told = make.notices("2023-05", "2023-05-27 10:01", "mail", "sms", item_id=item_id)
        for event in (part, told, told):
            await service.handles[type(event)](session, event)
    while await audit.seal(sessions):
        pass
    path = f"{ITEMS}/{item_id}"
    pack = await make_pack(client, path)
    parts = await read(client, pack)
    timeline = [one["what"] for one in parts["timeline.json"]]
    assert timeline[0] == "opened"
    assert "part_received" in timeline
    assert {one["channel"] for one in parts["notices.json"]} == {"mail", "sms"}
    assert parts["notices.json"][0]["delivered_at"] == "2023-05-27T02:01:00Z"
    assert parts["money.json"]["bank_serials"] == part.bank_serials
    [policy] = parts["terms.json"]["policies"]
    assert (policy["kind"], policy["version"]) == ("transfer_missed", 1)
    assert parts["terms.json"]["calendar_versions"]
    said = parts["audit.json"]
    assert {one["table"] for one in said["rows"]} >= {"watch_items", "watch_item_entries"}
    assert (said["sealed"], said["unsealed"], said["broken"]) == (len(said["rows"]), 0, [])
    assert said["head"]["position"] >= max(one["place"] for one in said["rows"])
    assert "时间线" in parts["cover"]
    assert part.bank_serials[0] in parts["cover"]
    # Nothing has happened since: it is the same pack.
    time.move_to(at("2023-05-31 11:00"))
    assert (await make_pack(client, path))["id"] == pack["id"]
    # Somebody who can has changed the audit behind our back: the pack says so.
    row = said["rows"][0]["audit_id"]
    async with connected(sealed.everything(databases, sessions.url)) as owner:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("UPDATE audit SET actor = 'nobody' WHERE id = $1", row)
    async with sessions.begin("event:test") as session:
        more = make.received("2023-05", "0.50", "2023-05-28 10:00")
        await service.handles[type(more)](session, more)
    later = await make_pack(client, path)
    assert later["id"] != pack["id"]
    assert (await read(client, later))["audit.json"]["broken"] == [row]
    neighbour = token("inspector", areas=[NEIGHBOUR], subject="other")
    hidden = await client.get(f"{PACKS}/{pack['id']}", headers=neighbour)
    assert (hidden.status_code, hidden.json()["type"]) == (404, "/problems/pack-unknown")
    payer = token("developer", areas=[COUNTY], org=make.DEVELOPER, subject="payer")
    refused = await client.post(f"{path}/evidence-pack", headers=payer)
    assert refused.status_code == 403


@inspector
async def test_a_pack_of_a_case_has_its_people_masked_and_its_yuan_and_serials_whole(
    session: Session, client: AsyncClient, do: Do, *, time: Time
) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.
    case = await opened(client, place="<b>走马镇</b>工地", employer_name="某公司&分公司")
    case = await do(await do(case, "sign"), "accept")
    where = f"{CASES}/{case['id']}"
    row = {"name": "王小明", "id_number": "110101199003070716", "months": "2023-03",
           "claimed": "900.00"}  # fmt: skip
    case = (await sent(client, f"{where}/lines", case, lines=[row]))["case"]
    [line] = (await client.get(f"{where}/lines")).json()["items"]
    paid = {
        "line_id": line["id"], "amount": "900.00", "source": "employer", "paid_on": "2023-05-31",
        "proof": "bank_line", "bank_serial": "TX-<1>",
    }  # fmt: skip
    await sent(client, f"{where}/payments", case, payments=[paid])
    # A limit that ran out is told of, and so is who was told.
    await make.pass_time(session, at("2023-09-01 00:00"))
    late = select(WatchItem).where(WatchItem.kind == "case_limit_near")
    for item in await session.scalars(late):
        event = make.notices("2023-09", "2023-09-01 00:01", "inbox", item_id=item.id)
        await service.handles[type(event)](session, event)
    await session.flush()  # What was just written must be seen by the app.
    parts = await read(client, await make_pack(client, where))
    whole = json.dumps(parts, ensure_ascii=False)
    for clear in ("王小明", "110101199003070716", "工人甲", "13800000001"):
        assert clear not in whole
    assert parts["lines.json"][0]["name"] == "王*"
    assert parts["reports.json"][0]["phone"] == "138****0001"
    assert parts["money.json"]["bank_serials"] == ["TX-<1>"]
    assert parts["money.json"]["payments"][0]["amount"] == "900.00"
    assert {one["kind"] for one in parts["clocks.json"]} >= {"acceptance", "statutory"}
    assert {one["kind"]: one["length"] for one in parts["terms.json"]["limits"]}["statutory"] == 60
    assert [one["channel"] for one in parts["notices.json"]] == ["inbox"]
    assert "TX-&lt;1&gt;" in parts["cover"]
    assert "<b>" not in parts["cover"]
    assert "受理立案" in parts["cover"]


def test_rows_are_looked_for_within_a_minute_of_them_once() -> None:
    assert merged_minutes([300_000, 200_000, 1_000]) == [(0, 61_000), (140_000, 360_000)]
    assert merged_minutes([]) == []
