"""A million cases: their list and counts; and a hundred thousand, whose clocks a calendar moves."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

from httpx import ASGITransport, AsyncClient

from services.cases import actions, handlers
from shared import clock, known, workdays
from shared.app import service_app
from shared.auth import Keys, make_token
from shared.config import Runtime
from shared.db import Session
from shared.events.registry import CalendarPublished
from shared.partitions import partition_statements
from tests.bench.floors import cases as floor
from tests.bench.ground import Connection, Ground, connected, opened
from tests.bench.judge import Goal, Line, Unit
from tests.fixtures.database import load

TODAY = date(2026, 9, 15)
MONTHS = ";".join(partition_statements(TODAY))
COUNTY, CITY = ("420203", "/0/42/4202/420203/"), ("4202", "/0/42/4202/")
ASKED = 60
MANY, OPEN = 1_000_000, 100_000
# Ten cities of ten counties each. Every tenth case is under way; of those every eighth is late.
AREAS = """
    INSERT INTO known_areas (code, name, path, valid_from, told_at)
    SELECT '0', '全国', '/0/', DATE '2000-01-01', TIMESTAMPTZ '2024-01-01'
    UNION ALL SELECT '42', '省', '/0/42/', '2000-01-01', '2024-01-01'
    UNION ALL SELECT '42' || lpad(n::text, 2, '0'), '市',
        '/0/42/42' || lpad(n::text, 2, '0') || '/', '2000-01-01', '2024-01-01'
    FROM generate_series(0, 9) n
    UNION ALL SELECT '42' || lpad((n / 10)::text, 2, '0') || lpad((n % 10)::text, 2, '0'), '县',
        '/0/42/42' || lpad((n / 10)::text, 2, '0') || '/42' || lpad((n / 10)::text, 2, '0')
            || lpad((n % 10)::text, 2, '0') || '/', '2000-01-01', '2024-01-01'
    FROM generate_series(0, 99) n;
"""
CASES = """
    INSERT INTO arrears_cases (id, office, year, sequence, number, area_code, place, industry,
        employer_name, channel, nature, arisen_on, workers, claimed, verified, paid, owed,
        workers_owed, state, stage, stage_since, received_at, accepted_at, opened_at, opened_by,
        by_rule, next_at, conclusion, ended_at, changed_at)
    SELECT md5('case' || n)::uuid, area, 2020 + n % 7, n, '欠案第' || n || '号', area,
        '工地' || n, 'construction', '某建筑公司' || n % 5000, 'hotline_12345',
        CASE WHEN n % 20 = 19 THEN 'works_price' ELSE 'wages' END, '2026-05-31', 12, 86000, 80000,
        30000, 50000, 8, CASE WHEN under_way THEN 'open' ELSE 'closed' END,
        CASE WHEN under_way THEN 'investigating' ELSE 'ended' END, began, began, began, began,
        'desk', false, CASE WHEN under_way THEN began + interval '84 days' END,
        CASE WHEN under_way THEN NULL ELSE 'paid' END,
        CASE WHEN under_way THEN NULL ELSE began + interval '40 days' END, began
    FROM generate_series(0, {cases} - 1) n, LATERAL (SELECT
        '42' || lpad((n % 100 / 10)::text, 2, '0') || lpad((n % 10)::text, 2, '0') AS area,
        n / 100 % {share} = 0 AS under_way,
        TIMESTAMPTZ '2026-08-03 02:00Z' + (n % 29) * interval '1 day' AS began);

    INSERT INTO case_clocks (id, case_id, area_code, kind, started_at, unit, length, granted,
        pauses, due_at, calendar_version, over_at)
    SELECT md5('clock' || id)::uuid, id, area_code, 'statutory', opened_at, 'wd', 60, 0, '[]',
        next_at, 'before', CASE WHEN {late} AND sequence % 8 = 0 THEN next_at END
    FROM arrears_cases WHERE state = 'open';
"""
# What counts each clock down, and the limits of both.
COUNTED_DOWN = """
    INSERT INTO conditions (id, kind, key, subject_id, area_code, period, unit_id, since, facts,
        pauses, state, opens_at, found_at, told_at, proof)
    SELECT md5('condition' || id)::uuid, 'case_limit_near', 'case_limit_near:' || id
        || ':statutory', id, area_code, '', id, (next_at - interval '1 day')::date,
        '["statutory"]', '[]', 'latent', next_at - interval '14 days', opened_at, opened_at, '{}'
    FROM arrears_cases;

    INSERT INTO timers (id, kind, subject_id, step, entered_at, due_at, state, attempts, told_late,
        calendar_version)
    SELECT md5('timer' || id)::uuid, 'clock', id, '', started_at, due_at, 'armed', 0, false,
        'before' FROM case_clocks
    UNION ALL SELECT md5('timer' || id)::uuid, 'condition', id, '', found_at, opens_at, 'armed',
        0, false, NULL FROM conditions;

    INSERT INTO known_calendars (area_code, year, exceptions, provisional, told_at)
    VALUES ('0', 2026, '{}', true, '2025-01-01');
"""


async def measure(ground: Ground) -> AsyncIterator[Line]:
    """Ask for lists and counts as a county and as a city; then let a year's days come."""
    clock.move(clock.at(TODAY, 12))
    try:
        filled = AREAS + CASES.format(cases=MANY, share=10, late="true")
        async with (
            ground.database("cases", filled, first=MONTHS) as url,
            _door(url, ground) as client,
            connected(url) as bare,
        ):
            for name, area in (("county", COUNTY), ("city", CITY)):
                yield await _page(client, bare, name, area)
                yield await _counts(client, bare, name, area)
        async for line in _moved(ground):
            yield line
    finally:
        clock.move(None)


