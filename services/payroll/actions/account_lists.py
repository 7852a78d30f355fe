"""A list of wage accounts is tried, and entered whole or not at all; the file is kept."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.payroll import queries
from services.payroll.actions import accounts, sources
from services.payroll.errors import AccountListRefused, AreaUnknown
from services.payroll.models import AccountList, Source
from services.payroll.rules.account_lists import ListState
from services.payroll.schemas.accounts import WageAccountIn
from services.payroll.schemas.sources import SourceIn
from shared import clock, pii
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.events.registry import organisation_id, project_id
from shared.files import Kept
from shared.problems import Finding, Problem, findings
from shared.tables.forms import Filled, Line
from shared.wording import Text

_Body = TypeVar("_Body", bound=BaseModel)
_CHECK = Text("请核对后修改", "Compare it and correct it")
_COLUMNS = {
    "project_id": "project", "code": "source", "bank_id": "bank_code", "name": "source_name",
}  # fmt: skip
ENTERS_SOURCES = "payroll:write_sources"


@dataclass(frozen=True, slots=True)
class SentList:
    """A file as it was sent, kept and read."""

    area_code: str
    kept: Kept
    filled: Filled


class _Undone(Exception):
    """Whatever was entered is taken back: it was a trial, or a row is wrong."""


async def import_accounts(
    session: Session, caller: Caller, sent: SentList, now: datetime, *, dry_run: bool
) -> AccountList:
    """Enter all rows of a file, or none; the same file again gives the first result.

    Raises AreaUnknown, and AccountListRefused with all findings, after the file was kept.
    """
    if not await queries.sources.in_areas(session, sent.area_code, caller.scope):
        raise AreaUnknown
    digest = pii.blind_index(sent.kept.sha256, "account")
    row = await queries.account_lists.locked_list_of(session, sent.area_code, digest)
    if row and row.state is ListState.IMPORTED:
        return row
    filled, entered = sent.filled, 0
    if not filled.findings:
        with suppress(_Undone):
            async with session.begin_nested():
                entered = await _enter(session, caller, filled, now, sent.area_code)
                await session.flush()  # What the database refuses is refused in a trial, too.
                _undo_if(dry_run or filled.rejected > 0)
    row = row or AccountList(
        id=new_id(), area_code=sent.area_code, digest=digest, file_id=sent.kept.file_id,
        received_at=now, received_from=caller.actor,
    )  # fmt: skip
    session.add(row)
    _say(row, filled, entered, dry_run=dry_run)
    if row.state is ListState.REFUSED and not dry_run:
        found = [one for line in filled.lines for _, one in line.findings]
        raise AccountListRefused(
            errors=[*filled.findings, *found], account_list_id=str(row.id), rows=row.rows,
            accepted=row.accepted, rejected=row.rejected,
        )  # fmt: skip
    return row


def _undo_if(unwanted: bool) -> None:  # noqa: FBT001  there is nothing else to say
    if unwanted:
        raise _Undone


def _say(row: AccountList, filled: Filled, entered: int, *, dry_run: bool) -> None:
    row.rows, row.accepted, row.rejected = len(filled.lines), filled.accepted, filled.rejected
    row.findings = list(filled.told())
    wrong = bool(filled.findings or filled.rejected)
    done = ListState.CHECKED if dry_run else ListState.IMPORTED
    row.state, row.entered = (ListState.REFUSED, 0) if wrong else (done, entered)


async def _enter(
    session: Session, caller: Caller, filled: Filled, now: datetime, area_code: str
) -> int:
    """Enter sources that are new, then the accounts; a row that cannot be is found."""
    _find_twice(filled.lines)
    known = {
        code: await queries.sources.find_source_by_code(session, code)
        for code in sorted({line.values["source"] or "" for line in filled.lines})
    }
    entered = 0
    for line in filled.lines:
        if line.findings:
            continue
        if known[line.values["source"]] is None:
            known[line.values["source"]] = await _source(session, caller, line, now, area_code)
        if line.findings:
            continue
        values = {name: one for name, one in line.values.items() if name in _ACCOUNT}
        values["project_id"] = project_id(line.values["project"])
        if body := _body(line, WageAccountIn, values):
            try:
                async with session.begin_nested():
                    made = await accounts.register_wage_account(session, caller.scope, body, now)
            except Problem as problem:
                _tell_problem(line, problem)
            else:
                entered += made.registered_at == now
    return entered


_ACCOUNT = {
    "source", "account_no", "account_name", "bank_name", "opened_on", "agreement_on", "filed_on",
}  # fmt: skip


async def _source(
    session: Session, caller: Caller, line: Line, now: datetime, area_code: str
) -> Source | None:
    """Enter the source that a row tells of, if the caller may; else find that it is unknown."""
    said = line.values
    if ENTERS_SOURCES not in caller.permissions:
        line.find(
            "source",
            "source_unknown",
            Text("没有该来源代码", "No source has this code"),
            Text("请平台运维先登记来源", "Ask the platform's operators to enter it first"),
        )
        return None
    for name in ("source_name", "bank_code", "from_day"):
        if said[name] is None:
            line.find(
                name,
                "missing",
                Text("新来源须填写此项", "A new source needs this"),
                Text("请补充，或更正来源代码", "Fill it in, or correct the source's code"),
            )
    if line.findings:
        return None
    values = {
        "code": said["source"], "name": said["source_name"], "area_code": area_code,
        "bank_id": organisation_id(said["bank_code"].upper()), "from_day": said["from_day"],
    }  # fmt: skip
    if body := _body(line, SourceIn, values):
        try:
            return await sources.register_source(session, caller.scope, body, clock.day_of(now))
        except Problem as problem:
            _tell_problem(line, problem)
    return None


def _body(line: Line, kind: type[_Body], values: Mapping[str, Any]) -> _Body | None:
    try:
        return kind.model_validate({name: one for name, one in values.items() if one is not None})
    except ValidationError as error:
        _tell(line, findings(error.errors()))
        return None


def _tell(line: Line, found: Iterable[Finding]) -> None:
    for one in found:
        line.find(_COLUMNS.get(one.place, one.place), one.code, one.detail, one.remedy or _CHECK)


def _tell_problem(line: Line, problem: Problem) -> None:
    if problem.errors:
        _tell(line, problem.errors)
        return
    name = "account_no" if type(problem).__name__ == "AccountTaken" else "project"
    line.find(name, type(problem).__name__, problem.detail or problem.title, _CHECK)


def _find_twice(lines: Iterable[Line]) -> None:
    for name in ("project", "account_no"):
        first: dict[str, int] = {}
        for line in lines:
            said = line.values[name]
            if said and first.setdefault(said, line.row) != line.row:
                line.find(
                    name,
                    "RowTwice",
                    Text("与第 {row} 行重复", "The same as row {row}").fill(row=first[said]),
                    Text("请删去其中一行", "Leave one of them out"),
                )


async def template_choices(session: Session, scope: Scope, area_code: str) -> list[str]:
    """Give the source codes that a template offers; raises AreaUnknown."""
    if not await queries.sources.in_areas(session, area_code, scope):
        raise AreaUnknown
    return await queries.account_lists.source_codes(session, area_code, scope)
