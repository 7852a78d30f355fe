"""Statement files for tests: plain lines of text, and camt.053."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from httpx import AsyncClient, Response

from services.payroll.models import Source, StatementFile
from services.payroll.rules.statement_files import StatementStatus
from shared.db import Session, new_id
from shared.files import FileKind
from tests.fixtures.service import Token, kept_files
from tests.payroll.factories import ACCOUNT_NO, BANK, COUNTY

HEADER = (
    "交易日期",
    "借方发生额",
    "贷方发生额",
    "余额",
    "对方户名",
    "对方账号",
    "摘要",
    "交易流水号",
)
LINES: tuple[tuple[str, ...], ...] = (
    ("2023-01-10", "", "100.00", "100.00", "县交通运输局", "4200000000000017", "1月人工费", "A1"),
    ("2023-01-10", "60.00", "", "40.00", "张三", "6222020000000001", "代发工资", "A2"),
    ("2023-01-11", "", "60.00", "100.00", "张三", "6222020000000001", "退汇 户名不符", "A3"),
)


def text(
    *lines: Sequence[str],
    header: Sequence[str] = HEADER,
    above: Sequence[str] = (f"账号：{ACCOUNT_NO}",),
    below: Sequence[str] = (),
) -> bytes:
    """Give a file; lines as they stand, in their order."""
    rows = [*above, ",".join(header), *(",".join(line) for line in lines), *below]
    return "\n".join(rows).encode()


def camt(*entries: str, opening: str = "0.00", closing: str = "40.00", extra: str = "") -> bytes:
    """Give a camt.053 of 10 January 2023."""
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='CNY'>{amount}</Amt>"
        "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2023-01-10</Dt></Dt></Bal>"
        for code, amount in (("OPBD", opening), ("CLBD", closing))
    )
    account = f"<Acct><Id><Othr><Id>{ACCOUNT_NO}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        f"<Stmt>{account}{balances}{''.join(entries)}</Stmt>{extra}</BkToCstmrStmt></Document>"
    ).encode()


def entry(serial: str, way: str, amount: str, name: str = "", **more: str) -> str:
    """Give an entry; `way` is CRDT or DBIT."""
    side = "Dbtr" if way == "CRDT" else "Cdtr"
    party = f"<RltdPties><{side}><Pty><Nm>{name}</Nm></Pty></{side}></RltdPties>" if name else ""
    return (
        f"<Ntry><Amt Ccy='{more.get('currency', 'CNY')}'>{amount}</Amt>"
        f"<CdtDbtInd>{way}</CdtDbtInd>{more.get('inside', '')}"
        f"<Sts><Cd>{more.get('status', 'BOOK')}</Cd></Sts>"
        f"<BookgDt><DtTm>2023-01-10T10:00:00+08:00</DtTm></BookgDt>"
        f"<AcctSvcrRef>{serial}</AcctSvcrRef><NtryDtls><TxDtls>{party}"
        f"<RmtInf><Ustrd>{more.get('purpose', '')}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


async def refused(session: Session, source: Source, now: datetime) -> StatementFile:
    """Give a file that was refused, and is kept."""
    kept = await kept_files().keep(b"a,b\n", kind=FileKind.CSV, name="x.csv")
    file = StatementFile(
        id=new_id(), source_id=source.id, bank_id=source.bank_id, area_code=source.area_code,
        file_id=kept.file_id, sha256=kept.sha256, size=kept.size, final=False, received_at=now,
        received_from="key:bank", status=StatementStatus.REFUSED, findings=[], finished_at=now,
    )  # fmt: skip
    session.add(file)
    await session.flush()  # Others look for it by queries.
    return file


async def send(client: AsyncClient, token: Token, content: bytes, **form: Any) -> Response:
    """Send a file as the bank's machine."""
    return await client.post(
        "/payroll/v1/statement-files",
        files={"file": ("对账单.csv", content)},
        data={"source": "S1", **form},
        headers=token("bank", areas=[COUNTY], org=BANK),
    )