@asynccontextmanager
async def _door(url: str, ground: Ground) -> AsyncIterator[AsyncClient]:
    """Open the service's HTTP door as its process does, for somebody of the province's office."""
    runtime = Runtime(data_dir=ground.folder, database_url=None, kafka_brokers=None)
    app = service_app(load("cases"))
    async with opened("cases", url) as sessions:
        app.state.sessions, app.state.keys = sessions, Keys(runtime)
        token = make_token(runtime, subject="bench", roles=["wage_office"], areas=["42"])
        headers = {"authorization": f"Bearer {token}"}
        async with AsyncClient(
            transport=ASGITransport(app), base_url="http://bench", headers=headers
        ) as client:
            yield client


def _asked(area: str) -> dict[str, str]:
    return {"area_code": area, "stage": "investigating", "nature": "wages"}


async def _page(client: AsyncClient, bare: Connection, name: str, area: tuple[str, str]) -> Line:
    ours, least, faults = [], [], []
    for _ in range(ASKED):
        began = time.perf_counter()
        ids = await floor.page(bare, area[1])
        least.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        answer = await client.get("/v1/arrears-cases", params={**_asked(area[0]), "limit": "50"})
        ours.append((time.perf_counter() - began) * 1000)
        if [one["id"] for one in answer.json()["items"]] != ids:
            faults = ["lists other cases than its floor"]
    return _line(f"cases of a {name} of 1,000,000 p95", ours, least, faults)


async def _counts(client: AsyncClient, bare: Connection, name: str, area: tuple[str, str]) -> Line:
    ours, least, faults = [], [], []
    for _ in range(ASKED):
        began = time.perf_counter()
        row = await floor.counts(bare, area[1])
        least.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        said = (await client.get("/v1/arrears-cases/counts", params=_asked(area[0]))).json()
        ours.append((time.perf_counter() - began) * 1000)
        if [float(each) for each in said.values()] != [float(each) for each in row]:
            faults = ["counts other figures than its floor"]
    return _line(f"counts of a {name} of 1,000,000 p95", ours, least, faults)


def _line(name: str, ours: list[float], least: list[float], faults: list[str]) -> Line:
    mine, floors = (sorted(spans)[len(spans) * 95 // 100] for spans in (ours, least))
    return Line(name, Unit.SPAN, mine, floors, goal=Goal(above=15), faults=faults)


async def _moved(ground: Ground) -> AsyncIterator[Line]:
    """Publish two more days off: every clock, its timer and what counts it down move."""
    filled = AREAS + CASES.format(cases=OPEN, share=1, late="false") + COUNTED_DOWN
    async with ground.database("cases", filled, first=MONTHS) as url, connected(url) as bare:
        began = time.perf_counter()
        moved = await floor.move(bare, timedelta(days=2))
        least = (time.perf_counter() - began) * 1000
    faults = [] if moved == OPEN else ["moves other rows than its floor"]
    for name, publish, goal in (
        (f"clocks of {OPEN:,} cases by a new calendar", _clocks_alone, Goal(ratio=5)),
        ("the same, and all else that waits for a day", handlers.on_calendar_published, Goal()),
    ):
        async with (
            ground.database("cases", filled, first=MONTHS) as url,
            opened("cases", url) as sessions,
            connected(url) as bare,
        ):
            began = time.perf_counter()
            async with sessions.begin("event:registry.calendar_published.v1") as session:
                await publish(session, _days())
            ours = (time.perf_counter() - began) * 1000
            wrong = await _wrong(bare)
        yield Line(name, Unit.SPAN, ours, least, goal=goal, faults=[*faults, *wrong])


async def _clocks_alone(session: Session, event: CalendarPublished) -> None:
    """Do of the news what is about clocks: their timers, their count-down and the audit with it."""
    await actions.clock_recount.hold_clocks(session, event.area_code)
    await known.on_calendar_published(session, event)
    await actions.clock_recount.recompute(session, event.area_code, event.occurred_at)


def _days() -> CalendarPublished:
    days: dict[date, workdays.DayKind] = dict(workdays.national(TODAY.year))
    days |= {date(2026, 9, day): workdays.DayKind.HOLIDAY for day in (16, 17)}
    return CalendarPublished(
        area_code="0", year=TODAY.year, exceptions={day: kind.value for day, kind in days.items()},
        provisional=False, source="bench", occurred_at=clock.now(),
    )  # fmt: skip


async def _wrong(bare: Connection) -> list[str]:
    """Say what did not move with a clock; and whether the audit tells of all."""
    apart = await bare.fetchval("""
        SELECT count(*) FROM case_clocks k JOIN arrears_cases c ON c.id = k.case_id
        JOIN conditions d ON d.subject_id = c.id
        JOIN timers t ON t.subject_id = k.id AND t.state = 'armed'
        JOIN timers u ON u.subject_id = d.id AND u.state = 'armed'
        WHERE k.due_at = t.due_at AND k.due_at = c.next_at AND d.opens_at = u.due_at
            AND d.since = ((k.due_at - interval '1 microsecond') AT TIME ZONE 'Asia/Shanghai')::date
            AND k.calendar_version <> 'before' AND t.calendar_version = k.calendar_version
    """)
    told = await bare.fetchval("SELECT sum((after ->> 'rows')::int) FROM audit")
    found = [] if apart == OPEN else [f"only {apart} moved whole"]
    return found if told and told >= 3 * OPEN else [*found, "the audit does not tell of all"]
