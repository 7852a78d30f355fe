"""Whatever is sent as a payroll sheet: a cause and a remedy in Chinese, kept, nothing by halves."""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import obstore
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from services.payroll.adapters import sheet_findings
from services.payroll.models import Sheet, SheetLine
from shared import tables
from shared.db import Session
from shared.files import Files
from shared.tables import words
from tests.payroll import factories as make
from tests.payroll import hostile_files, sheets
from tests.payroll.hostile_files import HEAD, LISTS, REFUSED, new, text
from tests.payroll.test_sheet_uploads import project, send

__all__ = ["project"]
SHEETS = "/payroll/v1/sheets"
CHINESE = re.compile("[一-龥]{2}")
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


def path(project_id: UUID) -> str:
    return f"/payroll/v1/projects/{project_id}/sheets"


def kept(app: FastAPI) -> Files:
    """Give the files that the service keeps."""
    files: Files = app.routes[-1].app.state.files  # type: ignore[attr-defined]
    return files


def count(files: Files) -> int:
    return sum(len(batch) for batch in obstore.list(files.store))


def test_each_cause_stands_in_the_document_as_it_is_said() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sheets.md").read_text()
    causes = {f"file_{code}": said for code, said in words.REFUSALS.items()}
    causes |= {code: sheet_findings.FLAWS[code] for code in ("header_missing", "no_rows")}
    for code, (detail, remedy) in causes.items():
        assert f"| `{code}` | {detail.fill(limit=16).zh} | {remedy.zh} |" in page, code


# One of each cause; the rest of the table goes through the reader alone, but for the long form.
FEW = (
    "empty", "jpeg", "docx", "zip", "xlsx cut in half", "xls behind a password", "zip bomb",
    "entities", "200,000 rows of text", "quotes crossed", "no rows",
)  # fmt: skip


@pytest.mark.parametrize("names", [FEW, pytest.param(tuple(REFUSED), marks=pytest.mark.soak)])
async def test_what_is_no_sheet_is_refused_with_its_cause_and_kept_to_be_looked_at(
    client: AsyncClient, app: FastAPI, session: Session, project: UUID, names: Sequence[str]
) -> None:
    files, wrong, told = kept(app), [], {}
    before = count(files)
    for name in names:
        content, code = REFUSED[name]
        answer = await send(client, project, content)
        said = answer.json()
        errors = said.get("errors", [])
        if (answer.status_code, [one["code"] for one in errors]) != (422, [code]) or not all(
            CHINESE.search(one["detail"]) and CHINESE.search(one["remedy"]) for one in errors
        ):
            wrong.append((name, answer.status_code, answer.text[:300]))
            continue
        told[said["sheet_id"]] = content
    assert not wrong
    only = {"status": "refused", "limit": "100"}
    items = (await client.get(SHEETS, params=only)).json()["items"]
    assert {one["id"]: one["rows"] for one in items} == dict.fromkeys(told, 0)
    for one in items:
        assert (await files.open(UUID(one["file_id"])))[1] == told[one["id"]]
    assert await session.scalar(select(func.count()).select_from(SheetLine)) == 0
    # Sent once more, it is the same upload and no second copy.
    again = await send(client, project, REFUSED[names[1]][0])
    assert again.json()["sheet_id"] in told
    assert count(files) - before == len(told) == len(names)


async def test_what_a_sheet_carries_beside_its_cells_is_told_and_does_not_come_back(
    client: AsyncClient, project: UUID
) -> None:
    for name, (content, told) in LISTS.items():
        answer = (await send(client, project, content)).json()
        assert (answer["sheet"]["rows"], answer["sheet"]["accepted"]) == (2, 2), name
        found = {one["code"]: one["severity"] for one in answer["findings"]}
        found.pop("attendance_unknown")
        assert found == told, name
        assert all(
            CHINESE.search(one["detail"]["zh"]) and CHINESE.search(one["remedy"]["zh"])
            for one in answer["findings"]
        )
        given = await annotated(client, answer["sheet"]["id"])
        with zipfile.ZipFile(io.BytesIO(given.content)) as parts:
            assert not [one for one in parts.namelist() if "vba" in one or "external" in one]
            assert b"<f>" not in b"".join(
                parts.read(one) for one in parts.namelist() if "worksheets/" in one
            )


