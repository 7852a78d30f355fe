"""A month's attendance in a file: what can be taken counts, beside what gates saw."""

import asyncio
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from services.payroll import queries
from services.payroll.models import Attendance, Attendee, PayMonth
from services.payroll.rules.attendance_sheets import MarkedRow, by_person
from shared import clock, tables
from shared.db import Session, Sessions
from shared.expectations import ExpectationState
from tests.fixtures.service import Time, Token
from tests.payroll import attendance, sheets
from tests.payroll import factories as make

pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)
SHEETS = "/payroll/v1/attendance-sheets"
TITLES = ("序号", "姓名", "身份证号码", *(f"{day}日" for day in range(1, 32)), "出勤天数")
STRANGER = "110101198507150010"


def row(name: str, number: str, marks: str, total: float | str = "") -> Sequence[Any]:
    """Give a row with a mark for each of the first days."""
    days = [*marks, *[""] * (31 - len(marks))]
    return (1, name, number, *("0.5" if one == "半" else one for one in days), total)


def workbook(*rows: Sequence[Any], above: str = "2023年3月考勤表") -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet("考勤")
    page.write_row(0, 0, [above])
    page.write_row(1, 0, TITLES)
    for n, values in enumerate(rows, start=2):
        page.write_row(n, 0, values)
    book.close()
    return file.getvalue()


GOOD = row("张三丰", sheets.ID_CARD, "√√半休√", 3.5)


async def send(client: AsyncClient, project: UUID, content: bytes, **said: str) -> Response:
    return await client.post(
        f"/payroll/v1/projects/{project}/attendance-sheets",
        data={"period": "2023-03"} | said,
        files={"file": ("考勤表.xlsx", content)},
    )


def found(sheet: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["code"], one["place"], one["severity"]) for one in sheet["findings"]]


async def months(client: AsyncClient, project: UUID) -> dict[str, Any]:
    """Give what is told of each person's March, by the end of his number."""
    path = f"/payroll/v1/projects/{project}/attendance?period=2023-03"
    listed = (await client.get(path)).json()["items"]
    return {one["id_number"][-4:]: one for one in listed}


async def known(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 4, 3), 9))
    await make.tree(session)
    project_id = await make.contract(session)
    await session.flush()  # The roster looks for it.
    await sheets.enrol(session, project_id)
    await session.flush()
    return project_id


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


