"""The canary: a synthetic miss that flies through the whole chain, and the alarm if it is lost.

It enters by the bank's door with an account of its own, is found missing as any transfer is, and
comes back as a webhook. Then its money comes in by the same door, and all that it opened closes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.payroll import queries
from services.payroll.actions import batches
from services.payroll.models import CanaryAlarm, CanaryRound, Source
from services.payroll.rules.canary import Bounds, Trail, due_back
from services.payroll.rules.statements import Direction
from services.payroll.schemas.feeds import BankFeedIn, BankLineIn, StatementIn
from shared import clock, pii, telemetry, timers
from shared.areas import CANARY
from shared.auth import Caller
from shared.db import AGELESS, Session, new_id, same_id
from shared.events.payroll import CanaryMissed, CanaryReceived
from shared.outbox import publish

TIMER = "canary"
SOURCE, BANK = "platform:canary", same_id(AGELESS, "canary bank")
# As a bank's machine calls; the place is none that a token or a key could name.
BANKER = Caller("platform:canary", frozenset({"bank"}), frozenset({CANARY}), BANK)
AMOUNT = Decimal("1.00")
# Who tells of an alarm has it for so long; then another replica tries.
LEASE = timedelta(minutes=1)


async def keep_flying(session: Session, now: datetime) -> bool:
    """Arm the first start, where none is armed; say whether it was. Each start arms the next."""
    if await queries.canary.is_armed(session, TIMER):
        return False
    timers.arm(session, TIMER, BANK, now, entered_at=now)
    return True


async def start_round(session: Session, due_at: datetime, now: datetime, every: timedelta) -> None:
    """Let one set out by the bank's door, arm the next start, and close what earlier ones opened.

    Starts that were slept through are left out.
    """
    behind = await queries.canary.locked_open_rounds(session)
    await _source(session, now)
    following = due_at + every * max(1, (now - due_at) // every + 1)
    timers.arm(session, TIMER, BANK, following, entered_at=now)
    for each in behind:
        await _receive(session, each, now)
    fresh = CanaryRound(id=same_id(due_at, TIMER), due_at=due_at, started_at=now)
    batch = _batch(fresh, now)
    fresh.account_index = pii.blind_index(batch.accounts[0].number, "account")
    session.add(fresh)
    await batches.receive_bank_feed(session, BANKER, batch, now)
    _pass("entered")


async def _source(session: Session, now: datetime) -> None:
    """Make the canary's source, once; of its days none is waited for."""
    if await queries.sources.locked_find_source(session, SOURCE) is None:
        day = clock.day_of(now)
        source = Source(
            id=same_id(AGELESS, SOURCE), code=SOURCE, name=SOURCE, bank_id=BANK, area_code=CANARY,
            expected_by="23:59", expected_after_wd=1, from_day=day,
            expected_until=day - timedelta(days=1), fed_until=day - timedelta(days=1),
        )  # fmt: skip
        session.add(source)


def _batch(one: CanaryRound, now: datetime, *, paid: bool = False) -> BankFeedIn:
    """Give what a bank would send of a round's account: nothing came, or all of it did.

    The account names the round, so it is the batch's key: sent again, it changes nothing.
    """
    lines = []
    if paid:
        line = BankLineIn(
            serial=str(one.id), at=now, direction=Direction.IN, amount=AMOUNT, balance=AMOUNT
        )
        lines.append(line)
    closing = AMOUNT if paid else Decimal(0)
    of_account = StatementIn(
        account_no=str(one.id), opening=Decimal(0), closing=closing, lines=lines
    )
    return BankFeedIn(source=SOURCE, day=clock.day_of(now), accounts=[of_account])


async def mark_missed(session: Session, now: datetime) -> int:
    """Find the rounds whose feed shows no credit, and tell of them; give how many."""
    found = await queries.canary.locked_rounds_overdue(session, now)
    for each in found:
        each.found_at = now
        publish(session, CanaryMissed(id=each.missed_id, occurred_at=now, round_id=each.id))
        _pass("found")
    return len(found)


async def take_back(session: Session, round_id: UUID, now: datetime, wall: datetime) -> bool:
    """Note that a round's webhook arrived, and let its money come; say whether that is news."""
    one = await queries.canary.locked_find_round(session, round_id)
    if one is None or one.back_at is not None:
        return False
    one.back_at = wall
    _pass("back")
    if one.received_at is None:
        await _receive(session, one, now)
    return True


async def _receive(session: Session, one: CanaryRound, now: datetime) -> None:
    """Let a round's money come in by the bank's door, and tell of it where the miss was told."""
    await batches.receive_bank_feed(session, BANKER, _batch(one, now, paid=True), now)
    one.received_at = now
    if one.found_at is not None:
        told = CanaryReceived(
            id=one.received_id, occurred_at=now, round_id=one.id, bank_serials=[str(one.id)]
        )
        publish(session, told)


def _pass(stage: str) -> None:
    telemetry.CANARY_PASSED.labels("payroll", stage).set(clock.wall().timestamp())


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found, and what is to be told of it now."""

    trail: Trail
    late: bool
    alarm: CanaryAlarm | None = None
    """The alarm that this process is to tell of, or that it is over."""


async def look(session: Session, began: datetime, wall: datetime, bounds: Bounds) -> Look:
    """See whether the canary is late, and claim the telling of it where that is due.

    Of several replicas one has an alarm at a time. What nobody was told of ends without a word.
    """
    trail = await queries.canary.trail(session)
    since = due_back(trail, began, bounds)
    late = since <= wall
    alarm = await queries.canary.locked_alarm(session)
    if alarm is None and late:
        alarm = CanaryAlarm(id=new_id(), since=since, stage=trail.stopped, told=0, next_at=wall)
        session.add(alarm)
    elif alarm and not late:
        if not alarm.told:
            alarm.over_at = wall
        if alarm.next_at > wall + LEASE:
            alarm.next_at = wall  # Nobody is just telling of it.
    if alarm is None or alarm.over_at or alarm.next_at > wall:
        return Look(trail, late)
    alarm.next_at = wall + LEASE
    if late:
        alarm.stage = trail.stopped
    return Look(trail, late, alarm)


async def note_told(
    session: Session, alarm_id: UUID, wall: datetime, bounds: Bounds, *, over: bool
) -> None:
    """Keep that people were reached: they hear of it again much later, or never once it is over."""
    alarm = await queries.canary.locked_alarm(session)
    if alarm is None or alarm.id != alarm_id:
        return
    alarm.told += 1
    if over:
        alarm.over_at = wall
    else:
        alarm.next_at = wall + bounds.again
