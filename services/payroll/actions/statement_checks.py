"""Whether a statement file fits what is here: its account, its days, the lines beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.payroll import queries, rules
from services.payroll.actions import feeds, readings
from services.payroll.adapters import statement_findings
from services.payroll.adapters.statement_types import Flaw, Outcome
from services.payroll.models import AccountDay, BankFeed, Source, StatementFile, WageAccount
from services.payroll.rules.feeds import DELIVERED
from services.payroll.rules.statement_files import DayRead, every_day, names_same_account
from services.payroll.schemas.feeds import BankFeedIn
from shared import clock, pii
from shared.db import Session
from shared.problems import Finding


@dataclass(slots=True)
class Checked:
    """A file beside what is known: whose it is, its days, what is wrong (then the rest is not)."""

    findings: Sequence[Finding] = ()
    account: WageAccount = None  # type: ignore[assignment]  # there where nothing is wrong
    days: Sequence[DayRead] = ()
    feeds: Mapping[date, BankFeed] = field(default_factory=dict)
    known_days: Mapping[date, AccountDay] = field(default_factory=dict)
    lines: int = 0


def said(finding: Finding) -> dict[str, Any]:
    """Give a finding as it is kept, in both languages."""
    kept: dict[str, Any] = {
        "place": finding.place,
        "code": finding.code,
        "detail": {"zh": finding.detail.zh, "en": finding.detail.en},
    }
    if finding.remedy:
        kept["remedy"] = {"zh": finding.remedy.zh, "en": finding.remedy.en}
    return kept


async def check(
    session: Session, file: StatementFile, source: Source, outcome: Outcome, now: datetime
) -> Checked:
    """Look at a file that was read to its end; nothing is changed but the marks of its lines.

    The source is locked, so nobody else changes its days.
    """
    found, account = await _account(session, file, source, outcome)
    found += _days_wrong(source, outcome, clock.day_of(now))
    if found or account is None or outcome.from_day is None or outcome.to_day is None:
        return Checked(found)
    span = (outcome.from_day, outcome.to_day)
    await feeds.expect_days(session, source, span[1])
    moved, conflicts = await _lines(session, file, source, account, outcome)
    days = [*every_day(*span, Decimal(outcome.opening).scaleb(-2), moved)]
    checked = Checked(
        conflicts,
        account,
        days,
        await queries.statement_files.locked_feeds_between(session, source.id, span),
        await queries.statement_files.locked_days_of_account(
            session, source.id, account.account_index, span
        ),
        outcome.lines,
    )
    if not conflicts:
        checked.findings = [
            *await _beside(session, source, account, outcome, days),
            *await _overlaps(session, file, source, outcome, checked),
            *_closed(outcome, checked),
        ]
    if not checked.findings and file.final:
        checked.findings = await _closing(session, source, checked)
    return checked


async def _account(
    session: Session, file: StatementFile, source: Source, outcome: Outcome
) -> tuple[list[Finding], WageAccount | None]:
    """Find whose statement it is, by what the file says and what its sender says."""
    row, column = outcome.account_at
    title = outcome.columns.get("own", (0, ""))[1]

    def wrong(code: str) -> tuple[list[Finding], None]:
        at = Flaw(code, row, column if row else None, title if row else "")
        return [statement_findings.finding(outcome, at)], None

    named = pii.normalised(file.account_no, "account") if file.account_no else ""
    told = outcome.account
    if told and named and not names_same_account(told, named):
        return wrong("account_of_another")
    number = named or ("" if "*" in told else told)
    if not number:
        return wrong("account_missing")
    index = pii.blind_index(number, "account")
    account = (await queries.accounts.accounts_by_index(session, {index})).get(index)
    if account is None:
        return wrong("account_unknown")
    if account.source_id != source.id:
        return wrong("account_of_another_source")
    return [], account


def _days_wrong(source: Source, outcome: Outcome, today: date) -> Iterator[Finding]:
    since, until = outcome.from_day, outcome.to_day
    if since is None or until is None:
        yield statement_findings.finding(outcome, Flaw("no_lines"))
        return
    first, last = outcome.first_row, outcome.last_row
    if not outcome.ascending:
        first, last = last, first
    name = "day" if "day" in outcome.columns else "booked"
    at = statement_findings.at_field
    if since < source.from_day:
        yield at(outcome, "day_before_source", first, name, source.from_day.isoformat())
    if until > today:
        yield at(outcome, "day_in_future", last, name)
    if (until - since).days >= rules.statement_files.MOST_DAYS:
        yield at(outcome, "period_too_long", last, name)


async def _lines(
    session: Session,
    file: StatementFile,
    source: Source,
    account: WageAccount,
    outcome: Outcome,
) -> tuple[Mapping[date, DayRead], list[Finding]]:
    """Tell new lines from those that are here; give the days, and serials that are taken."""
    ask = queries.statement_lines
    await ask.count_lines(session)
    await ask.number_repeated_serials(session, file.id, ascending=outcome.ascending)
    conflicts: Sequence[int] = ()
    if await ask.has_lines(session, account.account_index):
        conflicts = await ask.mark_known_lines(session, file.id, source.id, account.account_index)
    moved = await ask.days_read(session, file.id, ascending=outcome.ascending)
    at = statement_findings.at_field
    return moved, [at(outcome, "serial_reused", row, "serial") for row in conflicts]


async def _beside(
    session: Session,
    source: Source,
    account: WageAccount,
    outcome: Outcome,
    days: Sequence[DayRead],
) -> Sequence[Finding]:
    """Compare with the days before and after; a gap that nobody filled yet is one."""
    ask, at = queries.statement_files, statement_findings.at_field
    found: list[Finding] = []
    first, last = outcome.first_row, outcome.last_row
    if not outcome.ascending:
        first, last = last, first
    name = "day" if "day" in outcome.columns else "booked"
    before = await ask.day_before(session, source.id, account.account_index, days[0].day)
    if before and before.awaited:
        until = days[0].day - timedelta(days=1)
        missing = f"{before.day + timedelta(days=1)} – {until}"
        found.append(at(outcome, "days_missing", first, name, missing))
    elif before and not before.waived and before.balance != days[0].opening:
        found.append(at(outcome, "opening_differs", first, "balance"))
    after = await ask.day_after(session, source.id, account.account_index, days[-1].day)
    if after and not after.awaited and not after.waived and after.balance != days[-1].closing:
        found.append(at(outcome, "closing_differs", last, "balance"))
    return found


async def _overlaps(
    session: Session, file: StatementFile, source: Source, outcome: Outcome, checked: Checked
) -> Sequence[Finding]:
    """Compare the days that are known already: what is here of them must be in the file."""
    span = (checked.days[0].day, checked.days[-1].day)
    others = set(
        await queries.statement_lines.days_with_others(
            session, file.id, source.id, checked.account.account_index, span
        )
        if checked.known_days
        else ()
    )
    found = []
    for each in checked.days:
        known = checked.known_days.get(each.day)
        if known is None:
            continue
        differs = known.opening != each.opening or (
            not each.fresh and known.closing != each.closing
        )
        if differs or each.day in others:
            row = each.first_row or outcome.first_row
            day = each.day.isoformat()
            found.append(
                statement_findings.at_field(outcome, "overlap_differs", row, "balance", day)
            )
    return found[:20]


def _closed(outcome: Outcome, checked: Checked) -> Sequence[Finding]:
    """Find new lines of days that are closed, and days that were closed without the account."""
    closed = [
        each for each in checked.days if each.fresh and checked.feeds[each.day].status in DELIVERED
    ]
    at = statement_findings.at_field
    return [at(outcome, "day_is_closed", each.fresh_row, "serial") for each in closed[:20]]


async def _closing(session: Session, source: Source, checked: Checked) -> Sequence[Finding]:
    """Look at what else came for the days that the file closes, as a closing batch does."""
    found: list[Finding] = []
    for day, feed in checked.feeds.items():
        if feed.status not in DELIVERED:
            empty = BankFeedIn(source=source.code, day=day, final=True)
            found += (await readings.read_batch(session, source, feed, empty)).findings
    return found[:20]