async def test_each_row_counts_or_is_told_at_its_cell(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    content = workbook(
        GOOD,
        row("李四", sheets.OTHER_CARD[:-1] + "0", "√√"),
        row("王五", "", "√√√", 3),
        row("某人", "", "√"),
        row("外人", STRANGER, "√√", 5),
        row("李四", sheets.OTHER_CARD, "√◇"),
    )
    answer = await send(client, project, content)
    sheet = answer.json()
    assert answer.status_code == 201, answer.text
    counted = [sheet[name] for name in ("version", "state", "rows", "accepted", "rejected", "days")]
    assert counted == [1, "standing", 6, 3, 3, "8.50"]
    assert sorted(found(sheet)) == [
        ("days_differ", "考勤!AI7", "warning"),
        ("id_check_digit", "考勤!C4", "error"),
        ("id_missing", "考勤!C5", "warning"),
        ("id_missing", "考勤!C6", "warning"),
        ("mark_unknown", "考勤!E8", "error"),
        ("nobody", "考勤!C6", "error"),
        ("not_on_roster", "考勤!C7", "warning"),
    ]
    assert all(one["remedy"]["zh"] for one in sheet["findings"])
    assert sheets.ID_CARD not in answer.text
    told = await months(client, project)
    assert {end: (one["days"], one["units"], one["told"]) for end, one in told.items()} == {
        "7379": (4, "3.50", {"sheet": "3.50"}),
        "2417": (3, "3.00", {"sheet": "3.00"}),
        STRANGER[-4:]: (2, "2.00", {"sheet": "2.00"}),
    }
    assert told[STRANGER[-4:]]["worker_id"] is None
    assert set(await session.scalars(select(Attendance.confidence))) == {Decimal("0.500")}
    again = (await send(client, project, content)).json()
    assert again == sheet, "the same file gives what came of it first"
    listed = (await client.get(SHEETS, params={"project_id": str(project)})).json()["items"]
    assert [one["id"] for one in listed] == [sheet["id"]]
    assert (await client.get(f"{SHEETS}/{sheet['id']}")).json() == sheet


async def test_a_corrected_file_is_the_next_version_and_the_former_counts_no_longer(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    first = (await send(client, project, workbook(GOOD))).json()
    second = (await send(client, project, workbook(row("张三丰", sheets.ID_CARD, "√休", 1)))).json()
    assert (second["version"], second["replaces_id"]) == (2, first["id"])
    former = (await client.get(f"{SHEETS}/{first['id']}")).json()
    assert (former["state"], former["replaced_at"]) == ("replaced", second["made_at"])
    told = await months(client, project)
    assert {end: (one["days"], one["told"]) for end, one in told.items()} == {
        "7379": (1, {"sheet": "1.00"})
    }
    assert await session.scalar(select(func.count()).select_from(Attendance)) == 5
    # A file of which nothing can be taken stands in nobody's place.
    wrong = (await send(client, project, workbook(GOOD, above="2023年2月考勤表"))).json()
    assert (wrong["state"], wrong["version"], wrong["accepted"], wrong["rejected"]) == (
        "refused", 0, 0, 1,
    )  # fmt: skip
    assert found(wrong) == [("period_differs", "sheet", "error")]
    assert (await months(client, project))["7379"]["days"] == 1
    # So it is with what is told of months and of who is on the site.
    await send(client, project, workbook(row("李四", sheets.OTHER_CARD, "√")))
    month = (await session.scalars(select(PayMonth))).one()
    assert (await queries.pay_months.seen(session, [month]))[month.id].attended == 1
    assert await queries.labour.last_seen(session, [project]) == {project: date(2023, 3, 1)}
    assert await queries.labour.on_site(session, {project: 7}, date(2023, 3, 8)) == {}


async def test_what_gates_saw_stays_beside_what_the_sheet_says(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    ours = dict(client.headers)
    client.headers.update(token("gate_vendor", areas=[make.COUNTY]))
    seen = [
        attendance.seen(f"{day}", f"2023-03-{day:02d}T07:30:00+08:00", id_number=sheets.ID_CARD)
        for day in range(1, 3)
    ]
    await attendance.send(client, project, *seen)
    client.headers.update(ours)
    content = workbook(
        row("张三丰", sheets.ID_CARD, "√√√", 3),
        row("李四", sheets.OTHER_CARD, "√√半", 2.5),
        row("王五", sheets.THIRD_CARD, "√", 1),
    )
    sheet = (await send(client, project, content)).json()
    assert found(sheet) == [("gate_differs", "考勤!AI4", "warning")]
    [one] = sheet["findings"]
    assert {name: one["compared"][name] for name in ("sheet", "gate")} == {
        "sheet": "2.5", "gate": "0",
    }  # fmt: skip
    told = await months(client, project)
    assert told["7379"]["told"] == {"gate_vendor": "2", "sheet": "3.00"}
    # Gates speak first for whom they saw, the sheet for whom they did not.
    lines = (sheets.line(days="2"), sheets.second(days="2.5"), sheets.third(days="3"))
    paid = (await sheets.send(client, project, sheets.body(*lines))).json()
    assert [
        (one["code"], one["row"], one["compared"]["attended"])
        for one in paid["findings"]
        if one["code"] != "implausible_amount"
    ] == [("days_differ", 3, "1.00")]


async def test_days_to_come_and_days_that_are_none_are_told(
    client: AsyncClient, project: UUID, time: Time
) -> None:
    time.move_to(clock.at(date(2023, 3, 2), 20))
    answer = await send(client, project, workbook(GOOD, row("李四", sheets.OTHER_CARD, "√√休")))
    assert found(answer.json()) == [("day_ahead", "考勤!F3", "error")]
    assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 1)
    time.move_to(clock.at(date(2023, 4, 3), 9))
    month = workbook(row("张三丰", sheets.ID_CARD, "休" * 28 + "√"), above="2023年2月考勤表")
    short = (await send(client, project, month, period="2023-02")).json()
    assert found(short) == [("day_impossible", "考勤!AF3", "error")]


async def test_what_is_no_list_of_attendance_is_refused_and_kept(
    client: AsyncClient, project: UUID
) -> None:
    for content in (b"", b"\x89PNG\r\n\x1a\n" + b"0" * 40, "随便,写的\n".encode()):
        refused = await send(client, project, content)
        assert refused.status_code == 422
        said = refused.json()
        assert said["errors"][0]["detail"], said
        kept = (await client.get(f"{SHEETS}/{said['attendance_sheet_id']}")).json()
        assert (kept["state"], kept["rows"]) == ("refused", 0)
    bare = await client.post(f"/payroll/v1/projects/{project}/attendance-sheets", data={})
    assert {one["place"] for one in bare.json()["errors"]} == {"file", "period"}


async def test_a_file_comes_back_to_its_sender_with_each_finding_at_its_cell(
    client: AsyncClient, project: UUID, token: Token
) -> None:
    content = workbook(GOOD, row("=1+1", STRANGER, "√◇"))
    sheet = (await send(client, project, content)).json()
    path = f"{SHEETS}/{sheet['id']}/annotated"
    given = await client.post(path, json={"purpose": "退回班组"})
    assert given.status_code == 200
    book = await tables.read(given.content)
    assert book.refusal is None
    text = [cell.text for page in book.sheets for line in page.rows for cell in line.cells]
    assert {"考勤!E4", "=1+1", sheets.ID_CARD} <= set(text)
    client.headers.update(token("contractor", areas=[make.NEIGHBOUR], org=sheets.STRANGER))
    for answer in (
        await client.post(path, json={"purpose": "看看"}),
        await client.get(f"{SHEETS}/{sheet['id']}"),
        await send(client, project, content),
    ):
        assert answer.status_code == 404


async def test_a_sheet_is_a_sign_of_life_of_its_contractor(
    client: AsyncClient, session: Session, project: UUID
) -> None:
    row_ = await attendance.expect_contractor(session, project)
    await session.flush()
    await send(client, project, workbook(GOOD))
    await session.refresh(row_)
    assert (row_.arrived_at, row_.state) == (clock.now(), ExpectationState.AWAITED)


async def test_two_at_once_leave_one_standing(
    sessions: Sessions, client: AsyncClient, time: Time
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    files = [workbook(row("张三丰", sheets.ID_CARD, "√" * n)) for n in (3, 4)]
    answers = await asyncio.gather(*(send(client, project, one) for one in [*files, files[0]]))
    assert {one.status_code for one in answers} == {201}
    assert answers[0].json()["id"] == answers[2].json()["id"]
    listed = (await client.get(SHEETS)).json()["items"]
    assert sorted((one["version"], one["state"]) for one in listed) == [
        (1, "replaced"), (2, "standing"),
    ]  # fmt: skip
    async with sessions.begin("test") as session:
        assert await session.scalar(select(func.count()).select_from(Attendee)) == 1


def test_halves_in_two_rows_are_a_day_and_a_row_twice_is_one() -> None:
    day, other = date(2023, 3, 1), date(2023, 3, 2)

    def marked(units: str, on: date = day) -> tuple[str, MarkedRow]:
        return "who", MarkedRow("", 1, "01", "n", None, {on: Decimal(units)})

    for rows, sums in (
        ([marked("0.5"), marked("0.5")], {day: 1}),
        ([marked("1"), marked("1")], {day: 1}),
        ([marked("1.5"), marked("0.5", other)], {day: Decimal("1.5"), other: Decimal("0.5")}),
        ([marked("0")], {}),
    ):
        assert by_person(rows) == {"who": sums}
