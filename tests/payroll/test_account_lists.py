"""Lists of wage accounts that a county begins with: trial, findings at their cells, import."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.payroll.adapters import account_list
from shared import clock, tables
from shared.db import Session
from shared.events.registry import organisation_id, project_id
from tests.fixtures.service import Time, Token
from tests.payroll import factories as make

LISTS = "/payroll/v1/account-lists"
BANK_CODE = "91422828000090025J"
ROW = {
    "项目编码": "HF-1", "专户账号": "17551004900000037", "专户名称": "某路农民工工资专用账户",
    "开户银行": "银行甲鹤峰支行", "开户日期": "2023-01-05", "来源代码": "S1",
    "备案日期": "2023/1/9",
}  # fmt: skip
pytestmark = pytest.mark.caller("wage_office", areas=[make.COUNTY])


@pytest.fixture(autouse=True)
async def county(session: Session, time: Time) -> None:
    """Know two projects of the county, a bank and its source."""
    time.move_to(clock.at(date(2023, 1, 12), 9))
    await make.tree(session)
    for code in ("HF-1", "HF-2"):
        await make.contract(session, make.card(project_id(code)))
    await make.bank(session)
    await make.bank(session, organisation_id(BANK_CODE))
    await make.source(session)
    await session.flush()


def listed(*rows: Mapping[str, str]) -> bytes:
    titles = list(dict.fromkeys(title for row in rows for title in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, titles, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("gb18030")


async def send(client: AsyncClient, content: bytes, **said: Any) -> Response:
    headers = said.pop("headers", None)
    data = {"area_code": make.COUNTY} | said
    files = {"file": ("专户.csv", content)}
    return await client.post(LISTS, data=data, files=files, headers=headers)


async def accounts(client: AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/payroll/v1/wage-accounts")).json()["items"]
    return found


def codes(found: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in found]


async def test_accounts_are_tried_then_entered_and_the_file_gives_its_first_result(
    client: AsyncClient,
) -> None:
    content = listed(ROW, ROW | {"项目编码": "HF-2", "专户账号": "17551004900000074"})
    tried = (await send(client, content, dry_run="true")).json()
    counts = ("state", "rows", "accepted", "rejected", "entered")
    assert [tried[name] for name in counts] == ["checked", 2, 2, 0, 2]
    assert await accounts(client) == []
    done = (await send(client, content)).json()
    assert [done[name] for name in counts] == ["imported", 2, 2, 0, 2]
    assert (await send(client, content)).json() == done
    made = {one["project_id"]: one for one in await accounts(client)}
    assert set(made) == {str(project_id("HF-1")), str(project_id("HF-2"))}
    assert made[str(project_id("HF-1"))]["filed_on"] == "2023-01-09"
    (kept,) = (await client.get(LISTS)).json()["items"]
    assert kept["id"] == done["id"]
    assert (await client.get(f"{LISTS}/{done['id']}")).json() == done


async def test_each_wrong_cell_is_found_and_nothing_is_entered(client: AsyncClient) -> None:
    rows = [
        ROW,
        ROW | {"项目编码": "HF-9", "专户账号": "17551004900000111"},
        ROW | {"项目编码": "HF-2", "专户账号": "17551004900000148", "开户日期": "2023-02-01"},
        ROW | {"项目编码": "HF-3", "专户账号": "", "来源代码": "S9"},
        ROW,
    ]
    problem = (await send(client, listed(*rows))).json()
    assert (problem["rows"], problem["accepted"], problem["rejected"]) == (5, 1, 4)
    kept = (await client.get(f"{LISTS}/{problem['account_list_id']}")).json()
    assert (kept["state"], kept["entered"]) == ("refused", 0)
    assert set(codes(kept["findings"])) == {
        (3, "ProjectUnknown"), (4, "day_in_future"), (4, "before_opening"), (5, "missing"),
        (6, "RowTwice"),
    }  # fmt: skip
    assert await accounts(client) == []
    told = str(kept)
    assert "17551004900000111" not in told


NEW = {"来源名称": "银行甲鹤峰支行", "银行信用代码": BANK_CODE, "数据起报日期": "2023-01-02"}


async def test_a_new_source_is_entered_by_operators_alone(
    client: AsyncClient, token: Token
) -> None:
    row = ROW | {"来源代码": "S2"} | NEW
    answer = await send(client, listed(row))
    assert [one["code"] for one in answer.json()["errors"]] == ["source_unknown"]
    operator = token("operator", areas=[make.COUNTY])
    bare = await send(client, listed(ROW | {"来源代码": "S2"}), headers=operator)
    assert [one["code"] for one in bare.json()["errors"]] == ["missing"] * 3
    done = await send(client, listed(row), headers=operator)
    assert done.json()["state"] == "imported", done.text
    found = (await client.get("/payroll/v1/sources")).json()["items"]
    assert {one["code"]: one["bank_id"] for one in found}["S2"] == str(organisation_id(BANK_CODE))


async def test_the_template_is_read_as_it_is_written(client: AsyncClient) -> None:
    answer = await client.get(f"{LISTS}/template?area_code={make.COUNTY}")
    book = await tables.read(answer.content)
    header = tables.find_header(book.sheets[0].rows, account_list.ACCOUNTS.fields)
    assert header
    assert [header.unknown, header.twice] == [[], []]
    assert set(header.columns) == {one.name for one in account_list.ACCOUNTS.columns}
    assert [cell.text for row in book.sheets[1].rows for cell in row.cells] == ["S1"]


async def test_a_neighbour_s_area_is_not_the_caller_s(client: AsyncClient) -> None:
    answer = await send(client, listed(ROW), area_code=make.NEIGHBOUR)
    assert answer.status_code == 404
    template = await client.get(f"{LISTS}/template?area_code={make.NEIGHBOUR}")
    assert template.status_code == 404
