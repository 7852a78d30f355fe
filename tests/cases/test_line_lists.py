"""Lists of a case's workers in files: tried, entered, each row accepted or reported at its cell."""

import io
from typing import Any

import pytest
import xlsxwriter
from httpx import AsyncClient, Response
from sqlalchemy import event, func, select

from services.cases.models import ArrearsLine, LineList
from services.cases.rules.case_people import months_said
from shared.db import AuditRow, Session, new_id
from shared.identities import check_digit
from tests.cases import factories as make
from tests.cases.factories import COUNTY, at
from tests.cases.test_arrears import CASES, MORNING, opened
from tests.fixtures.service import Time, Token

inspector = pytest.mark.caller("inspector", areas=[COUNTY], subject="inspector-1")
HEADS = ["序号", "姓名", "身份证号", "欠薪月份", "欠薪金额（元）"]
GOOD = ["1", "张三", "110101199003070716", "2023年3月至4月", "6,000.00"]


@pytest.fixture(autouse=True)
async def _world(session: Session, time: Time) -> None:
    time.move_to(at(MORNING))
    await make.world(session)
    await session.flush()  # The app's own transactions must see it.


def csv(*rows: list[str]) -> bytes:
    return "\n".join("\t".join(row) for row in (HEADS, *rows)).encode()


async def bring(client: AsyncClient, case: dict[str, Any], content: bytes, **said: Any) -> Response:
    form = {"version": str(case["version"])} | said
    files = {"file": ("名册.xls", content)}
    return await client.post(f"{CASES}/{case['id']}/line-lists", data=form, files=files)


async def again(client: AsyncClient, case: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"{CASES}/{case['id']}")).json()
    return shown


@inspector
async def test_each_row_of_a_list_is_accepted_or_told_at_its_cell_and_a_corrected_one_adds_the_rest(
    session: Session, client: AsyncClient, token: Token
) -> None:
    case = await opened(client)
    wrong = [
        GOOD,
        ["2", "李四", "110101199003070717", "2023-04", "4000"],
        ["3", "王五", "110101199003070717", "四月", "陆仟元"],
        ["4", "张三", "110101199003070716", "2023-04", "1"],
        ["5", "赵六", "", "2023-04", "-5"],
        ["6", "", "E12345678", "2023-04..2023-03", "7"],
        ["7", "孙七", "", "2023-04", "500.00"],
        ["8", "孙七", "", "2023-03", "100.00"],
    ]
    tried = await bring(client, case, csv(*wrong), dry_run="true")
    assert tried.status_code == 200, tried.text
    said = tried.json()
    assert (said["state"], said["rows"], said["accepted"], said["rejected"], said["entered"]) == (
        "tried", 8, 2, 6, 2,
    )  # fmt: skip
    assert [(one["place"], one["code"]) for one in said["findings"]] == [
        ("C3", "id_number_wrong"), ("E4", "amount_unreadable"), ("D4", "months_unreadable"),
        ("C4", "id_number_wrong"), ("C5", "person_twice"), ("E6", "greater_than"),
        ("B7", "missing"), ("D7", "months_unreadable"), ("B9", "name_twice"),
    ]  # fmt: skip
    assert (await client.get(f"{CASES}/{case['id']}/lines")).json()["items"] == []
    taken = (await bring(client, case, csv(*wrong))).json()
    assert (taken["id"], taken["state"], taken["entered"]) == (said["id"], "entered", 2)
    case = await again(client, case)
    assert (case["workers"], case["claimed"]) == (2, "6500.00")
    assert (case["steps"][-1]["what"], case["steps"][-1]["details"]) == (
        "lines_added", {"entered": 2},
    )  # fmt: skip
    right = [GOOD, ["2", "李四", "110101199003071110", "2023-04", "4000"], wrong[6]]
    right[1][2] = right[1][2][:17] + check_digit(right[1][2][:17])
    stale = await bring(client, {**case, "version": 1}, csv(*right))
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/case-moved")
    more = (await bring(client, case, csv(*right))).json()
    assert (more["accepted"], more["rejected"], more["entered"]) == (3, 0, 1)
    # Once all of its rows are in, the file is what it was, whatever the case has become since.
    same = (await bring(client, {**case, "version": 1}, csv(*right))).json()
    assert (same["id"], same["entered"], same["rows"]) == (more["id"], 1, 3)
    case = await again(client, case)
    assert (case["workers"], case["claimed"]) == (3, "10500.00")
    otherwise = (await bring(client, case, csv([*GOOD[:4], "7000"]))).json()
    assert [(one["place"], one["code"]) for one in otherwise["findings"]] == [
        ("B2", "person_twice")
    ]
    assert (await again(client, case))["version"] == case["version"]
    lists = (await client.get(f"{CASES}/{case['id']}/line-lists")).json()["items"]
    assert [one["id"] for one in lists] == [otherwise["id"], more["id"], said["id"]]
    shown = (await client.get(f"/cases/v1/line-lists/{said['id']}")).json()
    assert (shown["findings"], shown["entered"]) == (taken["findings"], 2)
    for name in ("张三", "110101199003070716"):
        assert name not in str(shown)
    audited = select(func.count()).where(AuditRow.table_name == "arrears_lines")
    assert await session.scalar(audited) == 2
    elsewhere = token("inspector", areas=["422822"], subject="other")
    gone = await client.get(f"/cases/v1/line-lists/{said['id']}", headers=elsewhere)
    assert gone.status_code == 404


