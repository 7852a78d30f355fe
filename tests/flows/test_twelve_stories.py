"""Twelve cases from first word to their ends: each limit to the day, each yuan by its source.

Days are China's, with the working days of 2023: 5 April and 29 April to 3 May are holidays, 23
April and 6 May are worked. A limit is named by the last day on which it is kept.
"""

from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.fixtures.database import Databases, Templates
from tests.fixtures.processes import Town, at_home, environment
from tests.flows import tales, tales_of_force
from tests.flows.stories import COUNTY, HEAD, Story, Tale, Timeline, settle

TALES: dict[str, Tale] = {
    "paid": tales.paid,
    "instalments": tales.instalments,
    "arbitration": tales.arbitration,
    "withdrawn": tales.withdrawn,
    "false_claim": tales.false_claim,
    "works_price": tales.works_price,
    "hand_over": tales.hand_over,
    "reopened": tales.reopened,
    "deposit_used": tales_of_force.deposit_used,
    "emergency_fund": tales_of_force.emergency_fund,
    "criminal_transfer": tales_of_force.criminal_transfer,
    "judgment_executed": tales_of_force.judgment_executed,
}
VILLAGES = [f"422828101{place:03d}" for place in range(1, len(TALES) + 1)]


@dataclass
class Ended:
    """What is left when all are told."""

    timeline: Timeline
    stories: dict[str, Story]
    wages: dict[str, object]
    """The county's sums of wages."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Tell the twelve beside each other, once; nothing runs any more when they are looked at."""
    databases, folder = Databases(templates), tmp_path_factory.mktemp("stories")
    urls = await databases.clones()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(urls, folder).items():
            if name != "PATH":
                patch.setenv(name, value)
        async with at_home(urls, folder) as town:
            told = await _told(town)
    for url in databases.made:
        await templates.drop(url)
    return told


async def _told(town: Town) -> Ended:
    bodies = await settle(town.client, town.stage, VILLAGES)
    stories = {
        name: Story(town.client, bodies, village)
        for name, village in zip(TALES, VILLAGES, strict=True)
    }
    timeline = Timeline(town.stage)
    await timeline.tell({name: (stories[name], tale) for name, tale in TALES.items()})
    query = {"area_code": COUNTY, "by": "source"}
    sums = await stories["paid"].ask(HEAD, "GET", "/cases/v1/arrears-ledger/counts", query=query)
    return Ended(timeline, stories, sums["whole"]["wages"]["now"])


@pytest.mark.parametrize("name", TALES)
def test_a_case_comes_to_its_end_by_the_acts_of_people(ended: Ended, name: str) -> None:
    if failure := ended.timeline.failed.get(name):
        raise failure
    assert ended.stories[name].case["stage"] == "ended"


def test_the_county_s_ledger_is_the_sum_of_the_stories(ended: Ended) -> None:
    assert ended.timeline.failed == {}
    names = ("cases", "closed", "workers", "claimed", "verified", "paid", "owed")
    # Two end outside wages; what an arbitrator and the police have stays owed.
    assert [ended.wages[name] for name in names] == [
        10, 10, 12, "112500.50", "102300.50", "90300.50", "20000.00",
    ]  # fmt: skip
