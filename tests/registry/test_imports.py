"""Lists that a county begins with: template, trial, findings at their cells, import."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from httpx import AsyncClient, Response

from services.registry.adapters import onboarding
from services.registry.rules.imports import ImportKind
from shared import clock, tables
from shared.events.registry import ProjectRegistered, WorksContractSigned
from shared.tables import forms
from tests.fixtures.service import Published, Time, Token
from tests.registry import factories
from tests.registry.factories import Post

BASE = "/registry/v1"
pytestmark = pytest.mark.caller("wage_office", areas=["422828"])
ROW = {
    "项目编码": "HF-1", "项目名称": "产业路硬化工程", "行政区划": "太平镇", "投资类型": "政府投资",
    "建设单位": "太平镇人民政府", "建设单位信用代码": factories.credit_code(11),
    "施工总承包单位": "施工总承包单位甲", "总包单位信用代码": factories.credit_code(12),
    "工程种类": "村级道路", "投资额": "2600000", "立项文号": "鹤发改审批〔2023〕1号",
    "建设地点": "太平镇", "开工日期": "2023年3月1日", "纳入监管日期": "2023/3/5",
    "报送日期": "2023-06-01",
    "合同编号": "HT-1", "合同签订日期": "2023-03-01", "合同价款": "2400000.00",
    "人工费约定方式": "按月金额", "人工费金额": "80000", "首期": "2023-03", "末期": "2023年12月",
    "拨付日": "25",
}  # fmt: skip


@pytest.fixture(autouse=True)
def june(time: Time) -> None:
    """Let it be 20 June 2023."""
    time.move_to(clock.at(date(2023, 6, 20), 9))


def listed(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Write rows as a person's csv, titles in the order in which they come."""
    rows = list(rows)
    titles = list(dict.fromkeys(title for row in rows for title in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, titles, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def send(
    client: AsyncClient, content: bytes, kind: str = "projects", **fields: str
) -> Response:
    data = {"kind": kind, "area_code": "422828"} | fields
    return await client.post(f"{BASE}/imports", data=data, files={"file": ("名单.csv", content)})


def cells(findings: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(one["row"], one["column"], one["code"]) for one in findings]


async def everything(client: AsyncClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"{BASE}/{path}")).json()["items"]
    return found


async def test_a_list_is_tried_then_entered_whole_and_found_again(
    tree: None, client: AsyncClient, published: Published
) -> None:
    second = ROW | {"项目编码": "HF-2", "项目名称": "便民桥", "合同编号": "HT-2"}
    content = listed([ROW, second, {"项目编码": "合计"}])
    tried = (await send(client, content, dry_run="true")).json()
    counts = ("state", "rows", "accepted", "rejected", "entered")
    assert [tried[name] for name in counts] == ["checked", 2, 2, 0, 2]
    assert await everything(client, "projects") == []
    assert await published(None, ProjectRegistered) == []
    done = (await send(client, content)).json()
    assert [done[name] for name in counts] == ["imported", 2, 2, 0, 2]
    again = (await send(client, content)).json()
    assert again == done
    first, other = sorted(await everything(client, "projects"), key=lambda one: str(one["code"]))
    assert (first["area_code"], first["developer_name"], first["reported_on"]) == (
        "422828102", "太平镇人民政府", "2023-06-01",
    )  # fmt: skip
    assert first["contractor_id"] == other["contractor_id"]
    assert (first["investment_amount"], first["started_on"]) == ("2600000.00", "2023-03-01")
    assert len(await published(None, ProjectRegistered)) == 2
    assert len(await published(None, WorksContractSigned)) == 2
    (kept,) = await everything(client, "imports?kind=projects")
    assert kept["id"] == done["id"]
    assert (await client.get(f"{BASE}/imports/{done['id']}")).json() == done
    roles = {one["name"]: one["roles"] for one in await everything(client, "organisations")}
    assert roles == {"太平镇人民政府": ["developer"], "施工总承包单位甲": ["contractor"]}


async def test_each_wrong_cell_is_found_and_nothing_is_entered(
    tree: None, client: AsyncClient
) -> None:
    wrong = ROW | {
        "项目名称": "", "行政区划": "无此镇", "投资类型": "个人", "开工日期": "昨天",
        "投资额": "一百万", "建设单位信用代码": "911100006000373411",
    }  # fmt: skip
    short = ROW | {"项目编码": "HF-2", "拨付日": "40", "末期": ""}
    answer = await send(client, listed([ROW, wrong, short, ROW]))
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["rows"], problem["accepted"], problem["rejected"]) == (4, 1, 3)
    kept = (await client.get(f"{BASE}/imports/{problem['import_id']}")).json()
    assert (kept["state"], kept["entered"]) == ("refused", 0)
    titles = list(ROW)
    column = {title: tables.column_name(place) for place, title in enumerate(titles)}
    assert set(cells(kept["findings"])) == {
        (3, column["项目编码"], "RowTwice"),
        (3, column["项目名称"], "missing"),
        (3, column["行政区划"], "AreaUnknown"),
        (3, column["投资类型"], "not_a_choice"),
        (3, column["开工日期"], "day_unreadable"),
        (3, column["投资额"], "amount_unreadable"),
        (3, column["建设单位信用代码"], "CreditCodeWrong"),
        (4, column["末期"], "missing"),
        (5, column["项目编码"], "RowTwice"),
    }
    assert all(one["detail"]["zh"] and one["remedy"]["zh"] for one in kept["findings"])
    assert await everything(client, "projects") == []
    assert await everything(client, "organisations") == []