@inspector
async def test_what_is_no_list_is_kept_and_says_why_and_the_template_is_one(
    session: Session, client: AsyncClient
) -> None:
    case = await opened(client)
    refused = await bring(client, case, b"%PDF-1.7")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/line-list-refused")
    no_amount = await bring(client, case, "序号\t姓名\t欠薪月份\n1\t张三\t2023-04".encode())
    assert [one["code"] for one in no_amount.json()["errors"]] == ["column_missing"]
    states = (await session.scalars(select(LineList.state))).all()
    assert [*states] == ["refused", "refused"]
    template = await client.get("/cases/v1/line-lists/template")
    empty = await bring(client, case, template.content)
    assert [one["code"] for one in empty.json()["errors"]] == ["no_rows"]
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet("名册")
    for place, row in enumerate((["姓名*", "欠薪月份*", "欠薪金额*"], ["张三", 202304, 12.5])):
        sheet.write_row(place, 0, row)
    book.close()
    taken = (await bring(client, case, file.getvalue())).json()
    assert (taken["accepted"], taken["findings"]) == (1, [])


@inspector
async def test_five_thousand_rows_go_in_by_sets_whatever_is_wrong_with_them(
    session: Session, client: AsyncClient
) -> None:
    case = await opened(client)
    numbers = [f"110101{n:011d}" for n in range(5000)]
    signs = [check_digit(one) for one in numbers]
    # Every other number ends on a sign that is not its own.
    ends = [sign if n % 2 else "10X98765432"[n % 11] for n, sign in enumerate(signs)]
    right = sum(one == other for one, other in zip(signs, ends, strict=True))
    rows = [
        [str(n), f"工人{n}", number + end, "2023-04", "100.00"]
        for n, (number, end) in enumerate(zip(numbers, ends, strict=True))
    ]
    counts = []
    connection = (await session.connection()).sync_connection
    assert connection is not None
    for part in (rows[:10], rows):
        statements: list[str] = []

        def seen(*said: Any, told: list[str] = statements) -> None:
            told.append(said[2])

        event.listen(connection.engine, "before_cursor_execute", seen)
        taken = (await bring(client, await again(client, case), csv(*part))).json()
        event.remove(connection.engine, "before_cursor_execute", seen)
        counts.append(len(statements))
        wrong = [one for one in taken["findings"] if one["code"] == "id_number_wrong"]
        assert len(wrong) == taken["rejected"]
        assert taken["accepted"] + taken["rejected"] == taken["rows"] == len(part)
    assert counts[0] == counts[1] > 0
    # Whom of payroll's they are goes in by a set, too.
    case = await again(client, case)
    ids = (await session.scalars(select(ArrearsLine.id))).all()
    links = [{"line_id": str(one), "worker_id": str(new_id())} for one in ids]
    where = f"{CASES}/{case['id']}/links"
    linked = await client.post(where, json={"version": case["version"], "links": links})
    assert linked.status_code == 200, linked.text
    first = (await client.get(f"{CASES}/{case['id']}/lines", params={"limit": 1})).json()["items"]
    assert [first[0]["worker_id"]] == [
        one["worker_id"] for one in links if one["line_id"] == first[0]["id"]
    ]
    unknown = [{"line_id": str(new_id()), "worker_id": None}]
    moved = {"version": linked.json()["version"], "links": unknown}
    refused = await client.post(where, json=moved)
    assert [one["code"] for one in refused.json()["errors"]] == ["line_unknown"]
    entered = await session.scalar(select(func.count()).select_from(ArrearsLine))
    assert entered == taken["accepted"] == right < 5000


@pytest.mark.parametrize(
    ("said", "months"),
    [
        ("2023-03", "2023-03"), ("2023.3", "2023-03"), ("202303", "2023-03"),
        ("2023年3月", "2023-03"), ("2023-03-01", "2023-03"), ("2023-03-01 00:00:00", "2023-03"),
        ("2023-03..2023-05", "2023-03..2023-05"), ("2023年3月至5月", "2023-03..2023-05"),
        ("2023年3-5月", "2023-03..2023-05"), ("2023.11~2024.1", "2023-11..2024-01"),
        ("2023/3 到 2023/4", "2023-03..2023-04"), ("2023-03至2023-03", "2023-03"),
        # What could mean a day as well as two months is asked again.
        ("2023.3-5", None), ("2023-05至2023-03", None), ("三月", None), ("2023-13", None),
        ("2023-03至4至5", None), ("", None), ("欠薪", None),
    ],
)  # fmt: skip
def test_months_are_read_as_people_write_them(said: str, months: str | None) -> None:
    assert months_said(said) == months
