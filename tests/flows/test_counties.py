"""Counties drawn from seeds come out as a plain model says that shares no code with the services.

Their folders are written by the page that describes the format, and by nothing else. Parts drawn
from several seeds lie side by side in one county, so that its days are played once.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from services.demo.board import document
from tests.fixtures.processes import Town
from tests.flows import came, county, reference, standing
from tests.flows.playing import play


@pytest.mark.parametrize(
    ("seeds", "size"),
    [
        # Misses that turn red by time, and at once; one that is paid by the time a late feed
        # tells of it; late feeds that came on each level, and one that has not come at the end.
        pytest.param((167, 58), {"months": 2, "after": 7}, marks=pytest.mark.soak),
        *(
            pytest.param(tuple(range(first, first + 5)), {}, marks=pytest.mark.soak)
            for first in range(4, 29, 5)
        ),
    ],
)
async def test_a_county_comes_out_as_the_model_says(
    household: Town, tmp_path: Path, seeds: tuple[int, ...], size: dict[str, int]
) -> None:
    made = county.make(tmp_path / "county", *seeds, **size)
    expected = reference.outcome(made.facts)
    kinds = {item.kind for item in expected.items} | {item.level for item in expected.items}
    assert kinds >= {"transfer_missed", "bank_feed_late", "blue", "red"}, "too little happens"
    assert expected.cases, "too little happens"

    player = await play(made.folder, household.client)

    assert came.differences(await came.outcome(household.client), expected) == []
    for days, by in [
        (0, "developer"),
        (0, "investment_type"),
        (0, "funding_source"),
        (1, "developer"),
        (33, "developer"),
        (64, "developer"),
    ]:
        as_of = made.facts.ends.date() - timedelta(days=days)
        told = await came.board(household.client, as_of, by)
        meant = {unit: one.row() for unit, one in standing.board(made.facts, as_of, by).items()}
        assert list(told.items()) == list(meant.items()), f"{as_of} by {by}"

    told = await document(player, {})
    as_of = made.facts.ends.date()
    meant = {unit: one.row() for unit, one in standing.board(made.facts, as_of).items()}
    assert list(came.tallies(told["summary"]).items()) == list(meant.items())
    counted = {project.code for project in standing.supervised(made.facts.projects, as_of)}
    assert came.levels(told["watch_items"], counted) == standing.levels(made.facts, expected)
