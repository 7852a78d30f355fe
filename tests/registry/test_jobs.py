"""Jobs of registry, each run twice."""

from datetime import date

from services.registry import actions
from services.registry.rules.areas import AreaFact
from services.registry.service import service
from shared import clock, jobs, known
from shared.db import Sessions
from shared.events.registry import AreaChanged
from tests.fixtures.service import Published, Time
from tests.registry.factories import NATION, TREE, facts

MERGER = date(2023, 7, 1)


async def test_a_merger_entered_beforehand_comes_into_force_on_its_day(
    sessions: Sessions, time: Time, published: Published
) -> None:
    time.move_to(clock.at(date(2023, 6, 1), 9))
    moved = AreaFact("422828102", "太平镇", "422822", MERGER, place="items[0]")
    async with sessions.begin() as session:
        await actions.areas.enter_areas(session, NATION, facts(*TREE), clock.now())
        await actions.areas.enter_areas(session, NATION, [moved], clock.now())
    await jobs.run_due(sessions, service.jobs)
    assert len(await published(None, AreaChanged)) == 8
    time.move_to(clock.at(date(2023, 7, 3), 9))
    for _ in range(2):
        await jobs.run_due(sessions, service.jobs)
        (told,) = (await published(None, AreaChanged))[8:]
        assert told.path == "/0/42/4228/422822/422828102/"
        assert told.occurred_at == clock.at(MERGER)
    async with sessions.begin() as session:
        assert "422822" in await known.lineage(session, "422828102")
