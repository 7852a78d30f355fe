"""Whoever stands on a sheet is looked up while the rest of its file is still being read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from services.payroll import queries
from services.payroll.actions import sheet_attendance
from services.payroll.actions.sheet_checks import Ahead
from services.payroll.models import Project
from services.payroll.rules.sheet_facts import OnRoster
from shared.db import Glances


class Lookup:
    """Asks by short transactions, one after the other: of the month, then of people as they come.

    `ask` is for any thread.
    """

    def __init__(self, glance: Glances, project: Project, period: str, now: datetime) -> None:
        self.glance, self.project, self.period, self.now = glance, project, period, now
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Queue[frozenset[str] | None] = asyncio.Queue()
        self._work = asyncio.create_task(self._look())

    def ask(self, indexes: frozenset[str]) -> None:
        """Look some people up, by blind index."""
        self._loop.call_soon_threadsafe(self._asked.put_nowait, indexes)

    async def found(self) -> Ahead:
        """Give what was found when all is."""
        self._asked.put_nowait(None)
        return await self._work

    async def close(self) -> None:
        """Look for nobody any more; what failed was told by `found`, or is of no more use."""
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    async def _look(self) -> Ahead:
        async with self.glance() as session:
            month = await sheet_attendance.of_month(session, self.project, self.period)
        roster: dict[str, OnRoster] = {}
        while (people := await self._asked.get()) is not None:
            async with self.glance() as session:
                roster |= await queries.sheet_roster.on_roster(
                    session, self.project.id, self.period, people, self.now
                )
        return Ahead(roster, month)


@asynccontextmanager
async def lookup(
    glance: Glances, project: Project, period: str, now: datetime
) -> AsyncIterator[Lookup]:
    """Look up whoever stands on a sheet of a project and month."""
    looking = Lookup(glance, project, period, now)
    try:
        yield looking
    finally:
        await looking.close()
