"""The clock door: feeds that are expected, feeds that are late, transfers that are missed."""

import asyncio
from contextlib import suppress
from datetime import date, datetime

import structlog

from services.payroll import actions, queries
from services.payroll.actions.statement_files import ReadFile
from services.payroll.adapters import canary, statement_child
from services.payroll.adapters.statement_types import Piece, Refused
from services.payroll.models import CanaryAlarm
from services.payroll.rules.canary import WORDS, Bounds, Stage, Telling
from services.payroll.settings import canary_is_on, settings
from shared import clock, locks, rotation, telemetry
from shared.db import Session, Sessions
from shared.files import FileLost
from shared.timers import Timer

log = structlog.get_logger()

# Seconds after which a database that does not answer counts as away, for one look.
PATIENCE = 10.0
# Of a province's thousands of developers a dashboard shows those with the most misses.
UNITS = 300
# So many sources owe a day in one transaction, which is short.
SOURCES = 100
# So many kept files are discarded in one transaction.
FILES = 200
_BLANKING = "job:blank_what_is_over"
# So many reports are noted in one transaction.
REPORTS = 500
# So many months of projects are worked out in one transaction.
PAY_MONTHS = 50


async def expect_bank_feeds(sessions: Sessions, today: date) -> None:
    """Daily at 00:00: every source owes a feed for the day that begins."""
    # First all that are free, in sets; then, one by one, what somebody held meanwhile.
    for limit, wait in ((SOURCES, False), (1, True)):
        found = limit
        while found == limit:
            async with sessions.begin("job:expect_bank_feeds") as session:
                found = await actions.feeds.expect_bank_feeds(session, today, limit, wait=wait)


async def look_at_accounts(sessions: Sessions, today: date) -> None:
    """Daily at 00:00: works that begin; on the first of a month what accounts cover."""
    async with sessions.begin("job:look_at_accounts") as session:
        await actions.conditions.note_starts(session, today)
    after, more = None, today.day == 1
    while more:
        async with sessions.begin("job:look_at_accounts") as session:
            after = await actions.reserves.look_at_covers(session, after, today)
            more = after is not None


async def look_at_sites(sessions: Sessions, today: date) -> None:
    """Daily at 13:00, when gates have told of the day before: who is on sites, and whether any."""
    after, more = None, True
    while more:
        async with sessions.begin("job:look_at_sites") as session:
            after = await actions.conditions.look_at_sites(session, after, clock.at(today, 13))
            more = after is not None


async def remind_of_transfers(sessions: Sessions, today: date) -> None:
    """Daily at 09:00: foretell and remind of the transfers whose steps fall on this day."""
    async with sessions.begin("job:remind_of_transfers") as session:
        await actions.reminders.remind(session, today, clock.at(today, 9))


async def find_overdue_reports(sessions: Sessions, today: date) -> None:
    """Daily at 00:00: contractors that did not report a miss while they had days for it."""
    found = REPORTS
    while found == REPORTS:
        async with sessions.begin("job:find_overdue_reports") as session:
            found = await actions.reports.find_overdue_reports(
                session, today, clock.at(today), REPORTS
            )


async def begin_pay_month(sessions: Sessions, today: date) -> None:
    """Daily at 00:00; on the first of a month: look at the month that is over."""
    if today.day == 1:
        async with sessions.begin("job:begin_pay_month") as session:
            await actions.paydays.begin_month(session, today)


async def review_pay_months(sessions: Sessions) -> int:
    """Poll: work out months of projects anew, and find wages whose day is over."""
    async with sessions.begin("job:review_pay_months") as session:
        return await actions.paydays.review(session, clock.now(), PAY_MONTHS)


async def blank_what_is_over(sessions: Sessions, today: date) -> None:
    """Daily at 00:30: people of projects whose records' time is over are blanked, files discarded.

    Each project is a transaction of its own; a file goes after what named it is gone.
    """
    async with sessions.begin(_BLANKING) as session:
        ended = await actions.retention.projects_to_look_at(session, today)
    for project_id in ended:
        async with sessions.begin(_BLANKING) as session:
            await actions.retention.blank_project(session, project_id, clock.at(today, 2))
    done = FILES
    while done == FILES:
        # Whoever seals files anew meanwhile would put back what is discarded.
        async with (
            locks.held(sessions.bind, rotation.FILES_LOCK, wait=True),
            sessions.begin(_BLANKING) as session,
        ):
            done = await actions.retention.discard_files(
                session, sessions.files.discard, clock.now(), FILES
            )


async def find_missed_transfers(sessions: Sessions) -> int:
    """Poll: find what did not come in time, where the bank's data prove it; the canary as well."""
    async with sessions.begin("job:find_missed_transfers") as session:
        found = await actions.transfers.mark_missed_transfers(session, clock.now())
    if canary_is_on():
        # By itself, so that it can hold up no real one.
        async with sessions.begin("job:find_missed_transfers") as session:
            found += await actions.canary.mark_missed(session, clock.now())
    return found


async def keep_canary_flying(sessions: Sessions) -> int:
    """Poll: see that the next start of the canary is timed."""
    if not canary_is_on() or sessions.scenario:
        return 0
    async with sessions.begin("job:keep_canary_flying") as session:
        return await actions.canary.keep_flying(session, clock.now())


async def on_canary_due(session: Session, timer: Timer) -> None:
    """Timer: the next canary sets out."""
    if canary_is_on():
        every = _bounds().every
        await actions.canary.start_round(session, timer.due_at, clock.now(), every)


