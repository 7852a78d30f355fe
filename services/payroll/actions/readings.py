"""A batch is read against what is known of its accounts, and everything that is wrong is said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.payroll import queries, rules
from services.payroll.models import AccountDay, BankFeed, Source, WageAccount
from services.payroll.rules.feeds import DELIVERED
from services.payroll.rules.statements import Known, Line, LineKind, Link, Reading, Statement
from services.payroll.schemas.feeds import BankFeedIn, BankLineIn, StatementIn
from shared import clock, pii
from shared.db import Session
from shared.problems import Finding
from shared.wording import Text


@dataclass(frozen=True, slots=True)
class AccountReading:
    """One account of a batch: where it stands, whose it is, what it comes to."""

    place: str
    index: str
    sent: StatementIn
    account: WageAccount | None
    statement: Statement
    result: Reading


@dataclass(frozen=True, slots=True)
class BatchReading:
    """A batch as it was read: its accounts, the day's balances before it, what is wrong."""

    accounts: Sequence[AccountReading]
    days: Mapping[str, AccountDay]
    findings: Sequence[Finding]


async def read_batch(
    session: Session, source: Source, feed: BankFeed, batch: BankFeedIn
) -> BatchReading:
    """Read a batch of a day that is locked; nothing is changed."""
    indexes = [pii.blind_index(sent.number, "account") for sent in batch.accounts]
    statements = [_statement(sent) for sent in batch.accounts]
    days = await queries.feeds.locked_account_days(session, feed.id)
    after = await queries.feeds.openings_after(session, feed) if batch.final else {}
    before = await queries.feeds.closings_before(session, feed, {*indexes, *days, *after})
    registered = await queries.accounts.accounts_by_index(session, set(indexes))
    seen = await _seen_lines(session, source, indexes, statements)
    accounts = []
    for n, (index, sent, statement) in enumerate(
        zip(indexes, batch.accounts, statements, strict=True)
    ):
        day, previous = days.get(index), before.get(index)
        known = Known(
            day.opening if day else None,
            day.closing if day else None,
            previous[1] if previous else None,
            seen.get(index, {}),
        )
        place = f"accounts[{n}]"
        result = rules.statements.read(place, feed.day, statement, known)
        accounts.append(
            AccountReading(place, index, sent, registered.get(index), statement, result)
        )
    findings = [*_misplaced(source, accounts)]
    findings += [finding for each in accounts for finding in each.result.findings]
    if batch.final:
        links = [*_backwards(feed, accounts, days, before)]
        links += _forwards(feed, accounts, days, before, after)
        findings += rules.statements.broken_links(feed.day, links)
    if feed.status in DELIVERED:
        findings += _after_the_close(accounts, days, before)
    return BatchReading(accounts, days, findings)


def _statement(sent: StatementIn) -> Statement:
    return Statement(sent.opening, sent.closing, [_line(line) for line in sent.lines])


def _line(line: BankLineIn) -> Line:
    """Give a line as rules compare it: whose it is only by blind index."""
    other = line.counterparty
    return Line(
        line.serial,
        line.at,
        clock.day_of(line.at),
        line.direction,
        line.amount,
        line.balance,
        line.purpose,
        (
            pii.blind_index(other.name, "name") if other and other.name else None,
            pii.blind_index(other.account_no, "account") if other and other.account_no else None,
        ),
        LineKind.RETURNED if line.returned else rules.purposes.line_kind(line.purpose),
        line.reference,
    )


async def _seen_lines(
    session: Session, source: Source, indexes: Sequence[str], statements: Sequence[Statement]
) -> Mapping[str, Mapping[str, Line]]:
    """Give the lines that came before under a serial of the batch, by account and serial."""
    asked = {
        (index, line.serial)
        for index, statement in zip(indexes, statements, strict=True)
        for line in statement.lines
    }
    seen: dict[str, dict[str, Line]] = defaultdict(dict)
    for row in await queries.lines.lines_by_serial(session, source.id, asked) if asked else ():
        seen[row.account_index][row.serial] = Line(
            row.serial,
            row.at,
            row.day,
            row.direction,
            row.amount,
            row.balance,
            row.purpose,
            (row.counterparty_name_index, row.counterparty_account_index),
        )
    return seen


def _misplaced(source: Source, accounts: Sequence[AccountReading]) -> Iterable[Finding]:
    """Find accounts that stand in the batch twice, or belong to another source."""
    met: set[str] = set()
    for each in accounts:
        if each.index in met:
            yield Finding(f"{each.place}.account_no", "account_twice", *_TWICE)
        met.add(each.index)
        if each.account and each.account.source_id != source.id:
            yield Finding(f"{each.place}.account_no", "account_of_another_source", *_FOREIGN)


def _backwards(
    feed: BankFeed,
    accounts: Sequence[AccountReading],
    days: Mapping[str, AccountDay],
    before: Mapping[str, tuple[date, Decimal]],
) -> Iterable[Link]:
    """Give what earlier batches of the day must meet: the day before may have come since."""
    places = {each.index: f"{each.place}.opening" for each in accounts}
    for index, day in days.items():
        if index in before:
            last, closing = before[index]
            place = places.get(index, "accounts")
            yield Link(place, last, closing, feed.day, day.opening)


def _forwards(
    feed: BankFeed,
    accounts: Sequence[AccountReading],
    days: Mapping[str, AccountDay],
    before: Mapping[str, tuple[date, Decimal]],
    after: Mapping[str, tuple[date, Decimal]],
) -> Iterable[Link]:
    """Give what the day's closings must meet: days after it that came before it."""
    closings = {index: closing for index, (_, closing) in before.items()}
    closings |= {index: day.closing for index, day in days.items()}
    closings |= {each.index: each.result.closing for each in accounts}
    places = {each.index: f"{each.place}.closing" for each in accounts}
    for index, (following, opening) in after.items():
        if index in closings:
            place = places.get(index, "accounts")
            yield Link(place, feed.day, closings[index], following, opening)


def _after_the_close(
    accounts: Sequence[AccountReading],
    days: Mapping[str, AccountDay],
    before: Mapping[str, tuple[date, Decimal]],
) -> Iterable[Finding]:
    """Find what a batch would add to a day that is closed; what came before may come again."""
    for each in accounts:
        for n, _ in each.result.fresh:
            yield Finding(f"{each.place}.lines[{n}]", "day_is_closed", *_CLOSED)
        if not each.sent.lines and each.index not in days and each.index not in before:
            yield Finding(each.place, "day_is_closed", *_CLOSED)


_TWICE = (
    Text("同一批次中该账户出现两次", "This account stands in the batch twice"),
    Text("合并为一个账户段", "Send one statement per account"),
)
_FOREIGN = (
    Text("该账户由其他来源报送", "Another source sends this account's lines"),
    Text(
        "由登记的来源报送，或先变更账户登记", "Let that source send it, or change the registration"
    ),
)
_CLOSED = (
    Text("该日已结账，不能再增加内容", "The day is closed; nothing can be added to it"),
    Text("核对是否遗漏；如确需补报请与平台联系", "If something was left out, ask the operators"),
)
