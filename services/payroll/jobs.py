"""The clock door: feeds that are expected, feeds that are late, transfers that are missed."""

from datetime import date

from services.payroll import actions, queries
from shared import clock, telemetry
from shared.db import Session, Sessions
from shared.timers import Timer

# Of a province's thousands of developers a dashboard shows those with the most misses.
UNITS = 300
# So many sources owe a day in one transaction, which is short.
SOURCES = 100


async def expect_bank_feeds(sessions: Sessions, today: date) -> None:
    """Daily at 00:00: every source owes a feed for the day that begins."""
    # First all that are free, in sets; then, one by one, what somebody held meanwhile.
    for limit, wait in ((SOURCES, False), (1, True)):
        found = limit
        while found == limit:
            async with sessions.begin("job:expect_bank_feeds") as session:
                found = await actions.feeds.expect_bank_feeds(session, today, limit, wait=wait)


async def find_missed_transfers(sessions: Sessions) -> int:
    """Poll: find what did not come in time, where the bank's data prove it."""
    async with sessions.begin("job:find_missed_transfers") as session:
        return await actions.transfers.mark_missed_transfers(session, clock.now())


async def replan_obligations(sessions: Sessions) -> int:
    """Poll: work out planned due days again after working days were told."""
    async with sessions.begin("job:replan_obligations") as session:
        return await actions.obligations.replan_obligations(session)


async def on_bank_feed_due(session: Session, timer: Timer) -> None:
    """Timer: the hour by which a day's closing batch was owed is here."""
    await actions.feeds.report_late_feed(session, timer.subject_id, timer.due_at)


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
