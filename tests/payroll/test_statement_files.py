"""Statement files: each row counts or is told with row and column, and nothing counts by halves."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from services.payroll import jobs
from services.payroll.adapters import statement_file, statement_findings
from services.payroll.models import (
    AccountDay,
    BankLine,
    Credit,
    Source,
    StatementFile,
    StatementLine,
)
from services.payroll.schemas.statement_files import AT_ONCE
from shared import clock
from shared.db import AuditRow, Session, Sessions
from shared.problems import Finding
from tests.fixtures.service import Time, Token, kept_files
from tests.payroll import factories
from tests.payroll.factories import ACCOUNT_NO, BANK, COUNTY
from tests.payroll.statements import HEADER, LINES, camt, entry, send, text

ASK = "/payroll/v1/statement-files"


async def there(session: Session, time: Time) -> UUID:
    time.move_to(clock.at(date(2023, 1, 20), 12))
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    await session.flush()
    return found


@pytest.fixture
async def project_id(session: Session, time: Time) -> UUID:
    """Give a project with a contract, a source and an account, at noon of 20 January."""
    return await there(session, time)


def findings(answer: Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert all(error["remedy"] for error in answer.json()["errors"])
    return [(error["place"], error["code"]) for error in answer.json()["errors"]]


async def lines(session: Session) -> list[BankLine]:
    found = await session.scalars(select(BankLine).order_by(BankLine.day, BankLine.serial))
    return list(found)


# ---- what is accepted ------------------------------------------------------------------------


async def test_a_statement_becomes_bank_lines_and_credits(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    answer = await send(client, token, text(*LINES))
    assert answer.status_code == 201
    said = answer.json()
    assert (said["status"], said["lines"], said["fresh_lines"]) == ("accepted", 3, 3)
    assert (said["from_day"], said["to_day"]) == ("2023-01-10", "2023-01-11")
    assert (said["opening"], said["closing"]) == ("0.00", "100.00")
    [first, second, back] = await lines(session)
    assert (first.counterparty_name, first.purpose) == ("县交通运输局", "1月人工费")
    assert (first.period, second.direction, second.left_amount) == ("2023-01", "out", 0)
    [owed, *_] = await factories.owed(session, project_id)
    assert owed.credited_amount == 100
    # What comes back from a worker's account is no labour cost.
    assert (back.kind, back.direction) == ("returned", "in")
    assert await session.scalar(select(func.count()).select_from(Credit)) == 1
    assert await session.scalar(select(func.count()).select_from(StatementLine)) == 0
    days = (await session.scalars(select(AccountDay).order_by(AccountDay.day))).all()
    assert [(day.opening, day.closing) for day in days] == [(0, 40), (40, 100)]


async def test_newest_first_is_read_as_oldest_first(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    answer = await send(client, token, text(*reversed(LINES)))
    assert (answer.json()["opening"], answer.json()["closing"]) == ("0.00", "100.00")


async def test_the_same_file_twice_gives_the_first_result(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    first = await send(client, token, text(*LINES))
    again = await send(client, token, text(*LINES))
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(await lines(session)) == 3


async def test_lines_that_are_here_already_are_taken_once(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    await send(client, token, text(*LINES))
    more = ("2023-01-12", "", "5.00", "105.00", "", "", "", "A4")
    answer = await send(client, token, text(*LINES, more))
    assert (answer.json()["lines"], answer.json()["fresh_lines"]) == (4, 1)
    assert len(await lines(session)) == 4


async def test_a_final_file_closes_its_days(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    await send(client, token, text(*LINES), final="true")
    source = (await session.scalars(select(Source))).one()
    await session.refresh(source)
    assert source.fed_until == date(2023, 1, 11)
    late = ("2023-01-11", "1.00", "", "99.00", "", "", "", "A9")
    answer = await send(client, token, text(*LINES, late))
    assert findings(answer) == [("H6", "day_is_closed")]


async def test_days_that_the_file_names_count_without_lines(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    above = (f"账号：{ACCOUNT_NO}", "起止日期：2023-01-10 至 2023-01-15")
    answer = await send(client, token, text(*LINES, above=above))
    assert answer.json()["to_day"] == "2023-01-15"
    assert await session.scalar(select(func.count()).select_from(AccountDay)) == 6


async def test_a_payment_and_its_fee_may_share_a_serial(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    fee = ("2023-01-11", "1.00", "", "99.00", "", "", "手续费", "A3")
    assert (await send(client, token, text(*LINES, fee))).status_code == 201
    assert [line.serial for line in await lines(session)] == ["A1", "A2", "A3", "A3#2"]


async def test_lines_without_a_serial_are_known_again(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    header, bare = HEADER[:-1], [line[:-1] for line in LINES]
    await send(client, token, text(*bare[:2], header=header))
    answer = await send(client, token, text(*bare, header=header))
    assert (answer.json()["lines"], answer.json()["fresh_lines"]) == (3, 1)


# ---- what is refused -------------------------------------------------------------------------


def changed(row: int, column: int, value: str) -> list[tuple[str, ...]]:
    table = [list(line) for line in LINES]
    table[row][column] = value
    return [tuple(line) for line in table]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (text(*changed(1, 3, "41.00")), ("D4", "balance_does_not_chain")),
        (text(*changed(1, 0, "10/01/2023")), ("A4", "day_unreadable")),
        (text(*changed(1, 0, "")), ("A4", "day_missing")),
        (text(*changed(1, 0, "2023-01-09")), ("A4", "lines_out_of_order")),
        (text(*changed(1, 1, "六十")), ("B4", "amount_unreadable")),
        (text(*changed(1, 1, "=10*6")), ("B4", "formula_uncalculated")),
        (text(*changed(1, 1, "#REF!")), ("B4", "cell_error")),
        (text(*changed(1, 1, "60.001")), ("B4", "not_whole_fen")),
        (text(*changed(1, 1, "0.006万元")), ("B4", "amount_in_wan")),
        (text(*changed(1, 1, "")), ("B4", "amount_missing")),
        (text(*changed(1, 2, "1.00")), ("B4", "amount_twice")),
        (text(*changed(1, 3, "")), ("D4", "balance_unreadable")),
        (text(*changed(1, 7, "流水一")), ("H4", "serial_unreadable")),
        (text(*LINES, below=["合计,60.00,200.00"]), ("C6", "total_differs")),
        (text(*LINES, below=["期末余额,,,90.00"]), ("D6", "closing_does_not_chain")),
        (text(*LINES, below=["账号：1755000000000000009"]), ("A6", "two_accounts")),
        (text(*LINES, above=["币种：美元"]), ("A1", "currency_foreign")),
        (text(*LINES, above=["单位：万元"]), ("A1", "amount_in_wan")),
        (text(*LINES, header=(*HEADER[:3], "x", *HEADER[4:])), ("2", "balance_missing")),
        (text(*LINES, header=("交易日期", "x", "y", *HEADER[3:])), ("2", "columns_missing")),
        (b"a,b\n1,2\n", ("file", "header_missing")),
        (b"%PDF-1.7 ...", ("file", "file_pdf")),
        (b"PK\x03\x04 ...", ("file", "file_truncated")),
        (b"", ("file", "file_empty")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_told_with_its_cell(content: bytes, found: tuple[str, str]) -> None:
    told = told_of(content)
    assert found in [(each.place, each.code) for each in told]
    assert all(each.remedy for each in told)


def told_of(content: bytes) -> Sequence[Finding]:
    """Give what the reader finds in a file, without a child."""
    last = list(statement_file.read(io.BytesIO(content)))[-1]
    if last.refused:
        return [statement_findings.refused(last.refused)]
    assert last.outcome
    return statement_findings.findings(last.outcome)


@pytest.mark.usefixtures("project_id")
async def test_of_what_is_refused_nothing_counts(
    session: Session, client: AsyncClient, token: Token
) -> None:
    broken = {
        text(*changed(1, 3, "41.00")): [
            ("D4", "balance_does_not_chain"),
            ("D5", "balance_does_not_chain"),
        ],
        b"PK\x03\x04 ...": [("file", "file_truncated")],
    }
    for content, found in broken.items():
        answer = await send(client, token, content)
        assert findings(answer) == found
        kept = await session.get(StatementFile, UUID(answer.json()["statement_file_id"]))
        assert kept
        assert kept.status == "refused"
    assert await lines(session) == []
    assert await session.scalar(select(func.count()).select_from(AccountDay)) == 0


async def test_row_and_column_stand_in_the_words(
    client: AsyncClient, token: Token, project_id: UUID
) -> None:
    answer = await send(client, token, text(*changed(1, 3, "41.00")))
    [first, *_] = answer.json()["errors"]
    assert first["detail"].startswith("第 4 行 D 列（余额）：余额")
    assert first["remedy"]


async def test_a_file_names_the_account_or_its_sender_does(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    bare = text(*LINES, above=["某银行"])
    assert findings(await send(client, token, bare)) == [("file", "account_missing")]
    other = "1755000000000000002"
    assert findings(await send(client, token, text(*LINES), account_no=other)) == [
        ("A1", "account_of_another")
    ]
    assert findings(await send(client, token, bare, account_no=other)) == [
        ("file", "account_unknown")
    ]
    hidden = text(*LINES, above=["账号：1755***********0001"])
    assert (await send(client, token, hidden, account_no=ACCOUNT_NO)).status_code == 201


async def test_days_that_nobody_sent_are_named(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    await send(client, token, text(*LINES[:2]))
    after = ("2023-01-13", "", "5.00", "45.00", "", "", "", "A7")
    answer = await send(client, token, text(after))
    assert findings(answer) == [("A3", "days_missing")]
    assert "2023-01-11 – 2023-01-12" in answer.json()["errors"][0]["detail"]
    # The same file counts once what it lacked is here.
    back = ("2023-01-11", "", "0.50", "40.50", "", "", "", "A5")
    gone = ("2023-01-12", "0.50", "", "40.00", "", "", "", "A6")
    assert (await send(client, token, text(back, gone))).status_code == 201
    assert (await send(client, token, text(after))).status_code == 201
    assert len(await lines(session)) == 5


async def test_statements_that_overlap_and_differ_are_refused(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    await send(client, token, text(*LINES))
    [first, _, third] = LINES
    other = ("2023-01-10", "60.00", "", "40.00", "李四", "", "", "B2")
    assert findings(await send(client, token, text(first, other, third))) == [
        ("D3", "overlap_differs")
    ]
    again = ("2023-01-10", "50.00", "", "50.00", "", "", "", "A2")
    then = ("2023-01-10", "10.00", "", "40.00", "", "", "", "A5")
    assert findings(await send(client, token, text(first, again, then, third))) == [
        ("H4", "serial_reused")
    ]
    next_day = ("2023-01-12", "", "1.00", "999.00", "", "", "", "A8")
    assert findings(await send(client, token, text(next_day))) == [("D3", "opening_differs")]


async def test_days_before_the_source_and_after_today_are_refused(
    client: AsyncClient, token: Token, project_id: UUID
) -> None:
    early = ("2023-01-09", "", "1.00", "1.00", "", "", "", "A0")
    assert findings(await send(client, token, text(early))) == [("A3", "day_before_source")]
    late = ("2023-01-21", "", "1.00", "1.00", "", "", "", "A0")
    assert findings(await send(client, token, text(late))) == [("A3", "day_in_future")]


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    client: AsyncClient, token: Token, project_id: UUID
) -> None:
    answer = await send(client, token, b"x" * (34 << 20))
    assert answer.status_code == 413


# ---- kept ------------------------------------------------------------------------------------


async def test_a_refused_file_is_found_again_and_shown_with_a_record(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    content = text(*changed(1, 3, "41.00"))
    refused = (await send(client, token, content)).json()["statement_file_id"]
    office = token("wage_office", areas=[COUNTY])
    listed = await client.get(ASK, params={"status": "refused"}, headers=office)
    [one] = listed.json()["items"]
    assert (one["id"], one["findings"][0]["place"]) == (refused, "D4")
    shown = await client.post(
        f"{ASK}/{refused}/reveal", json={"purpose": "核对原件"}, headers=office
    )
    assert shown.content == content
    assert "对账单" not in shown.headers["content-disposition"]
    seen = select(AuditRow).where(AuditRow.action == "reveal", AuditRow.row_id == refused)
    assert (await session.scalars(seen)).one().after == {"purpose": "核对原件"}


async def test_a_lost_file_is_a_problem_that_says_what_to_do_and_nothing_was_shown(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    content = text(*changed(1, 3, "41.00"))
    refused = (await send(client, token, content)).json()["statement_file_id"]
    file = await session.get(StatementFile, UUID(refused))
    assert file
    await kept_files().discard(file.file_id)
    office = token("wage_office", areas=[COUNTY])
    answer = await client.post(f"{ASK}/{refused}/reveal", json={"purpose": "核对"}, headers=office)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/file-lost")
    assert "从备份恢复文件库" in answer.json()["detail"]
    seen = select(AuditRow).where(AuditRow.action == "reveal", AuditRow.row_id == refused)
    assert (await session.scalars(seen)).all() == []


async def test_another_bank_sees_nothing_of_it(
    client: AsyncClient, token: Token, project_id: UUID
) -> None:
    made = (await send(client, token, text(*LINES))).json()["id"]
    other = token("bank", areas=[COUNTY], org=UUID(int=99))
    assert (await client.get(f"{ASK}/{made}", headers=other)).status_code == 404
    assert (await client.get(ASK, headers=other)).json()["items"] == []


# ---- kinds -----------------------------------------------------------------------------------


def xlsx(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet("明细")
    for n, row in enumerate(rows):
        sheet.write_row(n, 0, row)
    book.close()
    return file.getvalue()


async def test_places_in_a_workbook_name_the_sheet(
    client: AsyncClient, token: Token, project_id: UUID
) -> None:
    rows = [["账号", ACCOUNT_NO], list(HEADER), ["2023-01-10", "", "百元", 100, "", "", "", "A1"]]
    assert findings(await send(client, token, xlsx(rows))) == [("明细!C3", "amount_unreadable")]
    rows[2] = ["2023-01-10", "", 100, 100, "", 6222021234567890123, "", "A1"]
    assert findings(await send(client, token, xlsx(rows))) == [("明细!F3", "digits_lost")]


PAID = entry("C1", "CRDT", "100.00", "县交通运输局", purpose="1月人工费")
SPENT = entry("C2", "DBIT", "60.00", "张三")


async def test_camt_is_read_like_a_table(
    session: Session, client: AsyncClient, token: Token, project_id: UUID
) -> None:
    pending = entry("C3", "DBIT", "5.00", status="PDNG")
    back = entry("C4", "CRDT", "60.00", inside="<RvslInd>true</RvslInd>")
    answer = await send(client, token, camt(PAID, SPENT, pending, back, closing="100.00"))
    assert (answer.status_code, answer.json()["lines"]) == (201, 3)
    [first, second, third] = await lines(session)
    assert (first.counterparty_name, first.balance, second.balance) == ("县交通运输局", 100, 40)
    assert [line.kind for line in (first, second, third)] == ["ordinary", "ordinary", "returned"]
    [owed, *_] = await factories.owed(session, project_id)
    assert owed.credited_amount == 100


OTHER = "<Stmt><Acct><Id><Othr><Id>1755000000000000009</Id></Othr></Id></Acct></Stmt>"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (camt(PAID, SPENT, closing="41.00"), ("Ntry[2]/Bal", "closing_does_not_chain")),
        (camt(PAID, SPENT, extra=OTHER), ("Ntry[2]/Acct", "two_accounts")),
        (
            camt(PAID, entry("C2", "DBIT", "60.00", currency="USD")),
            ("Ntry[2]/Amt", "currency_foreign"),
        ),
        (camt(PAID, SPENT)[:-40], ("file", "file_truncated")),
        (
            camt(PAID).replace(b"<Document", b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document"),
            ("file", "file_xml_hostile"),
        ),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_is_wrong_in_camt_is_told_by_its_entry(content: bytes, found: tuple[str, str]) -> None:
    assert found in [(each.place, each.code) for each in told_of(content)]


# ---- large files -----------------------------------------------------------------------------


def many(count: int) -> bytes:
    table = [
        ("2023-01-10", "", "1.00", f"{n}.00", "县交通运输局", "4200000000000017", "人工费", f"L{n}")
        for n in range(1, count + 1)
    ]
    return text(*table)


@pytest.fixture
async def _committed(sessions: Sessions, time: Time) -> None:
    async with sessions.begin() as session:
        await there(session, time)


@pytest.mark.usefixtures("_committed")
async def test_a_large_file_is_read_in_the_background(
    sessions: Sessions, client: AsyncClient, token: Token
) -> None:
    content = many(5_000)
    assert len(content) > AT_ONCE
    answer = await send(client, token, content)
    assert (answer.status_code, answer.json()["status"]) == (202, "reading")
    assert await jobs.read_statement_files(sessions) == 1
    assert await jobs.read_statement_files(sessions) == 0
    headers = token("bank", areas=[COUNTY], org=BANK)
    said = (await client.get(f"{ASK}/{answer.json()['id']}", headers=headers)).json()
    assert (said["status"], said["lines_read"], said["fresh_lines"]) == ("accepted", 5000, 5000)
    again = await send(client, token, content)
    assert (again.status_code, again.json()["id"]) == (201, said["id"])


@pytest.mark.usefixtures("_committed")
async def test_a_large_file_that_breaks_at_its_end_leaves_nothing(
    sessions: Sessions, client: AsyncClient, token: Token
) -> None:
    wrong = "2023-01-10,,1.00,9.00,,,,X1"
    answer = await send(client, token, many(5_000) + b"\n" + wrong.encode())
    assert await jobs.read_statement_files(sessions) == 1
    headers = token("bank", areas=[COUNTY], org=BANK)
    said = (await client.get(f"{ASK}/{answer.json()['id']}", headers=headers)).json()
    assert (said["status"], said["fresh_lines"]) == ("refused", 0)
    assert [each["place"] for each in said["findings"]] == ["D5003"]
    async with sessions.begin() as session:
        for model in (BankLine, StatementLine, AccountDay, Credit):
            assert await session.scalar(select(func.count()).select_from(model)) == 0


@pytest.mark.usefixtures("_committed")
async def test_a_reader_that_died_is_followed_by_another(
    sessions: Sessions, client: AsyncClient, token: Token
) -> None:
    answer = await send(client, token, many(5_000))
    async with sessions.begin() as session:
        file = await session.get(StatementFile, UUID(answer.json()["id"]))
        assert file
        file.claimed_until = clock.wall()
        session.add(statement_line(file))
    assert await jobs.read_statement_files(sessions) == 1
    async with sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(BankLine)) == 5000


@pytest.mark.usefixtures("_committed")
async def test_a_kept_file_that_is_lost_is_asked_for_again(
    sessions: Sessions, client: AsyncClient, token: Token
) -> None:
    content = many(5_000)
    answer = await send(client, token, content)
    async with sessions.begin() as session:
        file = await session.get(StatementFile, UUID(answer.json()["id"]))
        assert file
    await sessions.files.discard(file.file_id)
    assert await jobs.read_statement_files(sessions) == 1
    headers = token("bank", areas=[COUNTY], org=BANK)
    said = (await client.get(f"{ASK}/{file.id}", headers=headers)).json()
    assert [each["code"] for each in said["findings"]] == ["file_lost"]
    again = await send(client, token, content)
    assert (again.status_code, again.json()["id"]) == (202, str(file.id))


def statement_line(file: StatementFile) -> StatementLine:
    """Give a line that a reader had kept before it died."""
    at = clock.at(date(2023, 1, 10))
    return StatementLine(
        statement_file_id=file.id, position=1, row=3, id=file.id, day=date(2023, 1, 10),
        serial="L1", at=at, direction="in", kind="ordinary", amount=1, balance=1, left_amount=1,
        known=False,
    )  # fmt: skip