def _bounds() -> Bounds:
    said = settings()
    return Bounds.of(said.canary_every, said.canary_within, said.canary_alarm_every)


class CanaryWatch:
    """Sees whether canaries come back, and tells operators past all that these fly through.

    Of its own are its task, its connection and its way out; the clock is the machine's. Where the
    database is away each process tells by itself: nothing is there by which they could agree.
    """

    def __init__(self, sessions: Sessions) -> None:
        """Take sessions that nothing else uses."""
        self._sessions = sessions
        self._began = self._seen_at = clock.wall()
        self._last_back_at: datetime | None = None
        self._blind_told_at: datetime | None = None

    async def __call__(self) -> str:
        """Look once, tell what is to be told, and give in words what is wrong."""
        wall, bounds = clock.wall(), _bounds()
        try:
            async with asyncio.timeout(PATIENCE), self._sessions.begin("watch:canary") as session:
                seen = await actions.canary.look(session, self._began, wall, bounds)
        except Exception as error:  # noqa: BLE001  that nothing is seen is what must be told
            log.warning("canary_unseen", reason=type(error).__name__)
            return await self._tell_blindness(wall, bounds)
        self._last_back_at = seen.trail.last_back_at
        self._show(wall, late=seen.late)
        if self._blind_told_at and await canary.tell(
            Telling(Stage.BLIND, self._seen_at, over=True)
        ):
            self._blind_told_at = None
        self._seen_at = wall
        if seen.alarm:
            await self._tell(seen.alarm, bounds, over=not seen.late)
        return WORDS[seen.trail.stopped].en if seen.late else ""

    async def _tell(self, alarm: CanaryAlarm, bounds: Bounds, *, over: bool) -> None:
        if await canary.tell(Telling(alarm.stage, alarm.since, over)):
            async with self._sessions.begin("watch:canary") as session:
                await actions.canary.note_told(session, alarm.id, clock.wall(), bounds, over=over)

    async def _tell_blindness(self, wall: datetime, bounds: Bounds) -> str:
        late = wall - self._seen_at >= bounds.within
        self._show(wall, late=late)
        told = self._blind_told_at
        if late and (told is None or wall - told >= bounds.again):
            telling = Telling(Stage.BLIND, self._seen_at + bounds.within)
            if await canary.tell(telling):
                self._blind_told_at = wall
        return WORDS[Stage.BLIND].en

    def _show(self, wall: datetime, *, late: bool) -> None:
        since = self._last_back_at or self._began
        telemetry.CANARY_AGE.labels("payroll").set((wall - since).total_seconds())
        telemetry.CANARY_LATE.labels("payroll").set(late)


def watch_canary(sessions: Sessions) -> CanaryWatch | None:
    """Watch: whether the canary comes back; none where there is no canary."""
    return CanaryWatch(sessions) if canary_is_on() and not sessions.scenario else None


async def match_returns(sessions: Sessions) -> int:
    """Poll: take back the credits whose money the bank returned."""
    async with sessions.begin("job:match_returns") as session:
        return await actions.returns.match_return(session, clock.now())


async def replan_obligations(sessions: Sessions) -> int:
    """Poll: work out planned due days again after working days were told."""
    async with sessions.begin("job:replan_obligations") as session:
        return await actions.obligations.replan_obligations(session)


async def read_statement_files(sessions: Sessions) -> int:
    """Loop: read the next large statement file, lines first, then all of it counts or nothing."""
    now = clock.now()
    async with sessions.begin("job:read_statement_files") as session:
        file = await actions.statement_files.claim_statement_file(session, clock.wall())
    if file is None:
        return 0
    end = Piece(refused=Refused("lost"))
    with suppress(FileLost):
        _, content = await sessions.files.give(file.file_id)
        async with statement_child.reading(content) as pieces:
            async for end in pieces:
                if end.lines:
                    async with sessions.begin("job:read_statement_files") as session:
                        await actions.statement_files.go_on(session, file, end.lines, clock.wall())
    read = ReadFile((), end.outcome, end.refused)
    async with sessions.begin("job:read_statement_files") as session:
        await actions.statement_files.finish(session, file, read, now)
    return 1


async def on_bank_feed_due(session: Session, timer: Timer) -> None:
    """Timer: the hour by which a day's closing batch was owed is here."""
    await actions.feeds.report_late_feed(session, timer.subject_id, timer.due_at)


async def on_freeze_due(session: Session, timer: Timer) -> None:
    """Timer: the first day of a freeze that was entered before is here."""
    await actions.life.begin_freeze(session, timer.subject_id, timer.due_at)


async def on_expected_feed_due(session: Session, timer: Timer) -> None:
    """Timer: the last instant is here at which another expected feed is in time."""
    await actions.expectations.fall_due(session, timer)


async def report_without_timer(sessions: Sessions, today: date) -> None:
    """Compare what is expected with what is armed; what would stay silent, operators are told."""
    async with sessions.begin("job:report_without_timer") as session:
        await actions.expectations.report_without_timer(session, today)


async def measure_standings(sessions: Sessions) -> int:
    """Measure: how many supervised projects stand how with their transfers, by area and unit."""
    async with sessions.begin("job:measure_standings") as session:
        found = await queries.standings.standings_by_unit(session, clock.today(), UNITS)
    counts: dict[tuple[str, ...], float] = {
        (sessions.service, one.area_code, one.unit, standing): getattr(one, standing)
        for one in found
        for standing in ("none", "short", "full")
    }
    telemetry.show(telemetry.SUPERVISED_PROJECTS, counts)
    return 0
