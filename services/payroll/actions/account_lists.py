"""A list of wage accounts is entered, with the sources that are new in it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import accounts, lists, sources
from services.payroll.actions.lists import Importing, SentList
from services.payroll.errors import AccountListRefused, AreaUnknown
from services.payroll.models import AccountList, Source
from services.payroll.schemas.accounts import WageAccountIn
from services.payroll.schemas.sources import SourceIn
from shared import clock, list_files
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session
from shared.events.registry import organisation_id, project_id
from shared.problems import Finding, Problem
from shared.tables.forms import Line
from shared.wording import Text

_COLUMNS = {
    "project_id": "project", "code": "source", "bank_id": "bank_code", "name": "source_name",
}  # fmt: skip
ENTERS_SOURCES = "payroll:write_sources"


async def _enter(
    session: Session, caller: Caller, sent: SentList, list_id: UUID, now: datetime
) -> int:
    """Enter sources that are new, then the accounts; a row that cannot be is found."""
    filled, area_code = sent.filled, sent.area_code
    list_files.find_twice(filled.lines, ("project", "account_no"))
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
        if body := list_files.body(line, WageAccountIn, values, _COLUMNS):
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
    if body := list_files.body(line, SourceIn, values, _COLUMNS):
        try:
            return await sources.register_source(session, caller.scope, body, clock.day_of(now))
        except Problem as problem:
            _tell_problem(line, problem)
    return None


def _tell_problem(line: Line, problem: Problem) -> None:
    if problem.errors:
        list_files.tell(line, problem.errors, _COLUMNS)
        return
    name = "account_no" if type(problem).__name__ == "AccountTaken" else "project"
    line.find(name, type(problem).__name__, problem.detail or problem.title, list_files.CHECK)


def _refused(found: Sequence[Finding], row: AccountList) -> AccountListRefused:
    return AccountListRefused(
        errors=found, account_list_id=str(row.id), rows=row.rows, accepted=row.accepted,
        rejected=row.rejected,
    )  # fmt: skip


ACCOUNTS = Importing(AccountList, _enter, _refused)


async def import_accounts(
    session: Session, caller: Caller, sent: SentList, now: datetime, *, dry_run: bool
) -> AccountList:
    """Enter all accounts of a file, or none. Raises AreaUnknown, AccountListRefused."""
    return await lists.import_list(session, caller, ACCOUNTS, sent, now, dry_run=dry_run)


async def template_choices(session: Session, scope: Scope, area_code: str) -> list[str]:
    """Give the source codes that a template offers; raises AreaUnknown."""
    if not await queries.sources.in_areas(session, area_code, scope):
        raise AreaUnknown
    return await queries.lists.source_codes(session, area_code, scope)
