"""A batch of a bank feed counts whole, or is kept as rejected and nothing of it counts."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.payroll import queries, rules
from services.payroll.actions import (
    accounts,
    feeds,
    money,
    payment_conditions,
    payments,
    readings,
    reserves,
)
from services.payroll.actions.money import Incoming
from services.payroll.actions.readings import AccountReading, BatchReading
from services.payroll.errors import FeedClosed, FeedDayRefused, FeedRefused
from services.payroll.models import AccountDay, BankFeed, BankLine, FeedBatch, Source, WageAccount
from services.payroll.rules.feeds import DELIVERED, BatchStatus
from services.payroll.rules.statements import Direction, Line, LineKind
from services.payroll.schemas.feeds import BankFeedIn, BankLineIn
from shared import clock, pii, sets
from shared.auth import Caller
from shared.db import Session, new_id
from shared.problems import Finding
from shared.wording import Text


async def receive_bank_feed(
    session: Session, caller: Caller, batch: BankFeedIn, now: datetime
) -> BankFeed:
    """Take a batch of a source's day: lines, credits, and with `final` the end of the day.

    The same batch again gives the day as it is. Raises SourceUnknown, FeedDayRefused; FeedRefused
    or FeedClosed with all findings, after the batch was kept.
    """
    source = await queries.sources.locked_source_by_code(session, batch.source, caller.scope)
    if findings := _day_findings(source, batch.day, clock.day_of(now)):
        raise FeedDayRefused(errors=findings)
    await feeds.expect_days(session, source, batch.day)
    feed, later = await queries.feeds.locked_day_and_open_ones(session, source, batch.day)
    digest = _digest(batch)
    kept = await queries.batches.locked_batch(session, feed.id, digest)
    if kept and kept.status is BatchStatus.ACCEPTED:
        return feed
    reading = await readings.read_batch(session, source, feed, batch)
    if reading.findings or feed.status not in DELIVERED:
        kept = kept or FeedBatch(id=new_id(), feed_id=feed.id, digest=digest)
        session.add(kept)
        _keep(kept, caller, batch, reading.findings, now)
    if reading.findings:
        refusal = FeedClosed if feed.status in DELIVERED else FeedRefused
        raise refusal(errors=reading.findings, batch_id=str(kept.id) if kept else None)
    if feed.status not in DELIVERED:
        await _write(session, source, feed, reading, now)
        if batch.final:
            await feeds.close_day(session, source, feed, later, now)
    return feed


def _day_findings(source: Source, day: date, today: date) -> Sequence[Finding]:
    if day > today:
        return [Finding("day", "day_in_future", *_FUTURE)]
    if day < source.from_day:
        return [Finding("day", "day_before_source", *_BEFORE)]
    return []


def _digest(batch: BankFeedIn) -> str:
    """Give what two equal batches have in common; keyed, because a batch names persons."""
    plain = hashlib.sha256(batch.model_dump_json().encode()).hexdigest()
    return pii.blind_index(plain, "account")


def _keep(
    kept: FeedBatch,
    caller: Caller,
    batch: BankFeedIn,
    findings: Sequence[Finding],
    now: datetime,
) -> None:
    """Write down that a batch came, and if it is rejected all of it, sealed."""
    kept.received_at, kept.received_from = now, caller.actor
    kept.final, kept.accounts = batch.final, len(batch.accounts)
    kept.lines = sum(len(each.lines) for each in batch.accounts)
    kept.status = BatchStatus.REJECTED if findings else BatchStatus.ACCEPTED
    kept.findings = [_said(finding) for finding in findings]
    kept.body = batch.model_dump_json() if findings else None


def _said(finding: Finding) -> Mapping[str, Any]:
    said: dict[str, Any] = {
        "place": finding.place,
        "code": finding.code,
        "detail": {"zh": finding.detail.zh, "en": finding.detail.en},
    }
    if finding.remedy:
        said["remedy"] = {"zh": finding.remedy.zh, "en": finding.remedy.en}
    return said


async def _write(
    session: Session, source: Source, feed: BankFeed, reading: BatchReading, now: datetime
) -> None:
    """Write balances and lines, and let what came in count."""
    fresh_days: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    came_in: list[Incoming] = []
    for each in reading.accounts:
        known = reading.days.get(each.index)
        if known:
            known.closing = each.result.closing
        else:
            fresh_days.append(_day(feed, each))
        for place, line in each.result.fresh:
            row = _row(feed, each, line, each.sent.lines[place], now)
            rows.append(row)
            if each.account and line.brings_money:
                came_in.append(_incoming(each.account.project_id, row))
    left = await money.credit_money(session, came_in, now) if came_in else {}
    for row in rows:
        row["left_amount"] = left.get(row["id"], row["left_amount"])
    # A return that came before its credit is looked at again.
    for back in await queries.lines.locked_returns_unmatched(
        session, source.id, {row["account_index"] for row in rows}
    ):
        back.to_match = True
    await reserves.add_up(session, source, rows, feed.day)
    await sets.copy(session, AccountDay, fresh_days)
    await sets.copy(session, BankLine, rows)
    moved = [each.account for each in reading.accounts if each.account and each.result.fresh]
    await note_use(session, moved, feed.day, now)


async def note_use(
    session: Session, moved: Sequence[WageAccount], day: date, now: datetime
) -> None:
    """Note which accounts are in use by now, and look at what those cover on which money moved."""
    if not moved:
        return
    await payments.look_for_payments(session, {account.project_id for account in moved})
    first = {account.id for account in moved if account.used_since is None}
    if first:
        frozen = await queries.accounts.frozen_until(session, first, clock.day_of(now))
        for account in await queries.accounts.locked_unused_accounts(session, first):
            account.used_since = day
            if account.stand():
                accounts.tell_changed(session, account, now, frozen)
    await reserves.look_at_accounts(session, moved, now)
    await payment_conditions.review_debits(session, {one.project_id for one in moved}, now)


def _day(feed: BankFeed, each: AccountReading) -> dict[str, Any]:
    return {
        "id": new_id(),
        "feed_id": feed.id,
        "source_id": feed.source_id,
        "account_index": each.index,
        "day": feed.day,
        "opening": each.result.opening,
        "closing": each.result.closing,
    }


def _row(
    feed: BankFeed, each: AccountReading, line: Line, sent: BankLineIn, now: datetime
) -> dict[str, Any]:
    """Give a line as it is kept; all money of it is left until it counts for something."""
    came_in = line.brings_money
    other = sent.counterparty
    return {
        "account_index": each.index,
        "id": new_id(),
        "source_id": feed.source_id,
        "feed_id": feed.id,
        "account_id": each.account.id if each.account else None,
        "account_no": None if each.account else each.sent.number,
        "day": line.day,
        "serial": line.serial,
        "at": line.at,
        "direction": line.direction,
        "kind": line.kind,
        "amount": line.amount,
        "balance": line.balance,
        "left_amount": line.amount if came_in else Decimal(0),
        "period": rules.purposes.named_period(line.purpose, line.day) if came_in else None,
        "purpose": line.purpose,
        "counterparty_name": other.name if other else None,
        "counterparty_name_index": line.counterparty[0],
        "counterparty_account": other.account_no if other else None,
        "counterparty_account_index": line.counterparty[1],
        "reference": line.reference,
        "to_match": line.kind is LineKind.RETURNED and line.direction is Direction.OUT,
        "received_at": now,
    }


def _incoming(project_id: UUID, row: Mapping[str, Any]) -> Incoming:
    return Incoming(
        project_id,
        row["account_index"],
        row["id"],
        row["serial"],
        row["at"],
        row["day"],
        row["period"],
        row["amount"],
        row["received_at"],
    )


_FUTURE = (
    Text("日期在未来", "This day lies in the future"),
    Text("当日开始后再报送", "Send it once the day has begun (Beijing time)"),
)
_BEFORE = (
    Text("该来源在此日期之前不报送", "The source owes no feed for days before its first"),
    Text("核对日期，或与平台核对起始日期", "Check the day, or the source's first day"),
)
