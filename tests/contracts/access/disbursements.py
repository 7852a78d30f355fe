"""Batches of wages in Hefeng: one that was sent, and an approved sheet that waits for its own."""

from uuid import UUID

from services.payroll.models import (
    Disbursement,
    DisbursementLine,
    LineDispute,
    PayeeAccount,
    PaymentAttempt,
    ResultBatch,
    Sheet,
    SheetLine,
    WageAccount,
)
from services.payroll.rules.disbursements import Answer, LineStatus
from services.payroll.rules.lists import ListState
from services.payroll.rules.sheets import SheetStatus
from shared import clock, pii
from shared.db import Session, new_id
from tests.contracts.access.rows import Rows
from tests.contracts.access.sheets import blank
from tests.payroll import people
from tests.payroll.factories import BANK

V1 = "/payroll/v1"
BATCH = f"{V1}/disbursements/{{disbursement_id}}"
SHEET = f"{V1}/sheets/{{sheet_id}}"


async def add(session: Session, rows: Rows, account: WageAccount, payee: PayeeAccount) -> None:
    """Make both, with one line each for somebody who is on the roster."""
    waiting, sent = (
        blank(account.project_id, period, status, people.EMPLOYER)
        for period, status in (("2022-08", SheetStatus.APPROVED), ("2022-07", SheetStatus.SENT))
    )
    session.add_all([waiting, sent])
    lines = [_line(sheet) for sheet in (waiting, sent)]
    session.add_all(lines)
    batch = _batch(sent, account)
    session.add(batch)
    row = DisbursementLine(
        id=new_id(), period=sent.period, disbursement_id=batch.id, sheet_id=sent.id,
        sheet_line_id=lines[1].id, position=1, worker_id=payee.worker_id, amount=5,
        status=LineStatus.SENT, attempts=1,
    )  # fmt: skip
    attempt = PaymentAttempt(
        id=new_id(), period=sent.period, line_id=row.id, disbursement_id=batch.id,
        account_id=account.id, number=1, round=1, amount=5, payee_id=payee.id,
        payee_index=pii.blind_index(people.card_no(1), "account"), status=LineStatus.SENT,
        sent_on=batch.sent_on,
    )  # fmt: skip
    session.add_all([row, attempt])
    await session.flush()  # The queries of the tests must see all of it.
    rows.ids["disbursement_id"] = batch.id
    rows.marks[f"GET {V1}/disbursements"] = batch.id
    rows.marks[f"GET {BATCH}/lines"] = row.id
    rows.own_ids[f"POST {SHEET}/disbursements"] = {"sheet_id": waiting.id}
    rows.requests[f"POST {SHEET}/disbursements"] = [{}]
    told = ResultBatch(
        id=new_id(), disbursement_id=batch.id, digest="0", received_at=clock.now(),
        received_from="clerk", state=ListState.REFUSED, rows=1, accepted=0, rejected=1, entered=0,
        findings=[],
    )  # fmt: skip
    session.add(told)
    again = await _returned(session, account, payee)
    word = {"line_id": str(row.id), "attempt": 1, "status": "pending", "amount": "5.00"}
    of_file = "明细标识,第几次,批次号,金额,结果\n" + f"{row.id},1,{batch.number},5.00,处理中\n"
    rows.ids["result_id"] = told.id
    rows.marks[f"GET {BATCH}/results"] = told.id
    rows.own_ids[f"POST {BATCH}/retry"] = {"disbursement_id": again}
    rows.requests[f"POST {BATCH}/retry"] = [{"json": {}}]
    rows.requests[f"POST {BATCH}/results"] = [{"json": {"results": [word]}}]
    rows.requests[f"POST {BATCH}/result-files"] = [{"files": {"file": ("r.csv", of_file.encode())}}]
    await _disputed(session, rows, account, payee)
    rows.requests[f"POST {BATCH}/instruction"] = [{"json": {"purpose": "代发工资"}}]
    await session.flush()  # The queries of the tests must see all of it.


async def _disputed(
    session: Session, rows: Rows, account: WageAccount, payee: PayeeAccount
) -> None:
    """Make a batch that settled, with one line that is disputed and one that may be."""
    sheet = blank(account.project_id, "2022-05", SheetStatus.SENT, people.EMPLOYER)
    batch = _batch(sheet, account)
    session.add_all([sheet, batch])
    made = []
    for position in (1, 2):
        line = _line(sheet)
        row = DisbursementLine(
            id=new_id(), period=sheet.period, disbursement_id=batch.id, sheet_id=sheet.id,
            sheet_line_id=line.id, position=position, worker_id=payee.worker_id, amount=5,
            status=LineStatus.SETTLED, attempts=1, settled_on=clock.today(), serial="S1",
        )  # fmt: skip
        session.add_all([line, row])
        made.append(row)
    said = LineDispute(
        id=new_id(), line_id=made[0].id, disbursement_id=batch.id, answer=Answer.NOT_RECEIVED,
        said_on=clock.today(), told_at=clock.now(), told_by="officer",
    )  # fmt: skip
    session.add(said)
    here = {"disbursement_id": batch.id}
    opening, closing = f"{BATCH}/lines/{{line_id}}/disputes", f"{BATCH}/disputes/{{dispute_id}}"
    rows.own_ids[f"POST {opening}"] = here | {"line_id": made[1].id}
    rows.own_ids[f"POST {closing}/close"] = here | {"dispute_id": said.id}
    rows.own_ids[f"GET {BATCH}/disputes"] = here
    rows.marks[f"GET {BATCH}/disputes"] = said.id
    rows.requests[f"POST {opening}"] = [{"json": {"answer": "not_received"}}]
    rows.requests[f"POST {closing}/close"] = [{"json": {"proof": "银行回单"}}]


async def _returned(session: Session, account: WageAccount, payee: PayeeAccount) -> UUID:
    """Make a batch whose one line came back."""
    sheet = blank(account.project_id, "2022-06", SheetStatus.SENT, people.EMPLOYER)
    line, batch = _line(sheet), _batch(sheet, account)
    session.add_all([sheet, line, batch])
    row = DisbursementLine(
        id=new_id(), period=sheet.period, disbursement_id=batch.id, sheet_id=sheet.id,
        sheet_line_id=line.id, position=1, worker_id=payee.worker_id, amount=5,
        status=LineStatus.RETURNED, attempts=1, returned_on=clock.today(), return_reason="销户",
    )  # fmt: skip
    session.add(row)
    return batch.id


def _line(sheet: Sheet) -> SheetLine:
    number = people.id_number(1)
    return SheetLine(
        id=new_id(), period=sheet.period, sheet_id=sheet.id, position=1, sheet="", row=1,
        id_number=number, id_index=pii.blind_index(number, "id_number"), name="工人1",
        items={}, net=5,
    )  # fmt: skip


def _batch(sheet: Sheet, account: WageAccount) -> Disbursement:
    key: UUID = new_id()
    return Disbursement(
        id=key, number=key.hex, sheet_id=sheet.id, project_id=sheet.project_id,
        employer_id=sheet.employer_id, account_id=account.id, bank_id=BANK, period=sheet.period,
        run=1, lines=1, total=5, nothing_due=0, rounds=1, made_by="cashier",
        made_at=clock.now(), sent_on=clock.today(),
    )  # fmt: skip
