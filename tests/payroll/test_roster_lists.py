"""Rosters in files: trial, findings at their cells, all or nothing, two at once, the template."""

import asyncio
import csv
import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from xlsxwriter.workbook import Workbook

from services.payroll.adapters import roster_list
from shared import clock, tables
from shared.db import Session, Sessions
from tests.fixtures.service import Time, Token
from tests.payroll import factories as make
from tests.payroll import people
from tests.payroll.people import EMPLOYER, card_no, id_number
from tests.payroll.test_roster import TODAY, known, listed

contractor = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
COUNTS = ("state", "rows", "accepted", "rejected", "entered")


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    """Know a project of the contractor, on the morning of 10 January."""
    time.move_to(clock.at(TODAY, 8))
    first, _ = await known(session)
    await session.flush()
    return first


def row(n: int, **changes: str) -> dict[str, str]:
    values = {
        "序号": str(n), "姓名": f"工人{n}", "身份证号": id_number(n), "手机号": "13900001111",
        "班组": "钢筋班", "工种": "钢筋工", "进场时间": "2023.1.10", "签订日期": "2023-01-09",
        "是否参保": "否", "工伤保险": "是", "工资卡号": card_no(n), "开户行": "农业银行",
        "开户名": "",
    }  # fmt: skip
    return values | changes


def text(*rows: Mapping[str, str]) -> bytes:
    said = io.StringIO()
    writer = csv.DictWriter(said, list(rows[0]), restval="")
    said.write("某工程农民工花名册\n")
    writer.writeheader()
    writer.writerows(rows)
    return said.getvalue().encode("gb18030")


async def send(client: AsyncClient, project: UUID, content: bytes, **said: Any) -> Response:
    headers = said.pop("headers", None)
    path = f"/payroll/v1/projects/{project}/roster-lists"
    return await client.post(
        path, data=said, files={"file": ("花名册.csv", content)}, headers=headers
    )


def cells(findings: Any) -> list[tuple[int, str, str]]:  # noqa: ANN401  JSON
    return [(one["row"], one["column"], one["code"]) for one in findings]


@contractor
async def test_a_file_is_tried_then_entered_and_comes_again_as_it_was(
    client: AsyncClient, project: UUID
) -> None:
    content = text(row(1), row(2, 工种="石膏板工", 开户名="工头"), {"姓名": "合计", "序号": "2"})
    tried = (await send(client, project, content, dry_run="true")).json()
    assert [tried[name] for name in COUNTS] == ["checked", 2, 2, 0, 2]
    assert cells(tried["warnings"]) == [(4, "F", "trade_other"), (4, "M", "holder_differs")]
    assert await listed(client, project, "roster-entries") == []
    done = (await send(client, project, content)).json()
    assert [done[name] for name in COUNTS] == ["imported", 2, 2, 0, 2]
    assert (await send(client, project, content)).json() == done
    first, second = await listed(client, project, "roster-entries")
    assert (first["trade"], second["trade"]) == ("020", "990")
    assert (first["entered_on"], first["insured"], first["injury_insured"]) == (
        "2023-01-10", False, True,
    )  # fmt: skip
    cards = await listed(client, project, "payee-accounts")
    assert sorted(one["is_own"] for one in cards) == [False, True]
    assert len(await listed(client, project, "labour-contracts")) == 2
    [kept] = await listed(client, project, "roster-lists")
    path = f"/payroll/v1/projects/{project}/roster-lists/{kept['id']}"
    assert (await client.get(path)).json() == done
    # Another file with one more: who was there is there once.
    more = (await send(client, project, text(row(1), row(3)))).json()
    assert [more[name] for name in COUNTS] == ["imported", 2, 2, 0, 1]


