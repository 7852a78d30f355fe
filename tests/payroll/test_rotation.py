"""Workers' data after a rotation of keys: found, revealed, checked and given back as before."""

import asyncio
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from obstore.store import MemoryStore
from sqlalchemy import select

from services.payroll.models import SheetLine
from shared import pii, rotation
from shared.db import Sessions
from shared.files import Files
from shared.service import Service
from tests.fixtures.service import Time, Token
from tests.flows import sealed
from tests.payroll import attendance as gates
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.test_roster import listed, post
from tests.payroll.test_sheet_uploads import ROWS, SHEETS, known, send, workbook

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


async def test_people_and_files_stay_as_they_were_when_the_old_key_is_gone(
    app: FastAPI,
    client: AsyncClient,
    sessions: Sessions,
    *,
    service: Service,
    time: Time,
    token: Token,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    served = app.routes[0].app.state  # type: ignore[attr-defined]  # the mounted service

    def turn(*names: str) -> None:
        monkeypatch.setattr(pii._Ring, "current", sealed.ring(*names))  # noqa: SLF001  undone after
        served.files = Files(store, pii.keyring())

    turn("k1")
    async with sessions.begin("test") as session:
        project = await known(session, time)
    content = workbook()
    first = (await send(client, project, content)).json()["sheet"]["id"]
    await gates.send(client, project, gates.seen("a"))
    turn("k2", "k1")
    # Files come in while old ones are sealed anew, checked anew and given back.
    later = [workbook(*ROWS, (3, "王五", sheets.THIRD_CARD, "", n, 100, 0, 100)) for n in range(4)]
    sent, rows, files, checked = await asyncio.gather(
        asyncio.gather(*(send(client, project, one) for one in later)),
        rotation.reseal(sessions, service.metadata),
        rotation.reseal_files(served.files, [sessions]),
        sheets.step(client, first, "check"),
    )
    assert [one.status_code for one in (*sent, checked)] == [201] * 4 + [200]
    assert files == 1
    await rotation.reseal(sessions, service.metadata)
    assert rows
    assert await rotation.left(sessions, service.metadata) == []
    assert await rotation.files_left(served.files) == []
    turn("k2")
    await _all_is_there(client, token, project, (first, content))
    async with sessions.begin("test") as session:
        numbers = await session.scalars(select(SheetLine.id_number))
        assert {sheets.ID_CARD, sheets.OTHER_CARD} <= set(numbers)


async def _all_is_there(
    client: AsyncClient, token: Token, project: UUID, of: tuple[str, bytes]
) -> None:
    sheet, content = of
    # By blind index: on the roster, as a duplicate, as a file that came before.
    found = await post(client, project, "roster-entries/search", {"id_number": sheets.ID_CARD})
    [entry] = found.json()
    assert entry["name"] == "张*"
    again = await send(client, project, content)
    assert again.json()["sheet"]["id"] == sheet
    twice = await send(client, project, workbook(ROWS[0], ROWS[0]))
    assert "person_twice" in [one["code"] for one in twice.json()["findings"]]
    assert (await sheets.step(client, sheet, "check")).status_code == 200
    back = await client.post(f"{SHEETS}/{sheet}/annotated", json={"purpose": "对照修改"})
    assert (back.status_code, back.content[:2]) == (200, b"PK")
    assert len(await listed(client, project, "payee-accounts")) == 3
    client.headers.update(token("wage_office", areas=[make.COUNTY]))
    given = await client.post(f"{SHEETS}/{sheet}/reveal", json={"purpose": "核对原件"})
    assert given.content == content
    path = f"roster-entries/{entry['id']}/reveal"
    shown = await post(client, project, path, {"purpose": "核对身份"})
    assert shown.json()["id_number"] == sheets.ID_CARD
