"""The clock door: rungs that fall due, promises that lapse, deliveries that leave the house."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from functools import cache

import structlog

from services.alerts import actions, adapters, queries
from services.alerts.rules import catalogue
from services.alerts.rules.deliveries import Answer, Channel, Parcel, Verdict, verdict
from shared import clock, telemetry
from shared.db import Session, Sessions
from shared.timers import Timer

log = structlog.get_logger()

# Seconds in which outcomes gather, as long as some are out, before they are written down together,
# and between two looks for what is due while something is under way.
GATHER, LOOK = 0.02, 0.2
# So many under way keep us busy: fewer and larger sets are then claimed and written, each while
# the other half is still on its way, and after so many moments at the latest.
CROWD, MOMENTS = 32, 5

Sending = dict["asyncio.Task[Answer]", Parcel]


async def on_escalation_due(session: Session, timer: Timer) -> None:
    """Nobody acknowledged in time."""
    number = actions.ladders.branch_of(timer)
    await actions.ladders.escalate(session, timer.subject_id, timer.due_at, clock.now(), number)


def around_escalations(session: Session, due: Sequence[Timer]) -> AbstractAsyncContextManager[None]:
    """Read and write in sets what several of them need."""
    return actions.ladders.together(session, due)


async def on_promise_due(session: Session, timer: Timer) -> None:
    """A promised day is over."""
    await actions.ladders.lapse_promise(session, timer.subject_id, timer.due_at, clock.now())


async def on_silence_due(session: Session, timer: Timer) -> None:
    """A silence has lasted as long as it was to."""
    await actions.silences.let_silence_end(session, timer.subject_id, timer.due_at)


async def on_fact_due(session: Session, timer: Timer) -> None:
    """The last day of what muted alerts is over."""
    await actions.inhibitions.let_fact_end(session, timer.subject_id, timer.due_at)


async def on_bundle_due(session: Session, timer: Timer) -> None:
    """Notices that waited for each other leave in one message."""
    await actions.bundles.send_bundle(session, timer.subject_id, timer.due_at)


async def on_retelling_due(session: Session, timer: Timer) -> None:
    """What kept an alert from being sent has ended."""
    await actions.silences.on_retelling(session, timer)


async def find_alerts_without_timer(sessions: Sessions, today: date) -> None:
    """Each night: an alert that waits for an answer and is not timed would fall silent."""
    async with sessions.begin("job:find_alerts_without_timer") as session:
        await actions.alerts.report_alerts_without_timer(session)


async def send_deliveries(sessions: Sessions) -> int:
    """Send what is due until nothing is under way; give how many attempts were made.

    No transaction is open while an answer is waited for. A slow subscriber holds up only its own
    lane: what comes back from others is recorded, and their next deliveries go out, meanwhile.
    """
    sending: Sending = {}
    made = 0
    client: adapters.calls.Client | None = None
    waits = True
    try:
        while True:
            lanes = Counter(each.lane for each in sending.values())
            for parcel in await _claim(sessions, lanes) if waits else ():
                client = client or adapters.calls.client()
                sending[asyncio.create_task(_send(client, parcel))] = parcel
            if not sending:
                return made
            await asyncio.wait(sending, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
            await _gather(sending)
            made += await _record(sessions, sending)
            waits = await queries.deliveries.any_waits(sessions)
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
        if client:
            await client.aclose()


async def _gather(sending: Sending) -> None:
    for _ in range(MOMENTS if len(sending) >= CROWD else 1):
        done, _ = await asyncio.wait(sending, timeout=GATHER)
        if len(done) * 2 >= len(sending):
            return


async def _claim(sessions: Sessions, under_way: Mapping[str, int]) -> list[Parcel]:
    async with sessions.begin("loop:send_deliveries") as session:
        return await actions.deliveries.claim_deliveries(session, clock.wall(), under_way)


async def _send(client: adapters.calls.Client, parcel: Parcel) -> Answer:
    """Send by the parcel's channel; a fault of ours is an attempt that failed, not a lost one."""
    try:
        return await adapters.channels.SENDERS[parcel.channel].send(client, parcel)
    except Exception as error:  # Whatever it is, the schedule goes on and the log tells.
        log.error("sending_failed", delivery_id=str(parcel.delivery_id), exc_info=error)
        return Answer(error="internal")