@contractor
async def test_all_that_is_wrong_is_found_at_its_cells_and_nobody_enters(
    client: AsyncClient, project: UUID
) -> None:
    right = id_number(4)
    digit = "0" if right[17] != "0" else "1"
    rows = [
        row(1),
        row(1),
        row(3, 身份证号=""),
        row(4, 身份证号=right[:17] + digit, 工伤保险="也许"),
        row(5, 进场时间="13月"),
        row(6, 工资卡号="12"),
    ]
    answer = await send(client, project, text(*rows))
    assert answer.status_code == 422
    path = f"/payroll/v1/projects/{project}/roster-lists/{answer.json()['roster_list_id']}"
    kept = (await client.get(path)).json()
    assert [kept[name] for name in COUNTS] == ["refused", 6, 1, 5, 0]
    assert cells(kept["findings"]) == [
        (4, "C", "person_twice"), (5, "C", "missing"), (6, "J", "not_a_choice"),
        (7, "G", "day_unreadable"), (8, "K", "card_form"),
    ]  # fmt: skip
    assert all(one["remedy"] for one in kept["findings"])
    for secret in (right[:17], id_number(1), card_no(1), "工人1"):
        assert secret not in str(kept) + answer.text
    assert await listed(client, project, "roster-entries") == []


def workbook(number: object) -> bytes:
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("花名册")
    sheet.write_row(0, 0, ["姓名", "身份证号码", "进场日期"])
    sheet.write_row(1, 0, ["工人1", number])
    sheet.write_datetime(1, 2, TODAY, book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    return file.getvalue()


@contractor
async def test_an_id_number_that_is_a_number_has_lost_its_end(
    client: AsyncClient, project: UUID
) -> None:
    tried = (await send(client, project, workbook(int(f"99010119850301{1:03d}0")))).json()
    assert [one["code"] for one in tried["errors"]] == ["digits_lost"]
    assert (await send(client, project, workbook(id_number(1)))).json()["entered"] == 1
    assert (await send(client, project, b"%PDF-1.7")).json()["errors"][0]["code"] == "file_pdf"


@contractor
async def test_a_subcontractor_s_file_is_for_its_own(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    sub = token("subcontractor", areas=[make.COUNTY], org=EMPLOYER)
    assert (await send(client, project, text(row(1)), headers=sub)).json()["entered"] == 1
    [entry] = await listed(client, project, "roster-entries", headers=sub)
    assert entry["employer_id"] == str(EMPLOYER)
    other = await send(client, project, text(row(2)), headers=sub, employer_id=str(make.CONTRACTOR))
    assert other.status_code == 422
    stranger = token("contractor", areas=[make.NEIGHBOUR], org=make.CONTRACTOR)
    for answer in (
        await send(client, project, text(row(2)), headers=stranger),
        await client.get(f"/payroll/v1/projects/{project}/roster-lists/template", headers=stranger),
    ):
        assert answer.status_code == 404


@contractor
async def test_the_template_is_read_as_it_is_written(client: AsyncClient, project: UUID) -> None:
    await send(client, project, text(row(1)))
    answer = await client.get(f"/payroll/v1/projects/{project}/roster-lists/template")
    book = await tables.read(answer.content)
    header = tables.find_header(book.sheets[0].rows, roster_list.ROSTER.fields)
    assert header
    assert [header.unknown, header.twice] == [[], []]
    assert set(header.columns) == {one.name for one in roster_list.ROSTER.columns}
    offered = [cell.text for line in book.sheets[1].rows for cell in line.cells]
    assert {"钢筋班", "钢筋工"} <= set(offered)


@contractor
async def test_the_same_file_twice_at_once_is_entered_once(
    sessions: Sessions, time: Time, client: AsyncClient
) -> None:
    time.move_to(clock.at(TODAY, 8))
    async with sessions.begin() as session:
        project, _ = await known(session)
    content = text(*(row(n) for n in range(5)))
    answers = await asyncio.gather(*(send(client, project, content) for _ in range(3)))
    assert all(one.json() == answers[0].json() for one in answers)
    assert answers[0].json()["entered"] == 5
    assert len(await listed(client, project, "roster-entries")) == 5
    assert people.NOWHERE not in str(await listed(client, project, "roster-lists"))
