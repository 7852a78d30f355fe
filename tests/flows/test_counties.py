"""Counties drawn from seeds come out as a plain model says that shares no code with the services.

Parts drawn from several seeds lie side by side in one county, so that its days are played once.
"""

from pathlib import Path

import pytest

from tests.fixtures.processes import Town
from tests.flows import came, county, reference
from tests.flows.playing import play


@pytest.mark.parametrize(
    ("seeds", "size"),
    [
        ((1, 2, 3), {"months": 3, "projects": 3, "after": 21}),
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

    await play(made.folder, household.client)

    assert came.plain(await came.outcome(household.client)) == came.plain(expected)