async def annotated(client: AsyncClient, sheet_id: str) -> Response:
    answer = await client.post(f"{SHEETS}/{sheet_id}/annotated", json={"purpose": "对照修改"})
    assert answer.status_code == 200, answer.text
    return answer


async def test_sheets_may_have_any_names_and_come_back(client: AsyncClient, project: UUID) -> None:
    names = ["工资表", "b", "c", "d", "e"]
    content = new(*names)
    odd = ["a/b:*?[]'", "月" * 60, "History", "工资表", "工资表"]

    def renamed(body: bytes) -> bytes:
        for name, made in zip(names[1:], odd, strict=False):
            body = body.replace(f'name="{name}"'.encode(), f'name="{made}"'.encode())
        return body

    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as was, zipfile.ZipFile(file, "w", 8) as made:
        for one in was.namelist():
            made.writestr(
                one, renamed(was.read(one)) if one == "xl/workbook.xml" else was.read(one)
            )
    sheet = (await send(client, project, file.getvalue())).json()["sheet"]
    assert sheet["rows"] == 2
    given = (await tables.read((await annotated(client, sheet["id"])).content)).sheets
    assert given[0].name == "工资表"
    assert len({one.name for one in given}) == len(names) + 1


async def test_a_file_is_not_read_again_for_who_tells_no_purpose(
    client: AsyncClient, project: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = (await send(client, project, new())).json()["sheet"]
    monkeypatch.setattr(tables, "read", None)
    answer = await client.post(f"{SHEETS}/{sheet['id']}/annotated", json={})
    assert (answer.status_code, answer.json()["errors"][0]["place"]) == (422, "body.purpose")


async def test_of_a_sheet_in_which_all_is_wrong_each_row_is_told(
    client: AsyncClient, project: UUID
) -> None:
    content = text(HEAD, *["王5,12345,若干,x"] * 400)
    answer = (await send(client, project, content, period="2023-12")).json()
    sheet = answer["sheet"]
    assert (sheet["rows"], sheet["accepted"], sheet["rejected"]) == (400, 0, 400)
    rows = {one["row"] for one in answer["findings"] if one["severity"] == "error"}
    assert rows >= set(range(2, 402))
    assert "period_ahead" in {one["code"] for one in answer["findings"]}
    refused = await sheets.step(client, sheet["id"], "submit")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/sheet-has-errors")


async def test_a_file_of_another_project_is_told_or_not_kept_at_all(
    client: AsyncClient, app: FastAPI, session: Session, project: UUID
) -> None:
    title = "项目名称：某县体育馆工程"
    content = text(
        title, HEAD, f"王五,{hostile_files.identity(hostile_files.random.Random(2))},1,1"
    )
    answer = (await send(client, project, content)).json()
    found = {one["code"]: one["severity"] for one in answer["findings"]}
    assert found["project_differs"] == "warning"
    assert found["not_on_roster"] == "error"
    before = count(kept(app))
    other = await send(client, UUID(int=1), new())
    assert (other.status_code, other.json()["type"]) == (404, "/problems/project-unknown")
    assert count(kept(app)) == before
    assert await session.scalar(select(func.count()).select_from(Sheet)) == 1


async def test_what_is_not_sent_as_it_should_be_is_told_and_not_kept(
    client: AsyncClient, app: FastAPI, project: UUID
) -> None:
    before = count(kept(app))
    file = ("工资表.xlsx", new())
    two = [("file", file), ("file", ("另一个.xlsx", new("另一个")))]
    period = {"period": sheets.PERIOD}
    tried = {
        "file_twice": await client.post(path(project), data=period, files=two),
        "month_unreadable": await send(client, project, new(), period="2023年3月"),
        "media_type": await client.post(
            path(project), content=new(), headers={"content-type": "application/vnd.ms-excel"}
        ),
    }
    for code, answer in tried.items():
        said = answer.json()["errors"]
        assert (answer.status_code, [one["code"] for one in said]) == (422, [code])
        assert CHINESE.search(said[0]["detail"])
    large = await send(client, project, b"x" * (16 * 1024 * 1024 + 1))
    assert (large.status_code, "16 MB" in large.json()["detail"]) == (413, True)
    many = await client.post(
        path(project), data={str(n): "1" for n in range(1500)}, files={"file": file}
    )
    assert (many.status_code, many.json()["title"]) == (400, "请求内容无法解析")
    assert count(kept(app)) == before
