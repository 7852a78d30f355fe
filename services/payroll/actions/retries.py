"""What was held or came back is sent to the bank again; the line stays the same."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import disbursements
from services.payroll.actions.disbursements import Placed
from services.payroll.errors import NothingToSend, PersonNeeded, SecondPersonNeeded
from services.payroll.models import Disbursement, DisbursementLine, WageAccount
from services.payroll.queries.disbursements import Batch
from services.payroll.rules.disbursements import Hold, Payee
from shared import clock, sets
from shared.auth import Caller
from shared.db import Session


async def retry_lines(
    session: Session,
    caller: Caller,
    disbursement_id: UUID,
    line_ids: Collection[UUID] | None,
    now: datetime,
) -> Batch:
    """Send lines again that came back, and those that were held and may go now: all, or some.

    Each goes to the worker's newest card, once that counts; one that still waits says so and
    stays. Raises NotFound, PersonNeeded, SecondPersonNeeded, NoWageAccount, AccountFrozen,
    NothingToSend, FundsShort.
    """
    batch = await queries.results.locked_batch_of_contractor(session, disbursement_id, caller.scope)
    if caller.is_machine:
        raise PersonNeeded
    sheet = await queries.sheets.sheet(session, batch.sheet_id, caller.scope)
    if rules.sheets.maker_is_checker(caller.actor, sheet.made_by, sheet.submitted_by):
        raise SecondPersonNeeded
    today = clock.day_of(now)
    account = await disbursements.usable_account(session, batch.project_id, today)
    lines = [
        line
        for line in await queries.results.locked_open_lines(session, batch)
        if line_ids is None or line.id in line_ids
    ]
    payees = await queries.payable.payees_by_line(session, sheet, now)
    placed = [_placed(line, payees.get(line.sheet_line_id), now) for line in lines]
    await disbursements.check_funds(session, account, placed, today)
    await _follow_account(session, batch, account)
    batch.rounds += 1
    for line, one in zip(lines, placed, strict=True):
        if isinstance(one.target, Hold):
            line.wait(one.target)
        else:
            line.go_again(payees[line.sheet_line_id].worker_id)
    await sets.change(session, lines)
    await disbursements.write_attempts(session, batch, placed, today)
    await queries.paydays.touch(session, batch.project_id, [batch.period])
    return await queries.disbursements.batch(session, batch.id, caller.scope)


def _placed(line: DisbursementLine, payee: Payee | None, now: datetime) -> Placed:
    target = rules.disbursements.card_of_retry(payee, now)
    return Placed(line.id, line.amount, target, line.attempts + 1)


async def _follow_account(session: Session, batch: Disbursement, account: WageAccount) -> None:
    """Let a batch be paid from the account that took the place of its former one.

    What is under way is the former one's bank to tell of, so that has to end first.
    """
    if batch.account_id == account.id:
        return
    tally = (await queries.disbursements.tallies(session, [batch.id]))[batch.id]
    if under_way := tally.sent.lines + tally.pending.lines:
        raise NothingToSend(under_way=under_way)
    source = await queries.sources.source(session, account.source_id)
    batch.account_id, batch.bank_id = account.id, source.bank_id
