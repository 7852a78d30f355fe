"""What registry told: areas found by their path through an index, and the newest days of a year."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql

from shared import clock, known
from shared.areas import Scope
from shared.db import Sessions
from shared.events.registry import AreaChanged, CalendarPublished
from tests.shared.house import Stone

PATHS = {
    "0": "/0/",
    "42": "/0/42/",
    "4228": "/0/42/4228/",
    "422828": "/0/42/4228/422828/",
    "422": "/0/422/",
    "43": "/0/43/",
}


async def learn(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await known.learn_areas(
            session,
            [
                AreaChanged(area_code=code, name=code, path=path, valid_from=date(2000, 1, 1))
                for code, path in PATHS.items()
            ],
        )


@pytest.mark.parametrize(
    ("areas", "inside"),
    [
        ({"42"}, {"42", "4228", "422828"}),
        ({"4228", "43"}, {"4228", "422828", "43"}),
        ({"0"}, set(PATHS)),
        ({"99"}, set()),
        (set(), set()),
    ],
)
async def test_an_area_holds_what_its_path_leads_to(
    sessions: Sessions, areas: set[str], inside: set[str]
) -> None:
    await learn(sessions)
    async with sessions.begin() as session:
        found = await session.scalars(known._inside(frozenset(areas)))  # noqa: SLF001  every list asks it
        assert set(found.all()) == inside


async def test_the_areas_below_are_found_by_index(sessions: Sessions) -> None:
    await learn(sessions)
    asked = select(Stone.id).where(known.in_scope(Stone.area_code, Scope(frozenset({"42"}))))
    said = asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with sessions.begin() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await session.scalars(text(f"EXPLAIN {said}"))).all())
    assert "Index Cond: ((path ~>=~" in plan.replace("known_areas.", ""), plan


def days(version: int, occurred_at: timedelta) -> CalendarPublished:
    return CalendarPublished(
        occurred_at=clock.at(date(2025, 11, 5)) + occurred_at,
        area_code="0",
        year=2026,
        exceptions={date(2026, 1, version): "holiday"},
        provisional=False,
        source="notice",
    )


async def test_an_older_notice_that_comes_later_changes_nothing(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await known.on_calendar_published(session, days(2, timedelta(hours=1)))
        await known.on_calendar_published(session, days(1, timedelta()))
        first = await known.calendar(session, "0")
        await known.on_calendar_published(session, days(3, timedelta(hours=1)))
        second = await known.calendar(session, "0")
    assert list(first.exceptions) == [date(2026, 1, 2)]
    assert list(second.exceptions) == [date(2026, 1, 3)]