async def test_rules_of_contracts_and_parties_are_told_at_their_cells(
    tree: None, client: AsyncClient, post: Post
) -> None:
    body = factories.organisation_body(12, "employer", name="施工总承包单位甲")
    await post("organisations", body)
    day = ROW | {"项目编码": "HF-2", "拨付日": "40", "建设单位": "另一名称"}
    kept = (await send(client, listed([ROW, day]), dry_run="true")).json()
    column = {title: tables.column_name(place) for place, title in enumerate(ROW)}
    assert set(cells(kept["findings"])) == {
        (2, column["总包单位信用代码"], "RoleMissing"),
        (3, column["总包单位信用代码"], "RoleMissing"),
        (3, column["建设单位"], "NameDiffers"),
        (3, column["拨付日"], "TransferDayWrong"),
    }
    assert (kept["state"], kept["accepted"] + kept["rejected"]) == ("refused", 2)


async def test_a_project_that_stands_is_left_and_another_content_is_found(
    tree: None, client: AsyncClient
) -> None:
    await send(client, listed([ROW]))
    fresh = ROW | {"项目编码": "HF-2", "合同编号": "HT-2"}
    done = (await send(client, listed([ROW, fresh]))).json()
    assert (done["state"], done["rows"], done["entered"]) == ("imported", 2, 1)
    other = await send(client, listed([ROW | {"项目名称": "别的路"}]))
    assert [one["code"] for one in other.json()["errors"]] == ["ProjectCodeTaken"]
    terms = await send(client, listed([ROW | {"人工费金额": "90000"}]))
    assert [one["code"] for one in terms.json()["errors"]] == ["ContractNumberTaken"]
    assert len(await everything(client, "works-contracts")) == 2


async def test_persons_are_entered_for_projects_that_are_there(
    tree: None, client: AsyncClient
) -> None:
    await send(client, listed([ROW]))
    row = {
        "项目编码": "HF-1", "姓名": "一号责任人", "职务": "副镇长",
        "单位信用代码": factories.credit_code(11), "责任类型": "包保责任人",
        "起始日期": "2023-03-01",
    }  # fmt: skip
    absent = row | {"项目编码": "HF-9", "单位信用代码": factories.credit_code(13)}
    answer = await send(client, listed([row, absent]), "persons")
    assert [one["code"] for one in answer.json()["errors"]] == [
        "ProjectUnknown", "OrganisationUnknown",
    ]  # fmt: skip
    done = (await send(client, listed([row]), "persons")).json()
    assert (done["state"], done["entered"]) == ("imported", 1)
    (project,) = await everything(client, "projects")
    (one,) = await everything(client, f"projects/{project['id']}/persons")
    assert (one["name"], one["role"]) == ("一号责任人", "responsible_person")


