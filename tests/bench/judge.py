"""What a bench says, and whether that is good enough: a ratio to a floor, and a goal."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from statistics import fmean, harmonic_mean

RUNS = 3

Run = Callable[[], Awaitable[float]]


class Unit(StrEnum):
    """What is counted: of rates more is better, of spans and sizes less."""

    RATE = "/s"
    SPAN = "ms"
    SIZE = "MB"


@dataclass(frozen=True, slots=True)
class Goal:
    """How good it must be: at least so much of a rate, at most so much of a span."""

    ratio: float | None = None
    """Of ours to the floor."""
    ours: float | None = None
    above: float | None = None
    """Of a span: by how much ours may be longer than the floor."""
    faster: float | None = None
    """So many times faster than what stands beside it, which then is a plain way and no floor."""

    def words(self, unit: Unit) -> str:
        """Give it as a line says it."""
        sign = "≥" if unit is Unit.RATE else "≤"
        said = [f"{sign} {_ratio(self.ratio, unit)}"] if self.ratio is not None else []
        said += [f"{sign} {self.ours:g} {unit}"] if self.ours is not None else []
        said += [f"{sign} floor + {self.above:g} {unit}"] if self.above is not None else []
        said += [f"≥ {self.faster:g}× faster"] if self.faster is not None else []
        return ", ".join(said) or "none"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was measured; `faults` are what the bench itself found wrong."""

    name: str
    unit: Unit
    ours: float
    floor: float
    spread: float = 0
    """By what share the floor's own runs differ: what is nearer to it than that cannot be told."""
    goal: Goal = field(default_factory=Goal)
    faults: Sequence[str] = ()
    note: str = ""

    @property
    def ratio(self) -> float:
        """Give ours to the floor."""
        return self.ours / self.floor

    def failures(self) -> list[str]:
        """Say what is wrong, one thing each; nothing if all is well.

        What beats its floor by more than the floor's own runs differ does less than the floor
        does, or is measured wrongly.
        """
        rate = self.unit is Unit.RATE
        found = list(self.faults)
        better = (self.ratio > 1 + self.spread) if rate else (self.ratio < 1 - self.spread)
        if better and self.goal.faster is None:
            found.append(f"suspicious: better than its floor ({_ratio(self.ratio, self.unit)})")
        for what, value, goal in (
            ("ratio", self.ratio, self.goal.ratio),
            ("ours", self.ours, self.goal.ours),
            ("above", self.ours - self.floor, self.goal.above),
        ):
            if goal is not None and ((value < goal) if rate else (value > goal)):
                found.append(f"{what} {value:.3g} misses its goal {goal:g}")
        times = self.ratio if rate else 1 / self.ratio
        if self.goal.faster is not None and times < self.goal.faster:
            found.append(f"faster {times:.3g} misses its goal {self.goal.faster:g}")
        return found

    @staticmethod
    def heading() -> str:
        """Give the words above the lines."""
        return f"{'':<28}  {'ours':>13}  {'floor':>13}  {'ratio':>8}  goal"

    def text(self) -> str:
        """Give the line as people read it: name, ours, floor, ratio, goal."""
        failures = self.failures()
        verdict = "ok" if not failures else "FAILED: " + "; ".join(failures)
        said = (
            f"{self.name:<28}",
            f"{self.ours:>10,.1f} {self.unit:<2}",
            f"{self.floor:>10,.1f} {self.unit:<2}",
            f"{_ratio(self.ratio, self.unit):>8}",
            f"{self.goal.words(self.unit):<20}",
            verdict + (f"  ({self.note})" if self.note else ""),
        )
        return "  ".join(said)

    def document(self) -> dict[str, object]:
        """Give the line as programs read it."""
        return {
            "name": self.name,
            "unit": self.unit.value,
            "ours": round(self.ours, 3),
            "floor": round(self.floor, 3),
            "ratio": round(self.ratio, 4),
            "spread": round(self.spread, 4),
            "goal": asdict(self.goal),
            "failures": self.failures(),
            "note": self.note,
        }


def _ratio(ratio: float, unit: Unit) -> str:
    return f"{ratio:.0%}" if unit is Unit.RATE else f"{ratio:.2f}×"


async def best(
    unit: Unit, *, ours: Run, floor: Run, runs: int = RUNS, slices: int = 1
) -> tuple[float, float, float]:
    """Run floor and ours in turn, so that both meet the same machine; give the best run of each.

    Beside them the share by which the floor's worst run differs from its best.
    A run may be cut into slices of equal size, which take turns as well: then what else the
    machine does meanwhile falls on both alike.
    """
    mine, bare = [], []
    for _ in range(runs):
        cut: list[tuple[float, float]] = [(await floor(), await ours()) for _ in range(slices)]
        mean = harmonic_mean if unit is Unit.RATE else fmean
        bare.append(mean([each for each, _ in cut]))
        mine.append(mean([each for _, each in cut]))
    choose = max if unit is Unit.RATE else min
    least = choose(bare)
    return choose(mine), least, max(abs(each / least - 1) for each in bare)
