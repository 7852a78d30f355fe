"""What a bank is told to pay and what it says of it: once, in whatever way, and never otherwise."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from httpx import AsyncClient, Response
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from services.payroll.adapters import payment_instruction as form
from services.payroll.models import DisbursementLine, PaymentAttempt, ResultBatch
from services.payroll.rules.disbursements import ToPay
from shared import clock
from shared.db import AuditRow, Session, Sessions
from shared.events.payroll import DisbursementReopened, DisbursementSettled
from tests.fixtures.service import Published, Time, Token
from tests.payroll import disbursements as pay
from tests.payroll import factories as make
from tests.payroll import sheets
from tests.payroll.disbursements import V1, known, tell_card

BATCHES = f"{V1}/disbursements"
NEW_CARD = "6228480402564890042"
Speak = Callable[..., None]
pytestmark = pytest.mark.caller("contractor", areas=[make.COUNTY], org=make.CONTRACTOR)


@pytest.fixture
def speak(client: AsyncClient, token: Token) -> Speak:
    return pay.speaker(client, token)


@pytest.fixture
async def project(session: Session, time: Time) -> UUID:
    return await known(session, time)


class Sent:
    """A batch of two workers that was sent, as its bank and contractor deal with it."""

    def __init__(self, client: AsyncClient, speak: Speak, batch: dict[str, Any]) -> None:
        self.client, self.speak = client, speak
        self.id, self.number = batch["id"], batch["number"]
        self.url = f"{BATCHES}/{self.id}"

    async def lines(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.client.get(f"{self.url}/lines")).json()["items"]
        return [one["line"] for one in found]

    async def state(self) -> tuple[str, list[str]]:
        shown = (await self.client.get(self.url)).json()
        return shown["state"], [one["status"] for one in await self.lines()]

    async def tell(self, *words: dict[str, Any]) -> Response:
        """Let the bank say something of lines, by their places."""
        self.speak("bank", "clerk", make.BANK)
        lines = await self.lines()
        results = [
            {"line_id": lines[one["at"]]["id"], "attempt": 1, "amount": "5500.00"}
            | {name: value for name, value in one.items() if name != "at"}
            for one in words
        ]
        return await self.client.post(f"{self.url}/results", json={"results": results})

    async def retry(self, who: str = "cashier", **said: Any) -> Response:
        self.speak("contractor", who)
        return await self.client.post(f"{self.url}/retry", json=said)


def settled(at: int, serial: str = "S1", day: str = "2023-04-03", **more: Any) -> dict[str, Any]:
    return {"at": at, "status": "settled", "serial": serial, "day": day} | more


def returned(at: int, day: str = "2023-04-03", **more: Any) -> dict[str, Any]:
    why = {"reason_code": "AC01", "reason": "账号户名不符"}
    return {"at": at, "status": "returned", "day": day} | why | more


async def sent(client: AsyncClient, speak: Speak, project: UUID) -> Sent:
    sheet_id = await pay.approved(client, speak, project, sheets.line(), sheets.second())
    answer = await pay.send(client, sheet_id)
    assert answer.status_code == 201, answer.text
    return Sent(client, speak, answer.json()["disbursement"])


async def test_a_batch_settles_line_by_line_and_what_came_back_is_paid_by_another_attempt(
    client: AsyncClient, session: Session, project: UUID, *, time: Time, published: Published,
    speak: Speak,
) -> None:  # fmt: skip
    batch = await sent(client, speak, project)
    told = await batch.tell({"at": 0, "status": "pending"}, returned(1))
    assert (told.status_code, told.json()["entered"]) == (200, 2)
    assert await batch.state() == ("under_way", ["pending", "returned"])
    assert (await batch.tell(settled(0))).json()["entered"] == 1
    assert await batch.state() == ("incomplete", ["settled", "returned"])
    assert await published(session, DisbursementSettled) == []

    # The card was wrong; the changed one waits for 72 hours, and so does the line.
    await tell_card(session, project, sheets.OTHER_CARD, NEW_CARD)
    waits = await batch.retry()
    assert (waits.status_code, waits.json()["held"]) == (409, {"card_waiting": 1})
    assert (await batch.retry("maker")).status_code == 409  # made the sheet
    time.move_to(clock.at(date(2023, 4, 6), 9))
    again = await batch.retry()
    assert (again.status_code, again.json()["disbursement"]["rounds"]) == (200, 2)
    assert (await batch.retry()).json()["held"] == {}  # nothing is left to send
    old = await batch.tell(settled(1, day="2023-04-06"))
    assert [one["code"] for one in old.json()["errors"]] == ["contradicts"]
    done = await batch.tell(settled(1, "S2", "2023-04-06", attempt=2))
    assert done.status_code == 200, done.text
    assert await batch.state() == ("settled", ["settled", "settled"])
    [event] = await published(session, DisbursementSettled)
    assert (event.settled_on, event.total) == (date(2023, 4, 6), Decimal("11000.00"))
    tried = await session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.round))
    assert [(one.round, one.number, one.status) for one in tried if one.line_id][-1] == (
        2, 2, "settled",
    )  # fmt: skip
    assert len((await session.scalars(select(DisbursementLine))).all()) == 2

    # A month later one comes back after all: the batch is open again, and told so.
    time.move_to(clock.at(date(2023, 5, 8), 9))
    assert (await batch.tell(returned(0, "2023-05-05"))).status_code == 200
    [event] = await published(session, DisbursementReopened)
    assert (event.reopened_lines, event.reopened_total) == (1, Decimal("5500.00"))
    assert await batch.state() == ("incomplete", ["returned", "settled"])


async def test_a_word_that_cannot_be_is_refused_with_its_place_and_all_of_it_kept(
    client: AsyncClient, session: Session, project: UUID, speak: Speak
) -> None:
    batch = await sent(client, speak, project)
    assert (await batch.tell(settled(0))).status_code == 200
    wrong: list[tuple[dict[str, Any], str, str]] = [
        (returned(1, amount="5499.99"), "amount", "amount_differs"),
        (settled(1, day="2023-04-04"), "day", "day_in_future"),
        (settled(1, day="2023-04-02"), "day", "day_before_sent"),
        (settled(1, attempt=2), "line_id", "line_unknown"),
        (settled(1, line_id=str(UUID(int=5))), "line_id", "line_unknown"),
        (settled(0, "S2"), "serial", "serial_differs"),
        ({"at": 0, "status": "pending"}, "status", "contradicts"),
    ]
    for word, place, code in wrong:
        # What stands beside it is right, and is not taken either.
        answer = await batch.tell(returned(1, reason="销户"), word)
        assert answer.status_code == 422, (code, answer.text)
        found = [(one["place"], one["code"]) for one in answer.json()["errors"]]
        assert (f"results[1].{place}", code) in found
        assert (await batch.lines())[1]["status"] == "sent"
    for missing in ({"serial": None}, {"day": None}):
        assert (await batch.tell(settled(1) | missing)).status_code == 422
    # The same word again is nothing new, whichever batch of results it stands in.
    again = await batch.tell(settled(0), returned(1))
    assert (again.status_code, again.json()["entered"]) == (200, 1)
    listed = (await client.get(f"{batch.url}/results")).json()["items"]
    assert [one["state"] for one in listed].count("refused") == len(wrong)
    [last, *_] = [one for one in listed if one["state"] == "refused"]
    shown = (await client.get(f"{batch.url}/results/{last['id']}")).json()
    assert [one["code"] for one in shown["findings"]] == ["contradicts"]
    kept = await session.get(ResultBatch, UUID(last["id"]))
    assert kept is not None
    assert '"pending"' in (kept.body or "")

    speak("bank", "clerk", make.OTHER_BANK)
    body = {"results": [{"line_id": str(UUID(int=5)), "attempt": 1, "status": "pending",
                         "amount": "1.00"}]}  # fmt: skip
    assert (await client.post(f"{batch.url}/results", json=body)).status_code == 404


def rows_of(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def filled(content: bytes, *words: tuple[str, str, str, str, str]) -> bytes:
    """Fill in the columns of an instruction that are the bank's."""
    head, *rows = rows_of(content)
    first, file = head.index("结果"), io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("代发明细")
    sheet.write_row(0, 0, head)
    for number, row in enumerate(rows):
        said = words[number] if number < len(words) else ()
        sheet.write_row(number + 1, 0, [*row[:first], *said])
    book.close()
    return file.getvalue()