async def _record(sessions: Sessions, sending: Sending) -> int:
    """Write down together what has come back."""
    outcomes = [(sending.pop(task), task.result()) for task in list(sending) if task.done()]
    if outcomes:
        async with sessions.begin("loop:send_deliveries") as session:
            await actions.deliveries.record_attempts(
                session, outcomes, now=clock.now(), wall=clock.wall(),
                roll=secrets.randbelow(1_000_000) / 1_000_000,
            )  # fmt: skip
    for parcel, answer in outcomes:
        if parcel.type == catalogue.CANARY:
            continue
        outcome = answer.error or str(answer.status)
        telemetry.DELIVERIES.labels("alerts", f"{parcel.channel.value}:{outcome}").inc()
        if verdict(parcel.channel, answer) is Verdict.DELIVERED:
            waited = (clock.now() - parcel.told_at).total_seconds()
            telemetry.DELIVERY_ACCEPTED_AFTER.labels("alerts", parcel.channel.value).observe(waited)
    return len(outcomes)


@cache
def began() -> datetime:
    """Give the machine's instant at which this process first looked at its providers."""
    return clock.wall()


async def check_channels(sessions: Sessions) -> int:
    """Measure: ask providers whether they take what we send, at the start and once a day.

    No transaction is open while they are waited for.
    """
    since = began()
    async with sessions.begin("job:check_channels") as session:
        due = await actions.channels.due_checks(session, clock.wall(), since)
    if due:
        async with adapters.calls.client() as client:
            said = await asyncio.gather(*(_check(client, *each) for each in due.items()))
        answers = dict(zip(due, said, strict=True))
        async with sessions.begin("job:check_channels") as session:
            await actions.channels.record_checks(
                session, answers, now=clock.now(), wall=clock.wall()
            )
    async with sessions.begin("job:check_channels") as session:
        fares = await queries.channels.fares(session)
    shown: dict[tuple[str, ...], float] = {
        (sessions.service, fare.channel.value): float(not fare.error) for fare in fares
    }
    telemetry.show(telemetry.CHANNEL_UP, shown)
    return len(due)


async def _check(client: adapters.calls.Client, channel: Channel, address: str) -> Answer:
    """Ask one provider; a fault of ours is a failure like another, and the log tells."""
    try:
        return await adapters.channels.PROVIDERS[channel].check(client, address)
    except Exception as error:  # Whatever it is, the other providers are asked.
        log.error("checking_failed", channel=channel.value, exc_info=error)
        return Answer(error="internal")


async def report_failing_ways(sessions: Sessions, today: date) -> None:
    """Each morning: tell operators to how many recipients a way does not lead any more."""
    async with sessions.begin("job:report_failing_ways") as session:
        await actions.ways.report_failing_ways(session, clock.at(today, 8, 30))


async def give_up_unreported(sessions: Sessions) -> int:
    """Measure: give up SMS of which the gateway has said nothing for three days."""
    async with sessions.begin("job:give_up_unreported") as session:
        return await actions.reports.give_up_unreported(session, clock.now(), clock.wall())


async def warn_of_failing_endpoints(sessions: Sessions) -> int:
    """Measure: warn of endpoints that have failed for an hour, a day, three days."""
    async with sessions.begin("job:warn_of_failing_endpoints") as session:
        return await actions.endpoints.warn_of_failing(session, clock.now(), clock.wall())


async def measure_deliveries(sessions: Sessions) -> int:
    """Measure: how many deliveries are due, by channel."""
    async with sessions.begin("job:measure_deliveries") as session:
        due = await queries.deliveries.due_counts(session)
    sent = (channel for channel in Channel if channel is not Channel.INBOX)
    counts: dict[tuple[str, ...], float] = {
        (sessions.service, channel.value): due.get(channel, 0) for channel in sent
    }
    telemetry.show(telemetry.DELIVERIES_DUE, counts)
    return 0
