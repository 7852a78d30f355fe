"""The benches stand, their floors are small and stand alone, and the judge is not to be fooled."""

import ast
import json
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES, main
from tests.bench.judge import Goal, Line, Unit, best

HERE = Path(__file__).parent
FLOORS = sorted((HERE / "floors").glob("*.py"))
FLOOR_LINES = 60
# What a floor may use beside the standard library: drivers, what makes an id, a reader of xlsx.
ALONE = {"asyncpg", "aiokafka", "httpx", "python_calamine", "uuid_utils"}


def rate(ours: float, floor: float, /, **goal: float) -> Line:
    return Line("rate", Unit.RATE, ours, floor, goal=Goal(**goal))


def span(ours: float, floor: float, /, **goal: float) -> Line:
    return Line("span", Unit.SPAN, ours, floor, goal=Goal(**goal))


def test_each_bench_has_a_floor_of_its_name() -> None:
    assert {path.stem for path in FLOORS} == BENCHES.keys()


@pytest.mark.parametrize("path", FLOORS, ids=lambda path: path.stem)
def test_a_floor_is_small_and_stands_alone(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= FLOOR_LINES
    used = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert used - sys.stdlib_module_names <= ALONE


@pytest.mark.parametrize(
    "line",
    [
        rate(70, 100, ratio=0.7, ours=70),
        rate(100, 100),
        span(400, 100, ratio=4, ours=400),
        span(115, 100, above=15),
        span(100, 100),
        span(20, 100, faster=5),
    ],
)
def test_what_meets_its_goal_is_well(line: Line) -> None:
    assert line.failures() == []


@pytest.mark.parametrize("line", [rate(101, 100, ratio=0.7), span(99, 100, ratio=4)])
def test_better_than_the_floor_is_suspicious(line: Line) -> None:
    (failure,) = line.failures()
    assert failure.startswith("suspicious")
    assert "FAILED" in line.text()


@pytest.mark.parametrize(("ours", "failures"), [(0.89, 1), (0.91, 0), (1.2, 0)])
def test_a_floor_is_known_no_better_than_its_own_runs_agree(ours: float, failures: int) -> None:
    assert len(Line("span", Unit.SPAN, ours, 1, 0.1).failures()) == failures
    assert len(Line("rate", Unit.RATE, 2 - ours, 1, 0.1).failures()) == failures


@pytest.mark.parametrize(
    "line",
    [
        rate(69, 100, ratio=0.7),
        rate(90, 100, ratio=0.7, ours=91),
        span(401, 100, ratio=4),
        span(200, 100, ratio=4, ours=199),
        span(116, 100, above=15),
        span(21, 100, faster=5),
    ],
)
def test_a_missed_goal_fails(line: Line) -> None:
    (failure,) = line.failures()
    assert "misses its goal" in failure


def test_what_the_bench_found_wrong_fails_though_the_goal_is_met() -> None:
    faults = ["writes other rows than its floor"]
    line = Line("rate", Unit.RATE, 80, 100, goal=Goal(ratio=0.7), faults=faults)
    assert line.failures() == ["writes other rows than its floor"]


def test_a_line_says_name_ours_floor_ratio_and_goal() -> None:
    said = span(150.0, 100.0, ratio=4, ours=500).text().split("  ")
    assert [part.strip() for part in said if part.strip()] == [
        "span", "150.0 ms", "100.0 ms", "1.50×", "≤ 4.00×, ≤ 500 ms", "ok",
    ]  # fmt: skip
    document = json.loads(json.dumps(rate(50, 100, ratio=0.7).document()))
    assert (document["ours"], document["floor"], document["ratio"]) == (50, 100, 0.5)
    assert document["goal"] == {
        "ratio": 0.7, "ours": None, "above": None, "faster": None,
    }  # fmt: skip
    assert len(document["failures"]) == 1


@pytest.mark.parametrize(("unit", "expected"), [(Unit.RATE, (6, 5, 0.8)), (Unit.SPAN, (2, 1, 4))])
async def test_the_best_of_three_counts_and_both_take_turns(
    unit: Unit, expected: tuple[float, float, float]
) -> None:
    order: list[str] = []
    given = {"ours": iter([2.0, 6.0, 4.0]), "floor": iter([5.0, 1.0, 3.0])}

    async def run(name: str) -> float:
        order.append(name)
        return next(given[name])

    found = await best(unit, ours=lambda: run("ours"), floor=lambda: run("floor"))
    assert found == expected
    assert order == ["floor", "ours"] * 3


async def test_slices_of_a_run_take_turns_and_count_as_one_run() -> None:
    given = {"ours": iter([1.0, 3.0]), "floor": iter([6.0, 3.0])}
    order: list[str] = []

    async def run(name: str) -> float:
        order.append(name)
        return next(given[name])

    found = await best(
        Unit.RATE, ours=lambda: run("ours"), floor=lambda: run("floor"), runs=1, slices=2
    )
    assert found == (1.5, 4.0, 0), "as many events in twice the time are not half as many more"
    assert order == ["floor", "ours"] * 2


def test_an_unknown_bench_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "relay", "sprint"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "no such bench: sprint" in capsys.readouterr().err