async def test_an_instruction_goes_to_the_bank_and_comes_back_filled_in(
    client: AsyncClient, session: Session, project: UUID, speak: Speak
) -> None:
    batch = await sent(client, speak, project)
    url, files = f"{batch.url}/instruction", f"{batch.url}/result-files"
    speak("bank", "clerk", make.OTHER_BANK)
    assert (await client.post(url, json={"purpose": "代发工资"})).status_code == 404
    speak("bank", "clerk", make.BANK)
    answer = await client.post(url, json={"purpose": "代发工资"})
    assert answer.status_code == 200, answer.text
    assert (await client.post(url, json={"purpose": "再次下载"})).content == answer.content
    rows = rows_of(answer.content)[1:]
    assert [row[4:6] for row in rows[:2]] == [
        ["张三丰", sheets.BANK_CARD], ["李四", sheets.OTHER_BANK_CARD],
    ]  # fmt: skip
    assert (rows[2][4], rows[2][8]) == ("2 笔", 11000)
    text = (await client.post(url, json={"purpose": "代发工资", "kind": "csv"})).content
    told = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
    assert [row[8] for row in told[1:]] == ["5500.00", "5500.00", "11000.00"]
    taken = await session.scalars(select(AuditRow).where(AuditRow.action == "reveal"))
    assert [(one.after or {})["purpose"] for one in taken] == ["代发工资", "再次下载", "代发工资"]

    wrong = filled(
        answer.content, ("已入账", "2023-04-03", "S1", "", ""), ("退回", "2023-04-03", "", "", "")
    )
    refused = await client.post(files, files={"file": ("r.xlsx", wrong)})
    assert refused.status_code == 422, refused.text
    assert [(one["place"], one["code"]) for one in refused.json()["errors"]] == [
        ("代发明细!3", "reason_missing")
    ]
    assert (await batch.state())[1] == ["sent", "sent"]
    right = filled(
        answer.content, ("已入账", "2023-04-03", "S1", "", ""),
        ("退回", "2023-04-03", "", "AC01", "户名不符"),
    )  # fmt: skip
    first = await client.post(files, files={"file": ("r.xlsx", right)})
    assert (first.status_code, first.json()["entered"]) == (200, 2), first.text
    again = await client.post(files, files={"file": ("other name.xlsx", right)})
    assert again.json() == first.json()
    assert await batch.state() == ("incomplete", ["settled", "returned"])
    torn = await client.post(files, files={"file": ("r.xlsx", right[:-40])})
    assert torn.status_code == 422


