"""A statement file counts as a whole, or is kept as refused and nothing of it counts.

Its lines wait in a table of their own until all of it is read and fits what is here; then they
become bank lines in one statement. Small files are read while the sender waits, large ones in the
background.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import batches, feeds, money, reserves, statement_checks
from services.payroll.actions.money import Incoming
from services.payroll.actions.reserves import Sums
from services.payroll.actions.statement_checks import Checked
from services.payroll.adapters import statement_findings
from services.payroll.adapters.statement_types import Outcome, Refused, Said
from services.payroll.errors import StatementRefused
from services.payroll.models import (
    AccountDay,
    BankLine,
    Source,
    StatementFile,
    StatementLine,
    WageAccount,
)
from services.payroll.rules.feeds import DELIVERED
from services.payroll.rules.policies import PayrollPurpose
from services.payroll.rules.statement_files import StatementStatus
from services.payroll.rules.statements import Direction, LineKind
from shared import clock, pii, sets
from shared.areas import Scope
from shared.auth import Caller
from shared.db import Session, new_id, record
from shared.files import Kept
from shared.problems import Finding

CLAIM = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent and kept; `source` is a source's code."""

    kept: Kept
    source: str
    account_no: str | None
    final: bool


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What the child said of a file: its lines and what it comes to, or why it has none."""

    lines: Sequence[Said]
    outcome: Outcome | None
    refused: Refused | None = None


async def receive_statement_file(
    session: Session, caller: Caller, sent: Sent, read: ReadFile | None, now: datetime
) -> StatementFile:
    """Take a statement file; without what was `read` of it, it is read in the background.

    The same file again gives what came of it first, unless it was refused: what it lacked may be
    here now. Raises SourceUnknown; StatementRefused with all findings, after the file was noted.
    """
    source = await queries.sources.locked_source_by_code(session, sent.source, caller.scope)
    file = await queries.statement_files.locked_find_statement(session, source.id, sent.kept.sha256)
    if file and file.status is not StatementStatus.REFUSED:
        return file
    if file is None:
        file = StatementFile(id=new_id(), source_id=source.id, sha256=sent.kept.sha256)
        session.add(file)
    _note(file, source, caller, sent, now)
    if read is None:
        return file
    findings = _unreadable(file, read)
    if not findings:
        await stage(session, file, source, read.lines)
        findings = await settle(session, file, source, read.outcome or Outcome(), now)
    if findings:
        raise StatementRefused(errors=findings, statement_file_id=str(file.id))
    return file


def _note(file: StatementFile, source: Source, caller: Caller, sent: Sent, now: datetime) -> None:
    file.bank_id, file.area_code = source.bank_id, source.area_code
    file.file_id, file.size = sent.kept.file_id, sent.kept.size
    file.account_no, file.final = sent.account_no, sent.final
    file.received_at, file.received_from = now, caller.actor
    file.status, file.findings, file.more_findings = StatementStatus.READING, [], 0
    file.lines_read, file.claimed_until, file.finished_at = 0, None, None
    file.lines = file.fresh_lines = 0


def _unreadable(file: StatementFile, read: ReadFile) -> Sequence[Finding]:
    """Refuse a file for what the child found in it; give the findings."""
    findings: list[Finding] = []
    more = 0
    if read.refused or read.outcome is None:
        findings = [statement_findings.refused(read.refused or Refused("workbook_broken"))]
    elif read.outcome.flaws:
        findings, more = statement_findings.findings(read.outcome), read.outcome.more
    if findings:
        _refuse(file, findings, more)
    return findings


def _refuse(file: StatementFile, findings: Sequence[Finding], more: int = 0) -> None:
    file.status, file.more_findings = StatementStatus.REFUSED, more
    file.findings = [statement_checks.said(finding) for finding in findings]
    file.claimed_until = None


async def claim_statement_file(session: Session, wall: datetime) -> StatementFile | None:
    """Take the next file that nobody reads, from its beginning; None if there is none."""
    file = await queries.statement_files.locked_waiting_statement(session, wall)
    if file:
        file.claimed_until, file.lines_read = wall + CLAIM, 0
        await queries.statement_lines.forget_lines(session, file.id)
    return file


async def stage(
    session: Session, file: StatementFile, source: Source, lines: Sequence[Said]
) -> None:
    """Keep lines until the file is read to its end, sealed as bank lines are."""
    wages = await reserves.wage_words(session, source, {line.day for line in lines})
    words: dict[tuple[str, date], _Words] = {}
    rows = []
    for line in lines:
        # A month's wages are a thousand lines for one purpose.
        key = line.purpose, line.day
        if key not in words:
            words[key] = _words(line.purpose, line.day, wages[line.day])
        rows.append(_row(file, line, words[key]))
    if rows:
        await sets.copied(session, StatementLine, rows)
    file.lines_read += len(rows)


async def go_on(
    session: Session, file: StatementFile, lines: Sequence[Said], wall: datetime
) -> None:
    """Keep more lines of a file that is read in the background, and say that it goes on."""
    file = await queries.statement_files.locked_statement(session, file.id)
    source = await queries.sources.source(session, file.source_id)
    await stage(session, file, source, lines)
    file.claimed_until = wall + CLAIM


async def finish(session: Session, file: StatementFile, read: ReadFile, now: datetime) -> None:
    """End the reading of a file in the background: it is accepted or refused."""
    source = await queries.sources.locked_source(session, file.source_id)
    file = await queries.statement_files.locked_statement(session, file.id)
    if file.status is not StatementStatus.READING:
        return
    if not _unreadable(file, read):
        await settle(session, file, source, read.outcome or Outcome(), now)
    file.finished_at = now
    await queries.statement_lines.forget_lines(session, file.id)


async def reveal_statement_file(
    session: Session, statement_id: UUID, scope: Scope, purpose: str
) -> StatementFile:
    """Give a file that is about to be shown; who takes it and why is recorded."""
    file = await queries.statement_files.statement_file(session, statement_id, scope)
    record(session, "reveal", StatementFile.__tablename__, file.id, after={"purpose": purpose})
    return file


class _Words(NamedTuple):
    """What a purpose says of a line that has it."""

    returned: bool
    period: str | None
    wage_month: str | None


def _words(purpose: str, day: date, wages: PayrollPurpose) -> _Words:
    return _Words(
        rules.purposes.line_kind(purpose) is LineKind.RETURNED,
        rules.purposes.named_period(purpose, day),
        rules.reserves.wage_month(purpose, day) if wages.matches(purpose) else None,
    )


def _row(file: StatementFile, line: Said, words: _Words) -> dict[str, Any]:
    came_in = line.incoming
    returned = line.reversed or words.returned
    amount = Decimal(line.amount).scaleb(-2)
    counts = came_in and not returned
    paid = not (came_in or returned)
    return {
        "statement_file_id": file.id,
        "position": line.position,
        "row": line.row,
        "id": new_id(),
        "day": line.day,
        "serial": line.serial,
        "at": clock.at(line.day) + timedelta(seconds=line.second),
        "direction": Direction.IN if came_in else Direction.OUT,
        "kind": LineKind.RETURNED if returned else LineKind.ORDINARY,
        "amount": amount,
        "balance": Decimal(line.balance).scaleb(-2),
        "left_amount": amount if counts else Decimal(0),
        "period": words.period if counts else None,
        "purpose": line.purpose or None,
        "counterparty_name": line.name or None,
        "counterparty_name_index": pii.blind_index(line.name, "name") if line.name else None,
        "counterparty_account": line.account or None,
        "counterparty_account_index": (
            pii.blind_index(line.account, "account") if line.account else None
        ),
        "wage_month": words.wage_month if paid else None,
        "known": False,
    }


async def settle(
    session: Session, file: StatementFile, source: Source, outcome: Outcome, now: datetime
) -> Sequence[Finding]:
    """Let a file that was read to its end count, or refuse it; give the findings.

    Everything is looked at before anything is written.
    """
    checked = await statement_checks.check(session, file, source, outcome, now)
    if checked.findings:
        _refuse(file, checked.findings)
    else:
        await _write(session, file, source, checked, now)
    await queries.statement_lines.forget_lines(session, file.id)
    return checked.findings


async def _write(
    session: Session, file: StatementFile, source: Source, checked: Checked, now: datetime
) -> None:
    account = checked.account
    file.account_id = account.id
    file.from_day, file.to_day = checked.days[0].day, checked.days[-1].day
    file.opening, file.closing = checked.days[0].opening, checked.days[-1].closing
    file.lines = checked.lines
    await _write_days(session, checked)
    came = await _came_in(session, file, account, now)
    left = await money.credit_money(session, came, now) if came else {}
    if left:
        await queries.statement_lines.leave_amounts(session, file.id, left)
    # A return that came before its credit is looked at again.
    for back in await queries.lines.locked_returns_unmatched(
        session, source.id, {account.account_index}
    ):
        back.to_match = True
    await _add_up(session, file, account)
    file.fresh_lines = await queries.statement_lines.write_bank_lines(
        session, file, account.account_index, now
    )
    told = {"rows": file.fresh_lines, "sha256": file.sha256}
    record(session, "copy", BankLine.__tablename__, file.id, after=told)
    file.status, file.finished_at, file.claimed_until = StatementStatus.ACCEPTED, now, None
    if file.fresh_lines:
        used = min(day.day for day in checked.days if day.fresh)
        await batches.note_use(session, [account], used, now)
    if file.final:
        for feed in checked.feeds.values():
            if feed.status not in DELIVERED:
                later = await queries.feeds.locked_feeds_after(session, source.id, source.fed_until)
                await feeds.close_day(session, source, feed, later, now)


async def _came_in(
    session: Session, file: StatementFile, account: WageAccount, now: datetime
) -> Sequence[Incoming]:
    """Give the new lines that may count for what is owed."""
    return [
        Incoming(
            project_id=account.project_id,
            account_index=account.account_index,
            line_id=row.id,
            serial=row.serial,
            at=row.at,
            credited_on=row.day,
            period=row.period,
            amount=row.amount,
            known_at=max(now, account.registered_at),
        )
        for row in await queries.statement_lines.fresh_money(session, file.id)
    ]


async def _add_up(session: Session, file: StatementFile, account: WageAccount) -> None:
    """Add the new lines to the months of their account, in which they moved and for which paid."""
    sums: dict[tuple[str, str], Sums] = defaultdict(Sums)
    index = account.account_index
    for month, came_in, went_out in await queries.statement_lines.months_moved(session, file.id):
        sums[index, month].came_in += came_in
        sums[index, month].went_out += went_out
    for month, payroll, count in await queries.statement_lines.wages_paid(session, file.id):
        sums[index, month].payroll += payroll
        sums[index, month].payroll_lines += count
    await reserves.add_sums(session, file.source_id, sums)


async def _write_days(session: Session, checked: Checked) -> None:
    """Write the balances of each day, of those on which nothing moved too."""
    fresh: list[Mapping[str, Any]] = []
    for each in checked.days:
        known = checked.known_days.get(each.day)
        if known:
            known.closing = each.closing
            continue
        fresh.append(
            {
                "id": new_id(),
                "feed_id": checked.feeds[each.day].id,
                "source_id": checked.feeds[each.day].source_id,
                "account_index": checked.account.account_index,
                "day": each.day,
                "opening": each.opening,
                "closing": each.closing,
            }
        )
    await sets.copy(session, AccountDay, fresh)
