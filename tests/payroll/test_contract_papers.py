"""Papers of labour contracts: kept by version and kind, taken for a purpose, gone in their time."""

from datetime import date

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from services.payroll.adapters.contract_file import MOST_PAPER_BYTES
from shared import clock
from shared.db import AuditRow, Sessions
from tests.fixtures.service import Time, Token, nightly
from tests.payroll import factories as make
from tests.payroll.test_roster import listed
from tests.payroll.test_sheet_uploads import known

PDF, PICTURE = b"%PDF-1.7 signed", b"\x89PNG\r\n\x1a\n signed"
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


async def test_a_paper_is_kept_in_versions_taken_for_a_purpose_and_gone_when_its_time_is_over(
    client: AsyncClient, sessions: Sessions, time: Time, token: Token
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    contract, *_ = await listed(client, project, "labour-contracts")
    path = f"/payroll/v1/projects/{project}/labour-contracts/{contract['id']}/papers"

    async def send(content: bytes, name: str = "张三丰劳动合同.pdf") -> Response:
        return await client.post(path, files={"file": (name, content)})

    first = (await send(PDF)).json()
    assert (first["version"], first["kind"], first["scan"]) == (1, "pdf", "not_scanned")
    assert (await send(PDF)).json() == first
    second = (await send(PICTURE)).json()
    assert (second["version"], second["kind"]) == (2, "png")
    # What it is called says nothing.
    refused = await send(b"PK\x03\x04 xl/workbook.xml", "x.pdf")
    assert (refused.status_code, refused.json()["kind"]) == (422, "xlsx")
    assert (await send(PDF + b"0" * MOST_PAPER_BYTES)).status_code == 413
    assert [one["version"] for one in (await client.get(path)).json()] == [1, 2]
    [shown] = [
        one
        for one in await listed(client, project, "labour-contracts")
        if one["id"] == contract["id"]
    ]
    assert shown["sha256"] == second["sha256"]

    reveal, purpose = f"/payroll/v1/contract-papers/{first['id']}/reveal", {"purpose": "核对签字"}
    assert (await client.post(reveal, json=purpose)).status_code == 403
    office = token("wage_office", areas=[make.COUNTY])
    given = await client.post(reveal, json=purpose, headers=office)
    assert given.content == PDF
    assert given.headers["content-disposition"] == f'attachment; filename="{first["id"]}.pdf"'
    elsewhere = token("wage_office", areas=[make.NEIGHBOUR])
    assert (await client.post(reveal, json=purpose, headers=elsewhere)).status_code == 404
    async with sessions.begin("test") as session:
        audited = await session.scalars(select(AuditRow).where(AuditRow.action == "reveal"))
        assert [(row.table_name, row.row_id) for row in audited] == [
            ("contract_papers", first["id"])
        ]

    day = date(2026, 7, 1)
    time.move_to(clock.at(day, 1))
    ending = {"completed_on": "2023-06-30", "settled_on": "2023-06-30", "basis": "结算"}
    told = f"/payroll/v1/projects/{project}/endings"
    assert (await client.post(told, json=ending, headers=office)).status_code == 201
    await nightly(sessions, "blank_what_is_over", day)
    assert (await client.post(reveal, json=purpose, headers=office)).status_code == 410
    assert {one["sha256"] for one in (await client.get(path)).json()} == {None}
    assert (await send(PDF)).status_code == 410
