"""Jobs of registry, each run twice."""

from datetime import date

from services.registry import actions
from services.registry.rules.areas import AreaFact
from services.registry.schemas.requirements import ExemptionIn
from services.registry.service import service
from shared import clock, jobs, known, timers
from shared.db import Sessions
from shared.events.conditions import RegistryConditionFound
from shared.events.registry import AreaChanged
from tests.fixtures.service import Published, Time
from tests.registry import systems
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


async def test_required_systems_are_looked_at_each_midnight_and_an_exemption_ends_on_time(
    sessions: Sessions, time: Time, published: Published
) -> None:
    time.move_to(systems.BEGINS)
    async with sessions.begin() as session:
        here = await systems.site(session)
    await jobs.run_due(sessions, service.jobs)
    async with sessions.begin() as session:
        row = (await systems.by_kind(session, here.project))["notice_board"]
        body = ExemptionIn.model_validate(
            {"type": "other", "reason": "工期不足一月", "until_on": "2023-04-30"}
        )
        asked = await actions.exemptions.propose_exemption(
            session, systems.OFFICE, row.id, body, clock.now()
        )
        await session.flush()
        await actions.exemptions.confirm_exemption(
            session, systems.COLLEAGUE, asked.id, clock.now()
        )
    ends = clock.day_end(date(2023, 4, 30))
    for day in (systems.STARTS, date(2023, 4, 30)):
        time.move_to(clock.at(day))
        for _ in range(2):
            await jobs.run_due(sessions, service.jobs)
            assert await timers.run_due(sessions, service.timers) == 0
    told = await _of_systems(published)
    assert [one.kind for one in told] == ["no_systems"]
    time.move_to(ends)
    assert await timers.run_due(sessions, service.timers) == 1
    await jobs.run_due(sessions, service.jobs)
    told = (await _of_systems(published))[1:]
    assert [(one.kind, one.occurred_at) for one in told] == [("notice_board_missing", ends)]


async def _of_systems(published: Published) -> list[RegistryConditionFound]:
    found = await published(None, RegistryConditionFound)
    return [one for one in found if one.kind != "nobody_in_charge"]
