"""A project's wage account is entered; what the bank sent of it before counts from then on."""

from collections.abc import Sequence
from datetime import datetime

from services.payroll import queries
from services.payroll.actions import money
from services.payroll.errors import AccountRefused, AccountTaken, ProjectHasAccount
from services.payroll.models import Project, Source, WageAccount
from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.accounts import WageAccountIn
from shared import clock, known, pii
from shared.areas import Scope
from shared.db import Session, same_id
from shared.problems import Finding
from shared.wording import Text


async def register_wage_account(
    session: Session, scope: Scope, body: WageAccountIn, now: datetime
) -> WageAccount:
    """Enter a project's account; the same again gives the first.

    Raises ProjectUnknown, AccountRefused with all findings, AccountTaken, ProjectHasAccount.
    """
    project = await queries.projects.locked_project_in_scope(session, body.project_id, scope)
    source = await queries.sources.find_source_by_code(session, body.source)
    if source and source.area_code not in await known.lineage(session, project.area_code):
        # A bank's branch serves its own area and those below it, so its code means nothing here.
        source = None
    if findings := _findings(source, body, now):
        raise AccountRefused(errors=findings)
    index = pii.blind_index(body.account_no, "account")
    account = await queries.accounts.locked_find_account(session, index)
    if account and source and _same(account, source, body):
        return account
    if account:
        raise AccountTaken
    if await queries.accounts.find_account_of_project(session, project.id):
        raise ProjectHasAccount
    if source is None:
        raise AccountRefused
    account = _account(project, source, index, body, now)
    session.add(account)
    await _take_over(session, account, now)
    return account


def _findings(source: Source | None, body: WageAccountIn, now: datetime) -> Sequence[Finding]:
    found = []
    if source is None:
        found.append(
            Finding(
                "source",
                "source_unknown",
                Text("没有该来源代码", "No source has this code"),
                Text("向开户银行或平台核对来源代码", "Ask the bank or the platform for its code"),
            )
        )
    if body.opened_on > clock.day_of(now):
        found.append(
            Finding(
                "opened_on",
                "day_in_future",
                Text("开户日期不得晚于今天", "The account cannot be opened in the future"),
                Text("开户后再登记", "Enter the account once it is open"),
            )
        )
    return found


def _same(account: WageAccount, source: Source, body: WageAccountIn) -> bool:
    return (
        account.project_id,
        account.source_id,
        account.account_name,
        account.bank_name,
        account.opened_on,
    ) == (body.project_id, source.id, body.account_name, body.bank_name, body.opened_on)


def _account(
    project: Project, source: Source, index: str, body: WageAccountIn, now: datetime
) -> WageAccount:
    return WageAccount(
        # Entered again after a restore it is the account that others know.
        id=same_id(clock.at(body.opened_on), project.id, index),
        project_id=project.id,
        source_id=source.id,
        area_code=project.area_code,
        developer_id=project.developer_id,
        contractor_id=project.contractor_id,
        account_no=body.account_no,
        account_index=index,
        account_name=body.account_name,
        bank_name=body.bank_name,
        opened_on=body.opened_on,
        registered_at=now,
    )


async def _take_over(session: Session, account: WageAccount, now: datetime) -> None:
    """Wait for this account's feed from now on, and count what was unmatched of it."""
    # Whoever holds the source is alone with its feeds: no line comes between look and change.
    await queries.sources.locked_source(session, account.source_id)
    for row in await queries.obligations.locked_open_obligations_of(session, account.project_id):
        row.account_id, row.source_id = account.id, account.source_id
    lines = await queries.lines.locked_unmatched_lines(
        session, account.source_id, account.account_index
    )
    for line in lines:
        line.account_id, line.account_no = account.id, None
    came_in = [
        line for line in lines if line.direction is Direction.IN and line.kind is LineKind.ORDINARY
    ]
    left = await money.credit_money(
        session, [money.incoming(account, line, line.left_amount) for line in came_in], now
    )
    for line in came_in:
        line.left_amount = left[line.id]
