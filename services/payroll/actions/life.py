"""A wage account's life: opened, agreed, filed, frozen, announced, closed by two persons."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import accounts, conditions
from services.payroll.actions.persons import person_of
from services.payroll.errors import AccountRefused, AccountStep, ClosingNeedsAnother, ClosingRefused
from services.payroll.models import Closing, Freeze, WageAccount
from services.payroll.rules.accounts import AccountStatus, Gate
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.life import (
    AgreementIn,
    ClosingNoticeIn,
    FilingIn,
    FreezeIn,
    LiftIn,
    OpeningIn,
)
from shared import clock, timers
from shared.areas import NATION, Scope
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text

FREEZE = "freeze"
"""The kind of timer by which a freeze begins that was entered before its first day."""
_EVERYWHERE = Scope(frozenset({NATION}))


async def open_account(
    session: Session, scope: Scope, account_id: UUID, body: OpeningIn, now: datetime
) -> WageAccount:
    """Note that the bank opened a pending account; what it sends counts from now on."""
    account = await queries.accounts.locked_account(session, account_id, scope)
    if not account.pending:
        if account.opened_on == body.opened_on:
            return account
        raise AccountStep
    _not_ahead("opened_on", body.opened_on, now)
    account.pending, account.opened_on, account.registered_at = False, body.opened_on, now
    await accounts.take_over(session, account, now)
    await _changed(session, account, now)
    return account


async def note_agreement(
    session: Session, scope: Scope, account_id: UUID, body: AgreementIn, now: datetime
) -> WageAccount:
    """Note the agreement of developer, contractor and bank (53号 art. 6)."""
    account = await queries.accounts.locked_account(session, account_id, scope)
    _alive(account)
    _not_ahead("signed_on", body.signed_on, now)
    account.agreement_on, account.agreement_ref = body.signed_on, body.reference
    await _changed(session, account, now)
    return account


async def note_filing(
    session: Session, scope: Scope, account_id: UUID, body: FilingIn, now: datetime
) -> WageAccount:
    """Note that the account was filed with the authority that supervises it (53号 art. 6)."""
    account = await queries.accounts.locked_account(session, account_id, scope)
    _alive(account)
    if account.pending:
        raise AccountStep
    _not_ahead("filed_on", body.filed_on, now)
    if body.filed_on < account.opened_on:
        raise AccountRefused(errors=[Finding("filed_on", "before_opening", *_BEFORE_OPENING)])
    account.filed_on, account.filing_ref = body.filed_on, body.reference
    await _changed(session, account, now)
    return account


async def freeze_account(
    session: Session, caller: Caller, account_id: UUID, body: FreezeIn, now: datetime
) -> Freeze:
    """Enter a spell in which nothing may leave the account; one that lies ahead is timed."""
    account = await queries.accounts.locked_account(session, account_id, caller.scope)
    _alive(account)
    freeze = Freeze(
        id=new_id(),
        account_id=account.id,
        entered_at=now,
        entered_by=caller.actor,
        **body.model_dump(),
    )
    session.add(freeze)
    begins = clock.at(freeze.from_on)
    if begins > now:
        timers.arm(session, FREEZE, freeze.id, begins, entered_at=now)
    await _changed(session, account, now)
    return freeze


async def begin_freeze(session: Session, freeze_id: UUID, due: datetime) -> None:
    """Tell of a freeze whose first day has come, unless its account is closed by now."""
    seen = await queries.accounts.account_of_freeze(session, freeze_id)
    # As whoever brings money does: the source, then the account.
    await queries.sources.locked_source(session, seen.source_id)
    account = await queries.accounts.locked_account(session, seen.id, _EVERYWHERE)
    if account.status is not AccountStatus.CLOSED:
        await _changed(session, account, due)


async def lift_freeze(
    session: Session,
    scope: Scope,
    ids: tuple[UUID, UUID],
    body: LiftIn,
    now: datetime,
) -> Freeze:
    """End an account's freeze with a day; it stays as the fact that it was."""
    account_id, freeze_id = ids
    account = await queries.accounts.locked_account(session, account_id, scope)
    freeze = await queries.accounts.locked_freeze(session, account.id, freeze_id)
    if body.until_on < freeze.from_on:
        raise AccountRefused(errors=[Finding("until_on", "before_freeze", *_BEFORE_FREEZE)])
    freeze.until_on = body.until_on
    await _changed(session, account, now)
    return freeze


async def announce_closing(
    session: Session, scope: Scope, account_id: UUID, body: ClosingNoticeIn, now: datetime
) -> WageAccount:
    """Announce that an account will be closed; the notice runs from its day (53号 art. 9)."""
    account = await queries.accounts.locked_account(session, account_id, scope)
    _alive(account)
    if account.pending:
        raise AccountStep
    if account.noticed_on and (account.noticed_on, account.close_reason) != (
        body.noticed_on,
        body.reason,
    ):
        raise AccountStep
    _not_ahead("noticed_on", body.noticed_on, now)
    account.noticed_on, account.close_reason = body.noticed_on, body.reason
    await _changed(session, account, now)
    return account