async def test_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    payment = ToPay(UUID(int=1), 1, 1, "=cmd|'/c calc'!A1", "6228", "+1", "@x", Decimal(5))
    order = form.Order("B1", 1, "专户", "17", "2023-03", [payment])
    text = form.write(order, "csv").decode("utf-8-sig")
    [_, row, _] = csv.reader(io.StringIO(text))
    assert [row[4], row[6], row[7]] == ["'=cmd|'/c calc'!A1", "'+1", "'@x"]
    with zipfile.ZipFile(io.BytesIO(form.write(order, "xlsx"))) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b"=cmd|" in archive.read("xl/sharedStrings.xml")


async def test_two_retries_and_a_replay_at_once_send_a_line_once(
    sessions: Sessions, client: AsyncClient, time: Time, speak: Speak
) -> None:
    async with sessions.begin("test") as session:
        project = await known(session, time)
    batch = await sent(client, speak, project)
    assert (await batch.tell(settled(0), returned(1))).status_code == 200
    speak("contractor", "cashier")
    answers = await asyncio.gather(*(client.post(f"{batch.url}/retry", json={}) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    replayed = await asyncio.gather(batch.tell(settled(0), returned(1)), batch.tell(settled(0)))
    assert [one.status_code for one in replayed] == [200, 200]
    assert await batch.state() == ("under_way", ["settled", "sent"])
    async with sessions.begin("test") as session:
        tried = (await session.scalars(select(PaymentAttempt))).all()
    assert sorted((one.number, one.round) for one in tried) == [(1, 1), (1, 1), (2, 2)]
