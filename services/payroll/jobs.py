"""The clock door: feeds that are expected, feeds that are late, transfers that are missed."""

from contextlib import suppress
from datetime import date

from services.payroll import actions, queries
from services.payroll.actions.statement_files import ReadFile
from services.payroll.adapters import statement_child
from services.payroll.adapters.statement_types import Piece, Refused
from shared import clock, telemetry
from shared.db import Session, Sessions
from shared.files import FileLost
from shared.timers import Timer

# Of a province's thousands of developers a dashboard shows those with the most misses.
UNITS = 300
# So many sources owe a day in one transaction, which is short.
SOURCES = 100
# So many reports are noted in one transaction.
REPORTS = 500


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


async def find_missed_transfers(sessions: Sessions) -> int:
    """Poll: find what did not come in time, where the bank's data prove it."""
    async with sessions.begin("job:find_missed_transfers") as session:
        return await actions.transfers.mark_missed_transfers(session, clock.now())


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