async def withdraw_notice(
    session: Session, scope: Scope, account_id: UUID, now: datetime
) -> WageAccount:
    """Take the notice back: the account goes on as it was, and whoever asked has to ask again."""
    account = await queries.accounts.locked_account(session, account_id, scope)
    _alive(account)
    account.noticed_on = account.close_reason = None
    for each in await queries.accounts.locked_closings(session, account.id):
        each.withdrawn = True
    await _changed(session, account, now)
    return account


async def close_account(
    session: Session, caller: Caller, account_id: UUID, reason: str, now: datetime
) -> Closing:
    """Take one person's word that an account be closed; the second person's closes it.

    Raises ClosingRefused with everything that keeps it from being closed; both times it is
    looked at anew, because arrears may have come up in between.
    """
    person = person_of(caller)
    seen = await queries.accounts.account(session, account_id, caller.scope)
    # As whoever brings money does: the source, then what is owed, then the account.
    await queries.sources.locked_source(session, seen.source_id)
    owed = await queries.obligations.locked_open_obligations_of(session, seen.project_id)
    account = await queries.accounts.locked_account(session, account_id, caller.scope)
    _alive(account)
    if found := await _gates(session, account, clock.day_of(now)):
        raise ClosingRefused(errors=found)
    before = await queries.accounts.locked_closings(session, account.id)
    if any(each.asked_by == person for each in before):
        raise ClosingNeedsAnother
    closing = Closing(
        id=new_id(),
        account_id=account.id,
        reason=reason,
        asked_by=person,
        asked_at=now,
        completes=bool(before),
        withdrawn=False,
    )
    session.add(closing)
    if before:
        account.closed_on, account.closed_at = clock.day_of(now), now
        for row in owed:
            # Nobody's feed is waited for until the next account is there.
            row.account_id = row.source_id = None
        await _changed(session, account, now)
    return closing


async def _gates(session: Session, account: WageAccount, today: date) -> Sequence[Finding]:
    policy = await queries.policies.policy_in_force(
        session, PolicyKind.CLOSING_NOTICE, account.area_code, today
    )
    facts = await queries.accounts.closing_facts(session, account, today)
    return [
        Finding("account", gate.value, *_GATES[gate])
        for gate in rules.accounts.gates(facts, policy.values["days"], today)
    ]


async def _changed(session: Session, account: WageAccount, now: datetime) -> None:
    """Stand as the facts say now, and tell of it; what had to be put right may be."""
    account.stand()
    await session.flush()  # What is told and found next is read from the rows.
    frozen = await queries.accounts.frozen_until(session, [account.id], clock.day_of(now))
    accounts.tell_changed(session, account, now, frozen)
    await conditions.review(session, [account.project_id], now)


def _alive(account: WageAccount) -> None:
    if account.status is AccountStatus.CLOSED:
        raise AccountStep


def _not_ahead(place: str, day: date, now: datetime) -> None:
    if day > clock.day_of(now):
        raise AccountRefused(errors=[Finding(place, "day_in_future", *_AHEAD)])


_AHEAD = (
    Text("日期不得晚于今天", "This day lies in the future"),
    Text("事情发生后再登记", "Enter it once it has happened"),
)
_BEFORE_OPENING = (
    Text("备案日期早于开户日期", "It was filed before it was opened"),
    Text("核对两个日期", "Check both days"),
)
_BEFORE_FREEZE = (
    Text("解除日期早于冻结日期", "It ends before it begins"),
    Text("核对两个日期", "Check both days"),
)
_GATES: dict[Gate, tuple[Text, Text]] = {
    Gate.NOT_ANNOUNCED: (
        Text("尚未发出销户公示", "The closing was not announced"),
        Text("先登记销户公示", "Announce it first (53号 art. 9)"),
    ),
    Gate.NOTICE_RUNNING: (
        Text("销户公示期未满", "The notice has not run out"),
        Text("公示期满后再办理", "Come back when it has run out"),
    ),
    Gate.PROJECT_NOT_COMPLETE: (
        Text("项目尚未完工", "The project is not complete"),
        Text("先在登记服务登记完工", "Register its completion first"),
    ),
    Gate.ARREARS_CASE_OPEN: (
        Text("有未结欠薪案件", "An arrears case is open"),
        Text("案件办结后再办理（53号第十条）", "Close the case first (53号 art. 10)"),
    ),
    Gate.TRANSFER_MISSED: (
        Text("有未补足的人工费", "A missed transfer has not come yet"),
        Text("补足后再办理", "Let it be paid first"),
    ),
    Gate.TRANSFER_AHEAD: (
        Text("还有应拨人工费未结", "Transfers are still planned or being judged"),
        Text("完工登记后未到期的会自动关闭；到期的须先判定", "Completion ends those ahead; wait"),
    ),
    Gate.FROZEN: (
        Text("专户处于冻结期", "The account is frozen"),
        Text("解除冻结后再办理", "Let the freeze be lifted first"),
    ),
}