async def test_a_list_of_approvals_is_compared_and_says_what_nobody_registered(
    tree: None, client: AsyncClient
) -> None:
    await send(client, listed([ROW]))
    seen = {
        "工程名称": "产业路硬化", "批复日期": "2023-02-01", "所在地": "422828102",
        "招标人": "太平镇人民政府", "立项批复文号": "鹤发改审批(2023)1号",
    }  # fmt: skip
    unknown = seen | {
        "工程名称": "村通组路", "立项批复文号": "鹤发改审批〔2023〕9号", "工程种类": "village_road",
        "实际开工日期": "2023-04-01",
    }  # fmt: skip
    done = (await send(client, listed([seen, unknown]), "approvals")).json()
    assert (done["state"], done["entered"]) == ("imported", 2)
    states = {one["name"]: one["state"] for one in await everything(client, "sightings")}
    assert states == {"产业路硬化": "matched", "村通组路": "open"}
    (gap,) = await everything(client, "reporting/gaps?reason=not_registered")
    assert gap["name"] == "村通组路"
    late = seen | {"批复日期": "2023-07-01", "工程名称": "丙", "立项批复文号": "A-3"}
    answer = await send(client, listed([late]), "tenders")
    assert [one["code"] for one in answer.json()["errors"]] == ["DayInFuture"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        ("甲,乙\n1,2\n".encode(), "header_missing"),
        (listed([ROW])[: len(",".join(ROW).encode()) + 2], "no_rows"),
        (b"%PDF-1.7 x", "file_pdf"),
    ],
)
async def test_a_file_that_is_no_such_list_is_refused_and_kept(
    tree: None, client: AsyncClient, content: bytes, code: str
) -> None:
    answer = await send(client, content)
    assert answer.status_code == 422
    assert [one["code"] for one in answer.json()["errors"]] == [code]
    (kept,) = await everything(client, "imports")
    assert (kept["state"], kept["accepted"] + kept["rejected"]) == ("refused", kept["rows"])


async def test_a_required_column_that_is_missing_rejects_every_row(
    tree: None, client: AsyncClient
) -> None:
    rows = [{name: one for name, one in ROW.items() if name != "项目名称"}]
    problem = (await send(client, listed(rows))).json()
    assert (problem["accepted"], problem["rejected"]) == (0, 1)
    assert "column_missing" in [one["code"] for one in problem["errors"]]


async def test_the_template_is_read_as_it_is_written(tree: None, client: AsyncClient) -> None:
    asked = f"{BASE}/imports/template?kind=projects&area_code=422828"
    answer = await client.get(asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="projects.xlsx"'
    book = await tables.read(answer.content)
    sheet, lists = book.sheets
    assert (sheet.name, sheet.hidden, lists.hidden) == ("项目", False, True)
    offered = {cell.text for row in lists.rows for cell in row.cells}
    assert {"422828102 太平镇", "政府投资", "村级道路", "公路工程", "在建"} <= offered
    header = tables.find_header(sheet.rows, onboarding.PROJECTS.fields)
    assert header
    assert set(header.columns) == {one.name for one in onboarding.PROJECTS.columns}
    assert forms.read(onboarding.PROJECTS, book).findings[0].code == "no_rows"
    refused = await client.get(f"{BASE}/imports/template?kind=projects&area_code=422822")
    assert refused.status_code == 422


@pytest.mark.parametrize("kind", ImportKind)
async def test_each_template_has_its_own_columns(kind: ImportKind) -> None:
    book = await tables.read(onboarding.template(kind, {"422828": "鹤峰县"}))
    header = tables.find_header(book.sheets[0].rows, onboarding.FORMS[kind].fields)
    assert header
    assert [header.unknown, header.twice] == [[], []]


async def test_a_spreadsheet_s_own_days_units_and_damaged_numbers_are_seen() -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("在建项目")
    titles = ["序号", *ROW]
    titles[titles.index("投资额")] = "投资额（万元）"
    sheet.write_row(0, 0, ["鹤峰县在建项目清单"])
    sheet.write_row(1, 0, titles)
    sheet.write_row(2, 0, ["1", *ROW.values()])
    sheet.write_datetime(
        2, titles.index("开工日期"), date(2023, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"})
    )
    sheet.write_number(2, titles.index("投资额（万元）"), 260)
    sheet.write_number(2, titles.index("建设单位信用代码"), 11422828000090004000)
    sheet.write_formula(2, titles.index("立项文号"), "=A1&A2", value="#REF!")
    book.close()
    filled = forms.read(onboarding.PROJECTS, await tables.read(file.getvalue()))
    (line,) = filled.lines
    assert (line.sheet, line.row) == ("在建项目", 3)
    assert (str(line.values["investment_amount"]), line.values["started_on"]) == (
        "2600000.00", date(2023, 3, 1),
    )  # fmt: skip
    assert {one.code for _, one in line.findings} >= {"digits_lost"}
    assert filled.accepted + filled.rejected == 1


async def test_whoever_may_not_import_does_not(
    tree: None, client: AsyncClient, token: Token
) -> None:
    data = {"kind": "projects", "area_code": "422828"}
    files = {"file": ("a.csv", listed([ROW]))}
    for role in ("town", "sector_authority", "co_inspector"):
        answer = await client.post(
            f"{BASE}/imports", data=data, files=files, headers=token(role, areas=["422828"])
        )
        assert answer.status_code == 403
