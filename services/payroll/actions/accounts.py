"""A project's wage account is entered; what the bank sent of it before counts from then on."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import conditions, money, payments
from services.payroll.errors import (
    AccountRefused,
    AccountTaken,
    ProjectHasAccount,
    SubLedgersForbidden,
)
from services.payroll.models import Project, Source, WageAccount
from services.payroll.rules.accounts import AccountMode
from services.payroll.rules.policies import PolicyKind
from services.payroll.rules.statements import Direction, LineKind
from services.payroll.schemas.accounts import WageAccountIn
from shared import clock, known, pii
from shared.areas import Scope
from shared.db import Session, same_id
from shared.events.payroll import WageAccountChanged
from shared.outbox import publish
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
    if body.ledger_no:
        await _allow_ledgers(session, project, now)
    main = pii.blind_index(body.account_no, "account")
    index = account_index(body.account_no, body.ledger_no)
    account = await queries.accounts.locked_find_account(session, main, index)
    if account and source and _same(account, source, body):
        return account
    if account or await queries.accounts.find_other_mode(session, main, ledger=body.ledger_no):
        raise AccountTaken
    if await queries.accounts.find_any_account_of_project(session, project.id):
        raise ProjectHasAccount
    if source is None:
        raise AccountRefused
    account = _account(project, source, index, body, now)
    session.add(account)
    if not account.pending:
        await take_over(session, account, now)
    account.stand()
    await session.flush()  # What holds of the project now is read from the rows.
    tell_changed(session, account, now, {})
    await conditions.review(session, [project.id], now)
    return account


def account_index(account_no: str, ledger_no: str | None) -> str:
    """Give the blind index of an account, or of a ledger of one."""
    return pii.blind_index(rules.accounts.number_of(account_no, ledger_no), "account")


async def _allow_ledgers(session: Session, project: Project, now: datetime) -> None:
    """Let one account serve several projects only where the area does (53号 art. 6)."""
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.SUB_LEDGERS, project.area_code, clock.day_of(now)
    )
    if not policy.values["allowed"]:
        raise SubLedgersForbidden


def tell_changed(
    session: Session, account: WageAccount, now: datetime, frozen: Mapping[UUID, date | None]
) -> None:
    """Tell how an account stands; `frozen` are accounts that are, with the last day if known."""
    account.tellings += 1
    publish(
        session,
        WageAccountChanged(
            id=same_id(clock.at(account.opened_on), account.id, account.tellings),
            occurred_at=now,
            project_id=account.project_id,
            account_id=account.id,
            area_code=account.area_code,
            status=account.status,
            opened_on=None if account.pending else account.opened_on,
            agreement_on=account.agreement_on,
            filed_on=account.filed_on,
            closed_on=account.closed_on,
            frozen=account.id in frozen,
            frozen_until=frozen.get(account.id),
        ),
    )


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
    return [*found, *_day_findings(body, clock.day_of(now))]


def _day_findings(body: WageAccountIn, today: date) -> Iterable[Finding]:
    if body.opened_on > today and not body.pending:
        yield Finding(
            "opened_on",
            "day_in_future",
            Text("开户日期不得晚于今天", "The account cannot be opened in the future"),
            Text("开户后再登记，或登记为待开户", "Enter it once it is open, or as pending"),
        )
    for place, day in (("agreement_on", body.agreement_on), ("filed_on", body.filed_on)):
        if day and day > today:
            yield Finding(
                place,
                "day_in_future",
                Text("日期不得晚于今天", "This day lies in the future"),
                Text("事情发生后再登记", "Enter it once it has happened"),
            )
    if body.filed_on and (body.pending or body.filed_on < body.opened_on):
        yield Finding(
            "filed_on",
            "before_opening",
            Text("备案日期早于开户日期", "It was filed before it was opened"),
            Text("核对两个日期", "Check both days"),
        )


def _same(account: WageAccount, source: Source, body: WageAccountIn) -> bool:
    return (
        account.project_id,
        account.source_id,
        account.account_name,
        account.bank_name,
        account.opened_on,
        account.ledger_no,
    ) == (
        body.project_id,
        source.id,
        body.account_name,
        body.bank_name,
        body.opened_on,
        body.ledger_no,
    )


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
        mode=AccountMode.SUB_LEDGER if body.ledger_no else AccountMode.SINGLE,
        ledger_no=body.ledger_no,
        main_index=pii.blind_index(body.account_no, "account") if body.ledger_no else None,
        pending=body.pending,
        tellings=0,
        agreement_on=body.agreement_on,
        filed_on=body.filed_on,
    )


async def take_over(session: Session, account: WageAccount, now: datetime) -> None:
    """Wait for this account's feed from now on, and count what was unmatched of it."""
    # Whoever holds the source is alone with its feeds: no line comes between look and change.
    await queries.sources.locked_source(session, account.source_id)
    for row in await queries.obligations.locked_open_obligations_of(session, account.project_id):
        row.account_id, row.source_id = account.id, account.source_id
    lines = await queries.lines.locked_unmatched_lines(
        session, account.source_id, account.account_index
    )
    if lines and account.used_since is None:
        account.used_since = min(line.day for line in lines)
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
    await payments.look_for_payments(session, [account.project_id])
