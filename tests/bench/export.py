"""The export of 1,000,000 obligations: how fast, and in how much memory, whatever their number."""

import gc
import time
from collections.abc import AsyncIterator
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import psutil
from fastapi import Request

from services.payroll import queries
from services.payroll.schemas.obligations import ObligationFilter, ObligationOut
from shared import exports
from shared.areas import NATION, Scope
from shared.db import Sessions
from tests.bench import scan
from tests.bench.floors import export as floor
from tests.bench.ground import Ground, connected, opened
from tests.bench.judge import Line, Unit

ROWS = 1_000_000
# A thousand rows and more come from one transaction, as batches do; all are below the horizon.
SPREAD = """
    INSERT INTO known_areas (code, name, path, valid_from, told_at)
    VALUES ('0', '全国', '/0/', '2000-01-01', now()),
        ('422828', '鹤峰县', '/0/422828/', '2000-01-01', now());
    UPDATE obligations
    SET changed_xid = 3 + ('x' || left(md5(id::text), 4))::bit(16)::int % 600
"""
MEGABYTE = 1 << 20
# Rows after which memory is looked at first: by then all that is kept once is there.
WARM = 50_000
# How many MB it may grow from there to the end: constant, but for what the collector has not met.
MOST_GROWN = 16.0


class Told:
    """What a run told: rows, seconds, and the most memory it took beyond what it had when warm."""

    def __init__(self) -> None:
        """Begin."""
        self.rows, self.began, self.warm, self.most = 0, time.perf_counter(), 0, 0

    async def read(self, lines: AsyncIterator[bytes]) -> None:
        """Read to the end, keeping nothing."""
        process = psutil.Process()
        async for part in lines:
            self.rows += part.count(b'{"kind":"row"') + part.count(b'{"kind" : "row"')
            taken = process.memory_info().rss
            if not self.warm and self.rows >= WARM:
                gc.collect()
                self.warm = self.most = process.memory_info().rss
            self.most = max(self.most, taken)
        self.seconds = time.perf_counter() - self.began

    @property
    def grown(self) -> float:
        """Give by how many MB memory grew from the fifty thousandth row to the last."""
        return (self.most - self.warm) / MEGABYTE


async def ours(sessions: Sessions) -> Told:
    """Export as the route does."""
    ask = partial(
        queries.obligations.obligations, scope=Scope(frozenset({NATION})), only=ObligationFilter()
    )

    told = Told()
    app = SimpleNamespace(state=SimpleNamespace(sessions=sessions))
    caller = SimpleNamespace(caller=SimpleNamespace(actor="key:bench"))
    request: Any = SimpleNamespace(app=app, state=caller)
    answer = await exports.lines(
        cast(Request, request), ask, ObligationOut, name="obligations",
        start=exports.Start(None, None),
    )  # fmt: skip
    await told.read(cast(AsyncIterator[bytes], answer.body_iterator))
    return told


async def measure(ground: Ground) -> list[Line]:
    """Export everything once, and read the same rows bare; compare speed and growth."""
    async with (
        ground.database("payroll", SPREAD, first=scan.FILLED) as url,
        opened("payroll", url) as sessions,
        connected(url) as bare,
    ):
        mine = await ours(sessions)
        least = Told()
        await least.read(floor.lines(bare, exports.PAGE))
        wrong = [
            f"{told.rows:,} rows instead of {ROWS:,}" for told in (mine, least) if told.rows != ROWS
        ]
        if mine.grown > MOST_GROWN:
            wrong.append(f"memory grew by {mine.grown:.1f} MB after {WARM:,} rows")
        return [
            Line(
                "export of 1,000,000 rows", Unit.RATE, mine.rows / mine.seconds,
                least.rows / least.seconds, faults=wrong,
                note=f"memory grew by {mine.grown:.1f} MB after {WARM:,} rows",
            )
        ]  # fmt: skip
