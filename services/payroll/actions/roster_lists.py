"""A roster in a file is tried, and entered whole or not at all; the file is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import lists, roster
from services.payroll.actions.roster_checks import Said
from services.payroll.errors import RosterListRefused
from services.payroll.models import RosterList
from services.payroll.queries.sites import Site
from services.payroll.rules.lists import ListState
from services.payroll.rules.trades import TRADES, WorkerRole
from services.payroll.rules.workers import Objection
from services.payroll.schemas.roster import MOST, WorkerIn
from shared import list_files, pii
from shared.auth import Caller
from shared.db import Session, new_id
from shared.files import Kept
from shared.problems import Finding
from shared.tables import plain
from shared.tables.forms import Filled, Line
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class SentRoster:
    """A file as it was sent for an employer's people, kept and read."""

    employer_id: UUID | None
    kept: Kept
    filled: Filled


async def import_roster(
    session: Session,
    caller: Caller,
    project_id: UUID,
    sent: SentRoster,
    now: datetime,
    *,
    dry_run: bool,
) -> RosterList:
    """Enter all workers of a file, or none; the same file again gives the first result.

    Raises ProjectUnknown, RosterRefused, and RosterListRefused with all findings, after the file
    was kept.
    """
    site = await queries.sites.site(session, project_id, sent.employer_id, caller.scope)
    digest = pii.blind_index(sent.kept.sha256, "account")
    row = await queries.roster_lists.locked_roster_list(session, site, digest)
    if row and row.state is ListState.IMPORTED:
        return row
    warnings: list[dict[str, Any]] = []

    async def enter() -> int:
        return await _enter(session, site, sent.filled, warnings, by=caller.actor, now=now)

    entered = await lists.attempt(session, enter, sent.filled, dry_run=dry_run)
    row = row or RosterList(
        id=new_id(), area_code=site.project.area_code, project_id=project_id,
        employer_id=site.employer_id, digest=digest, file_id=sent.kept.file_id, received_at=now,
        received_from=caller.actor,
    )  # fmt: skip
    row.warnings = warnings
    session.add(row)
    lists.say(row, sent.filled, entered, dry_run=dry_run)
    if row.state is ListState.REFUSED and not dry_run:
        found = [one for line in sent.filled.lines for _, one in line.findings]
        raise RosterListRefused(
            errors=[*sent.filled.findings, *found], roster_list_id=str(row.id), rows=row.rows,
            accepted=row.accepted, rejected=row.rejected,
        )  # fmt: skip
    return row


async def _enter(
    session: Session,
    site: Site,
    filled: Filled,
    warnings: list[dict[str, Any]],
    *,
    by: str,
    now: datetime,
) -> int:
    """Enter the rows; at each is found what is wrong with it. Give how many people are new."""
    if len(filled.lines) > MOST:
        filled.findings.append(_TOO_MANY)
        return 0
    read: list[tuple[Line, Said]] = []
    for line in filled.lines:
        odd: list[Objection] = []
        values = dict(_values(line, odd))
        body = None if line.findings else list_files.body(line, WorkerIn, values, _COLUMNS)
        if body:
            read.append((line, Said.of(body)))
            read[-1][1].found += odd
    taken = await roster.enter(session, site, [one for _, one in read], by, now) if read else []
    for line, one in read:
        warned = Line(line.sheet, line.row, line.columns, line.titles)
        for said in one.found:
            at = line if said.refuses else warned
            at.find(_COLUMNS.get(said.field, said.field), said.code, said.said, said.remedy)
        warnings += Filled([warned]).told()
    return sum(one.state == "entered" for one in taken or ())


def _values(line: Line, odd: list[Objection]) -> Iterator[tuple[str, Any]]:
    """Give a row's values as the body has them; what cannot be read is found at its cell."""
    said = line.values
    for name in ("name", "id_type", "id_number", "phone", "crew", "entered_on", "left_on"):
        yield name, said[name]
    trade = _trade(said["trade"], odd)
    yield "trade", trade
    yield "role", said["role"] or (WorkerRole.MANAGER if trade == "900" else None)
    for name in ("is_leader", "insured", "injury_insured"):
        yield name, _truth(line, name)
    if said["card_no"]:
        card = {name: said[name] for name in ("card_no", "bank_name", "bank_code", "holder")}
        yield "card", {name: value for name, value in card.items() if value}
    if said["contract_start"]:
        terms = {
            "start_on": said["contract_start"],
            "end_on": said["contract_end"],
            "period_type": said["contract_type"],
        }
        yield "contract", {name: value for name, value in terms.items() if value}


def _trade(said: str | None, odd: list[Objection]) -> str | None:
    """Give the code of a trade by code or name; what the table does not know is any other."""
    if not said:
        return None
    text = plain(said)
    for code, name in TRADES.items():
        if text in {code, name, name.removesuffix("工")}:
            return code
    odd.append(Objection("trade", "trade_other", *_TRADE, refuses=False))
    return "990"


def _truth(line: Line, name: str) -> bool | None:
    said = line.values[name]
    if not said:
        return None
    text = plain(said).casefold()
    if text in _YES or text in _NO:
        return text in _YES
    line.find(name, "not_a_choice", *_YES_NO)
    return None


_YES = {"是", "有", "已", "√", "✓", "y", "yes", "true", "1", "已参保", "参保", "已参加", "已购买",
        "已缴", "已缴纳", "购买"}  # fmt: skip
_NO = {"否", "无", "未", "×", "x", "n", "no", "false", "0", "未参保", "未参加", "未购买", "没有",
       "未缴", "未缴纳"}  # fmt: skip
_COLUMNS: Mapping[str, str] = {
    "card.card_no": "card_no",
    "card.holder": "holder",
    "card.bank_name": "bank_name",
    "card.bank_code": "bank_code",
    "card": "card_no",
    "contract": "contract_start",
    "contract.start_on": "contract_start",
    "contract.end_on": "contract_end",
}
_TOO_MANY = Finding(
    "file",
    "too_many",
    Text(f"一次最多 {MOST} 人", f"At most {MOST} workers at once"),
    Text("请分成几个文件", "Split the file"),
)
_TRADE = (
    Text("工种不在代码表内，按其他工种登记", "The table has no such trade; it is taken as another"),
    Text("请核对工种名称", "Check the trade's name"),
)
_YES_NO = (
    Text("应填写“是”或“否”", "This is yes or no"),
    Text("请填写“是”或“否”，不清楚则留空", "Write yes or no, or nothing if you do not know"),
)
